"""Quantiles from counts: exact where every value is kept, else bracketed by the bin in which the rank lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

from consilience.measure.metrics.figure import Figure, Method, Reason, bare, figure, undefined
from consilience.measure.states.numbers import NumberState, Scale

Bin = tuple[float, float, int]
"""Lowest value, highest value, rows; bins stand in order."""
TAIL = 0.025


def quantile(bins: Sequence[Bin], share: float) -> Figure:
    """The value below which this share of the rows lies: type 7 of Hyndman and Fan (1996).

    Exact where each bin holds one value; otherwise rows lie evenly in their bin, the method ends in "+bracket" and the
    interval reaches to the ends of the bins. The interval is that of order statistics: the ranks between which the
    quantile lies by the binomial distribution, whatever the values are like. Undefined without rows; no interval where
    the rows are too few to have a value beyond the quantile.
    """
    taken = [one for one in bins if one[2]]
    rows = sum(one[2] for one in taken)
    if not rows:
        return undefined(Reason.NO_ROWS)
    ends = list(accumulate(one[2] for one in taken))
    place = share * (rows - 1)
    below, above = math.floor(place), min(math.floor(place) + 1, rows - 1)
    part = place - below
    value = (1 - part) * _at(taken, ends, below) + part * _at(taken, ends, above)
    low_rank, high_rank = ranks(rows, share)
    if low_rank is None or high_rank is None:
        return bare(value, rows=rows, reason=Reason.FEW_ROWS)
    first, last = _bin(taken, ends, min(low_rank, below)), _bin(taken, ends, max(high_rank, above))
    bracket = any(one[0] != one[1] for one in {first, last, _bin(taken, ends, below), _bin(taken, ends, above)})
    method = f"{Method.ORDER_STATISTICS}+bracket" if bracket else str(Method.ORDER_STATISTICS)
    return figure(value, first[0], last[1], method=method, rows=rows)


def ranks(rows: int, share: float) -> tuple[int | None, int | None]:
    """The ranks (from 0) of the order statistics between which the quantile lies with 95 %; None where there is none."""
    from scipy.special import bdtr

    low = _smallest(rows, lambda k: bool(bdtr(float(k), rows, share) >= TAIL))
    high = _smallest(rows, lambda k: bool(bdtr(float(k), rows, share) >= 1 - TAIL))
    return (low - 1 if low >= 1 else None), (high if high <= rows - 1 else None)


def bins_of(state: NumberState, scale: Scale) -> list[Bin]:
    """The bins of a profiled column: its values where they are kept, else the bins of its scale within its extremes."""
    if state.values is not None:
        return [(value, value, rows) for value, rows in state.values]
    if state.minimum is None or state.maximum is None:
        return []
    starts = [-math.inf, *scale.edges]
    ends = [*(math.nextafter(edge, -math.inf) for edge in scale.edges), math.inf]
    return [
        (max(start, state.minimum), min(end, state.maximum), rows)
        for start, end, rows in zip(starts, ends, state.bins, strict=True)
        if rows
    ]


def _smallest(rows: int, enough: Callable[[int], bool]) -> int:
    low, high = 0, rows
    while low < high:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _bin(bins: Sequence[Bin], ends: Sequence[int], rank: int) -> Bin:
    from bisect import bisect_right

    return bins[bisect_right(ends, rank)]


def _at(bins: Sequence[Bin], ends: Sequence[int], rank: int) -> float:
    """The value of a rank, its bin's rows taken to lie evenly."""
    from bisect import bisect_right

    place = bisect_right(ends, rank)
    low, high, rows = bins[place]
    if low == high:
        return low
    return low + (high - low) * (rank - (ends[place] - rows) + 0.5) / rows
