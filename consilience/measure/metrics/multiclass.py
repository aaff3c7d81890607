"""How often predictions of one of several classes are right: figures from a confusion matrix, rows labels, columns predictions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import intervals, table_draws
from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined
from consilience.measure.metrics.performance import rate
from consilience.measure.metrics.table_draws import Statistic

Matrix = NDArray[np.int64]
Floats = NDArray[np.float64]
Metric = Callable[[Matrix], Figure]
FEW_ROWS = 20


def accuracy(matrix: Matrix) -> Figure:
    """The share of rows whose prediction is the label; the same as micro precision, recall and F1. Wilson; exact."""
    return rate(int(matrix.trace()), int(matrix.sum()), none=Reason.NO_ROWS)


def balanced_accuracy(matrix: Matrix) -> Figure:
    """The mean recall of the classes that rows have, from 0 to 1. Exact.

    The interval adds up Wilson's distances of the recalls, which come from different rows, by squares (MOVER: Zou and
    Donner 2008).
    """
    return _mean_share(matrix.diagonal(), matrix.sum(axis=1))


def macro_recall(matrix: Matrix) -> Figure:
    """The mean recall of all classes. Undefined where a class is predicted that no row has. Exact; MOVER."""
    if matrix.sum() and (matrix.sum(axis=1) == 0).any():
        return undefined(Reason.CLASS_ABSENT, rows=int(matrix.sum()))
    return _mean_share(matrix.diagonal(), matrix.sum(axis=1))


def macro_precision(matrix: Matrix) -> Figure:
    """The mean precision of all classes. Undefined where a class is never predicted. Exact; MOVER, as balanced accuracy."""
    if matrix.sum() and (matrix.sum(axis=0) == 0).any():
        return undefined(Reason.CLASS_NEVER_PREDICTED, rows=int(matrix.sum()))
    return _mean_share(matrix.diagonal(), matrix.sum(axis=0))


def macro_f1(matrix: Matrix) -> Figure:
    """The mean F1 of all classes that a row has or is predicted. Exact; Dirichlet draws."""
    return _f1(matrix, weighted=False)


def weighted_precision(matrix: Matrix) -> Figure:
    """Precision by class, weighted by the rows that have it. Undefined where such a class is never predicted.

    Exact; Dirichlet draws.
    """
    n = int(matrix.sum())
    label, predicted = matrix.sum(axis=1), matrix.sum(axis=0)
    if not n:
        return undefined(Reason.NO_ROWS)
    if ((predicted == 0) & (label > 0)).any():
        return undefined(Reason.CLASS_NEVER_PREDICTED, rows=n)
    shares, weights = _ratio(matrix.diagonal(), predicted), label / n
    return _drawn(matrix, float(weights @ shares), table_draws.weighted_precision)


def weighted_recall(matrix: Matrix) -> Figure:
    """Recall by class, weighted by the rows that have it: the same as accuracy. Exact; Wilson."""
    return accuracy(matrix)


def weighted_f1(matrix: Matrix) -> Figure:
    """F1 by class, weighted by the rows that have it. Exact; Dirichlet draws."""
    return _f1(matrix, weighted=True)


def kappa(matrix: Matrix) -> Figure:
    """Cohen's kappa: how far agreement exceeds what the shares of the classes give by chance, from -1 to 1 (Cohen 1960).

    Exact; Dirichlet draws. Undefined where all rows are of one class.
    """
    n = int(matrix.sum())
    if not n:
        return undefined(Reason.NO_ROWS)
    label, predicted = matrix.sum(axis=1) / n, matrix.sum(axis=0) / n
    right, chance = float(matrix.trace() / n), float(label @ predicted)
    if chance == 1:
        return undefined(Reason.CONSTANT, rows=n)
    return _drawn(matrix, (right - chance) / (1 - chance), table_draws.kappa)


def mcc(matrix: Matrix) -> Figure:
    """Matthews' correlation of label and prediction, for several classes (Gorodkin 2004), from -1 to 1.

    Exact; Dirichlet draws. Undefined where all labels, or all predictions, are of one class.
    """
    n = int(matrix.sum())
    if not n:
        return undefined(Reason.NO_ROWS)
    label, predicted = matrix.sum(axis=1) / n, matrix.sum(axis=0) / n
    of_label, of_prediction = 1 - float(label @ label), 1 - float(predicted @ predicted)
    if of_label <= 0 or of_prediction <= 0:
        return undefined(Reason.CONSTANT, rows=n)
    root = math.sqrt(of_label * of_prediction)
    value = float(matrix.trace() / n - label @ predicted) / root
    return _drawn(matrix, value, table_draws.mcc)


MULTICLASS: dict[str, Metric] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "macro_precision": macro_precision,
    "macro_recall": macro_recall,
    "macro_f1": macro_f1,
    "micro_precision": accuracy,
    "micro_recall": accuracy,
    "micro_f1": accuracy,
    "weighted_precision": weighted_precision,
    "weighted_recall": weighted_recall,
    "weighted_f1": weighted_f1,
    "kappa": kappa,
    "mcc": mcc,
}


def of_class(matrix: Matrix, place: int) -> dict[str, Figure]:
    """Precision, recall and F1 of one class against all others, as for two classes. Exact; Wilson, and Jaccard for F1."""
    right = int(matrix[place, place])
    label, predicted = int(matrix[place].sum()), int(matrix[:, place].sum())
    union = label + predicted - right
    f1 = undefined(Reason.CLASS_ABSENT)
    if union:
        low, high = intervals.f1_from_jaccard(right, predicted - right, label - right)
        f1 = figure(2 * right / (label + predicted), low, high, method=Method.JACCARD, rows=union)
    return {
        "precision": rate(right, predicted, none=Reason.CLASS_NEVER_PREDICTED),
        "recall": rate(right, label, none=Reason.CLASS_ABSENT),
        "f1": f1,
    }


def _mean_share(part: Matrix, whole: Matrix) -> Figure:
    """The mean of the shares part / whole of different rows, over those of which there are rows."""
    n = int(whole.sum())
    if not n:
        return undefined(Reason.NO_ROWS)
    of = [(int(right), int(rows)) for right, rows in zip(part, whole, strict=True) if rows]
    value = sum(right / rows for right, rows in of) / len(of)
    if n < FEW_ROWS:
        return bare(value, rows=n, reason=Reason.FEW_ROWS)
    limits = [(right / rows, *intervals.wilson(right, rows)) for right, rows in of]
    down = math.hypot(*(share - low for share, low, _ in limits)) / len(of)
    up = math.hypot(*(high - share for share, _, high in limits)) / len(of)
    return figure(value, max(value - down, 0.0), min(value + up, 1.0), method=Method.MOVER, rows=n)


def _f1(matrix: Matrix, *, weighted: bool) -> Figure:
    n = int(matrix.sum())
    if not n:
        return undefined(Reason.NO_ROWS)
    label, both = matrix.sum(axis=1), matrix.sum(axis=1) + matrix.sum(axis=0)
    each = _ratio(2 * matrix.diagonal(), both)
    weights = label / n if weighted else np.full(len(both), 1 / max(int((both > 0).sum()), 1))
    return _drawn(matrix, float(weights @ each), table_draws.weighted_f1 if weighted else table_draws.mean_f1)


def _drawn(matrix: Matrix, value: float, statistic: Statistic) -> Figure:
    """The value with the middle 95 % of it over tables that are drawn again (see `table_draws`)."""
    n = int(matrix.sum())
    if n < FEW_ROWS:
        return bare(value, rows=n, reason=Reason.FEW_ROWS)
    if len(matrix) < 2:
        return bare(value, rows=n, reason=Reason.FEW_OF_A_CLASS)
    low, high = table_draws.limits(matrix, statistic)
    return figure(value, min(low, value), max(high, value), method=Method.DIRICHLET, rows=n)


def _ratio(above: NDArray[np.int64], below: NDArray[np.int64]) -> Floats:
    """Element by element, 0 where there is nothing to divide by."""
    return np.divide(above, below, out=np.zeros(len(below)), where=below > 0)
