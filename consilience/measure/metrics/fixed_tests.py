"""What an ordinary test says that may be asked once only: shown beside a sequence, never to alarm by.

Asked again at every look, these raise far more false alarms than alpha says; docs/manual/sequences.md counts them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from consilience.measure.metrics.mean_sequences import Moments
from consilience.measure.metrics.sequences import Share


def rate_p(seen: Share, target: float, *, within: float = 0.0) -> float | None:
    """Two-sided p of the z-test of a rate against the band around a known target; None without rows or spread."""
    if seen[1] == 0:
        return None
    away = seen[0] / seen[1] - target
    edge = min(max(target + math.copysign(within, away), 0.0), 1.0)
    return _p(max(abs(away) - within, 0.0), edge * (1 - edge) / seen[1])


def difference_p(reference: Share, current: Share, *, within: float = 0.0) -> float | None:
    """Two-sided p of the pooled z-test of two rates, or with a threshold of the unpooled one; None without spread."""
    (k0, n0), (k1, n1) = reference, current
    if n0 == 0 or n1 == 0:
        return None
    one, other, pooled = k0 / n0, k1 / n1, (k0 + k1) / (n0 + n1)
    variance = (
        one * (1 - one) / n0 + other * (1 - other) / n1 if within > 0 else pooled * (1 - pooled) * (1 / n0 + 1 / n1)
    )
    return _p(max(abs(other - one) - within, 0.0), variance)


def mean_p(seen: Moments, target: float, *, within: float = 0.0) -> float | None:
    """Two-sided p of the z-test of a mean; None without rows or spread."""
    if seen.rows == 0:
        return None
    return _p(max(abs(seen.mean - target) - within, 0.0), seen.variance / seen.rows)


def mean_difference_p(reference: Moments, current: Moments, *, within: float = 0.0) -> float | None:
    """Two-sided p of the z-test of two means; None without rows or spread."""
    if reference.rows == 0 or current.rows == 0:
        return None
    variance = reference.variance / reference.rows + current.variance / current.rows
    return _p(max(abs(current.mean - reference.mean) - within, 0.0), variance)


def homogeneity_p(reference: Sequence[int], current: Sequence[int]) -> float | None:
    """p of the chi-square test that two histograms have the same shares; empty bins are left out. None without rows."""
    one, other = sum(reference), sum(current)
    if one == 0 or other == 0:
        return None
    pairs = [(a, b) for a, b in zip(reference, current, strict=True) if a + b > 0]
    statistic = math.fsum((a * other - b * one) ** 2 / (a + b) for a, b in pairs) / one / other
    return chi_square_tail(statistic, len(pairs) - 1)


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance that a chi-square variable is at least this large (Abramowitz and Stegun 26.4.4 and 26.4.5)."""
    if freedom == 0 or statistic <= 0:
        return 1.0
    half = statistic / 2
    total = math.erfc(math.sqrt(half)) if freedom % 2 else math.exp(-half)
    for shape in range(2 - freedom % 2, freedom, 2):
        total += math.exp(shape / 2 * math.log(half) - half - math.lgamma(shape / 2 + 1))
    return min(total, 1.0)


def _p(away: float, variance: float) -> float | None:
    if variance == 0:
        return None
    return math.erfc(away / math.sqrt(2 * variance))
