"""Intervals for rows that come in clusters, such as several rows of one person: pure functions of sums by cluster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.measure.metrics import intervals
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined

Floats = NDArray[np.float64]
FEWEST = 10


@dataclass(frozen=True)
class Clustered:
    """A figure with the interval that knows who the rows are of, and the one that takes them as independent.

    `design_effect` is how many times larger the variance is because rows repeat people; None where one of the two
    intervals is undefined.
    """

    figure: Figure
    naive: Figure
    design_effect: float | None

    def as_json(self) -> dict[str, Json]:
        return {
            "figure": self.figure.as_json(),
            "naive": self.naive.as_json(),
            "design_effect": self.design_effect,
        }


def share(successes: Floats, trials: Floats) -> Clustered:
    """The share of successes among trials, both summed by cluster.

    Wilson's interval at the effective number of trials: what they are worth as independent ones, by the cluster-robust
    variance of the ratio (Cochran 1977, section 6.3; Korn and Graubard 1998). It is never more than the trials, and where
    all or none succeed it is that of clusters whose rows are all alike (Kish 1965).
    """
    kept = trials > 0
    successes, trials = successes[kept], trials[kept]
    total, rows = float(successes.sum()), float(trials.sum())
    if not rows:
        return Clustered(undefined(Reason.NO_ROWS), undefined(Reason.NO_ROWS), None)
    value = total / rows
    low, high = intervals.wilson(total, rows)
    naive = figure(value, low, high, method=Method.WILSON, rows=int(rows))
    if len(trials) < FEWEST:
        return Clustered(bare(value, rows=int(rows), reason=Reason.FEW_CLUSTERS), naive, None)
    effective, effect = effective_trials(successes, trials)
    low, high = intervals.wilson(value * effective, effective)
    return Clustered(figure(value, low, high, method=Method.CLUSTERED_WILSON, rows=int(rows)), naive, effect)


def f1(tp: Floats, fp: Floats, fn: Floats) -> Clustered:
    """F1 by way of the Jaccard share TP / (TP + FP + FN), whose interval carries over."""
    found = share(tp, tp + fp + fn)
    return Clustered(
        _from_jaccard(found.figure, Method.CLUSTERED_JACCARD), _from_jaccard(found.naive, Method.JACCARD),
        found.design_effect,
    )  # fmt: skip


def effective_trials(successes: Floats, trials: Floats) -> tuple[float, float | None]:
    """How many independent trials these are worth, for at least FEWEST clusters; and the design effect of the variance."""
    clusters, rows = len(trials), float(trials.sum())
    value = float(successes.sum()) / rows
    if not 0 < value < 1:
        return rows**2 / float((trials * trials).sum()), None
    away = successes - value * trials
    variance = clusters / (clusters - 1) * float((away * away).sum()) / rows**2
    effect = variance / (value * (1 - value) / rows)
    # Student's quantile for the clusters in place of the normal one, as a smaller number of trials.
    worth = min(rows / effect if effect > 0 else rows, rows)
    return worth * (Z / intervals.student(clusters - 1)) ** 2, effect


def bootstrapped(value: float, drawn: Floats, naive: Figure, *, rows: int, clusters: int) -> Clustered:
    """A figure with the middle 95 % of what resamples of clusters gave. NaN are resamples in which it was undefined."""
    drawn = drawn[~np.isnan(drawn)]
    if clusters < FEWEST or not len(drawn):
        return Clustered(bare(value, rows=rows, reason=Reason.FEW_CLUSTERS), naive, None)
    low, high = (float(limit) for limit in np.quantile(drawn, (0.025, 0.975)))
    found = figure(value, low, high, method=Method.CLUSTER_BOOTSTRAP, rows=rows)
    effect = None
    if naive.low is not None and naive.high is not None and naive.high > naive.low:
        effect = ((high - low) / (naive.high - naive.low)) ** 2
    return Clustered(found, naive, effect)


def _from_jaccard(found: Figure, method: Method) -> Figure:
    if found.value is None:
        return undefined(Reason.NO_POSITIVES_AT_ALL)
    value, low, high = (None if one is None else 2 * one / (1 + one) for one in (found.value, found.low, found.high))
    assert value is not None
    return Figure(value, low, high, None if low is None else method, found.rows, found.reason)
