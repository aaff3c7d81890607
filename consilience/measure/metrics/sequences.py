"""Rates that are looked at again and again: e-values and confidence sequences that hold at every look at once.

An e-value is the capital of a bettor who started with 1 and bets against a hypothesis at fair odds. If the hypothesis
is true, the chance that the capital ever reaches 1 / alpha is at most alpha, however often one looks and whenever one
stops (Ville 1939). A confidence sequence holds the values that the capital never spoke against so strongly. All
functions are of cumulative counts, so windows merge by adding up; e-values are given as natural logarithms.

What is taken for granted: rows come from one rate (or mean, or set of shares) and are independent, or at least each row
has that rate given the rows before it. `strength` and `rows` of a tuning must be chosen before the current rows are seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate, product
from typing import TypeVar

import numpy as np

from consilience.measure.metrics import sequence_kernels as kernels

Interval = tuple[float, float]
Share = tuple[int, int]
"""Successes and trials, added up."""
Strengths = tuple[float, float]
Counts = TypeVar("Counts")

ALPHA = 0.05
TUNED_ROWS = 10_000
HALVINGS = 50
RATIOS = tuple(2.0 ** (power / 2) for power in range(-12, 13))


def tuned_strength(rows: int = TUNED_ROWS, alpha: float = ALPHA) -> float:
    """The pseudo-rows of a mixture whose interval is narrowest after about `rows` rows; near optimal for a tenfold either way.

    The closed approximation of Waudby-Smith et al. (2024, Annals of Statistics 52) to the best mixture of Robbins.
    """
    need(rows > 0 and 0 < alpha < 1, "rows above 0 and an alpha between 0 and 1")
    doubled = -2 * math.log(alpha)
    return rows / (doubled + math.log(doubled + 1))


@lru_cache(maxsize=256)
def tuned_strengths(
    reference_rows: int, rows: int = TUNED_ROWS, alpha: float = ALPHA, *, dimensions: int = 1
) -> Strengths:
    """The pseudo-rows for a finite reference and for the current rows, tuned together for a find at about `rows` rows.

    They make the smallest difference that is found least: the evidence needed, log(1 / alpha) and what both mixtures
    cost, times the variance of the difference, which a mixture with m pseudo-rows on n rows makes 1 + m / n as large.
    `dimensions` is the number of bins less one.
    """
    need(reference_rows > 0 and rows > 0 and 0 < alpha < 1, "rows above 0 and an alpha between 0 and 1")

    def smallest_found(ratios: Strengths) -> float:
        cost = sum(dimensions / 2 * math.log1p(1 / ratio) for ratio in ratios)
        variance = (1 + ratios[0]) / reference_rows + (1 + ratios[1]) / rows
        return (cost - math.log(alpha)) * variance

    of_reference, of_current = min(product(RATIOS, RATIOS), key=smallest_found)
    return of_reference * reference_rows, of_current * rows


def rate_log_e(seen: Share, target: float, *, within: float = 0.0, strength: float) -> float:
    """Log e-value against "the rate is at most `within` from `target`", the target being a number and not an estimate.

    Exact. The null is composite: the least e-value over all rates in the band is taken, so a rate anywhere in it raises
    a false alarm with a chance of at most alpha. Beta-binomial mixture: Robbins 1970; Howard et al. 2021.
    """
    check_share(seen)
    need(0 <= target <= 1 and within >= 0 and strength > 0, "a target from 0 to 1, within >= 0 and strength > 0")
    return kernels.log_e_rate_within(_stream(seen, strength), target, within)


def rate_interval(seen: Share, *, alpha: float = ALPHA, strength: float) -> Interval:
    """The rates that `rate_log_e` does not exclude at this look: one look of a confidence sequence. Exact.

    No rows give 0 to 1.
    """
    check_share(seen)
    need(0 < alpha < 1 and strength > 0, "an alpha between 0 and 1 and strength > 0")
    best, _ = kernels.least_of_one(_stream(seen, strength))

    def log_e(rate: float) -> float:
        return kernels.log_e_rate(seen[0], seen[1], rate, strength)

    return edge(log_e, best, 0.0, alpha=alpha), edge(log_e, best, 1.0, alpha=alpha)


def difference_log_e(reference: Share, current: Share, *, within: float = 0.0, strengths: Strengths) -> float:
    """Log e-value against "current rate and reference rate differ by at most `within`", the reference being a sample.

    Exact, and the usual trap is closed: a reference of finitely many rows is itself wrong by some amount, for ever, and a
    test against its share as if it were known sounds sooner or later. Here both rates are unknown. For each pair of rates
    the product of the e-values of both streams is an e-value, and the least over all pairs in the null is taken (product
    approach; sharper than joining two intervals, as errors add in squares). As the current rows grow the e-value
    levels off at what the reference can bear out, and far beyond its size slowly falls. The reference must be independent
    of the current rows and stay as it is.
    """
    check_share(reference)
    check_share(current)
    need(within >= 0, "within >= 0")
    one, other = _stream(reference, strengths[0]), _stream(current, strengths[1])
    return kernels.log_e_difference_within(one, other, within)


def difference_interval(reference: Share, current: Share, *, alpha: float = ALPHA, strengths: Strengths) -> Interval:
    """Current rate less reference rate: the differences that `difference_log_e` does not exclude at this look. Exact."""
    check_share(reference)
    check_share(current)
    need(0 < alpha < 1, "an alpha between 0 and 1")
    one, other = _stream(reference, strengths[0]), _stream(current, strengths[1])
    best = kernels.least_of_one(other)[0] - kernels.least_of_one(one)[0]

    def log_e(gap: float) -> float:
        return kernels.least_over_rates(one, other, gap)[1]

    return edge(log_e, best, -1.0, alpha=alpha), edge(log_e, best, 1.0, alpha=alpha)


def edge(log_e: Callable[[float], float], inside: float, outside: float, *, alpha: float) -> float:
    """The last value towards `outside` that a quasi-convex e-value does not exclude, rounded outwards by bisection."""
    limit = -math.log(alpha)
    if log_e(outside) < limit:
        return outside
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if log_e(middle) < limit:
            inside = middle
        else:
            outside = middle
    return outside


def average_log_e(log_e: list[float]) -> float:
    """Log of the mean of e-values: an e-value again, whatever the dependence between them (Vovk and Wang 2021)."""
    need(bool(log_e), "at least one e-value")
    largest = max(log_e)
    if math.isinf(largest):
        return largest
    return largest + math.log(sum(math.exp(value - largest) for value in log_e) / len(log_e))


def log_e_over_starts(
    windows: Sequence[Counts], *, add: Callable[[Counts, Counts], Counts], log_e: Callable[[Counts], float]
) -> float:
    """Log e-value at the last window that also finds a change which came late, hidden in sums over all windows.

    The average of the e-values of the windows from the s-th to the last, with weights 1 / (s (s + 1)); what is not yet
    bet stays as it is, so this is an e-process again. A change at the first window costs log 2 of evidence, one
    at window s the log of s (s + 1). It depends on where windows begin, unlike all else here; as many calls of
    `log_e` as there are windows.
    """
    terms = [-math.log(len(windows) + 1)]
    recent = accumulate(reversed(windows), lambda sums, window: add(window, sums))
    for start, seen in zip(range(len(windows), 0, -1), recent, strict=True):
        terms.append(log_e(seen) - math.log(start * (start + 1)))
    return average_log_e(terms) + math.log(len(terms))


def e_benjamini_hochberg(log_e: list[float], *, alpha: float = ALPHA) -> list[bool]:
    """Which hypotheses of a family to reject, so that at most `alpha` of the rejected are expected to be true: e-BH.

    The k largest, for the largest k with k-th largest e-value >= family / (k alpha); Wang and Ramdas (2022). Holds under any
    dependence, and at any look at which one stops, for e-values of that look: not for the largest ever reached.
    """
    need(0 < alpha < 1, "an alpha between 0 and 1")
    order = sorted(range(len(log_e)), key=lambda position: -log_e[position])
    passing = [k for k, position in enumerate(order, 1) if log_e[position] >= math.log(len(log_e) / (k * alpha))]
    rejected = set(order[: max(passing, default=0)])
    return [position in rejected for position in range(len(log_e))]


def need(condition: bool, what: str) -> None:
    """Raise ValueError where a caller gave what cannot be."""
    if not condition:
        raise ValueError(f"needed: {what}")


def check_share(seen: Share) -> None:
    """Raise ValueError where successes and trials contradict each other."""
    need(0 <= seen[0] <= seen[1], f"successes from 0 to trials, not {seen[0]} of {seen[1]}")


def _stream(seen: Share, strength: float) -> kernels.Floats:
    need(strength > 0, "strength > 0")
    return np.array([seen[0], seen[1], strength], dtype=np.float64)
