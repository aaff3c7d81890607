"""Compiled parts of anytime-valid inference: logarithms of e-values of counts, and the least of them over a null.

The mixtures are centred on the hypothesis that is tested: a Beta or Dirichlet prior around the shares q with `strength`
m, that is m q_i pseudo-rows in bin i (Howard et al. 2021, Annals of Statistics 49, for two bins). Then minus the logarithm of the
likelihood of q against the mixture is a sum over bins of

    g(c, q) = sum over i < c of log(m + i / q) = log rising(m q, c) - c log q,

which is convex in q: the second derivative of log(m q + i) - log q is 1 / q^2 - m^2 / (m q + i)^2, at least 0. So the
least e-value over a convex null is found exactly, by a search that cannot end in the wrong valley.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled

Floats = NDArray[np.float64]
Pair = tuple[float, float]

GOLDEN = 0.6180339887498949
STEPS = 52  # leaves 1e-11 of the width: up to a thousand million rows less than lgamma rounds (1e-5)
NEWTON = 40


@compiled
def log_rising(start: float, count: float) -> float:
    """Log of start (start + 1) ... (start + count - 1)."""
    return math.lgamma(start + count) - math.lgamma(start) if count > 0 else 0.0


@compiled
def bin_term(count: float, share: float, strength: float) -> float:
    """g(count, share) of this file's head. A row in a bin of share 0 is infinite evidence against it."""
    if count <= 0:
        return 0.0
    if share <= 0:
        return math.inf
    return log_rising(strength * share, count) - count * math.log(share)


@compiled
def log_e_rate(successes: float, trials: float, rate: float, strength: float) -> float:
    """Log e-value against exactly this rate."""
    up = bin_term(successes, rate, strength)
    down = bin_term(trials - successes, 1.0 - rate, strength)
    return up + down - log_rising(strength, trials)


@compiled
def _apart(one: Floats, other: Floats, base: float, gap: float) -> float:
    """Log e-value against the rates `base` and `base + gap` of two streams (successes, trials, strength)."""
    return log_e_rate(one[0], one[1], base, one[2]) + log_e_rate(other[0], other[1], base + gap, other[2])


@compiled
def least_over_rates(one: Floats, other: Floats, gap: float) -> Pair:
    """The base rate with the least log e-value against "the rates differ by `gap`", and that value. Golden section."""
    low, high = max(0.0, -gap), min(1.0, 1.0 - gap)
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = _apart(one, other, left, gap), _apart(one, other, right, gap)
    for _ in range(STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - GOLDEN * (high - low)
            at_left = _apart(one, other, left, gap)
        else:
            low, left, at_left = left, right, at_right
            right = low + GOLDEN * (high - low)
            at_right = _apart(one, other, right, gap)
    return (left, at_left) if at_left <= at_right else (right, at_right)


@compiled
def least_of_one(stream: Floats) -> Pair:
    """The rate that one stream (successes, trials, strength) speaks least against, and its log e-value."""
    return least_over_rates(stream, np.array([0.0, 0.0, 1.0]), 0.0)


@compiled
def log_e_rate_within(stream: Floats, target: float, within: float) -> float:
    """The least log e-value over the rates within `within` of the target."""
    best, _ = least_of_one(stream)
    nearest = min(max(best, target - within, 0.0), target + within, 1.0)
    return log_e_rate(stream[0], stream[1], nearest, stream[2])


@compiled
def log_e_difference_within(one: Floats, other: Floats, within: float) -> float:
    """The least log e-value over all pairs of rates at most `within` apart.

    The function is convex in both rates, so it is least at its own lowest point, or, where that lies outside, on the
    edge of the null towards it.
    """
    base, low_one = least_of_one(one)
    changed, low_other = least_of_one(other)
    if abs(changed - base) <= within:
        return low_one + low_other
    _, least = least_over_rates(one, other, math.copysign(within, changed - base))
    return least


@compiled
def digamma(x: float) -> float:
    """Derivative of lgamma for x > 0 (Abramowitz and Stegun 6.3.5 and 6.3.18)."""
    total = 0.0
    while x < 10:
        total -= 1 / x
        x += 1
    f = 1 / (x * x)
    return total + math.log(x) - 0.5 / x - f * (1 / 12 - f * (1 / 120 - f * (1 / 252 - f * (1 / 240 - f / 132))))


@compiled
def trigamma(x: float) -> float:
    """Derivative of digamma for x > 0 (Abramowitz and Stegun 6.4.6 and 6.4.12)."""
    total = 0.0
    while x < 10:
        total += 1 / (x * x)
        x += 1
    f = 1 / (x * x)
    return total + 1 / x + f / 2 + f / x * (1 / 6 - f * (1 / 30 - f * (1 / 42 - f * (1 / 30 - f * 5 / 66))))


@compiled
def _slopes(count: float, share: float, strength: float) -> Pair:
    """First and second derivative of `bin_term` by the share."""
    if count <= 0:
        return 0.0, 0.0
    start = strength * share
    first = strength * (digamma(start + count) - digamma(start)) - count / share
    second = strength * strength * (trigamma(start + count) - trigamma(start)) + count / (share * share)
    return first, second


@compiled
def log_e_same_shares(reference: Floats, current: Floats, strengths: Floats) -> float:
    """A floor under the log e-values over all shares q that both histograms may have.

    Newton's method with the sum of the shares held at 1. Where it stops, the tangent plane of the convex function lies
    below it, and the least of the plane over all shares is the value returned: valid however far the search came. It is
    tight to 1e-8, or to 0.01 where bins hold a single row.
    """
    seen = reference + current > 0
    first_counts, second_counts = reference[seen], current[seen]
    bins = len(first_counts)
    weight = 1 / (1 + strengths / np.array([max(reference.sum(), 1.0), max(current.sum(), 1.0)]))
    share = weight[0] * first_counts + weight[1] * second_counts
    share /= share.sum()
    slope, bend = np.empty(bins), np.empty(bins)
    floor = -math.inf
    offset = log_rising(strengths[0], reference.sum()) + log_rising(strengths[1], current.sum())
    for _ in range(NEWTON):
        value = -offset
        for i in range(bins):
            a, b = _slopes(first_counts[i], share[i], strengths[0])
            c, d = _slopes(second_counts[i], share[i], strengths[1])
            slope[i], bend[i] = a + c, max(b + d, 0.1 / share[i] ** 2)  # a bin with one row is flat
            value += bin_term(first_counts[i], share[i], strengths[0])
            value += bin_term(second_counts[i], share[i], strengths[1])
        gap = (slope * share).sum() - slope.min()
        floor = max(floor, value - gap)
        if gap < 1e-8:
            break
        move = -(slope - (slope / bend).sum() / (1 / bend).sum()) / bend
        share = np.minimum(np.maximum(share + move, 0.2 * share), 5 * share)
        share /= share.sum()
    return floor


@compiled
def hedged_capital(
    rows: Floats, looks: NDArray[np.int64], candidates: Floats, alpha: float, truncation: float
) -> tuple[Floats, Floats]:
    """The first and the last candidate mean still standing at each look: -1 where none does.

    Waudby-Smith and Ramdas (2024), theorem 3, with their predictable plug-in bets; rows in [0, 1] in their order.
    """
    size = len(candidates)
    up, down = np.zeros(size), np.zeros(size)
    first, last = np.empty(len(looks)), np.empty(len(looks))
    limit = math.log(2 / alpha)
    total, squares, variance, seen = 0.5, 0.25, 0.25, 0
    for look in range(len(looks)):
        while seen < looks[look]:
            x = rows[seen]
            seen += 1
            bet = math.sqrt(2 * limit / (variance * seen * math.log(seen + 1)))
            for j in range(size):
                m = candidates[j]
                up[j] += math.log1p(min(bet, truncation / m) * (x - m))
                down[j] += math.log1p(-min(bet, truncation / (1 - m)) * (x - m))
            total += x
            squares += (x - total / (seen + 1)) ** 2
            variance = squares / (seen + 1)
        standing = np.flatnonzero(np.maximum(up, down) < limit)
        first[look] = standing[0] if len(standing) else -1
        last[look] = standing[-1] if len(standing) else -1
    return first, last
