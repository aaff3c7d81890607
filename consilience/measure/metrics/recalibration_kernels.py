"""Logistic recalibration by Newton's method over counts: label against the log-odds of the score."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.native.kernel import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = 60
CLOSE = 1e-13


@kernel("float64[], int64[], int64[] -> float64, float64")
def intercept(odds: Floats, positive: Ints, negative: Ints) -> tuple[float, float]:
    """The shift of the log-odds that fits best with slope 1, and its information; NaN where there is none."""
    shift = 0.0
    for _ in range(STEPS):
        score, information = 0.0, 0.0
        for i in range(len(odds)):
            p = 1.0 / (1.0 + math.exp(-(shift + odds[i])))
            rows = positive[i] + negative[i]
            score += positive[i] - rows * p
            information += rows * p * (1.0 - p)
        if information <= 0.0:
            return math.nan, 0.0
        step = min(max(score / information, -2.0), 2.0)
        shift += step
        if abs(step) < CLOSE * (1.0 + abs(shift)):
            return shift, information
    return (shift, information) if abs(step) < 1e-9 else (math.nan, 0.0)


@kernel("float64[], int64[], int64[] -> float64, float64, float64, float64, float64")
def line(odds: Floats, positive: Ints, negative: Ints) -> tuple[float, float, float, float, float]:
    """Intercept and slope that fit best, and the information (aa, ab, bb) there; NaN where there are none."""
    a, b, last = 0.0, 1.0, -math.inf
    da, db = 0.0, 0.0
    for _ in range(STEPS):
        likelihood, sa, sb, aa, ab, bb = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(len(odds)):
            x = odds[i]
            eta = a + b * x
            e = math.exp(-abs(eta))
            p = 1.0 / (1.0 + e) if eta >= 0 else e / (1.0 + e)
            rows = positive[i] + negative[i]
            likelihood += positive[i] * eta - rows * (max(eta, 0.0) + math.log1p(e))
            away, weight = positive[i] - rows * p, rows * p * (1.0 - p)
            sa += away
            sb += away * x
            aa += weight
            ab += weight * x
            bb += weight * x * x
        if likelihood < last - 1e-9 * (1.0 + abs(last)):  # the step went too far
            da, db = da / 2, db / 2
            a, b = a - da, b - db
            continue
        last = likelihood
        determinant = aa * bb - ab * ab
        if not determinant > 1e-12 * aa * bb or abs(b) > 1e3:
            return math.nan, math.nan, 0.0, 0.0, 0.0
        da, db = (bb * sa - ab * sb) / determinant, (aa * sb - ab * sa) / determinant
        a, b = a + da, b + db
        if abs(da) + abs(db) < CLOSE * (1.0 + abs(a) + abs(b)):
            return a, b, aa, ab, bb
    return (a, b, aa, ab, bb) if abs(da) + abs(db) < 1e-9 else (math.nan, math.nan, 0.0, 0.0, 0.0)
