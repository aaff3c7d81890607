"""Shares of groups held against stated ones: pure functions of the rows by group, and by person where rows repeat people."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics.divergence import noncentrality
from consilience.measure.metrics.figure import LEVEL, Figure, Method, Reason, bare, figure, undefined
from consilience.measure.samples.cluster_intervals import FEWEST

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Repeated:
    """How rows repeat people: `effects` is by group the design effect of its share, at least 1; `people` how many have a row of it.

    `clusters` are all people with a row, and `alike` what the variance grows by if the rows of each person are all alike (Kish 1965).
    """

    effects: Floats
    people: Ints
    clusters: int
    alike: float


def repeated(group: Ints, person: Ints, groups: int) -> Repeated:
    """How rows repeat people, from the group and the person of each row.

    The variance of a share is that of a ratio of sums by person (Cochran 1977, section 6.3). A group without a row, or with all of
    them, shows no variance: there the rows of a person are taken as all alike.
    """
    different, at = np.unique(person, return_inverse=True)
    rows, clusters = len(group), len(different)
    of_person = np.bincount(at, minlength=clusters).astype(np.float64)
    pair, times = np.unique(at * groups + group, return_counts=True)
    own, of_group = times.astype(np.float64), pair % groups
    share = np.bincount(group, minlength=groups) / rows

    def added(values: Floats) -> Floats:
        return np.bincount(of_group, weights=values, minlength=groups).astype(np.float64)

    together = float((of_person * of_person).sum())
    away = added(own * own) - 2 * share * added(own * of_person[pair // groups]) + share * share * together
    alike = together / rows
    plain = share * (1 - share) * rows
    effects = np.full(groups, alike)
    np.divide(clusters / max(clusters - 1, 1) * away, plain, out=effects, where=plain > 0)
    return Repeated(np.maximum(effects, 1.0), added(np.ones(len(pair))).astype(np.int64), clusters, alike)


def ratios(counts: Ints, stated: Floats, people: Repeated | None = None) -> list[Figure]:
    """For each group its share over the stated one; the intervals hold for all groups at once (Bonferroni).

    Wilson's, and where rows repeat people at the effective number of rows with Student's quantile for the people.
    """
    rows = int(counts.sum())
    quantile = _quantile(len(counts), None if people is None else people.clusters)
    method = Method.BONFERRONI if people is None else Method.CLUSTERED_BONFERRONI
    found = []
    for place, (count, share) in enumerate(zip(counts.tolist(), stated.tolist(), strict=True)):
        if not rows or share == 0:
            found.append(undefined(Reason.NO_ROWS, rows=rows))
        elif people is not None and people.clusters < FEWEST:
            found.append(bare(count / rows / share, rows=rows, reason=Reason.FEW_CLUSTERS))
        else:
            worth = rows if people is None else rows / float(people.effects[place])
            low, high = _wilson(count / rows, worth, quantile)
            found.append(figure(count / rows / share, low / share, high / share, method=method, rows=rows))
    return found


def distance(counts: Ints, stated: Floats, people: Repeated | None = None) -> tuple[Figure, float | None, float | None]:
    """Cohen's w of the counts against the stated shares with its interval, the p-value of Pearson's test, and the design effect.

    The interval is that of the noncentral chi-square distribution. Where rows repeat people the statistic is divided by the mean
    design effect of the shares before (Rao and Scott 1981, first order). What the intervals cover is in the manual. Undefined where the population has rows in no group, or in
    one only.
    """
    from scipy.special import chdtrc

    kept = stated > 0
    rows, freedom = int(counts[kept].sum()), int(kept.sum()) - 1
    if not rows or freedom < 1:
        return undefined(Reason.NO_ROWS if not rows else Reason.FEWER_THAN_TWO_GROUPS, rows=rows), None, None
    shares, expected = counts[kept] / rows, stated[kept] / stated[kept].sum()
    statistic = float(((shares - expected) ** 2 / expected).sum()) * rows
    value, effect = math.sqrt(statistic / rows), 1.0
    if people is not None:
        if people.clusters < FEWEST:
            return bare(value, rows=rows, reason=Reason.FEW_CLUSTERS), None, None
        weights = shares * (1 - shares) / expected
        effect = float((weights * people.effects[kept]).sum() / weights.sum()) if weights.any() else people.alike
    low, high = noncentrality(statistic / effect, freedom)
    found = figure(
        value, math.sqrt(low * effect / rows), math.sqrt(high * effect / rows), rows=rows,
        method=Method.NONCENTRAL if people is None else Method.RAO_SCOTT,
    )  # fmt: skip
    return found, float(chdtrc(freedom, statistic / effect)), None if people is None else effect


def _wilson(share: float, rows: float, quantile: float) -> tuple[float, float]:
    square = quantile * quantile
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    half = quantile / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows * rows))
    return (0.0 if share == 0 else max(centre - half, 0.0)), (1.0 if share == 1 else min(centre + half, 1.0))


def _quantile(groups: int, clusters: int | None) -> float:
    from scipy.special import ndtri, stdtrit

    tail = 1 - (1 - LEVEL) / (2 * groups)
    return float(ndtri(tail) if clusters is None else stdtrit(max(clusters - 1, 1), tail))
