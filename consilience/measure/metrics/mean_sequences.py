"""Means that are looked at again and again, from count, sum and sum of squares. Read `sequences` first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from consilience.measure.metrics import sequence_kernels as kernels
from consilience.measure.metrics.sequences import ALPHA, TUNED_ROWS, Interval, average_log_e, edge, need, tuned_strength

BETS = 16
CANDIDATES = 1000
TRUNCATION = 0.5


@dataclass(frozen=True)
class Moments:
    """Rows, their sum and the sum of their squares. They add up over windows."""

    rows: int
    total: float
    squares: float

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.rows + other.rows, self.total + other.total, self.squares + other.squares)

    @property
    def mean(self) -> float:
        return self.total / self.rows

    @property
    def variance(self) -> float:
        """The mean squared distance from the mean."""
        return max(self.squares / self.rows - self.mean**2, 0.0)


def bounded_mean_log_e(
    seen: Moments, target: float, *, bounds: Interval, within: float = 0.0, rows: int = TUNED_ROWS, alpha: float = ALPHA
) -> float:
    """Log e-value against "the mean is at most `within` from `target`", for values that never leave `bounds`. Exact.

    The capital of bets on single rows, bounded from below by sums alone: log(1 + b y) >= b y + (b + log(1 - b)) y^2 for
    y >= -1 and a bet b in [0, 1) (Fan, Grama and Liu 2015). So rows need no order, and windows add up. Bets
    up and bets down hold half the capital each, over a fixed list of sizes (Howard et al. 2021, discrete mixture). The
    mean may even wander from row to row, as long as it stays within the band.
    """
    low, width = _scale(bounds)
    scaled = _scaled(seen, low, width)
    need(within >= 0, "within >= 0")
    high_end, low_end = min((target + within - low) / width, 1.0), max((target - within - low) / width, 0.0)
    sizes = _bets(rows, alpha)
    return average_log_e([_bets_log_e(scaled, high_end, sizes, 1), _bets_log_e(scaled, low_end, sizes, -1)])


def bounded_mean_interval(seen: Moments, *, bounds: Interval, rows: int = TUNED_ROWS, alpha: float = ALPHA) -> Interval:
    """The means that the bets of `bounded_mean_log_e` do not exclude, each side at alpha / 2. Exact, conservative."""
    low, width = _scale(bounds)
    scaled = _scaled(seen, low, width)
    if seen.rows == 0:
        return bounds
    sizes = _bets(rows, alpha)

    def end(outside: float, sign: int) -> float:
        return edge(lambda m: _bets_log_e(scaled, m, sizes, sign), scaled.mean, outside, alpha=alpha / 2)

    return low + width * end(0.0, 1), low + width * end(1.0, -1)


def betting_interval(
    rows: Sequence[float], looks: Sequence[int], *, bounds: Interval, alpha: float = ALPHA
) -> list[Interval]:
    """The hedged capital confidence sequence of a bounded mean after the first looks[0], looks[1], ... rows. Exact.

    Waudby-Smith and Ramdas (2024), theorem 3, with their predictable plug-in bets. It needs every row in order, so it is for
    samples, not for states; narrower than `bounded_mean_interval`. Not intersected with earlier looks.
    The candidates are a grid, rounded outwards.
    """
    low, width = _scale(bounds)
    values = (np.asarray(rows, dtype=np.float64) - low) / width
    need(bool(((values >= 0) & (values <= 1)).all()), "rows within the bounds")
    ends = np.asarray(looks, dtype=np.int64)
    need(bool((np.diff(ends, prepend=0) >= 0).all() and (ends <= len(values)).all()), "looks in order, within the rows")
    grid = np.arange(1, CANDIDATES) / CANDIDATES
    first, last = kernels.hedged_capital(values, ends, grid, alpha, TRUNCATION)
    made = []
    for end, start, stop in zip(ends, first, last, strict=True):
        # Where every candidate is excluded the mean lies between two of them, next to the mean of the rows.
        near = round(float(values[:end].mean()) * CANDIDATES) - 1 if start < 0 else None
        left, right = (start, stop) if near is None else (near, near)
        made.append((low + width * max(left / CANDIDATES, 0.0), low + width * min((right + 2) / CANDIDATES, 1.0)))
    return made


def asymptotic_mean_log_e(
    seen: Moments, target: float, *, within: float = 0.0, rows: int = TUNED_ROWS, alpha: float = ALPHA
) -> float:
    """Log e-value against "the mean is at most `within` from `target`", for values without bounds. Asymptotic.

    The normal mixture with the variance estimated (Waudby-Smith et al. 2024, Annals of Statistics 52): the
    guarantee holds in the limit of a late first look, and heavy tails delay it. Have some hundred rows at the first look.
    Values without spread so far give 0.
    """
    need(within >= 0, "within >= 0")
    if seen.rows == 0 or seen.variance == 0:
        return 0.0
    return _normal_log_e(
        max(abs(seen.mean - target) - within, 0.0),
        seen.variance / seen.rows,
        seen.variance / tuned_strength(rows, alpha),
    )


def asymptotic_mean_interval(seen: Moments, *, rows: int = TUNED_ROWS, alpha: float = ALPHA) -> Interval | None:
    """One look of the asymptotic confidence sequence of a mean, or None without spread. Asymptotic."""
    if seen.rows == 0 or seen.variance == 0:
        return None
    half = _normal_half(seen.variance / seen.rows, seen.variance / tuned_strength(rows, alpha), alpha)
    return seen.mean - half, seen.mean + half


def mean_difference_log_e(
    reference: Moments, current: Moments, *, within: float = 0.0, rows: int = TUNED_ROWS, alpha: float = ALPHA
) -> float:
    """Log e-value against "current and reference mean differ by at most `within`", the reference being a sample. Asymptotic.

    The likelihood ratio of the difference of the two means, whose variance has a part from the reference that further
    rows don't shrink. It is the e-value invariant to a common shift of both (Robbins' mixture on the maximal invariant).
    """
    need(within >= 0, "within >= 0")
    variance = _variance_of_difference(reference, current)
    if variance is None:
        return 0.0
    away = max(abs(current.mean - reference.mean) - within, 0.0)
    return _normal_log_e(away, variance, _spread(reference, current, rows, alpha))


def mean_difference_interval(
    reference: Moments, current: Moments, *, rows: int = TUNED_ROWS, alpha: float = ALPHA
) -> Interval | None:
    """Current mean less reference mean, one look of its confidence sequence, or None without spread. Asymptotic."""
    variance = _variance_of_difference(reference, current)
    if variance is None:
        return None
    half = _normal_half(variance, _spread(reference, current, rows, alpha), alpha)
    return current.mean - reference.mean - half, current.mean - reference.mean + half


def _normal_log_e(away: float, variance: float, spread: float) -> float:
    """Log ratio of N(0, variance + spread) to N(0, variance) at `away`."""
    return away**2 / variance * spread / (spread + variance) / 2 - math.log1p(spread / variance) / 2


def _normal_half(variance: float, spread: float, alpha: float) -> float:
    need(0 < alpha < 1, "an alpha between 0 and 1")
    return math.sqrt(variance * (1 + variance / spread) * (math.log1p(spread / variance) - 2 * math.log(alpha)))


def _variance_of_difference(reference: Moments, current: Moments) -> float | None:
    if reference.rows == 0 or current.rows == 0 or reference.variance + current.variance == 0:
        return None
    return reference.variance / reference.rows + current.variance / current.rows


def _spread(reference: Moments, current: Moments, rows: int, alpha: float) -> float:
    """The variance of the differences bet on: as large against the variance after `rows` rows as is best there."""
    return (reference.variance / reference.rows + current.variance / rows) * rows / tuned_strength(rows, alpha)


def _bets(rows: int, alpha: float) -> list[tuple[float, float]]:
    """Bets 1/2, 1/4, ... with the log of their shares of the capital, most near the best one for a spread of 1/4."""
    best = math.sqrt(2 * math.log(2 / alpha) / (rows / 16))
    sizes = [0.5 * 2.0**-power for power in range(BETS)]
    weights = [(1 + abs(math.log2(size / best))) ** -2 for size in sizes]
    return [(size, math.log(weight / sum(weights))) for size, weight in zip(sizes, weights, strict=True)]


def _bets_log_e(seen: Moments, mean: float, sizes: list[tuple[float, float]], sign: int) -> float:
    """Log capital of bets in one direction. It falls towards the rows' mean as `mean` does: bets are at most 1/2."""
    away = sign * (seen.total - seen.rows * mean)
    squares = seen.squares - 2 * mean * seen.total + seen.rows * mean**2
    logs = [share + size * away + (size + math.log1p(-size)) * squares for size, share in sizes]
    return average_log_e(logs) + math.log(len(logs))


def _scale(bounds: Interval) -> tuple[float, float]:
    need(bounds[0] < bounds[1], "bounds that are apart")
    return bounds[0], bounds[1] - bounds[0]


def _scaled(seen: Moments, low: float, width: float) -> Moments:
    """The moments of (x - low) / width."""
    squares = seen.squares - 2 * low * seen.total + seen.rows * low**2
    return Moments(seen.rows, (seen.total - low * seen.rows) / width, squares / width**2)
