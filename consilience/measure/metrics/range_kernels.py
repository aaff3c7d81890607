"""How likely the largest and the smallest of several independent estimates lie within a distance, and the inversion of it.

Estimates live on a scale where their error hardly depends on the truth: the arcsine of the root for what lies in
[0, 1], for F1 by way of its Jaccard share, and the root for other losses. A share of at most SMALL rows is taken as the
binomial count that it is.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled
from consilience.measure.metrics import figure

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


@compiled
def share_of(x: float, kind: int) -> float:
    """The share of rows that stands behind a natural value, from 0 to 1."""
    return x / (2.0 - x) if kind == F1 else x


@compiled
def to_scale(x: float, kind: int) -> float:
    """Natural value to scale."""
    root = math.sqrt(max(share_of(x, kind), 0.0))
    return root if kind == LOSS else math.asin(min(root, 1.0))


@compiled
def from_scale(angle: float, kind: int) -> float:
    """Scale to natural value."""
    if kind == LOSS:
        return max(angle, 0.0) * max(angle, 0.0)
    sine = math.sin(min(max(angle, 0.0), math.pi / 2))
    share = sine * sine
    return 2.0 * share / (1.0 + share) if kind == F1 else share


@compiled
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


@compiled
def binomial_steps(true: Floats, size: Ints) -> Floats:
    """The distribution functions of the groups that are taken as counts, one row each."""
    made = np.ones((len(true), SMALL + 1))
    for i in range(len(true)):
        n = size[i]
        if n == 0:
            continue
        p = min(max(math.sin(min(max(true[i], 0.0), math.pi / 2)) ** 2, 1e-12), 1 - 1e-12)
        term = (1 - p) ** n
        total = term
        for k in range(n):
            made[i, k] = total
            term *= (n - k) / (k + 1) * p / (1 - p)
            total += term
        made[i, n] = 1.0
    return made


@compiled
def within(distance: float, true: Floats, error: Floats, size: Ints, kind: int) -> float:
    """The probability that all estimates lie within `distance` of the smallest one.

    A sum over a grid of where the smallest lies: all at or above the cell, less all above it.
    """
    groups = len(true)
    first = from_scale((true - 5 * error).min(), kind)
    last = from_scale((true + 5 * error).max(), kind)
    grid = np.linspace(first, last, POINTS)
    if size.max() > 0:
        possible = 2 * FRACTIONS / (1 + FRACTIONS) if kind == F1 else FRACTIONS
        grid = np.unique(np.concatenate((grid, possible)))
    steps = binomial_steps(true, size)
    before = np.zeros(groups)
    total = 0.0
    for m in range(len(grid)):
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


@compiled
def cheapest_pair(down: Floats, up: Floats) -> tuple[int, int]:
    """Which group goes down and which other one goes up at the least cost together; the rest stay."""
    low, high = int(down.argmin()), int(up.argmin())
    if low != high:
        return low, high
    other_low, other_high = down.copy(), up.copy()
    other_low[low], other_high[high] = np.inf, np.inf
    second_low, second_high = int(other_low.argmin()), int(other_high.argmin())
    if down[second_low] + up[high] < down[low] + up[second_high]:
        return second_low, high
    return low, second_high


@compiled
def nearest(gap: float, centre: Floats, error: Floats, kind: int) -> Floats:
    """The true values, nearest to the centres in units of their errors, whose largest and smallest differ by `gap`."""
    natural = np.array([from_scale(c, kind) for c in centre])
    lowest, highest = natural.min(), natural.max()
    best, cost_of_best = centre.copy(), np.inf
    inside = gap <= highest - lowest
    start, end = (lowest, highest - gap) if inside else (highest - gap, lowest)
    if not inside:
        start = max(start, 0.0)
        end = end if kind == LOSS else min(end, 1.0 - gap)
    for place in range(PLACES):
        bottom = start + (end - start) * place / (PLACES - 1)
        low, high = to_scale(bottom, kind), to_scale(bottom + gap, kind)
        made = np.minimum(np.maximum(centre, low), high)
        if not inside:
            at_low, at_high = cheapest_pair(((centre - low) / error) ** 2, ((high - centre) / error) ** 2)
            made[at_low], made[at_high] = low, high
        cost = (((made - centre) / error) ** 2).sum()
        if cost < cost_of_best:
            best, cost_of_best = made, cost
    return best


@compiled
def invert(
    observed: float, centre: Floats, error: Floats, size: Ints, kind: int, largest: float
) -> tuple[float, float]:
    """The gaps from low to high that the observed gap does not speak against (see `inversion` for the tails)."""
    tiny = 1e-7
    equal = nearest(0.0, centre, error, kind)
    start, end = 0.0, largest
    for _ in range(STEPS):
        middle = (start + end) / 2
        if within(middle, equal, error, size, kind) < LEVEL:
            start = middle
        else:
            end = middle
    usual = end
    low = 0.0
    if 1 - within(observed - tiny, equal, error, size, kind) < TAIL:
        start, end = 0.0, observed
        for _ in range(STEPS):
            middle = (start + end) / 2
            true = nearest(middle, centre, error, kind)
            above = 1 - within(observed - tiny, true, error, size, kind)
            if above < TAIL - TAIL / 2 * min(1.0, middle / usual):
                start = middle
            else:
                end = middle
        low = end
    start, end = low, largest
    for _ in range(STEPS):
        middle = (start + end) / 2
        true = nearest(middle, centre, error, kind)
        if within(observed + tiny, true, error, size, kind) < TAIL / 2 * min(1.0, middle / usual):
            end = middle
        else:
            start = middle
    return low, end
