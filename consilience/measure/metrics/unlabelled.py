"""Performance before the labels are known: what calibrated scores promise, for the rows that have a score and no label."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.measure.classes import NEGATIVE, POSITIVE, UNKNOWN
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.states import scores
from consilience.measure.states.cube import UNIT, States

ASSUMPTION = "scores_are_calibrated_on_these_rows"
FEW_ROWS = 20
FEWEST_EXPECTED = 1e-6  # of a class: below, its area says nothing, and its square is lost to underflow
Floats = NDArray[np.float64]
METRICS = ("accuracy", "precision", "recall", "f1", "roc_auc", "brier")


@dataclass(frozen=True)
class _Entries:
    """Rows without label in the order of their scores; whether they are predicted positive, negative, or neither."""

    score: Floats
    rows: Floats
    prediction: NDArray[np.int64]
    half_width: Floats  # of the bin, where it mixes scores, else 0

    @property
    def variance(self) -> Floats:
        made: Floats = self.rows * self.score * (1 - self.score)
        return made


def estimate(states: States) -> dict[str, Json]:
    """Accuracy, precision, recall, F1, area, Brier score and confusion as the scores promise them, without labels (CBPE).

    For the rows that have a score and no label (`labels_to_come`; rows with one are left out). If the scores are calibrated
    on these rows (`assumption`), a row that scores s is positive with probability s, so TP is expected to be the sum of s
    over the rows predicted positive, FP the sum of 1 - s there, FN and TN likewise, and the Brier score the mean of
    s (1 - s). The area is that of these expected counts. *Exact* sums for confusion, accuracy and precision; area and
    Brier score come from the histogram, "+bracket" where that mixes scores (the
    interval is then wider by what the bins may hide, to first order). The interval says where the true figure of these
    very rows lies once their labels are known: the labels are independent coin tosses of these probabilities
    (Poisson-binomial; Kivimaki and others, arXiv 2505.05295), taken as normal by the delta method; none with fewer than
    20 rows. It knows nothing of scores that are not calibrated: if customers changed so that the same score means another
    risk, the estimate is wrong by as much.
    """
    entries = _entries(states)
    rows = int(entries.rows.sum())
    expected = _expected(states)
    figures = {name: undefined(_why_none(states, rows)) for name in METRICS}
    if rows:
        figures |= {"roc_auc": _area(entries), "brier": _brier(entries)}
        if expected is not None:
            figures |= _decided(entries, *expected)
    return {
        "labels_to_come": rows,
        "assumption": ASSUMPTION,
        "confusion": None
        if expected is None or not rows
        else dict(zip(("tn", "fp", "fn", "tp"), expected, strict=True)),
        **{name: found.as_json() for name, found in figures.items()},
    }


def _why_none(states: States, rows: int) -> Reason:
    if states.plan.score is None:
        return Reason.NO_SCORE
    return Reason.NO_PREDICTION if rows else Reason.EVERY_ROW_HAS_ITS_LABEL


def _entries(states: States) -> _Entries:
    own = states.scores
    label = np.array([key.label for key, _ in states.cells], dtype=np.int64)[own.cell]
    prediction = np.array([key.prediction for key, _ in states.cells], dtype=np.int64)[own.cell]
    low, high = scores.bounds(own)
    score = (low + high) / 2
    kept = np.flatnonzero(label == UNKNOWN)
    order = kept[np.argsort(score[kept], kind="stable")]
    return _Entries(score[order], own.rows[order].astype(np.float64), prediction[order], (high - low)[order] / 2)


def _expected(states: States) -> tuple[float, float, float, float] | None:
    """Expected TN, FP, FN and TP, from exact sums."""
    if not states.plan.predicts:
        return None
    rows, sums = [0, 0, 0], [0, 0, 0]
    for key, tally in states.cells:
        if key.label == UNKNOWN:
            rows[key.prediction] += tally.scored
            sums[key.prediction] += sum(tally.bin_scores)
    fn, tp = sums[NEGATIVE] / UNIT, sums[POSITIVE] / UNIT
    return rows[NEGATIVE] - fn, rows[POSITIVE] - tp, fn, tp


def _decided(entries: _Entries, tn: float, fp: float, fn: float, tp: float) -> dict[str, Figure]:
    """The figures that need predictions. Each derivative is by TP and by FN, which vary independently."""
    of_tp, of_fn = (float(entries.variance[entries.prediction == code].sum()) for code in (POSITIVE, NEGATIVE))
    selected, rows, positives = tp + fp, tn + fp + fn + tp, tp + fn

    def made(value: float, by_tp: float, by_fn: float, over: float) -> Figure:
        return _figure(value, math.sqrt(by_tp**2 * of_tp + by_fn**2 * of_fn), round(over))

    none = undefined(Reason.NONE_PREDICTED_POSITIVE)
    union = selected + positives
    return {
        "accuracy": made((tp + tn) / rows, 1 / rows, -1 / rows, rows) if rows else undefined(Reason.NO_ROWS),
        "precision": made(tp / selected, 1 / selected, 0.0, selected) if selected else none,
        "recall": made(tp / positives, fn / positives**2, -tp / positives**2, rows)
        if positives
        else undefined(Reason.NO_POSITIVES),
        "f1": made(2 * tp / union, 2 * (union - tp) / union**2, -2 * tp / union**2, rows)
        if union
        else undefined(Reason.NO_POSITIVES_AT_ALL),
    }


def _brier(entries: _Entries) -> Figure:
    score, rows, total = entries.score, entries.rows, float(entries.rows.sum())
    error = math.sqrt(float(entries.variance @ (1 - 2 * score) ** 2)) / total
    return _figure(
        float(entries.variance.sum()) / total, error, int(total), bracket=float(rows @ entries.half_width) / total
    )


def _area(entries: _Entries) -> Figure:
    starts = np.flatnonzero(np.concatenate(([True], entries.score[1:] != entries.score[:-1])))
    rows, score = np.add.reduceat(entries.rows, starts), entries.score[starts]
    positive, negative = rows * score, rows * (1 - score)
    positives, negatives = float(positive.sum()), float(negative.sum())
    if min(positives, negatives) < FEWEST_EXPECTED:
        return undefined(Reason.NO_NEGATIVES if positives > negatives else Reason.NO_POSITIVES, rows=int(rows.sum()))
    below = np.cumsum(negative) - negative / 2
    above = positives - np.cumsum(positive) + positive / 2
    value = float(positive @ below) / (positives * negatives)
    # What one more positive in place of a negative does: it wins pairs, takes some away, and changes how many there are.
    slope = (below - above) / (positives * negatives) - value * (1 / positives - 1 / negatives)
    error = math.sqrt(float((rows * score * (1 - score)) @ slope**2))
    half_width = np.maximum.reduceat(entries.half_width, starts)
    bracket = float((positive * negative)[half_width > 0].sum()) / 2 / (positives * negatives)
    bracket += float((rows * half_width) @ np.abs(slope))
    return _figure(value, error, int(rows.sum()), bracket=bracket)


def _figure(value: float, error: float, rows: int, *, bracket: float = 0.0) -> Figure:
    if rows < FEW_ROWS:
        return bare(value, rows=rows, reason=Reason.FEW_OF_A_CLASS)
    method = f"{Method.POISSON_BINOMIAL}+bracket" if bracket else str(Method.POISSON_BINOMIAL)
    half = Z * error + bracket
    return figure(value, max(value - half, 0.0), min(value + half, 1.0), method=method, rows=rows)
