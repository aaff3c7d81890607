"""Whether a set of rows looks like the population that it is to speak for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.metrics.divergence import noncentrality
from consilience.measure.metrics.figure import LEVEL, Figure, Method, Reason, figure, undefined
from consilience.measure.pictures import sample_words as words
from consilience.measure.samples import labels
from consilience.measure.samples.sampling import Sample, draw
from consilience.measure.values import group_key, spellings

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Population = Mapping[str, Mapping[str, float]]
"""For each attribute, or several joined by " x ", the share of each group, or how many people it has."""

SCHEMA = "urn:consilience:represent:1"
ROWS = 200_000
ROUNDS = 200
CLOSE = 1e-10
ROUNDED = 0.011


@dataclass(frozen=True)
class GroupShare:
    """A group: its rows, their share, the share that is stated, and the ratio of the two (1 where they agree)."""

    rows: int
    share: float
    stated: float
    ratio: Figure

    def as_json(self) -> dict[str, Json]:
        return {"rows": self.rows, "share": self.share, "stated": self.stated, "ratio": self.ratio.as_json()}


@dataclass(frozen=True)
class AttributeShares:
    """One attribute: its groups; those of the population without a row; values that the population does not name.

    `distance` is Cohen's w, the root of the mean squared ratio gap, 0 where all shares agree (0.1 is called small, 0.3
    medium, 0.5 large); `p_value` that of Pearson's chi-square test. `effective_rows` is what the rows are worth once
    they are weighted so that the shares agree (Kish 1965), of the groups that have rows.
    """

    groups: dict[str, GroupShare]
    missing_groups: tuple[str, ...]
    not_stated: dict[str, int]
    without_value: int
    distance: Figure
    p_value: float | None
    effective_rows: float | None

    def as_json(self) -> dict[str, Json]:
        return {
            "groups": {name: group.as_json() for name, group in self.groups.items()},
            "missing_groups": list(self.missing_groups),
            "not_stated": dict(self.not_stated),
            "without_value": self.without_value,
            "distance": self.distance.as_json(),
            "p_value": self.p_value,
            "effective_rows": self.effective_rows,
        }


@dataclass(frozen=True)
class Representativeness:
    """All attributes; `effective_rows` with weights under which all of them agree at once (raking), None where none do."""

    attributes: dict[str, AttributeShares]
    effective_rows: float | None
    sample_rows: int
    of_rows: int
    seed: int

    def as_json(self) -> dict[str, Json]:
        return {
            "schema": SCHEMA,
            "attributes": {name: found.as_json() for name, found in self.attributes.items()},
            "effective_rows": self.effective_rows,
            "sample_rows": self.sample_rows,
            "of_rows": self.of_rows,
            "seed": self.seed,
        }

    def sentence(self) -> str:
        """The result in plain language."""
        return words.of_population(self.as_json())


def representativeness(
    source: Any, population: Population, *, rows: int = ROWS, progress: Progress | None = None
) -> Representativeness:
    """How the shares of groups compare with those that are stated for the population.

    Intervals of ratios hold for all groups of an attribute at once (Wilson at a level that Bonferroni's inequality asks
    for); the population is taken as known exactly. Rows whose value is missing or not stated take no part in an attribute.
    Raises BadInput for shares that do not add up to 1.
    """
    if not population:
        raise BadInput("population", "states no attribute")
    names = list(dict.fromkeys(part for attribute in population for part in attribute.split(" x ")))
    sample = source if isinstance(source, Sample) else draw(source, rows=rows, only=names, progress=progress)
    found: dict[str, AttributeShares] = {}
    margins: list[tuple[Ints, Floats]] = []
    for attribute, stated in population.items():
        shares = _shares(attribute, stated)
        groups, place = _groups(sample, attribute)
        known = _matched(groups, list(shares))
        at = np.array([*(known.get(group, -1) for group in groups), -1], dtype=np.int64)[place]
        found[attribute] = _compared(list(shares), np.array(list(shares.values())), groups, place, at)
        margins.append((at, np.array(list(shares.values()))))
    return Representativeness(found, raked(margins, sample.rows), sample.rows, sample.of_rows, sample.seed)


def raked(margins: list[tuple[Ints, Floats]], rows: int) -> float | None:
    """The effective rows under weights that bring every margin to its shares at once (Deming and Stephan 1940).

    A margin is the group of each row, -1 for none, and the shares of the groups. Rows without a group in one of them
    take no part. None where no weights do it, or no row has a group in all.
    """
    used = np.all([at >= 0 for at, _ in margins], axis=0) if margins else np.zeros(rows, dtype=np.bool_)
    if not used.any():
        return None
    weights = np.ones(int(used.sum()))
    targets = []
    for at, shares in margins:
        there = np.bincount(at[used], minlength=len(shares)) > 0
        targets.append(
            (at[used], np.where(there, shares, 0.0) / shares[there].sum() if shares[there].sum() > 0 else None)
        )
    for _ in range(ROUNDS):
        furthest = 0.0
        for at, target in targets:
            if target is None:
                return None
            now = np.bincount(at, weights=weights, minlength=len(target)) / weights.sum()
            factor = np.divide(target, now, out=np.zeros(len(target)), where=now > 0)
            weights = weights * factor[at]
            furthest = max(furthest, float(np.abs(target - now).max()))
            if not weights.any():
                return None
        if furthest < CLOSE:
            return float(weights.sum() ** 2 / (weights * weights).sum())
    return None


def _shares(attribute: str, stated: Mapping[str, float]) -> dict[str, float]:
    """The stated shares, which add up to 1 but for rounding, or counts."""
    numbers = [float(value) for value in stated.values()]
    if not numbers or not all(math.isfinite(value) and value >= 0 for value in numbers):
        raise BadInput(f"population, {attribute!r}", "needs at least one group, and shares or counts from 0")
    total = sum(numbers)
    counts = total > 1 and all(value == int(value) for value in numbers)
    if not counts and abs(total - 1) > ROUNDED:
        raise BadInput(f"population, {attribute!r}", f"has shares that add up to {total:.6g}, not to 1")
    if abs(total - 1) < 1e-9:
        total = 1.0
    return {str(group): value / total for group, value in zip(stated, numbers, strict=True)}


def _groups(sample: Sample, attribute: str) -> tuple[list[str], Ints]:
    """The groups that rows have, as they are written in reports, and the group of each row, -1 where a value is missing."""
    parts = [labels.words(sample, name) for name in attribute.split(" x ")]
    combined = np.zeros(sample.rows, dtype=np.int64)
    whole = np.ones(sample.rows, dtype=np.bool_)
    for codes, values in parts:
        whole &= codes >= 0
        combined = combined * (len(values) + 1) + codes + 1
    _, first, place = np.unique(combined, return_index=True, return_inverse=True)
    groups: list[str] = []
    number = np.full(len(first), -1, dtype=np.int64)
    for group, row in enumerate(first.tolist()):
        if whole[row]:
            number[group] = len(groups)
            groups.append(group_key(tuple(values[codes[row]] for codes, values in parts)))
    return groups, number[place]


def _matched(groups: list[str], stated: list[str]) -> dict[str, int]:
    """Which stated group each group is, in whatever spelling a person may have stated it (1, 1.0)."""
    by_spelling = {spelling: number for number, name in enumerate(stated) for spelling in spellings(name)}
    return {group: by_spelling[group] for group in groups if group in by_spelling}


def _compared(names: list[str], stated: Floats, groups: list[str], place: Ints, at: Ints) -> AttributeShares:
    counts = np.bincount(at[at >= 0], minlength=len(names))
    rows = int(counts.sum())
    of_groups = np.bincount(place[place >= 0], minlength=len(groups))
    known = set(place[at >= 0].tolist())
    not_stated = {group: int(of_groups[number]) for number, group in enumerate(groups) if number not in known}
    distance, p_value = _goodness(counts, stated)
    level = _wilson_quantile(len(names))
    found = {
        name: GroupShare(
            int(count), int(count) / rows if rows else 0.0, float(share), _ratio(int(count), rows, float(share), level)
        )
        for name, count, share in zip(names, counts, stated, strict=True)
    }
    missing = tuple(name for name, count, share in zip(names, counts, stated, strict=True) if count == 0 and share > 0)
    return AttributeShares(
        found, missing, not_stated, int((place < 0).sum()), distance, p_value, raked([(at, stated)], len(at))
    )


def _ratio(count: int, rows: int, stated: float, quantile: float) -> Figure:
    if not rows or stated == 0:
        return undefined(Reason.NO_ROWS, rows=rows)
    share, square = count / rows, quantile * quantile
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    half = quantile / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows * rows))
    low = 0.0 if count == 0 else max(centre - half, 0.0)
    high = 1.0 if count == rows else min(centre + half, 1.0)
    return figure(share / stated, low / stated, high / stated, method=Method.BONFERRONI, rows=rows)


def _wilson_quantile(groups: int) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - (1 - LEVEL) / (2 * groups)))


def _goodness(counts: Ints, stated: Floats) -> tuple[Figure, float | None]:
    """Cohen's w of the counts against the stated shares, with the noncentral chi-square interval, and Pearson's p-value.

    Undefined where the population has rows in no group, or in one only.
    """
    from scipy.special import chdtrc

    kept = stated > 0
    rows, freedom = int(counts[kept].sum()), int(kept.sum()) - 1
    if not rows or freedom < 1:
        return undefined(Reason.NO_ROWS if not rows else Reason.FEWER_THAN_TWO_GROUPS, rows=rows), None
    expected = stated[kept] / stated[kept].sum() * rows
    statistic = float(((counts[kept] - expected) ** 2 / expected).sum())
    low, high = noncentrality(statistic, freedom)
    value = math.sqrt(statistic / rows)
    found = figure(value, math.sqrt(low / rows), math.sqrt(high / rows), method=Method.NONCENTRAL, rows=rows)
    return found, float(chdtrc(freedom, statistic))
