"""A monitored figure, look by look: what was seen, how sure, whether to sound the alarm, and since when.

Each `watch_` function takes the counts of one window per look and adds them up. Two windows may be merged before a
look: the looks that remain are the same, since everything but the running intersection depends on sums. The intersection
is over the looks that were taken: a monitor that skipped a look has a wider interval, never a wrong one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import TypeVar

from consilience.kit.canonical import Json
from consilience.measure.metrics import fixed_tests, histogram_sequences, mean_sequences, sequences
from consilience.measure.metrics.histogram_sequences import Histogram
from consilience.measure.metrics.mean_sequences import Moments
from consilience.measure.metrics.sequences import ALPHA, TUNED_ROWS, Interval, Share

LARGEST_LOG_E = 690.0  # what is larger is written as e to the 690: beyond, no file format holds the number
Counts = TypeVar("Counts")


@dataclass(frozen=True)
class Look:
    """One look at a monitored figure.

    `low` to `high` is the confidence sequence, already intersected with all earlier looks; both are None where no single
    value agrees with all looks, as when a rate wandered, and one is None where that side is not bounded. `log_e` is the
    evidence at this look. `alarm` stays on once `log_e` reached log(1 / alpha); `since` is the number of that look.
    `fixed_p` is what a test for a single look would say; with many looks it is wrong, and shown so that one can see it.
    """

    number: int
    rows: int
    value: float | None
    low: float | None
    high: float | None
    log_e: float
    alpha: float
    alarm: bool
    since: int | None
    fixed_p: float | None

    def as_json(self) -> Json:
        """The LOOK of a report."""
        return {
            "look": self.number,
            "rows": self.rows,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "alpha": self.alpha,
            "e_value": math.exp(min(self.log_e, LARGEST_LOG_E)),
            "alarm": self.alarm,
            "since": self.since,
            "fixed_p": self.fixed_p,
            "fixed_alarm": None if self.fixed_p is None else self.fixed_p < self.alpha,
        }


def watch_rate(
    windows: Iterable[Share], *, target: float, within: float, alpha: float = ALPHA, rows: int = TUNED_ROWS
) -> list[Look]:
    """Looks at a rate against a target that is a stated number. Alarms when it is more than `within` away."""
    strength = sequences.tuned_strength(rows, alpha)
    return _looks(
        accumulate(windows, _add_shares),
        rows=lambda seen: seen[1],
        value=_rate,
        interval=partial(sequences.rate_interval, alpha=alpha, strength=strength),
        log_e=partial(sequences.rate_log_e, target=target, within=within, strength=strength),
        fixed_p=partial(fixed_tests.rate_p, target=target, within=within),
        alpha=alpha,
    )


def watch_difference(
    windows: Iterable[Share], *, reference: Share, within: float, alpha: float = ALPHA, rows: int = TUNED_ROWS
) -> list[Look]:
    """Looks at the current rate less the rate of a reference sample. Alarms when they are more than `within` apart."""
    strengths = sequences.tuned_strengths(reference[1], rows, alpha)
    return _looks(
        accumulate(windows, _add_shares),
        rows=lambda seen: seen[1],
        value=lambda seen: None if seen[1] == 0 else seen[0] / seen[1] - reference[0] / reference[1],
        interval=lambda seen: sequences.difference_interval(reference, seen, alpha=alpha, strengths=strengths),
        log_e=lambda seen: sequences.difference_log_e(reference, seen, within=within, strengths=strengths),
        fixed_p=lambda seen: fixed_tests.difference_p(reference, seen, within=within),
        alpha=alpha,
    )


def watch_histogram(
    windows: Iterable[Histogram],
    *,
    reference: Histogram,
    within: float,
    ordered: bool,
    alpha: float = ALPHA,
    rows: int = TUNED_ROWS,
) -> list[Look]:
    """Looks at how many rows moved to other bins against a reference sample: total variation, with a floor under it.

    Alarms when it is above `within`. `fixed_p` is the chi-square test, which asks whether anything moved at all. The value
    is that of the two samples, which is above 0 by chance alone.
    """
    evidence = partial(
        histogram_sequences.total_variation_log_e, reference, within=within, ordered=ordered, rows=rows, alpha=alpha
    )
    moved = partial(histogram_sequences.moved_share_at_least, reference, ordered=ordered, rows=rows, alpha=alpha)
    return _looks(
        accumulate(windows, _add_histograms),
        rows=sum,
        value=partial(_total_variation, reference),
        interval=lambda seen: (moved(seen), None),
        log_e=evidence,
        fixed_p=partial(fixed_tests.homogeneity_p, reference),
        alpha=alpha,
    )


def watch_bounded_mean(
    windows: Iterable[Moments],
    *,
    target: float,
    within: float,
    bounds: Interval,
    alpha: float = ALPHA,
    rows: int = TUNED_ROWS,
) -> list[Look]:
    """Looks at the mean of values that never leave `bounds`, against a stated target."""
    evidence = partial(
        mean_sequences.bounded_mean_log_e, target=target, bounds=bounds, within=within, rows=rows, alpha=alpha
    )
    return _looks(
        accumulate(windows),
        rows=lambda seen: seen.rows,
        value=_mean,
        interval=partial(mean_sequences.bounded_mean_interval, bounds=bounds, rows=rows, alpha=alpha),
        log_e=evidence,
        fixed_p=partial(fixed_tests.mean_p, target=target, within=within),
        alpha=alpha,
    )


def watch_mean(
    windows: Iterable[Moments], *, target: float, within: float, alpha: float = ALPHA, rows: int = TUNED_ROWS
) -> list[Look]:
    """Looks at the mean of values without bounds, against a stated target. Asymptotic."""
    return _looks(
        accumulate(windows),
        rows=lambda seen: seen.rows,
        value=_mean,
        interval=partial(mean_sequences.asymptotic_mean_interval, rows=rows, alpha=alpha),
        log_e=partial(mean_sequences.asymptotic_mean_log_e, target=target, within=within, rows=rows, alpha=alpha),
        fixed_p=partial(fixed_tests.mean_p, target=target, within=within),
        alpha=alpha,
    )


def watch_mean_difference(
    windows: Iterable[Moments], *, reference: Moments, within: float, alpha: float = ALPHA, rows: int = TUNED_ROWS
) -> list[Look]:
    """Looks at the current mean less the mean of a reference sample, for values without bounds. Asymptotic."""
    return _looks(
        accumulate(windows),
        rows=lambda seen: seen.rows,
        value=lambda seen: None if seen.rows == 0 else seen.mean - reference.mean,
        interval=partial(mean_sequences.mean_difference_interval, reference, rows=rows, alpha=alpha),
        log_e=partial(mean_sequences.mean_difference_log_e, reference, within=within, rows=rows, alpha=alpha),
        fixed_p=lambda seen: fixed_tests.mean_difference_p(reference, seen, within=within),
        alpha=alpha,
    )


def family_alarms(family: Mapping[str, Sequence[Look]], *, alpha: float = ALPHA) -> list[list[str]]:
    """For each look, which of the monitored figures are rejected by e-BH over the family as it stands at that look.

    All figures must have been looked at equally often. At whichever look one stops, at most `alpha` of the names in its list
    are expected to be false; if nothing changed at all, the chance that any list ever names one is at most alpha.
    """
    names = list(family)
    found = []
    for together in zip(*family.values(), strict=True):
        rejected = sequences.e_benjamini_hochberg([look.log_e for look in together], alpha=alpha)
        found.append([name for name, out in zip(names, rejected, strict=True) if out])
    return found


def _looks(
    states: Iterable[Counts],
    *,
    rows: Callable[[Counts], int],
    value: Callable[[Counts], float | None],
    interval: Callable[[Counts], tuple[float | None, float | None] | None],
    log_e: Callable[[Counts], float],
    fixed_p: Callable[[Counts], float | None],
    alpha: float,
) -> list[Look]:
    low, high, since = -math.inf, math.inf, None
    made = []
    for number, seen in enumerate(states, 1):
        here = interval(seen) or (None, None)
        low = max(low, -math.inf if here[0] is None else here[0])
        high = min(high, math.inf if here[1] is None else here[1])
        evidence = log_e(seen)
        if since is None and evidence >= -math.log(alpha):
            since = number
        ends = (low, high) if low <= high else (-math.inf, math.inf)
        made.append(
            Look(
                number=number,
                rows=rows(seen),
                value=value(seen),
                low=None if math.isinf(ends[0]) else ends[0],
                high=None if math.isinf(ends[1]) else ends[1],
                log_e=evidence,
                alpha=alpha,
                alarm=since is not None,
                since=since,
                fixed_p=fixed_p(seen),
            )
        )
    return made


def _add_shares(one: Share, other: Share) -> Share:
    return one[0] + other[0], one[1] + other[1]


def _add_histograms(one: Histogram, other: Histogram) -> Histogram:
    return [a + b for a, b in zip(one, other, strict=True)]


def _rate(seen: Share) -> float | None:
    return None if seen[1] == 0 else seen[0] / seen[1]


def _mean(seen: Moments) -> float | None:
    return None if seen.rows == 0 else seen.mean


def _total_variation(reference: Histogram, seen: Histogram) -> float | None:
    if sum(seen) == 0:
        return None
    before, now = sum(reference), sum(seen)
    return math.fsum(abs(a / before - b / now) for a, b in zip(reference, seen, strict=True)) / 2
