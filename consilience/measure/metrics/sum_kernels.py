"""Sums over many entries or draws, without the arrays that they would need in between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure.native.kernel import kernel

Floats = NDArray[np.float64]


@kernel("float64[], float64[] -> float64, float64, float64, float64")
def moments(values: Floats, weights: Floats) -> tuple[float, float, float, float]:
    """All weights, the weighted mean, and the weighted sums of squares and cubes of the distances from it."""
    rows, total = 0.0, 0.0
    for i in range(len(values)):
        rows += weights[i]
        total += values[i] * weights[i]
    mean = total / rows
    squares, cubes = 0.0, 0.0
    for i in range(len(values)):
        away = values[i] - mean
        square = away * away * weights[i]
        squares += square
        cubes += square * away
    return rows, mean, squares, cubes


def totals(true: Floats, noise: Floats) -> Floats:
    """The sum of |true + noise| over the terms (rows of `noise`) for each draw (its columns)."""
    made = np.zeros(noise.shape[1])
    add_totals(true, noise, made)
    return made


@kernel("float64[], float64[,], mut float64[] -> none")
def add_totals(true: Floats, noise: Floats, made: Floats) -> None:
    """As `totals`, added to `made`."""
    for term in range(len(true)):
        for draw in range(noise.shape[1]):
            made[draw] += abs(true[term] + noise[term, draw])


@kernel("float64[], float64[,], float64, mut float64[] -> int64, int64")
def compare_totals(true: Floats, noise: Floats, observed: float, made: Floats) -> tuple[int, int]:
    """How many draws of `totals` are at least, and how many at most what was observed; `made` is room for them."""
    for draw in range(len(made)):
        made[draw] = 0.0
    for term in range(len(true)):
        for draw in range(noise.shape[1]):
            made[draw] += abs(true[term] + noise[term, draw])
    above, below = 0, 0
    for draw in range(len(made)):
        above += int(made[draw] >= observed)
        below += int(made[draw] <= observed)
    return above, below
