"""Intervals of a calibration error, by asking of each possible true value whether the data would surprise it.

A sum of absolute values is never below 0 and its estimate is too large by chance: a bootstrap of the estimate adds that
chance a second time and shuts out the truth. So the test is inverted instead (hybrid resampling, Chuang and Lai
2000): for a true total t the nearest differences that have it are taken, the estimate is drawn again around them, and
t belongs to the interval unless the observed total is among the extreme ones. At t = 0 only a large total can speak
against t, so all 5 % stand above; as t grows they move to 2.5 % on either side (`lower_tail`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import sum_kernels
from consilience.measure.metrics.figure import LEVEL
from consilience.measure.metrics.intervals import Interval

Floats = NDArray[np.float64]

DRAWS = 1024
STEPS = 24
NO_SPREAD = 1e-100  # scores of 1e-300 that came true have a variance, but one that is lost to underflow
PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29)


def lower_tail(total: float, usual_at_zero: float) -> float:
    """The share of surprise that stands on the lower side for a true total; `usual_at_zero` is the 95 % point at 0."""
    return (1 - LEVEL) / 2 * min(1.0, total / usual_at_zero if usual_at_zero > 0 else 1.0)


def calibration_error(rows: Floats, positives: Floats, scores: Floats) -> Interval:
    """The interval of the expected calibration error, from rows, positives and sum of scores by bin.

    The differences of the bins are taken as normal, with the variance of a multinomial sample; the rate of a bin is
    shrunk towards its mean score by the weight of one row, so that a bin of one row is not taken as certain.
    """
    total = float(rows.sum())
    mean = scores / np.maximum(rows, 1)
    rate = (positives + mean) / (rows + 1)
    second = rows / total * (rate * (1 - rate) + ((scores - positives) / np.maximum(rows, 1)) ** 2)
    kept = second > NO_SPREAD  # not the bins without rows, nor those where scores of 0 or 1 all came true
    delta, second = ((scores - positives) / total)[kept], second[kept]
    if not len(delta):
        return 0.0, 0.0
    noise = np.ascontiguousarray(_noise(delta, second, total).T)
    variance, size, sign = second / total, np.abs(delta), np.sign(delta)
    observed, room = float(size.sum()), np.empty(DRAWS)

    def at(pull: float) -> Floats:
        return np.asarray(sign * np.maximum(size - pull * variance, 0))

    usual = float(np.quantile(sum_kernels.totals(np.zeros(len(delta)), noise), LEVEL))

    def too_small(pull: float) -> bool:
        true = at(pull)
        above, _ = sum_kernels.compare_totals(true, noise, observed, room)
        return above / DRAWS < 1 - LEVEL - lower_tail(float(np.abs(true).sum()), usual)

    def too_large(pull: float) -> bool:
        true = at(pull)
        _, below = sum_kernels.compare_totals(true, noise, observed, room)
        return below / DRAWS < lower_tail(float(np.abs(true).sum()), usual)

    full = float((size / variance).max(initial=0))  # with this pull every difference is 0
    far = -4 / math.sqrt(float(variance.sum()))
    while not too_large(far) and np.abs(at(far)).sum() < 1:
        far *= 2
    low = _edge(too_small, outside=full, inside=far) if too_small(full) else full
    high = _edge(too_large, outside=far, inside=low) if too_large(far) else far
    return float(np.abs(at(low)).sum()), min(float(np.abs(at(high)).sum()), 1.0)


def _noise(delta: Floats, second: Floats, total: float) -> Floats:
    # Draws with covariance (diag(second) - delta delta') / total: the bins share their rows.
    drawn = _normals()[:, : len(delta)] * np.sqrt(second / total)
    together = float((delta**2 / second).sum())
    if together < 1e-12:
        return drawn
    share = (1 - math.sqrt(max(1 - together, 0.0))) / together
    return drawn - share * np.outer(drawn @ (delta / second), delta)


@cache
def _normals() -> Floats:
    # A lattice of irrational steps instead of a generator: the same draws with every library version.
    steps = np.arange(1, DRAWS + 1)[:, None] * np.sqrt(np.array(PRIMES, dtype=np.float64))
    inverse = NormalDist().inv_cdf
    return np.array([[inverse(float(u)) for u in row] for row in (steps + 0.5) % 1])


def _edge(refused: Callable[[float], bool], *, outside: float, inside: float) -> float:
    for _ in range(STEPS):
        middle = (outside + inside) / 2
        if refused(middle):
            outside = middle
        else:
            inside = middle
    return inside
