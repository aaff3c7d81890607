"""Values far outside the middle half of a reference."""

from __future__ import annotations

import math
from itertools import accumulate

import numpy as np

from consilience.measure.metrics.figure import Figure, Method, Reason, figure, undefined
from consilience.measure.metrics.intervals import wilson
from consilience.measure.states.numbers import NumberState, Scale, Values

REACH = 1.5
Bracket = tuple[float, float]


def outlier_share(reference: NumberState, current: NumberState, scale: Scale) -> Figure:
    """The share of finite values now beyond Tukey's fences of the reference, from 0 to 1 (Tukey 1977).

    The fences lie 1.5 times the distance of the reference's quartiles below the lower and above the upper one (quartiles
    of type 7, Hyndman and Fan 1996). Exact with Wilson's interval while all values are kept on both sides. Beyond, each
    quartile is known to lie in a bin and some rows may be on either side: the value is the middle of what is possible,
    and the interval covers it all (`wilson+bracket`). Undefined where the quartiles are the same value.
    """
    if not reference.present or not current.present:
        return undefined(Reason.NO_ROWS)
    lower, upper = quartile(reference, scale, 1), quartile(reference, scale, 3)
    if lower[0] == upper[1]:
        return undefined(Reason.CONSTANT, rows=current.present)
    # Q1 - r (Q3 - Q1) = (1 + r) Q1 - r Q3: lowest with the lowest Q1 and the highest Q3.
    below = ((1 + REACH) * lower[0] - REACH * upper[1], (1 + REACH) * lower[1] - REACH * upper[0])
    above = ((1 + REACH) * upper[0] - REACH * lower[1], (1 + REACH) * upper[1] - REACH * lower[0])
    certain, possible = _outside(current, scale, below, above)
    rows = current.present
    low, high = wilson(certain, rows)[0], wilson(possible, rows)[1]
    method = Method.WILSON if certain == possible else f"{Method.WILSON}+bracket"
    return figure((certain + possible) / 2 / rows, low, high, method=method, rows=rows)


def quartile(state: NumberState, scale: Scale, number: int) -> Bracket:
    """Between what a quartile surely lies; twice the same value where it is known."""
    place = (state.present - 1) * number / 4
    ends = (math.floor(place), math.ceil(place))
    if state.values is not None:
        low, high = (_ranked(state.values, end) for end in ends)
        found = low + (high - low) * (place - ends[0])
        return found, found
    return _bin_of(state, scale, ends[0])[0], _bin_of(state, scale, ends[1])[1]


def _ranked(values: Values, rank: int) -> float:
    place = int(np.searchsorted(np.cumsum(values.rows), rank, side="right"))
    return float(values.at[min(place, len(values) - 1)])


def _bin_of(state: NumberState, scale: Scale, rank: int) -> Bracket:
    at = next(number for number, seen in enumerate(accumulate(state.bins)) if rank < seen)
    return _reach(state, scale, at)


def _reach(state: NumberState, scale: Scale, at: int) -> Bracket:
    """The least and the largest value that a bin may hold."""
    least, most = state.minimum or 0.0, state.maximum or 0.0
    low = least if at == 0 else max(scale.edges[at - 1], least)
    if scale.atom(at):
        return low, low
    return low, most if at == len(scale.edges) else min(scale.edges[at], most)


def _outside(current: NumberState, scale: Scale, below: Bracket, above: Bracket) -> tuple[int, int]:
    """Rows that surely lie beyond the fences, and rows that may; each fence lies in its bracket."""
    if current.values is not None:
        at, counted = current.values.at, current.values.rows
        surely = int(counted[(at < below[0]) | (at > above[1])].sum())
        return surely, int(counted[(at < below[1]) | (at > above[0])].sum())
    spans = [(_reach(current, scale, place), rows) for place, rows in enumerate(current.bins) if rows]
    certain = sum(rows for (low, high), rows in spans if high < below[0] or low > above[1])
    possible = sum(rows for (low, high), rows in spans if low < below[1] or high > above[0])
    return certain, possible
