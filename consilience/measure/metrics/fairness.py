"""What a model does to groups: rates of each group, and the gaps between groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from consilience.measure.classes import NEGATIVE, POSITIVE
from consilience.measure.metrics import calibration, intervals, performance, range_kernels
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.metrics.performance import needs_classes, rate

SMALL_GROUP = 20
MANY_GROUPS = 200


def selection_rate(counts: Counts) -> Figure:
    """The share of rows predicted positive, over all rows with a prediction; no label is needed."""
    if not counts.has_prediction:
        return undefined(Reason.NO_PREDICTION)
    selected, passed_over = counts.predicted(POSITIVE), counts.predicted(NEGATIVE)
    return rate(selected, selected + passed_over, none=Reason.NO_ROWS)


def tpr(counts: Counts) -> Figure:
    """True positive rate: the share of positive rows that are predicted positive, TP / (TP + FN)."""
    return performance.recall(counts)


def fnr(counts: Counts) -> Figure:
    """False negative rate: the share of positive rows that are predicted negative, FN / (TP + FN)."""
    return _rate(counts, counts.fn, counts.tp, none=Reason.NO_POSITIVES)


def fpr(counts: Counts) -> Figure:
    """False positive rate: the share of negative rows that are predicted positive, FP / (FP + TN)."""
    return _rate(counts, counts.fp, counts.tn, none=Reason.NO_NEGATIVES)


def tnr(counts: Counts) -> Figure:
    """True negative rate: the share of negative rows that are predicted negative, TN / (FP + TN)."""
    return _rate(counts, counts.tn, counts.fp, none=Reason.NO_NEGATIVES)


def ppv(counts: Counts) -> Figure:
    """Positive predictive value: the share of rows predicted positive that are, TP / (TP + FP); the same as precision."""
    return performance.precision(counts)


def npv(counts: Counts) -> Figure:
    """Negative predictive value: the share of rows predicted negative that are, TN / (TN + FN)."""
    return _rate(counts, counts.tn, counts.fn, none=Reason.NONE_PREDICTED_NEGATIVE)


Metric = Callable[[Counts], Figure]

PERFORMANCE: dict[str, Metric] = {
    "accuracy": performance.accuracy,
    "precision": performance.precision,
    "recall": performance.recall,
    "f1": performance.f1,
    "roc_auc": performance.roc_auc,
}
CALIBRATION: dict[str, Metric] = {
    "brier": calibration.brier,
    "log_loss": calibration.log_loss,
    "ece": calibration.ece,
}
RATES: dict[str, Metric] = {
    "selection_rate": selection_rate,
    "tpr": tpr,
    "fpr": fpr,
    "fnr": fnr,
    "tnr": tnr,
    "ppv": ppv,
    "npv": npv,
}
OF_GROUPS: dict[str, Metric] = {**PERFORMANCE, **CALIBRATION, **RATES}
SAME_AS = {"ppv": "precision", "tpr": "recall"}
"""Two names of one figure."""

COUNTED = frozenset({"accuracy", "precision", "recall", "f1", *RATES})
"""The metrics that come from a share of rows, so that value and rows give back the count."""


def gap(metric: str, groups: Sequence[Figure]) -> Figure:
    """The largest value of a metric less the smallest, over the groups where it is defined. Its rows are theirs together.

    The interval is one of the true gap, which may be 0 although an observed gap never is: square-and-add for two
    groups, the inversion of a range test for more. None where a group is too small for it.
    """
    defined = [found for found in groups if found.value is not None]
    if len(defined) < 2:
        return undefined(Reason.FEWER_THAN_TWO_GROUPS)
    values = [found.value for found in defined if found.value is not None]
    value, rows = max(values) - min(values), sum(found.rows for found in defined)
    if metric == "ece":
        return bare(value, rows=rows, reason=Reason.BIAS_DEPENDS_ON_SIZE)
    if metric not in COUNTED and any(found.low is None or found.rows < SMALL_GROUP for found in defined):
        return bare(value, rows=rows, reason=Reason.A_GROUP_IS_SMALL)
    if len(defined) > MANY_GROUPS:
        return bare(value, rows=rows, reason=Reason.TOO_MANY_GROUPS)
    if len(defined) == 2:
        one, other = ((f.value or 0.0, f.low or 0.0, f.high or 0.0) for f in defined)
        low, high = intervals.gap_of_two(one, other)
        method = Method.SQUARE_AND_ADD
    else:
        low, high = _range(metric, value, defined)
        method = Method.RANGE_INVERSION
    return figure(value, low, high if metric == "log_loss" else min(high, 1.0), method=method, rows=rows)


def gaps(groups: Mapping[tuple[str | None, ...], Mapping[str, Figure]]) -> dict[str, Figure]:
    """The gap of every group metric."""
    made: dict[str, Figure] = {}
    for metric in OF_GROUPS:
        same = SAME_AS.get(metric)
        made[metric] = made[same] if same else gap(metric, [figures[metric] for figures in groups.values()])
    return made


def _rate(counts: Counts, part: int, rest: int, *, none: Reason) -> Figure:
    missing = needs_classes(counts)
    return undefined(missing) if missing else rate(part, part + rest, none=none)


def _range(metric: str, observed: float, groups: Sequence[Figure]) -> intervals.Interval:
    size = np.array([found.rows for found in groups], dtype=np.int64)
    if metric in COUNTED:
        value = np.array([found.value for found in groups], dtype=np.float64)
        kind = range_kernels.F1 if metric == "f1" else range_kernels.SHARE
        share = value / (2 - value) if metric == "f1" else value
        centre = np.arcsin(np.sqrt((share * size + 0.375) / (size + 0.75)))  # Anscombe 1948
        error = 0.5 / np.sqrt(size + 0.5)
        counted = np.where(size <= range_kernels.SMALL, size, 0)
    else:
        kind = range_kernels.LOSS if metric == "log_loss" else range_kernels.SHARE
        limits = np.sqrt(np.array([(found.low, found.high) for found in groups], dtype=np.float64))
        ends = limits if metric == "log_loss" else np.arcsin(limits)
        centre = ends.mean(axis=1)
        error = np.maximum((ends[:, 1] - ends[:, 0]) / (2 * Z), 1e-6)
        counted = np.zeros(len(groups), dtype=np.int64)
    largest = 4 * max(found.high or 0.0 for found in groups) if metric == "log_loss" else 1.0
    if largest == 0:  # every loss is 0
        return 0.0, 0.0
    low, high = range_kernels.invert(observed, centre, error, counted, kind, float(largest))
    return low, high
