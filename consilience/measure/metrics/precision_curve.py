"""Average precision: the area under the curve of precision over recall, from counts in the order of the scores."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.metrics.performance import needs_scores
from consilience.measure.metrics.ranks import Floats, Ranks

Bools = NDArray[np.bool_]

FEW_OF_A_CLASS = 20


def average_precision(counts: Counts) -> Figure:
    """The mean over the positive rows of the precision when all rows that score at least as high are taken, 0 to 1.

    The steps are not interpolated, as in scikit-learn. *Exact* where no bin mixes scores; otherwise the rows of a bin that
    mixes are taken as tied, the method ends in "+bracket", and the interval is wider by the distance to the best and to
    the worst order inside the bins. The interval is on the logit scale with the variance that the influence of single
    rows gives; none with fewer than twenty rows of a class.
    """
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    ranks = counts.ranks
    if not ranks.positives:
        return undefined(Reason.NO_POSITIVES)
    rows = ranks.positives + ranks.negatives
    positive, negative, mixed = _descending(ranks)
    value, error = _average(positive, negative)
    if min(ranks.positives, ranks.negatives) < FEW_OF_A_CLASS or not 0 < value < 1:
        return bare(value, rows=rows, reason=Reason.FEW_OF_A_CLASS)
    centre, half = math.log(value / (1 - value)), Z * error / (value * (1 - value))
    low, high = (1 / (1 + math.exp(side - centre)) for side in (half, -half))
    method = str(Method.WALD_LOGIT)
    if mixed.any():
        method += "+bracket"
        worst, best = _in_the_worst_and_best_order(positive, negative, mixed)
        low, high = max(low - max(value - worst, 0.0), 0.0), min(high + max(best - value, 0.0), 1.0)
    return figure(value, low, high, method=method, rows=rows)


def _descending(ranks: Ranks) -> tuple[Floats, Floats, Bools]:
    """Rows of each class from the highest score down. A bin with a mixed entry is one step, and is marked."""
    starts = np.flatnonzero(np.concatenate(([True], ranks.bin[1:] != ranks.bin[:-1])))
    mixed_bin = np.logical_or.reduceat(ranks.mixed, starts)
    own = np.cumsum(np.concatenate(([False], ranks.bin[1:] != ranks.bin[:-1])))
    first = np.flatnonzero(np.concatenate(([True], (own[1:] != own[:-1]) | ~mixed_bin[own[1:]])))
    positive, negative = (np.add.reduceat(side, first).astype(np.float64) for side in (ranks.positive, ranks.negative))
    return positive[::-1], negative[::-1], (mixed_bin[own[first]] & (positive > 0))[::-1]


def _average(positive: Floats, negative: Floats) -> tuple[float, float]:
    """The average precision and its standard error."""
    taken, of_them = np.cumsum(positive + negative), np.cumsum(positive)
    total = of_them[-1]
    precision = np.divide(of_them, taken, out=np.zeros_like(of_them), where=taken > 0)
    value = float(positive @ precision) / float(total)
    # A row matters through its own precision, and through that of every positive at or below its score.
    weight = np.divide(positive, taken, out=np.zeros_like(of_them), where=taken > 0)
    below = np.cumsum(weight[::-1])[::-1]
    spent = np.cumsum((weight * precision)[::-1])[::-1]
    of_positive = (precision + below - spent - value) / total
    of_negative = -spent / total
    rows = float(taken[-1])
    mean = float(positive @ of_positive + negative @ of_negative) / rows
    spread = float(positive @ (of_positive - mean) ** 2 + negative @ (of_negative - mean) ** 2)
    return value, math.sqrt(spread)


def _in_the_worst_and_best_order(positive: Floats, negative: Floats, mixed: Bools) -> tuple[float, float]:
    sides = []
    for first in (negative, positive):
        # A step that mixes becomes two: all rows of one class, then all of the other.
        p = np.stack([np.where(mixed, positive if first is positive else 0.0, 0.0), positive], axis=1)
        p[:, 1] -= p[:, 0]
        n = np.stack([np.where(mixed, negative if first is negative else 0.0, 0.0), negative], axis=1)
        n[:, 1] -= n[:, 0]
        sides.append(_between(p.reshape(-1), n.reshape(-1), np.repeat(mixed, 2)))
    return sides[0][0], sides[1][1]


def _between(positive: Floats, negative: Floats, loose: Bools) -> tuple[float, float]:
    """The least and the most average precision when the positives of a loose step may have scores of their own."""
    taken, of_them = np.cumsum(positive + negative), np.cumsum(positive)
    at_end = np.divide(of_them, taken, out=np.zeros_like(of_them), where=taken > 0)
    before = (of_them - positive + 1) / (taken - positive - negative + 1)
    at_start = np.where(loose, np.clip(before, 0, 1), at_end)
    total = of_them[-1]
    least = float(positive @ np.minimum(at_end, at_start) / total)
    most = float(positive @ np.maximum(at_end, at_start) / total)
    return least, most
