"""Two models on the same rows: how much the second is above the first, with intervals that know the rows are the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.measure.classes import NEGATIVE, POSITIVE, UNKNOWN
from consilience.measure.metrics import intervals
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.states.cube import CLIP

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
FEW_FOR_DELONG = 20
FEW_ROWS = 20


@dataclass(frozen=True)
class Two:
    """Labels, and the scores and predictions of two models, row by row; NaN and UNKNOWN where there are none."""

    label: Codes
    score: tuple[Floats, Floats]
    prediction: tuple[Codes, Codes]
    has_label: bool
    has_score: bool
    has_prediction: bool

    def table(self) -> NDArray[np.int64]:
        """Rows by label (0, 1, UNKNOWN), first and second prediction: enough for every rate."""
        code = (self.label * 3 + self.prediction[0]) * 3 + self.prediction[1]
        return np.bincount(code, minlength=27).reshape(3, 3, 3)


def newcombe_paired(both: int, only_one: int, only_other: int, neither: int) -> intervals.Interval:
    """The share of the other less the share of the one, of the same rows: method 10 of Newcombe (1998, paired data).

    Square-and-add from the two Wilson intervals, less what the correlation phi of the two takes away; phi is corrected for
    continuity where it is above 0.
    """
    n = both + only_one + only_other + neither
    one, other = (both + only_one) / n, (both + only_other) / n
    (low1, high1), (low2, high2) = intervals.wilson(both + only_one, n), intervals.wilson(both + only_other, n)
    margins = (both + only_one) * (only_other + neither) * (both + only_other) * (only_one + neither)
    cross = float(both * neither - only_one * only_other)
    phi = (max(cross - n / 2, 0.0) if cross > 0 else cross) / math.sqrt(margins) if margins else 0.0

    def half(a: float, b: float) -> float:
        return math.sqrt(max(a * a - 2 * phi * a * b + b * b, 0.0))

    difference = other - one
    return difference - half(other - low2, high1 - one), difference + half(high2 - other, one - low1)


def mcnemar(only_one: int, only_other: int) -> float:
    """The exact p-value of McNemar's test, two-sided: whether one is right where the other is wrong as often as the reverse."""
    if not only_one + only_other:
        return 1.0
    from scipy.special import bdtr

    return min(1.0, 2 * float(bdtr(float(min(only_one, only_other)), only_one + only_other, 0.5)))


def accuracy(two: Two) -> Figure:
    """The difference in the share of rows predicted as labelled. Newcombe's paired interval; exact."""
    return _needs(two) or _share(*right(two))


def right(two: Two) -> tuple[int, int, int, int]:
    """Rows that both, only the one, only the other, and neither predicts as labelled."""
    table = two.table()
    cells = [table[POSITIVE, a, b] + table[NEGATIVE, 1 - a, 1 - b] for a, b in ((1, 1), (1, 0), (0, 1), (0, 0))]
    return int(cells[0]), int(cells[1]), int(cells[2]), int(cells[3])


def selection_rate(two: Two) -> Figure:
    """The difference in the share predicted positive; no label is needed. Newcombe's paired interval; exact."""
    if not two.has_prediction:
        return undefined(Reason.NO_PREDICTION)
    return _share(*_cells(two.table().sum(axis=0)))


def recall(two: Two) -> Figure:
    """The difference in the share of positive rows predicted positive. Newcombe's paired interval; exact."""
    return _needs(two) or _share(*_cells(two.table()[POSITIVE]), none=Reason.NO_POSITIVES)


def fpr(two: Two) -> Figure:
    """The difference in the share of negative rows predicted positive. Newcombe's paired interval; exact."""
    return _needs(two) or _share(*_cells(two.table()[NEGATIVE]), none=Reason.NO_NEGATIVES)


def precision(two: Two) -> Figure:
    """The difference in the share of rows predicted positive that are. Delta method on the eight counts; value exact."""
    return _ratio(two, lambda y, p: p * y, lambda _, p: p, none=Reason.NONE_PREDICTED_POSITIVE)


def f1(two: Two) -> Figure:
    """The difference in 2 TP / (2 TP + FP + FN). Delta method on the eight counts; value exact."""
    return _ratio(two, lambda y, p: 2 * p * y, lambda y, p: p + y, none=Reason.NO_POSITIVES_AT_ALL)


def roc_auc(two: Two) -> Figure:
    """The difference in the area under the ROC curve. DeLong's covariance of the two (1988); exact, from all scores."""
    if not two.has_score:
        return undefined(Reason.NO_SCORE)
    if not two.has_label:
        return undefined(Reason.NO_LABEL)
    positive, negative = two.label == POSITIVE, two.label == NEGATIVE
    m, n = int(positive.sum()), int(negative.sum())
    if not m or not n:
        return undefined(Reason.NO_POSITIVES if not m else Reason.NO_NEGATIVES)
    placed = [_placements(score[positive], score[negative]) for score in two.score]
    value = float(placed[1][0].mean() - placed[0][0].mean())
    if min(m, n) < FEW_FOR_DELONG:
        return bare(value, rows=m + n, reason=Reason.FEW_OF_A_CLASS)
    of_positive, of_negative = placed[1][0] - placed[0][0], placed[1][1] - placed[0][1]
    variance = float(of_positive.var(ddof=1)) / m + float(of_negative.var(ddof=1)) / n
    if variance == 0:
        return bare(value, rows=m + n, reason=Reason.NO_DIFFERENCE_AT_ALL)
    half = Z * math.sqrt(variance)
    low, high = max(value - half, -1.0), min(value + half, 1.0)
    return figure(value, low, high, method=Method.PAIRED_DELONG, rows=m + n)


def brier(two: Two) -> Figure:
    """The difference in mean squared distance of score and label. Hall's t on the differences row by row; exact."""
    return _loss(two, lambda score, label: (score - label) ** 2)


def log_loss(two: Two) -> Figure:
    """The difference in mean log loss, scores clipped at 2^-52. Hall's t on the differences row by row; exact."""

    def loss(score: Floats, label: Floats) -> Floats:
        given = np.clip(np.where(label == 1, score, 1 - score), CLIP, 1 - CLIP)
        lost: Floats = -np.log(given)
        return lost

    return _loss(two, loss)


PAIRED: dict[str, Callable[[Two], Figure]] = {
    "accuracy": accuracy, "precision": precision, "recall": recall, "f1": f1, "roc_auc": roc_auc, "brier": brier,
    "log_loss": log_loss, "selection_rate": selection_rate, "fpr": fpr,
}  # fmt: skip


def _needs(two: Two) -> Figure | None:
    if not two.has_label:
        return undefined(Reason.NO_LABEL)
    return None if two.has_prediction else undefined(Reason.NO_PREDICTION)


def _cells(table: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Rows that both, only the one, only the other, and neither predicts positive."""
    return int(table[1, 1]), int(table[1, 0]), int(table[0, 1]), int(table[0, 0])


def _share(both: int, only_one: int, only_other: int, neither: int, *, none: Reason = Reason.NO_ROWS) -> Figure:
    n = both + only_one + only_other + neither
    if not n:
        return undefined(none)
    low, high = newcombe_paired(both, only_one, only_other, neither)
    value = (only_other - only_one) / n
    return figure(value, max(low, -1.0), min(high, 1.0), method=Method.PAIRED_SHARES, rows=n)


def _ratio(
    two: Two, above: Callable[[Floats, Floats], Floats], below: Callable[[Floats, Floats], Floats], *, none: Reason
) -> Figure:
    """The difference of two ratios of means over the rows: `above` / `below`, of label and prediction."""
    missing = _needs(two)
    if missing:
        return missing
    rows = two.table()[:2, :2, :2].astype(np.float64)
    n = float(rows.sum())
    y, p1, p2 = (np.asarray(axis, dtype=np.float64) for axis in np.indices(rows.shape))
    values, influence = [], []
    for p in (p1, p2):
        under = float((rows * below(y, p)).sum())
        if under == 0:
            return undefined(none)
        value = float((rows * above(y, p)).sum()) / under
        values.append(value)
        influence.append((above(y, p) - value * below(y, p)) * n / under)
    difference = values[1] - values[0]
    apart = influence[1] - influence[0]
    half = Z * math.sqrt(float((rows * apart**2).sum()) / n / n)
    if half == 0:
        return bare(difference, rows=int(n), reason=Reason.NO_DIFFERENCE_AT_ALL)
    low, high = max(difference - half, -1.0), min(difference + half, 1.0)
    return figure(difference, low, high, method=Method.MULTINOMIAL, rows=int(n))


def _loss(two: Two, loss: Callable[[Floats, Floats], Floats]) -> Figure:
    if not two.has_score:
        return undefined(Reason.NO_SCORE)
    if not two.has_label:
        return undefined(Reason.NO_LABEL)
    known = two.label != UNKNOWN
    n = int(known.sum())
    if not n:
        return undefined(Reason.NO_ROWS)
    label = two.label[known].astype(np.float64)
    apart = loss(two.score[1][known], label) - loss(two.score[0][known], label)
    value = float(apart.mean())
    if n < FEW_ROWS:
        return bare(value, rows=n, reason=Reason.FEW_ROWS)
    if float(apart.max()) == float(apart.min()):
        return bare(value, rows=n, reason=Reason.NO_DIFFERENCE_AT_ALL)
    low, high = intervals.skewed_t(value, apart, np.ones(n))
    return figure(value, low, high, method=Method.PAIRED_MEAN, rows=n)


def _placements(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    """For each positive the share of negatives below it, and for each negative that of positives above it, ties half."""
    ordered = [np.sort(positive), np.sort(negative)]
    below = np.searchsorted(ordered[1], positive, "left") + np.searchsorted(ordered[1], positive, "right")
    above = 2 * len(positive) - (
        np.searchsorted(ordered[0], negative, "left") + np.searchsorted(ordered[0], negative, "right")
    )
    return below / (2 * len(negative)), above / (2 * len(positive))
