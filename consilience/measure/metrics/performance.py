"""How often the model is right: accuracy, precision, recall, F1, and the area under the ROC curve."""

from __future__ import annotations

from consilience.measure.metrics import intervals
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, figure, undefined
from consilience.measure.metrics.ranks import area

FEW_FOR_DELONG = 20


def rate(part: int, whole: int, *, none: Reason) -> Figure:
    """A share of rows with Wilson's interval; undefined for the reason `none` when there are no rows."""
    if whole == 0:
        return undefined(none)
    low, high = intervals.wilson(part, whole)
    return figure(part / whole, low, high, method=Method.WILSON, rows=whole)


def needs_classes(counts: Counts) -> Reason | None:
    """Why labels and predictions cannot be compared here, if they cannot."""
    if not counts.has_label:
        return Reason.NO_LABEL
    if not counts.has_prediction:
        return Reason.NO_PREDICTION
    return None if counts.both else Reason.NO_ROWS


def needs_scores(counts: Counts) -> Reason | None:
    """Why labels and scores cannot be compared here, if they cannot."""
    if not counts.has_label:
        return Reason.NO_LABEL
    if not counts.has_score:
        return Reason.NO_SCORE
    return None if counts.measured else Reason.NO_ROWS


def accuracy(counts: Counts) -> Figure:
    """The share of rows whose prediction equals the label: (TP + TN) / all rows that have both."""
    missing = needs_classes(counts)
    if missing:
        return undefined(missing)
    return rate(counts.tp + counts.tn, counts.both, none=Reason.NO_ROWS)


def precision(counts: Counts) -> Figure:
    """The share of rows predicted positive that are: TP / (TP + FP). Undefined when none is predicted positive."""
    missing = needs_classes(counts)
    if missing:
        return undefined(missing)
    return rate(counts.tp, counts.tp + counts.fp, none=Reason.NONE_PREDICTED_POSITIVE)


def recall(counts: Counts) -> Figure:
    """The share of positive rows that are predicted positive: TP / (TP + FN). Undefined without positives."""
    missing = needs_classes(counts)
    if missing:
        return undefined(missing)
    return rate(counts.tp, counts.tp + counts.fn, none=Reason.NO_POSITIVES)


def f1(counts: Counts) -> Figure:
    """The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN). Its rows are TP + FP + FN."""
    missing = needs_classes(counts)
    if missing:
        return undefined(missing)
    union = counts.tp + counts.fp + counts.fn
    if union == 0:
        return undefined(Reason.NO_POSITIVES_AT_ALL)
    low, high = intervals.f1_from_jaccard(counts.tp, counts.fp, counts.fn)
    return figure(2 * counts.tp / (counts.tp + union), low, high, method=Method.JACCARD, rows=union)


def roc_auc(counts: Counts) -> Figure:
    """The probability that a positive row scores above a negative one, ties counted half, from 0 to 1.

    Exact as long as no bin of the histogram mixes a positive and a negative of different scores. Otherwise such pairs
    count half, the method ends in "+bracket", and the interval is widened by as much as they could matter. DeLong on
    the logit scale; method 5 of Newcombe where a class has fewer than twenty rows or the area is 0 or 1.
    """
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    positives, negatives = counts.ranks.positives, counts.ranks.negatives
    if positives == 0 or negatives == 0:
        return undefined(Reason.NO_POSITIVES if positives == 0 else Reason.NO_NEGATIVES)
    found = area(counts.ranks)
    few = min(positives, negatives) < FEW_FOR_DELONG
    if few or not 0 < found.value < 1 or found.variance <= 0:
        method = Method.NEWCOMBE_RANK
        low, high = intervals.newcombe_area(found.value, positives, negatives)
    else:
        method = Method.DELONG
        low, high = intervals.delong_logit(found.value, found.variance)
    named = f"{method}+bracket" if found.bracket else str(method)
    low, high = max(low - found.bracket, 0.0), min(high + found.bracket, 1.0)
    return figure(found.value, low, high, method=named, rows=positives + negatives)
