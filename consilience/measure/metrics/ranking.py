"""How well the highest scores find the positives: figures at the top of the list, from counts in the order of scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from consilience.measure.metrics import intervals
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.metrics.performance import needs_scores
from consilience.measure.metrics.ranks import Ranks

TOPS = (1, 5, 10, 20)
"""The per cents of the list that a report looks at."""
FEW_ROWS = 20


@dataclass(frozen=True)
class Top:
    """The highest scores: how many rows, and how many positives there are at least, at most, and on average.

    Where the cut falls among rows of one score, or of one bin that mixes scores, it may be any of those: `value` counts the
    positives in proportion, `least` and `most` are what a luckless and a lucky order would give.
    """

    rows: int
    value: float
    least: int
    most: int


def top(ranks: Ranks, rows: int) -> Top:
    """The highest `rows` rows."""
    positive, negative = _blocks(ranks)
    size = positive + negative
    ends = np.cumsum(size)
    whole = int(np.searchsorted(ends, rows, side="right"))  # blocks that are in the top as a whole
    before, found = (int(ends[whole - 1]), int(positive[:whole].sum())) if whole else (0, 0)
    rest = rows - before
    if not rest or whole == len(size):
        return Top(rows, float(found), found, found)
    p, n = int(positive[whole]), int(negative[whole])
    return Top(rows, found + rest * p / (p + n), found + max(rest - n, 0), found + min(rest, p))


def precision_at(counts: Counts, per_cent: float) -> Figure:
    """The share of positives among the highest `per_cent` of scores, rounded up to a row; from 0 to 1.

    Exact where the cut falls between two scores. Where it falls among ties, or in a bin that mixes scores, they count in
    proportion, the method ends in "+bracket", and the interval holds whatever their order. Wilson's interval.
    """
    return _at(counts, per_cent, _precision)


def recall_at(counts: Counts, per_cent: float) -> Figure:
    """The share of all positives that are among the highest `per_cent` of scores; from 0 to 1. Bracketed like precision.

    Wilson's interval. Undefined without positives.
    """
    return _at(counts, per_cent, _recall)


def lift_at(counts: Counts, per_cent: float) -> Figure:
    """The share of positives among the highest `per_cent` of scores over their share among all rows; 1 is chance.

    Bracketed like precision. Interval by the delta method on the logarithm, of the share of positives in the top and that in
    the rest. Undefined without positives.
    """
    return _at(counts, per_cent, _lift)


def ndcg(counts: Counts) -> Figure:
    """Normalised discounted cumulative gain with relevance 0 or 1: each positive at place i counts 1 / log2(i + 1), over
    the sum with all positives first (Jarvelin and Kekalainen 2002). From 0 to 1, 1 at best.

    Ties share the mean of their places' gains, as scikit-learn does. Exact where no bin mixes scores; where one does, its
    rows are taken for ties, the method is "bracket", and the interval is what any order in it would give. There is no
    interval of the sampling error: a list as a whole is one observation.
    """
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    ranks = counts.ranks
    if not ranks.positives:
        return undefined(Reason.NO_POSITIVES)
    positive, negative = _blocks(ranks)
    mixed = _mixed_blocks(ranks)
    size = positive + negative
    ends = np.cumsum(size)
    gains = _Gains(int(ends[-1]))
    best = gains.between(0, ranks.positives)
    starts = ends - size
    means = np.array([gains.between(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]) / size
    value = math.fsum((means * positive).tolist()) / best
    if not mixed.any():
        return bare(value, rows=counts.measured, reason=Reason.ONE_LIST)
    blocks = list(zip(starts.tolist(), ends.tolist(), positive.tolist(), mixed.tolist(), means.tolist(), strict=True))
    low = math.fsum(gains.between(b - p, b) if m else p * mean for a, b, p, m, mean in blocks) / best
    high = math.fsum(gains.between(a, a + p) if m else p * mean for a, b, p, m, mean in blocks) / best
    return figure(value, low, min(high, 1.0), method=Method.BRACKET, rows=counts.measured)


def ranking(counts: Counts) -> dict[str, Figure]:
    """Precision, recall and lift at each of TOPS per cent, and NDCG."""
    made: dict[str, Figure] = {}
    for name, metric in (("precision", precision_at), ("recall", recall_at), ("lift", lift_at)):
        made |= {f"{name}_at_{per_cent}": metric(counts, per_cent) for per_cent in TOPS}
    return made | {"ndcg": ndcg(counts)}


class _Gains:
    """Sums of 1 / log2(place + 1) over the places of a list."""

    def __init__(self, rows: int) -> None:
        self._sums = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, rows + 2, dtype=np.float64)))])

    def between(self, start: int, end: int) -> float:
        return float(self._sums[end] - self._sums[start])


def _at(counts: Counts, per_cent: float, metric: Callable[[Top, int, int], tuple[float, float, float]]) -> Figure:
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    positives, total = counts.ranks.positives, counts.measured
    if not positives and metric is not _precision:
        return undefined(Reason.NO_POSITIVES)
    found = top(counts.ranks, max(1, math.ceil(round(total * per_cent / 100, 9))))
    rows = positives if metric is _recall else found.rows
    value, low, high = metric(found, positives, total)
    if metric is _lift and (found.rows == total or found.value == 0):
        return bare(value, rows=rows, reason=Reason.FEW_ROWS)
    if rows < FEW_ROWS and metric is _lift:
        return bare(value, rows=rows, reason=Reason.FEW_ROWS)
    named = Method.DELTA if metric is _lift else Method.WILSON
    method = f"{named}+bracket" if found.least != found.most else str(named)
    return figure(value, low, high, method=method, rows=rows)


def _precision(found: Top, _positives: int, _total: int) -> tuple[float, float, float]:
    low, high = intervals.wilson(found.least, found.rows)[0], intervals.wilson(found.most, found.rows)[1]
    return found.value / found.rows, low, high


def _recall(found: Top, positives: int, _total: int) -> tuple[float, float, float]:
    low, high = intervals.wilson(found.least, positives)[0], intervals.wilson(found.most, positives)[1]
    return found.value / positives, low, high


def _lift(found: Top, positives: int, total: int) -> tuple[float, float, float]:
    def limits(inside: float) -> tuple[float, float, float]:
        # With the share f of the list fixed, lift = p1 / (f p1 + (1 - f) p2): a function of the two shares p1 and p2.
        f, outside = found.rows / total, positives - inside
        p1, p2 = inside / found.rows, outside / max(total - found.rows, 1)
        value = p1 / (positives / total)
        slope = (1 - f) * p2 / (positives / total)  # of log lift by log p1; by log p2 it is the same with a minus
        spread = (1 - p1) / max(inside, 0.5) + ((1 - p2) / outside if outside > 0 else 0.0)
        half = Z * slope * math.sqrt(spread)
        return value, value * math.exp(-half), value * math.exp(half)

    value = limits(found.value)[0]
    return value, limits(float(found.least))[1], limits(float(found.most))[2]


def _blocks(ranks: Ranks) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
    """Positives and negatives by block of rows whose order is not known, the highest scores first.

    A block is an entry of one score, or a bin in which an entry mixes scores, with everything else in that bin.
    """
    first = _block_starts(ranks)
    return tuple(np.add.reduceat(one, first)[::-1] for one in (ranks.positive, ranks.negative))


def _mixed_blocks(ranks: Ranks) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.logical_or.reduceat(ranks.mixed, _block_starts(ranks))[::-1]


def _block_starts(ranks: Ranks) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Where blocks begin. In a bin the entry that mixes stands first, so a later entry joins when its bin has one."""
    new_bin = np.concatenate(([True], ranks.bin[1:] != ranks.bin[:-1]))
    bin_number = np.cumsum(new_bin) - 1
    bin_mixes = np.logical_or.reduceat(ranks.mixed, np.flatnonzero(new_bin))
    return np.flatnonzero(new_bin | ~bin_mixes[bin_number])
