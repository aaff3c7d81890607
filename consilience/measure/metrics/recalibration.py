"""How scores would have to be bent to fit the labels: calibration slope, and calibration in the large."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from consilience.measure.metrics import recalibration_kernels
from consilience.measure.metrics.counts import Counts
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined
from consilience.measure.metrics.intervals import Floats
from consilience.measure.metrics.performance import needs_scores
from consilience.measure.metrics.ranks import Ranks

FEW_ROWS = 20
FEW_OF_A_CLASS = 3
Fit = Callable[[Ranks], tuple[float, float, float]]
"""The estimate, its standard error and the bracket; NaN where there is no estimate."""


def calibration_slope(counts: Counts) -> Figure:
    """The slope of the log-odds of the label over those of the score; 1 is calibrated, below 1 scores are too extreme.

    Logistic regression of the label on ln(s / (1 - s)), with an intercept (Cox 1958), by Newton's method on the histogram;
    scores are clipped at 2^-52. Undefined where the classes are apart or all scores are one. *Exact* at shift 0;
    else the middle of a bin stands for its scores, the method ends in "+bracket", and the interval is wider by what all scores of
    the bins that mix could do at their ends (to first order). The interval is Wald's.
    """
    return _fitted(counts, _slope)


def calibration_in_the_large(counts: Counts) -> Figure:
    """How far the log-odds of all scores must be shifted to give as many positives as there are; 0 is calibrated.

    The intercept of a logistic regression with slope 1 (Cox 1958); above 0 the scores are too low. *Exact* at shift 0; else
    bracketed by the largest distance in log-odds of a score and the middle of its bin: the shift cannot change by more. The interval is Wald's.
    """
    return _fitted(counts, _shift)


def _fitted(counts: Counts, fit: Fit) -> Figure:
    missing = needs_scores(counts)
    if missing:
        return undefined(missing)
    ranks, rows = counts.ranks, counts.measured
    if not ranks.positives or not ranks.negatives:
        return undefined(Reason.NO_NEGATIVES if ranks.positives else Reason.NO_POSITIVES, rows=rows)
    value, error, bracket = fit(ranks)
    if math.isnan(value):
        return undefined(Reason.NOT_ESTIMABLE, rows=rows)
    if rows < FEW_ROWS or min(ranks.positives, ranks.negatives) < FEW_OF_A_CLASS:
        return bare(value, rows=rows, reason=Reason.FEW_OF_A_CLASS)
    half = Z * error + bracket
    method = f"{Method.WALD}+bracket" if bracket else str(Method.WALD)
    return figure(value, value - half, value + half, method=method, rows=rows)


def _slope(ranks: Ranks) -> tuple[float, float, float]:
    odds = ranks.ln - ranks.ln_rest
    a, b, aa, ab, bb = recalibration_kernels.line(odds, ranks.positive, ranks.negative)
    if math.isnan(b):
        return b, 0.0, 0.0
    determinant = aa * bb - ab * ab
    return b, math.sqrt(aa / determinant), _slope_bracket(ranks, odds, a, b, (aa / determinant, ab / determinant))


def _slope_bracket(ranks: Ranks, odds: Floats, a: float, b: float, pull: tuple[float, float]) -> float:
    kept = ranks.mixed
    if not kept.any():
        return 0.0
    x, positive, negative = odds[kept], ranks.positive[kept], ranks.negative[kept]
    p = 1 / (1 + np.exp(-np.clip(a + b * x, -700, 700)))
    weight = (positive + negative) * p * (1 - p) * b
    of_intercept, of_slope = -weight, positive - (positive + negative) * p - weight * x
    return float(np.abs(pull[0] * of_slope - pull[1] * of_intercept) @ ranks.unsure_odds[kept])


def _shift(ranks: Ranks) -> tuple[float, float, float]:
    odds = ranks.ln - ranks.ln_rest
    shift, information = recalibration_kernels.intercept(odds, ranks.positive, ranks.negative)
    if math.isnan(shift):
        return shift, 0.0, 0.0
    return shift, 1 / math.sqrt(information), float(ranks.unsure_odds[ranks.mixed].max(initial=0.0))
