"""How far predictions and labels agree beyond the share of right rows: balanced accuracy, Matthews, Cohen's kappa."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import intervals
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.metrics.performance import needs_classes

FEW_ROWS = 20
Complex = NDArray[np.complex128]
Table = Callable[[Complex], Complex]


def balanced_accuracy(counts: Counts) -> Figure:
    """The mean of the true positive and the true negative rate, from 0 to 1; 0.5 is what guessing gives.

    Undefined without rows of both classes. *Exact.* The interval adds up Wilson's distances of the two rates, which come
    from different rows, by squares (MOVER: Zou and Donner 2008).
    """
    missing = needs_classes(counts) or _lacks_a_class(counts)
    if missing:
        return undefined(missing, rows=counts.both)
    positives, negatives = counts.tp + counts.fn, counts.tn + counts.fp
    tpr, tnr = counts.tp / positives, counts.tn / negatives
    (tpr_low, tpr_high), (tnr_low, tnr_high) = (
        intervals.wilson(counts.tp, positives),
        intervals.wilson(counts.tn, negatives),
    )
    value = (tpr + tnr) / 2
    low = value - math.hypot(tpr - tpr_low, tnr - tnr_low) / 2
    high = value + math.hypot(tpr_high - tpr, tnr_high - tnr) / 2
    return figure(value, low, high, method=Method.MOVER, rows=counts.both)


def mcc(counts: Counts) -> Figure:
    """Matthews' correlation coefficient of label and prediction, from -1 to 1 (Matthews 1975).

    (TP TN - FP FN) / sqrt((TP + FP)(TP + FN)(TN + FP)(TN + FN)). Undefined where label or prediction has one class only.
    *Exact.* The interval is Fisher's z with the multinomial variance of the coefficient (Itaya and others 2025).
    """
    missing = needs_classes(counts) or _lacks_a_class(counts) or _predicts_one_class(counts)
    return undefined(missing, rows=counts.both) if missing else _coefficient(_mcc, counts)


def cohen_kappa(counts: Counts) -> Figure:
    """Cohen's kappa of label and prediction: agreement beyond chance, (p - e) / (1 - e), at most 1 (Cohen 1960).

    p is the accuracy and e what labels and predictions with these shares would agree by chance. Undefined where both
    have the same single class. *Exact.* Fisher's z with the multinomial variance (Fleiss, Cohen and Everitt 1969).
    """
    missing = needs_classes(counts)
    if not missing and _lacks_a_class(counts) and counts.both in (counts.tp, counts.tn):
        missing = _lacks_a_class(counts)
    return undefined(missing, rows=counts.both) if missing else _coefficient(_kappa, counts)


def variance(of: Table, table: NDArray[np.float64]) -> float:
    """The variance of a smooth function of a multinomial table, by the delta method.

    The derivatives are taken by a step along the imaginary axis, which loses no digits (Squire and Trapp 1998).
    """
    step = 1e-30
    moved = table.astype(np.complex128)[None, :] + 1j * step * np.eye(len(table))
    slope = np.array([of(row).imag / step for row in moved], dtype=np.float64)
    mean = float(table @ slope) / float(table.sum())
    return float(table @ (slope - mean) ** 2)


def _lacks_a_class(counts: Counts) -> Reason | None:
    if counts.tp + counts.fn == 0:
        return Reason.NO_POSITIVES
    return Reason.NO_NEGATIVES if counts.tn + counts.fp == 0 else None


def _predicts_one_class(counts: Counts) -> Reason | None:
    if counts.tp + counts.fp == 0:
        return Reason.NONE_PREDICTED_POSITIVE
    return Reason.NONE_PREDICTED_NEGATIVE if counts.tn + counts.fn == 0 else None


def _coefficient(of: Table, counts: Counts) -> Figure:
    table = np.array([counts.tn, counts.fp, counts.fn, counts.tp], dtype=np.float64)
    value = float(np.real(of(table.astype(np.complex128))))
    if counts.both < FEW_ROWS:
        return bare(value, rows=counts.both, reason=Reason.FEW_OF_A_CLASS)
    smoothed = table + 0.5  # half a row in each cell, so that a table without errors is not taken as certain
    centre = float(np.real(of(smoothed.astype(np.complex128))))
    error = math.sqrt(variance(of, smoothed)) / (1 - centre * centre)
    low, high = math.tanh(math.atanh(centre) - Z * error), math.tanh(math.atanh(centre) + Z * error)
    return figure(value, low, high, method=Method.FISHER, rows=counts.both)


def _mcc(table: Complex) -> Complex:
    tn, fp, fn, tp = table
    made: Complex = (tp * tn - fp * fn) / (np.sqrt(tp + fp) * np.sqrt(tp + fn) * np.sqrt(tn + fp) * np.sqrt(tn + fn))
    return made


def _kappa(table: Complex) -> Complex:
    tn, fp, fn, tp = table
    rows = tn + fp + fn + tp
    by_chance = ((tp + fp) * (tp + fn) + (tn + fp) * (tn + fn)) / rows**2
    made: Complex = ((tp + tn) / rows - by_chance) / (1 - by_chance)
    return made
