"""Intervals at 95 %: each a pure function of counts, with its source. What they really cover is in the manual."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import sum_kernels
from consilience.measure.metrics.figure import Z

Interval = tuple[float, float]
Floats = NDArray[np.float64]


def wilson(successes: float, trials: float) -> Interval:
    """The score interval of a binomial proportion (Wilson 1927). Trials must be above 0."""
    share = successes / trials
    centre = (share + Z * Z / (2 * trials)) / (1 + Z * Z / trials)
    half = Z / (1 + Z * Z / trials) * math.sqrt(share * (1 - share) / trials + Z * Z / (4 * trials * trials))
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == trials else centre + half
    return max(low, 0.0), min(high, 1.0)


def f1_from_jaccard(tp: int, fp: int, fn: int) -> Interval:
    """The interval of F1 by way of J = TP / (TP + FP + FN), of which F1 = 2J / (1 + J) is a rising function.

    Given its denominator J is a binomial proportion, so Wilson's interval holds for it, and carries over.
    """
    low, high = wilson(tp, tp + fp + fn)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def delong_logit(area: float, variance: float) -> Interval:
    """The area under the ROC curve on the logit scale, with DeLong's variance (Pepe 2003, section 5.2).

    The area must lie strictly between 0 and 1, and the variance be above 0.
    """
    centre = math.log(area / (1 - area))
    half = Z * math.sqrt(variance) / (area * (1 - area))
    return 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre))


def newcombe_area(area: float, positives: int, negatives: int) -> Interval:
    """The area under the ROC curve for few rows, or an area of 0 or 1: method 5 of Newcombe (2006, part 2).

    Like Wilson's: the limits are the areas t at which the distance from `area` is Z standard errors, with the variance
    t (1 - t) (1 + (N - 1) ((1 - t) / (2 - t) + t / (1 + t))) / (m n), N = (m + n) / 2 (Hanley and McNeil 1982).
    """
    size = (positives + negatives) / 2

    def apart(t: float) -> bool:
        shape = 1 + (size - 1) * ((1 - t) / (2 - t) + t / (1 + t))
        return abs(area - t) > Z * math.sqrt(t * (1 - t) * shape / (positives * negatives))

    return _edge(apart, outside=0.0, inside=area), _edge(apart, outside=1.0, inside=area)


def skewed_t(mean: float, losses: Floats, weights: Floats) -> Interval:
    """The mean of a skewed loss: Student's t corrected for skewness by Hall's (1992) monotone transformation.

    `losses` with `weights` (rows) is the distribution around the mean. At least ten rows are expected.
    """
    rows, _, squares, cubes = sum_kernels.moments(losses, weights)
    second, third = squares / rows, cubes / rows
    if second <= 0:
        return mean, mean
    skew = third / second**1.5 * math.sqrt(rows * (rows - 1)) / (rows - 2)
    error = math.sqrt(second / (rows - 1))
    quantile = student(rows - 1)
    a: float = skew / math.sqrt(rows)

    def back(u: float) -> float:
        if abs(a) < 1e-9:
            return u
        return 3 / a * (math.cbrt(1 + a * (u - a / 6)) - 1)

    return mean - back(quantile) * error, mean - back(-quantile) * error


def student(freedom: float) -> float:
    """The 0.975 quantile of Student's t for 9 and more degrees of freedom, by Fisher's expansion (A&S 26.7.5)."""
    terms = (
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
        (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92160,
    )
    return Z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms))


def gap_of_two(one: tuple[float, float, float], other: tuple[float, float, float]) -> Interval:
    """The distance of two independent figures (value, low, high), by square-and-add (Newcombe 1998, method 10).

    The interval of the signed difference is folded at 0: a gap says how far apart, not in which direction.
    """
    (a, a_low, a_high), (b, b_low, b_high) = one, other
    low = a - b - math.hypot(a - a_low, b_high - b)
    high = a - b + math.hypot(a_high - a, b - b_low)
    if low > 0:
        return low, high
    return (-high, -low) if high < 0 else (0.0, max(-low, high))


def _edge(apart: Callable[[float], bool], *, outside: float, inside: float) -> float:
    if not apart(outside):
        return outside
    for _ in range(60):
        middle = (outside + inside) / 2
        if apart(middle):
            outside = middle
        else:
            inside = middle
    return (outside + inside) / 2
