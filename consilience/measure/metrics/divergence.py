"""How far two sets of counts lie apart: pure functions of the rows in the same bins, then and now.

All are calculated on the same bins: of numbers the tenths of the reference (or fewer, where a value fills more than one),
of categories the values themselves. They are exact for those bins.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import chi_square_kernels
from consilience.measure.metrics.figure import Figure, Method, Reason, figure, undefined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLOOR = 1e-4
"""Shares are floored at this in the population stability index: an empty bin would make it infinite."""

LEVEL_TAILS = (0.975, 0.025)
FAR = 1e9
"""Beyond, the normal limit is as good as the noncentral distribution, and takes no time."""
CURVATURE = {"psi": 1.0, "jensen_shannon": 8.0 * math.log(2), "hellinger": 8.0}
"""By how much the squared form of each is less than the chi-square distance when both are small."""


def psi(reference: Ints, current: Ints) -> Figure:
    """Population stability index: the sum over bins of (q - p) ln(q / p), p the share of the reference, q of the current rows.

    Shares are floored at 0.0001. From 0 without limit. A habit of the field calls 0.1 to 0.25 a moderate shift and more a large
    one; the index of two samples of one population is about (bins - 1)(1/n + 1/m), never 0. Exact. Source: Lewis 1994;
    Yurdakul 2018 for its distribution.
    """
    if not _both(reference, current):
        return undefined(Reason.NO_ROWS)
    p, q = (np.clip(shares(rows), FLOOR, None) for rows in (reference, current))
    value = float(((q - p) * np.log(q / p)).sum())
    slope_p, slope_q = -(q - p) / p - np.log(q / p), (q - p) / q + np.log(q / p)
    return _figure(value, value, 1.0, slope_p, slope_q, reference, current)


def jensen_shannon(reference: Ints, current: Ints) -> Figure:
    """Jensen-Shannon distance: the root of the mean relative entropy to the mixture of both, in bits.

    From 0 (the same shares) to 1 (no bin in common). Exact. Source: Endres and Schindelin 2003; scipy's jensenshannon(base=2).
    """
    if not _both(reference, current):
        return undefined(Reason.NO_ROWS)
    p, q = shares(reference), shares(current)
    middle = (p + q) / 2
    to_p, to_q = _log2(p, middle), _log2(q, middle)
    squared = max(float((p * to_p + q * to_q).sum()) / 2, 0.0)
    return _figure(
        math.sqrt(squared), squared, CURVATURE["jensen_shannon"], to_p / 2, to_q / 2, reference, current, power=2
    )


def hellinger(reference: Ints, current: Ints) -> Figure:
    """Hellinger distance: sqrt(1 - sum of sqrt(p q)). From 0 (the same shares) to 1 (no bin in common). Exact.

    Source: Hellinger 1909; used for drift by Ditzler and Polikar 2011.
    """
    if not _both(reference, current):
        return undefined(Reason.NO_ROWS)
    p, q = shares(reference), shares(current)
    squared = float(((np.sqrt(p) - np.sqrt(q)) ** 2).sum()) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        slope_p = np.where(p > 0, -np.sqrt(q / p) / 2, 0.0)
        slope_q = np.where(q > 0, -np.sqrt(p / q) / 2, 0.0)
    return _figure(math.sqrt(squared), squared, CURVATURE["hellinger"], slope_p, slope_q, reference, current, power=2)


def total_variation(reference: Ints, current: Ints) -> Figure:
    """Total variation distance: half the sum of |q - p|, the largest change in the share of any set of bins.

    From 0 to 1. Exact for these bins. The interval is that of Hoeffding's inequality for the two samples, so it is wide.
    """
    if not _both(reference, current):
        return undefined(Reason.NO_ROWS)
    value = float(np.abs(shares(current) - shares(reference)).sum()) / 2
    n, m = int(reference.sum()), int(current.sum())
    # Bretagnolle and Huber-Carol: the L1 error of k shares exceeds e with a chance below 2^k exp(-n e^2 / 2).
    bins = int(np.count_nonzero(reference + current))
    half = sum(math.sqrt((bins * math.log(2) + math.log(2 / 0.05)) / (2 * rows)) for rows in (n, m))
    return figure(value, max(value - half, 0.0), min(value + half, 1.0), method=Method.BRETAGNOLLE_HUBER, rows=m)


def chi_square(reference: Ints, current: Ints) -> tuple[float, int]:
    """Pearson's statistic of homogeneity of the two samples, and its degrees of freedom. Bins without a row are left out."""
    kept = (reference + current) > 0
    n, m = float(reference.sum()), float(current.sum())
    both = (reference + current)[kept] / (n + m)
    found = sum(
        float(((rows[kept] - size * both) ** 2 / (size * both)).sum()) for rows, size in ((reference, n), (current, m))
    )
    return found, int(kept.sum()) - 1


def cramers_v(reference: Ints, current: Ints) -> Figure:
    """Cramér's V of bin against sample: the root of Pearson's chi-square over the number of rows. From 0 to 1. Exact.

    Unlike its p-value it does not grow with the number of rows. Source: Cramér 1946; interval by the noncentral
    chi-square distribution (Smithson 2003).
    """
    if not _both(reference, current):
        return undefined(Reason.NO_ROWS)
    statistic, freedom = chi_square(reference, current)
    rows = int(reference.sum() + current.sum())
    if freedom < 1:
        return figure(0.0, 0.0, 0.0, method=Method.NONCENTRAL, rows=int(current.sum()))
    low, high = noncentrality(statistic, freedom)
    return figure(
        math.sqrt(statistic / rows), math.sqrt(low / rows), min(math.sqrt(high / rows), 1.0), method=Method.NONCENTRAL,
        rows=int(current.sum()),
    )  # fmt: skip


def noncentrality(statistic: float, freedom: int) -> tuple[float, float]:
    """The noncentralities of a chi-square distribution that this statistic does not speak against at 95 %."""
    if not statistic > 0:
        return 0.0, 0.0
    if statistic > FAR:
        half = 1.96 * math.sqrt(2 * freedom + 4 * statistic)
        return max(statistic - freedom - half, 0.0), max(statistic - freedom + half, 0.0)
    low, high = (chi_square_kernels.noncentrality_at(statistic, freedom, tail) for tail in LEVEL_TAILS)
    return low, high


def shares(rows: Ints) -> Floats:
    """Counts over their sum."""
    return np.asarray(rows / rows.sum(), dtype=np.float64)


def _both(reference: Ints, current: Ints) -> bool:
    return bool(reference.sum() > 0 and current.sum() > 0)


def _log2(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(part > 0, np.log2(np.where(part > 0, part, 1.0) / np.where(whole > 0, whole, 1.0)), 0.0)


def _figure(
    value: float,
    squared: float,
    curvature: float,
    slope_p: Floats,
    slope_q: Floats,
    reference: Ints,
    current: Ints,
    power: int = 1,
) -> Figure:
    """A divergence with its interval.

    Near 0 the squared form, times its curvature and nm / (n + m), is distributed as noncentral chi-square, whose
    noncentrality is the same multiple of the truth: inverting it takes the bias of small samples out. Far from 0 the delta
    method's spread is the right one; where it is larger the interval is widened to it.
    """
    n, m = int(reference.sum()), int(current.sum())
    bins = int(np.count_nonzero(reference + current))
    if bins < 2:
        return figure(value, value, value, method=Method.NONCENTRAL, rows=m)
    multiple = curvature * n * m / (n + m)
    low, high = (one / multiple for one in noncentrality(squared * multiple, bins - 1))
    spread = 1.96 * math.sqrt(_variance(shares(reference), slope_p) / n + _variance(shares(current), slope_q) / m)
    bias = (bins - 1) / multiple
    low, high = max(min(low, squared - bias - spread), 0.0), max(high, squared - bias + spread)
    if power == 2:
        low, high = math.sqrt(low), min(math.sqrt(high), 1.0)
    return figure(value, low, high, method=Method.NONCENTRAL, rows=m)


def _variance(share: Floats, slope: Floats) -> float:
    mean = float((share * slope).sum())
    return max(float((share * slope**2).sum()) - mean**2, 0.0)
