"""How likely the largest and the smallest of several independent estimates lie within a distance, and the inversion of it.

Estimates live on a scale where their error hardly depends on the truth: the arcsine of the root for what lies in
[0, 1], for F1 by way of its Jaccard share, and the root for other losses. A share of at most SMALL rows is taken as the
binomial count that it is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import figure
from consilience.measure.native.kernel import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALL = 20
POINTS = 64
PLACES = 33
STEPS = 14
LEVEL = 0.95  # written out again: a compiled kernel is kept until this file changes
assert LEVEL == figure.LEVEL
TAIL = 1 - LEVEL
FAR = 6.0  # beyond, the tail of a normal is below 1.1e-17
SHARE, F1, LOSS = 0, 1, 2
FRACTIONS = np.array(sorted({a / b for b in range(1, SMALL + 1) for a in range(b + 1)}))
"""Every rate that at most SMALL rows can have: the steps of their distributions."""


@kernel("float64, int64 -> float64")
def share_of(x: float, kind: int) -> float:
    """The share of rows that stands behind a natural value, from 0 to 1."""
    return x / (2.0 - x) if kind == F1 else x


@kernel("float64, int64 -> float64")
def to_scale(x: float, kind: int) -> float:
    """Natural value to scale."""
    root = math.sqrt(max(share_of(x, kind), 0.0))
    return root if kind == LOSS else math.asin(min(root, 1.0))


@kernel("float64, int64 -> float64")
def from_scale(angle: float, kind: int) -> float:
    """Scale to natural value."""
    if kind == LOSS:
        return max(angle, 0.0) * max(angle, 0.0)
    sine = math.sin(min(max(angle, 0.0), math.pi / 2))
    share = sine * sine
    return 2.0 * share / (1.0 + share) if kind == F1 else share


@kernel("float64, float64, float64, float64, int64, float64[], int64 -> float64")
def below(x: float, scaled: float, true: float, error: float, size: int, steps: Floats, kind: int) -> float:
    """The probability that an estimate around `true` (on the scale) is at most x, which is `scaled` on the scale."""
    if x < 0:
        return 0.0
    if kind != LOSS and x >= 1:
        return 1.0
    if size > 0:
        return float(steps[int(share_of(x, kind) * size + 1e-9)])
    away = (true - scaled) / error / math.sqrt(2.0)
    if away > FAR:
        return 0.0
    return 1.0 if away < -FAR else 0.5 * math.erfc(away)


@kernel("float64, int64 -> float64")
def power(base: float, exponent: int) -> float:
    """A whole power from 0 on. (The operator would raise for some that never come.)"""
    made = 1.0
    while exponent:
        if exponent & 1:
            made *= base
        exponent >>= 1
        base *= base
    return made


@kernel("float64[], int64[], mut float64[,] -> none")
def binomial_steps(true: Floats, size: Ints, made: Floats) -> None:
    """Into `made` the distribution functions of the groups that are taken as counts, one row each."""
    for i in range(len(true)):
        n = size[i]
        for k in range(SMALL + 1):
            made[i, k] = 1.0
        if n == 0:
            continue
        p = min(max(math.sin(min(max(true[i], 0.0), math.pi / 2)) ** 2, 1e-12), 1 - 1e-12)
        term = power(1 - p, n)
        total = term
        for k in range(n):
            made[i, k] = total
            term *= (n - k) / (k + 1) * p / (1 - p)
            total += term
        made[i, n] = 1.0


@kernel("float64, float64, boolean, int64, mut float64[] -> int64")
def places(first: float, last: float, counted: bool, kind: int, grid: Floats) -> int:
    """Into `grid`, in order, POINTS places from first to last, and the rates of small groups where any is counted; how many."""
    step = (last - first) / (POINTS - 1)
    rates = len(FRACTIONS) if counted else 0
    point, rate, made = 0, 0, 0
    while point < POINTS or rate < rates:
        of_points = math.inf
        if point < POINTS:
            of_points = last if point == POINTS - 1 else first + point * step
        of_rates = math.inf
        if rate < rates:
            of_rates = 2 * FRACTIONS[rate] / (1 + FRACTIONS[rate]) if kind == F1 else FRACTIONS[rate]
        x = min(of_points, of_rates)
        if of_points == x:
            point += 1
        if of_rates == x:
            rate += 1
        if not counted or made == 0 or grid[made - 1] != x:
            grid[made] = x
            made += 1
    return made


@kernel("float64, float64[], float64[], int64[], int64, mut float64[], mut float64[,], mut float64[] -> float64")
def within_of(
    distance: float, true: Floats, error: Floats, size: Ints, kind: int, grid: Floats, steps: Floats, before: Floats
) -> float:
    """As `within`; the last three are room to work in."""
    groups = len(true)
    first, last, counted = math.inf, -math.inf, False
    for i in range(groups):
        first, last = min(first, true[i] - 5 * error[i]), max(last, true[i] + 5 * error[i])
        before[i] = 0.0
        counted = counted or size[i] > 0
    on_grid = places(from_scale(first, kind), from_scale(last, kind), counted, kind, grid)
    binomial_steps(true, size, steps)
    total = 0.0
    for m in range(on_grid):
        x = grid[m]
        middle = x if m == 0 else (x + grid[m - 1]) / 2
        at_x, at_top = to_scale(x, kind), to_scale(middle + distance, kind)
        from_here, from_above = 1.0, 1.0
        for i in range(groups):
            here = below(x, at_x, true[i], error[i], size[i], steps[i], kind)
            top_x = (x if size[i] > 0 else middle) + distance
            top = below(top_x, at_top, true[i], error[i], size[i], steps[i], kind)
            from_here *= max(top - before[i], 0.0)
            from_above *= max(top - here, 0.0)
            before[i] = here
        total += from_here - from_above
    return min(max(total, 0.0), 1.0)


@kernel("float64[], float64[], float64, float64 -> int64, int64")
def cheapest_pair(centre: Floats, error: Floats, low: float, high: float) -> tuple[int, int]:
    """Which group goes down to `low` and which other one up to `high` at the least cost together; the rest stay."""
    lows, highs = (0, 0), (0, 0)  # the cheapest and the second one, of either
    down, up = (math.inf, math.inf), (math.inf, math.inf)
    for i in range(len(centre)):
        away = (centre[i] - low) / error[i]
        cost = away * away
        if cost < down[0]:
            lows, down = (i, lows[0]), (cost, down[0])
        elif cost < down[1]:
            lows, down = (lows[0], i), (down[0], cost)
        away = (high - centre[i]) / error[i]
        cost = away * away
        if cost < up[0]:
            highs, up = (i, highs[0]), (cost, up[0])
        elif cost < up[1]:
            highs, up = (highs[0], i), (up[0], cost)
    if lows[0] != highs[0]:
        return lows[0], highs[0]
    if down[1] + up[0] < down[0] + up[1]:
        return lows[1], highs[0]
    return lows[0], highs[1]


@kernel("float64, float64[], float64[], int64, mut float64[] -> none")
def nearest_of(gap: float, centre: Floats, error: Floats, kind: int, made: Floats) -> None:
    """As `nearest`, into `made`."""
    lowest, highest = math.inf, -math.inf
    for i in range(len(centre)):
        natural = from_scale(centre[i], kind)
        lowest, highest = min(lowest, natural), max(highest, natural)
        made[i] = centre[i]
    cost_of_best = math.inf
    inside = gap <= highest - lowest
    start, end = (lowest, highest - gap) if inside else (highest - gap, lowest)
    if not inside:
        start = max(start, 0.0)
        end = end if kind == LOSS else min(end, 1.0 - gap)
    for place in range(PLACES):
        bottom = start + (end - start) * place / (PLACES - 1)
        low, high = to_scale(bottom, kind), to_scale(bottom + gap, kind)
        at_low, at_high = -1, -1
        if not inside:
            at_low, at_high = cheapest_pair(centre, error, low, high)
        cost = 0.0
        for i in range(len(centre)):
            away = (moved(centre[i], low, high, i == at_low, i == at_high) - centre[i]) / error[i]
            cost += away * away
        if cost < cost_of_best:
            cost_of_best = cost
            for i in range(len(centre)):
                made[i] = moved(centre[i], low, high, i == at_low, i == at_high)


@kernel("float64, float64, float64, boolean, boolean -> float64")
def moved(centre: float, low: float, high: float, to_low: bool, to_high: bool) -> float:
    """Where a group goes: to an end if it is the one for it, else as near to its centre as the ends allow."""
    if to_high:
        return high
    return low if to_low else min(max(centre, low), high)


@kernel(
    "float64, float64[], float64[], int64[], int64, float64, mut float64[], mut float64[], mut float64[], mut float64[,],"
    " mut float64[] -> float64, float64"
)
def invert_with(
    observed: float,
    centre: Floats,
    error: Floats,
    size: Ints,
    kind: int,
    largest: float,
    equal: Floats,
    true: Floats,
    grid: Floats,
    steps: Floats,
    before: Floats,
) -> tuple[float, float]:
    """As `invert`; the last five are room to work in."""
    tiny = 1e-7
    nearest_of(0.0, centre, error, kind, equal)
    start, end = 0.0, largest
    for _ in range(STEPS):
        middle = (start + end) / 2
        if within_of(middle, equal, error, size, kind, grid, steps, before) < LEVEL:
            start = middle
        else:
            end = middle
    usual = end
    low = 0.0
    if 1 - within_of(observed - tiny, equal, error, size, kind, grid, steps, before) < TAIL:
        start, end = 0.0, observed
        for _ in range(STEPS):
            middle = (start + end) / 2
            nearest_of(middle, centre, error, kind, true)
            above = 1 - within_of(observed - tiny, true, error, size, kind, grid, steps, before)
            if above < TAIL - TAIL / 2 * min(1.0, middle / usual):
                start = middle
            else:
                end = middle
        low = end
    start, end = low, largest
    for _ in range(STEPS):
        middle = (start + end) / 2
        nearest_of(middle, centre, error, kind, true)
        inside = within_of(observed + tiny, true, error, size, kind, grid, steps, before)
        if inside < TAIL / 2 * min(1.0, middle / usual):
            end = middle
        else:
            start = middle
    return low, end


def within(distance: float, true: Floats, error: Floats, size: Ints, kind: int) -> float:
    """The probability that all estimates lie within `distance` of the smallest one.

    A sum over a grid of where the smallest lies: all at or above the cell, less all above it.
    """
    return within_of(distance, true, error, size, kind, *_room(len(true)))


def nearest(gap: float, centre: Floats, error: Floats, kind: int) -> Floats:
    """The true values, nearest to the centres in units of their errors, whose largest and smallest differ by `gap`."""
    made = np.empty(len(centre))
    nearest_of(gap, centre, error, kind, made)
    return made


def invert(
    observed: float, centre: Floats, error: Floats, size: Ints, kind: int, largest: float
) -> tuple[float, float]:
    """The gaps from low to high that the observed gap does not speak against (see `inversion` for the tails)."""
    equal, true = np.empty(len(centre)), np.empty(len(centre))
    return invert_with(observed, centre, error, size, kind, largest, equal, true, *_room(len(centre)))


def _room(groups: int) -> tuple[Floats, Floats, Floats]:
    """The grid, the steps of the counted groups, and what lay below the cell before."""
    return np.empty(POINTS + len(FRACTIONS)), np.empty((groups, SMALL + 1)), np.empty(groups)
