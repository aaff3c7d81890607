"""Histograms that are looked at again and again: drift of shares against known shares or against a reference sample.

Read `sequences` first. A histogram is the rows in each bin, added up over windows; bins are those of the stored reference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from consilience.measure.metrics import sequence_kernels as kernels
from consilience.measure.metrics.sequences import (
    ALPHA,
    TUNED_ROWS,
    Share,
    average_log_e,
    difference_log_e,
    need,
    tuned_strengths,
)

Histogram = Sequence[int]


def known_shares_log_e(seen: Histogram, shares: Sequence[float], *, strength: float) -> float:
    """Log e-value against "the shares are exactly these": Dirichlet-multinomial mixture (Lindon and Malek 2022). Exact.

    `shares` must be stated numbers, as in a population to represent. Shares counted in a sample belong in
    `same_shares_log_e`: taken as known they raise false alarms for sure, given enough rows.
    """
    need(len(seen) == len(shares) and min(shares) >= 0, "a share of at least 0 for each bin")
    need(math.isclose(math.fsum(shares), 1, abs_tol=1e-9), "shares that add up to 1")
    _check(seen)
    terms = math.fsum(kernels.bin_term(count, share, strength) for count, share in zip(seen, shares, strict=True))
    return terms - kernels.log_rising(strength, sum(seen))


def same_shares_log_e(
    reference: Histogram, current: Histogram, *, rows: int = TUNED_ROWS, alpha: float = ALPHA
) -> float:
    """Log e-value against "reference and current have the same shares", both being samples. Exact, from below.

    The least, over all shares that both could have, of the product of two Dirichlet-multinomial e-values. It finds any
    change, however small and harmless; `total_variation_log_e` asks about changes that matter.
    """
    _check_pair(reference, current)
    if sum(current) == 0:
        return 0.0
    strengths = tuned_strengths(sum(reference), rows, alpha, dimensions=len(reference) - 1)
    as_floats = [np.array(values, dtype=np.float64) for values in (reference, current, strengths)]
    return kernels.log_e_same_shares(*as_floats)


def total_variation_log_e(
    reference: Histogram,
    current: Histogram,
    *,
    within: float,
    ordered: bool,
    rows: int = TUNED_ROWS,
    alpha: float = ALPHA,
) -> float:
    """Log e-value against "at most `within` of the rows would have to change bins": total variation <= within.

    Guaranteed: if the total variation distance of the two populations is at most `within`, the chance that this ever
    reaches log(1 / alpha) is at most alpha; the reference may be a small sample. Not guaranteed: that every larger distance
    is found. Total variation is the largest difference in share over all sets of bins; here the sets are each bin and, if
    `ordered`, each "up to this bin", and the e-value is the average of their `difference_log_e`. So a change is found in the
    end if one of these sets moved by more than `within` (and the reference can bear it out), but not where many
    bins each moved a little in turns.
    """
    _check_pair(reference, current)
    found = set_log_e(reference, current, within=within, ordered=ordered, rows=rows, alpha=alpha)
    return average_log_e(list(found.values()))


def set_log_e(
    reference: Histogram,
    current: Histogram,
    *,
    within: float,
    ordered: bool,
    rows: int = TUNED_ROWS,
    alpha: float = ALPHA,
) -> dict[range, float]:
    """The log e-value of each set of bins in `total_variation_log_e`: the largest tells where the rows went."""
    sets = bin_sets(len(reference), ordered=ordered)
    strengths = tuned_strengths(sum(reference), rows, alpha / len(sets))
    one, other = sum(reference), sum(current)
    pairs: dict[range, tuple[Share, Share]] = {
        bins: ((_rows_in(reference, bins), one), (_rows_in(current, bins), other)) for bins in sets
    }
    return {
        bins: difference_log_e(before, now, within=within, strengths=strengths) for bins, (before, now) in pairs.items()
    }


def bin_sets(bins: int, *, ordered: bool) -> list[range]:
    """Each bin and, if ordered, the bins up to each; a set and its complement count once."""
    single = [range(number, number + 1) for number in range(1 if bins == 2 else bins)]
    up_to = [range(end) for end in range(2, bins - 1)] if ordered else []
    return single + up_to


def moved_share_at_least(
    reference: Histogram, current: Histogram, *, ordered: bool, rows: int = TUNED_ROWS, alpha: float = ALPHA
) -> float:
    """A floor, valid at every look, under the share of rows that moved to other bins (total variation)."""

    def excluded(within: float) -> bool:
        found = total_variation_log_e(reference, current, within=within, ordered=ordered, rows=rows, alpha=alpha)
        return found >= -math.log(alpha)

    if not excluded(0.0):
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        if excluded(middle):
            low = middle
        else:
            high = middle
    return low


def total_variation_for_psi(psi: float) -> float:
    """The largest total variation that a population stability index (natural logarithm) of at most `psi` allows.

    PSI is the Jeffreys divergence, which is at least 2 d log((1 + d) / (1 - d)) at a total variation of d, as it is for two
    bins that swap (Gilardoni 2006). So a null "PSI <= psi" lies inside the null "total variation <= this": an alarm
    against the second is an alarm against the first, with the same guarantee. 0.1 gives 0.157, 0.25 gives 0.246.
    """
    need(psi >= 0, "a PSI of at least 0")
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if 2 * middle * math.log((1 + middle) / (1 - middle)) < psi:
            low = middle
        else:
            high = middle
    return high


def _rows_in(histogram: Histogram, bins: range) -> int:
    return sum(histogram[number] for number in bins)


def _check(histogram: Histogram) -> None:
    need(len(histogram) > 1 and min(histogram) >= 0, "two or more bins with counts of at least 0")


def _check_pair(reference: Histogram, current: Histogram) -> None:
    _check(reference)
    _check(current)
    need(len(reference) == len(current), "the same bins in reference and current")
    need(sum(reference) > 0, "a reference with rows")
