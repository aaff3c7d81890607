"""The interval of the smooth calibration error, by asking of each possible true value whether the data would surprise it.

The differences of score and label are looked at as smoothed with the width that was found. For a possible true total the nearest
smoothed differences that have it are taken, noise of the size that labels have is smoothed alike and added again and again, and the
total belongs to the interval unless the observed one is among the extreme ones (hybrid resampling; the tails are those of `inversion`).
A smoothed error falls as its width grows, so a true error below the one found is at least its total at that width, and one above
it at most: the ends lie outside those of the error itself, if anything.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics.figure import LEVEL
from consilience.measure.metrics.intervals import Interval
from consilience.measure.metrics.inversion import lower_tail

Floats = NDArray[np.float64]

DRAWS = 500
STEPS = 16
SEED = 20261123
TINY = 1e-6
SMOOTHED_AWAY = 4.0
"""A wave is left out once smoothing makes it smaller than e to the minus half the square of this."""


def smooth_error(width: float, away: Floats, variance: Floats) -> Interval:
    """The interval of the error found with this width.

    `away` are the differences of score and label as shares of all rows on an even grid from 0 to 1, `variance` that of each.
    """
    cells = len(away) - 1
    waves = min(int(SMOOTHED_AWAY / (math.pi * width)) + 2, cells)
    points = min(max(2 * waves, 32), cells)
    smoothing = _smoothing(width, waves, points)
    noise = _noise(variance, waves) @ smoothing
    observed, spread = _cosines(cells, waves) @ away @ smoothing, noise.std(axis=0)
    size, sign = np.abs(observed), np.where(observed < 0, -1.0, 1.0)
    total, usual = float(_total(observed)), float(np.quantile(_total(noise), LEVEL))

    def true(pull: float) -> Floats:
        return np.asarray(sign * np.maximum(size - pull * spread, 0.0))

    def too_small(pull: float) -> bool:
        below = lower_tail(float(_total(true(pull))), usual)
        return bool((_total(true(pull) + noise) >= total).mean() < 1 - LEVEL - below)

    def too_large(pull: float) -> bool:
        below = lower_tail(float(_total(true(pull))), usual)
        return bool((_total(true(pull) + noise) <= total).mean() < below)

    full = float(np.max(np.divide(size, spread, out=np.zeros_like(size), where=spread > 0), initial=0.0))
    far = -1.0
    while not too_large(far) and _total(true(far)) < 1:
        far *= 2
    low = _edge(too_small, outside=full, inside=far) if too_small(full) else full
    high = _edge(too_large, outside=far, inside=low) if too_large(far) else far
    return float(_total(true(low))), min(float(_total(true(high))), 1.0)


def _noise(variance: Floats, waves: int) -> Floats:
    """The cosine sums of drawn differences: normals, whose covariance is that of the sums of single rows."""
    cosines = _cosines(len(variance) - 1, waves)
    covariance = (cosines * variance) @ cosines.T
    covariance[np.diag_indices(waves)] += (
        TINY * covariance.trace() / waves
    )  # fewer rows than waves have no root otherwise
    return np.asarray(_normals(waves) @ np.linalg.cholesky(covariance).T)


def _cosines(cells: int, waves: int) -> Floats:
    return np.cos(math.pi * np.outer(np.arange(waves), np.arange(cells + 1) / cells))


def _smoothing(width: float, waves: int, points: int) -> Floats:
    """From cosine sums to the smoothed density at evenly spaced points: reflected at 0 and 1, each wave by its share."""
    sizes = np.exp(-((math.pi * width * np.arange(waves)) ** 2) / 2) * np.where(np.arange(waves) == 0, 1.0, 2.0)
    return np.asarray(sizes[:, None] * _cosines(points, waves))


def _total(density: Floats) -> Floats:
    """The integral of the absolute value from 0 to 1."""
    size = np.abs(density)
    return np.asarray((size.sum(axis=-1) - (size[..., 0] + size[..., -1]) / 2) / (size.shape[-1] - 1))


def _edge(refused: Callable[[float], bool], *, outside: float, inside: float) -> float:
    for _ in range(STEPS):
        middle = (outside + inside) / 2
        if refused(middle):
            outside = middle
        else:
            inside = middle
    return inside


@cache
def _normals(waves: int) -> Floats:
    return np.random.Generator(np.random.PCG64(SEED)).standard_normal((DRAWS, waves))
