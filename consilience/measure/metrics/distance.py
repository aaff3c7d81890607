"""How far the numbers of a column moved: distances of distribution functions, exact from values or bracketed by bins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics.figure import Figure, Method, Reason, figure, undefined
from consilience.measure.states.numbers import NumberState, Scale, Values

Floats = NDArray[np.float64]

KOLMOGOROV = 1.3580986393225505
"""The point that the limit of sqrt(nm / (n + m)) times the distance of two samples of one population exceeds in 5 of 100."""

LARGEST_EXPONENT = 1024
"""2 to this power is no double any more."""


@dataclass(frozen=True)
class Bracketed:
    """A distance that lies surely between two bounds, with the best single value; all three are equal where it is exact."""

    value: float
    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high


def moments(state: NumberState, scale: Scale) -> tuple[float, float] | None:
    """Mean and standard deviation (n - 1) of the finite values; None where a value was too large to be summed, or none is there."""
    count = state.present
    if not count or state.beyond or scale.unit >= LARGEST_EXPONENT:
        return None
    unit = 2.0**scale.unit
    mean = scale.origin + state.total / count * unit
    # Integers of any size: nothing cancels.
    spread = math.sqrt((state.squares * count - state.total**2) / (count * (count - 1))) * unit if count > 1 else 0.0
    return (mean, spread) if math.isfinite(mean) and math.isfinite(spread) else None


def standard_error(spread: float, rows: int, other: float, other_rows: int) -> float:
    """The standard error of the difference of two means; no square of a large spread overflows."""
    return math.hypot(spread / math.sqrt(rows), other / math.sqrt(other_rows))


def kolmogorov_smirnov(reference: NumberState, current: NumberState, scale: Scale) -> Figure:
    """Kolmogorov-Smirnov distance: the largest difference of the two distribution functions, from 0 to 1.

    Exact while all values are kept. Beyond, it is known at every edge of the bins: the value is the largest difference there,
    the truth is at most as much larger as a bin may hide, and the interval covers that bracket (`+bracket`). An interval of
    the sampling error is added on both sides (the limit of Kolmogorov 1933 for the difference of the two).
    """
    if not reference.present or not current.present:
        return undefined(Reason.NO_ROWS)
    found = ks(reference, current, scale)
    half = KOLMOGOROV * math.sqrt(1 / reference.present + 1 / current.present)
    method = Method.KOLMOGOROV if found.exact else f"{Method.KOLMOGOROV}+bracket"
    return figure(
        found.value, max(found.low - half, 0.0), min(found.high + half, 1.0), method=method, rows=current.present
    )


def wasserstein(reference: NumberState, current: NumberState, scale: Scale) -> Figure:
    """Wasserstein distance: how far the values moved on average, in the units of the column; from 0.

    The area between the two distribution functions. Exact while all values are kept, else bracketed by the bins (the value
    takes the functions as straight between edges). The interval adds the sampling error: the derivative of the area is a
    1-Lipschitz function of the values, so its variance is at most s1^2 / n + s2^2 / m. Undefined where the values lie so far
    apart that a double cannot say how far.
    """
    if not reference.present or not current.present:
        return undefined(Reason.NO_ROWS)
    if not math.isfinite(_range(reference, current)):
        return undefined(Reason.BEYOND_SCALE, rows=current.present)
    spreads = [moments(state, scale) for state in (reference, current)]
    found = area_between(reference, current, scale)
    if spreads[0] is None or spreads[1] is None:
        return Figure(found.value, None, None, None, current.present, Reason.BEYOND_SCALE)
    half = 1.96 * standard_error(spreads[0][1], reference.present, spreads[1][1], current.present)
    method = Method.LIPSCHITZ if found.exact else f"{Method.LIPSCHITZ}+bracket"
    return figure(found.value, max(found.low - half, 0.0), found.high + half, method=method, rows=current.present)


def ks(reference: NumberState, current: NumberState, scale: Scale) -> Bracketed:
    """The Kolmogorov-Smirnov distance from values or bins."""
    if reference.values is not None and current.values is not None:
        _, then, now = _functions(reference, current, reference.values, current.values)
        distance = float(np.abs(then - now).max())
        return Bracketed(distance, distance, distance)
    then, now = _at_edges(reference), _at_edges(current)
    distance = float(np.abs(then - now).max())
    before_then, before_now = np.concatenate([[0.0], then[:-1]]), np.concatenate([[0.0], now[:-1]])
    # A bin hides nothing where it holds one value only, or rows of one side only: then the extremes are at its ends.
    hides = (then > before_then) & (now > before_now) & ~scale.atoms
    most = float(np.where(hides, np.maximum(then - before_now, now - before_then), 0.0).max())
    return Bracketed(distance, distance, max(min(most, 1.0), distance))


def area_between(reference: NumberState, current: NumberState, scale: Scale) -> Bracketed:
    """The area between the two distribution functions, from values or bins."""
    if reference.values is not None and current.values is not None:
        at, then, now = _functions(reference, current, reference.values, current.values)
        area = float((np.abs(then - now)[:-1] * np.diff(at)).sum())
        return Bracketed(area, area, area)
    ends = [one for state in (reference, current) for one in (state.minimum, state.maximum) if one is not None]
    edges = np.clip(np.array([min(ends), *scale.edges, max(ends)]), min(ends), max(ends))
    width = np.diff(edges)
    then, now = (np.concatenate([[0.0], _at_edges(state)]) for state in (reference, current))
    start, end = then[:-1] - now[:-1], then[1:] - now[1:]
    most = np.maximum(then[1:] - now[:-1], now[1:] - then[:-1])
    least = np.maximum(np.maximum(then[:-1] - now[1:], now[:-1] - then[1:]), 0.0)
    low, high = float((least * width).sum()), float((most * width).sum())
    return Bracketed(min(max(float((_straight(start, end) * width).sum()), low), high), low, high)


def _range(reference: NumberState, current: NumberState) -> float:
    """The largest value of either less the smallest; infinite where that is beyond a double."""
    ends = [one for state in (reference, current) for one in (state.minimum, state.maximum) if one is not None]
    return max(ends) - min(ends)


def _straight(start: Floats, end: Floats) -> Floats:
    """The mean of |d| over a stretch in which d goes straight from start to end."""
    crosses = start * end < 0
    both = np.abs(start) + np.abs(end)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (start**2 + end**2) / (2 * both)
    return np.where(crosses, np.where(both > 0, crossing, 0.0), both / 2)


def _at_edges(state: NumberState) -> Floats:
    """The share of rows below each edge, and at the end 1: bin by bin, what lies below the upper edge of the bin."""
    return np.cumsum(np.array(state.bins, dtype=np.int64)) / state.present


def _functions(
    reference: NumberState, current: NumberState, of_then: Values, of_now: Values
) -> tuple[Floats, Floats, Floats]:
    """All values of both in order, and the share of rows up to each."""
    at = np.unique(np.concatenate([of_then.at, of_now.at]))
    return at, _up_to(of_then, at) / reference.present, _up_to(of_now, at) / current.present


def _up_to(values: Values, at: Floats) -> Floats:
    rows = np.concatenate([[0], np.cumsum(values.rows)])
    return np.asarray(rows[np.searchsorted(values.at, at, side="right")], dtype=np.float64)
