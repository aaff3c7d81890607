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
from consilience.measure.metrics.figure import Figure
from consilience.measure.pictures import sample_words as words
from consilience.measure.samples import labels, stated_shares
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
    """A group: its rows, their share, the share that is stated, and the ratio of the two (1 where they agree).

    `people` have a row of it; None where rows are not known to repeat people.
    """

    rows: int
    share: float
    stated: float
    ratio: Figure
    people: int | None = None

    def as_json(self) -> dict[str, Json]:
        return {
            "rows": self.rows,
            "share": self.share,
            "stated": self.stated,
            "ratio": self.ratio.as_json(),
            "people": self.people,
        }


@dataclass(frozen=True)
class AttributeShares:
    """One attribute: its groups; those of the population without a row; values that the population does not name.

    `distance` is Cohen's w, the root of the mean squared ratio gap, 0 where all shares agree (0.1 is called small, 0.3
    medium, 0.5 large); `p_value` that of Pearson's chi-square test. `effective_rows` is what the rows are worth once
    they are weighted so that the shares agree (Kish 1965), of the groups that have rows; that rows repeat people is not in it.
    `design_effect` is by how much the variance of the shares is larger because they do, None where they are not known to.
    """

    groups: dict[str, GroupShare]
    missing_groups: tuple[str, ...]
    not_stated: dict[str, int]
    without_value: int
    distance: Figure
    p_value: float | None
    effective_rows: float | None
    design_effect: float | None = None

    def as_json(self) -> dict[str, Json]:
        return {
            "groups": {name: group.as_json() for name, group in self.groups.items()},
            "missing_groups": list(self.missing_groups),
            "not_stated": dict(self.not_stated),
            "without_value": self.without_value,
            "distance": self.distance.as_json(),
            "p_value": self.p_value,
            "effective_rows": self.effective_rows,
            "design_effect": self.design_effect,
        }


@dataclass(frozen=True)
class Representativeness:
    """All attributes; `effective_rows` with weights under which all of them agree at once (raking), None where none do.

    `people` is how many people the sampled rows are of, None where rows are not known to repeat them.
    """

    attributes: dict[str, AttributeShares]
    effective_rows: float | None
    sample_rows: int
    of_rows: int
    seed: int
    people: int | None = None

    def as_json(self) -> dict[str, Json]:
        return {
            "schema": SCHEMA,
            "attributes": {name: found.as_json() for name, found in self.attributes.items()},
            "effective_rows": self.effective_rows,
            "sample_rows": self.sample_rows,
            "of_rows": self.of_rows,
            "seed": self.seed,
            "people": self.people,
        }

    def sentence(self) -> str:
        """The result in plain language."""
        return words.of_population(self.as_json())


def representativeness(
    source: Any,
    population: Population,
    *,
    people: str | None = None,
    rows: int = ROWS,
    progress: Progress | None = None,
) -> Representativeness:
    """How the shares of groups compare with those that are stated for the population.

    `people` is an id column, where rows repeat people: then whole people are sampled, rows without an id take no part, and
    intervals are over the people. Shares stay those of the rows: a person with ten rows counts ten times, as in training.

    Intervals of ratios hold for all groups of an attribute at once (Wilson at a level that Bonferroni's inequality asks
    for); the population is taken as known exactly. Rows whose value is missing or not stated take no part in an attribute.
    Raises BadInput for shares that do not add up to 1.
    """
    if not population:
        raise BadInput("population", "states no attribute")
    names = list(dict.fromkeys(part for attribute in population for part in attribute.split(" x ")))
    sample = source if isinstance(source, Sample) else draw(source, rows=rows, only=names, by=people, progress=progress)
    found: dict[str, AttributeShares] = {}
    margins: list[tuple[Ints, Floats]] = []
    for attribute, stated in population.items():
        named = _shares(attribute, stated)
        groups, place = _groups(sample, attribute)
        known = _matched(groups, list(named))
        at = np.array([*(known.get(group, -1) for group in groups), -1], dtype=np.int64)[place]
        found[attribute] = _compared(list(named), np.array(list(named.values())), groups, place, at, sample.people)
        margins.append((at, np.array(list(named.values()))))
    whom = None if sample.people is None else int(sample.people.max(initial=-1)) + 1
    return Representativeness(found, raked(margins, sample.rows), sample.rows, sample.of_rows, sample.seed, whom)


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


def _compared(
    names: list[str], stated: Floats, groups: list[str], place: Ints, at: Ints, person: Ints | None
) -> AttributeShares:
    used = at >= 0
    counts = np.bincount(at[used], minlength=len(names))
    rows = int(counts.sum())
    of_groups = np.bincount(place[place >= 0], minlength=len(groups))
    known = set(place[used].tolist())
    not_stated = {group: int(of_groups[number]) for number, group in enumerate(groups) if number not in known}
    people = None if person is None or not rows else stated_shares.repeated(at[used], person[used], len(names))
    distance, p_value, effect = stated_shares.distance(counts, stated, people)
    ratios = stated_shares.ratios(counts, stated, people)
    found = {
        name: GroupShare(
            int(counts[n]), int(counts[n]) / rows if rows else 0.0, float(stated[n]), ratios[n],
            None if people is None else int(people.people[n]),
        )
        for n, name in enumerate(names)
    }  # fmt: skip
    missing = tuple(name for name, count, share in zip(names, counts, stated, strict=True) if count == 0 and share > 0)
    return AttributeShares(
        found, missing, not_stated, int((place < 0).sum()), distance, p_value, raked([(at, stated)], len(at)), effect
    )
