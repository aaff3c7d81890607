"""The fairness part of a report: for one attribute set the groups, their gaps, ratios, disparities and impact ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from consilience.kit.canonical import Json
from consilience.measure.metrics import (
    disparities,
    fairness,
    impact,
    murphy_intervals,
    reliability,
    resampling,
    withholding,
)
from consilience.measure.metrics.counts import Counts, Group, RollUp
from consilience.measure.metrics.disparities import Compared
from consilience.measure.metrics.fairness import MANY_GROUPS, OF_GROUPS
from consilience.measure.metrics.figure import Figure, Reason, undefined
from consilience.measure.metrics.impact import Median
from consilience.measure.metrics.recalibration import calibration_in_the_large, calibration_slope
from consilience.measure.metrics.smooth_ece import smece, smece_of_group
from consilience.measure.metrics.withholding import Attributes
from consilience.measure.states.cube import States
from consilience.measure.threads import side_by_side
from consilience.measure.values import group_key

DEPTH = 3
CALIBRATION_FIGURES = ("ece_debiased", *reliability.PARTS, "calibration_slope", "calibration_in_the_large", "smece")
Hidden = Mapping[tuple[Attributes, Group], Reason]


def attribute_sets(protected: int) -> list[Attributes]:
    """Each attribute, each pair, and each three, as positions in the plan."""
    return [chosen for depth in range(1, DEPTH + 1) for chosen in combinations(range(protected), depth)]


def calibration_of_all(counts: Counts, ece: Figure) -> dict[str, Json]:
    """The calibration of all rows beyond Brier score, log loss and calibration error, each figure with its interval."""
    return _calibration(counts, ece, murphy_intervals.murphy_with_intervals(counts), smece(counts))


def calibration_of_group(counts: Counts, ece: Figure) -> dict[str, Json]:
    """The same for a group, without the intervals that take too long to be made for every group."""
    return _calibration(counts, ece, reliability.murphy(counts), smece_of_group(counts))


def _calibration(counts: Counts, ece: Figure, parts: Mapping[str, Figure], smooth: Figure) -> dict[str, Json]:
    figures: dict[str, Figure] = {
        "ece_debiased": reliability.ece_debiased(counts, ece),
        **parts,
        "calibration_slope": calibration_slope(counts),
        "calibration_in_the_large": calibration_in_the_large(counts),
        "smece": smooth,
    }
    return {name: found.as_json() for name, found in figures.items()}


def fairness_of(states: States, rolled: RollUp, *, minimum_group: int) -> dict[str, Json]:
    """What the model does to the groups of every attribute set, by the set's name."""
    names = states.plan.protected
    sets = attribute_sets(len(names))
    counts = {attributes: rolled.groups(attributes) for attributes in sets}
    sizes = {attributes: {group: of.rows for group, of in groups.items()} for attributes, groups in counts.items()}
    finest = None
    if len(names) > DEPTH:
        finest = {group: of.rows for group, of in rolled.groups(tuple(range(len(names)))).items()}
    hidden = withholding.withheld(sizes, minimum=minimum_group, finest=finest)
    median, digest = impact.median_score(states), resampling.digest_of_cells(states)

    def measured(attributes: Attributes) -> dict[str, Json]:
        seed = resampling.seed_of(digest, attributes)
        return _AttributeSet(states, rolled, attributes, counts[attributes], hidden, median, seed).as_json()

    largest_first = sorted(counts, key=lambda attributes: -len(counts[attributes]))
    found = dict(zip(largest_first, side_by_side(measured, largest_first), strict=True))
    return {" x ".join(names[position] for position in attributes): found[attributes] for attributes in counts}


@dataclass(frozen=True)
class _AttributeSet:
    states: States
    rolled: RollUp
    attributes: Attributes
    groups: Mapping[Group, Counts]
    hidden: Hidden
    median: Median | None
    seed: int

    def as_json(self) -> dict[str, Json]:
        shown = [group for group in self.groups if not self._reason(group)]
        figures = {group: {name: metric(self.groups[group]) for name, metric in OF_GROUPS.items()} for group in shown}
        gaps = fairness.gaps(figures)
        compared = self._compared(shown, [figures[group] for group in shown])
        ratios = disparities.ratios(compared)
        return {
            "attributes": [self.states.plan.protected[position] for position in self.attributes],
            "groups": {group_key(group): self._group(group, figures.get(group)) for group in self.groups},
            "gaps": {name: found.as_json() for name, found in gaps.items()},
            "ratios": {name: found.as_json() for name, found in ratios.items()},
            "disparities": disparities.disparities(compared, gaps, ratios),
            "simultaneous": disparities.simultaneous(compared, [group_key(group) for group in shown]),
            "impact": self._impact(shown),
            "withheld": {group_key(g): reason.value for g in self.groups if (reason := self._reason(g))},
        }

    def _reason(self, group: Group) -> Reason | None:
        return self.hidden.get((self.attributes, group))

    def _group(self, group: Group, figures: Mapping[str, Figure] | None) -> dict[str, Json]:
        start: dict[str, Json] = {"values": list(group), "rows": self.groups[group].rows}
        if figures is None:
            nothing = undefined(self._reason(group) or Reason.SMALL_GROUP_WITHHELD).as_json()
            calibration = dict.fromkeys(CALIBRATION_FIGURES, nothing)
            return {**start, **dict.fromkeys(OF_GROUPS, nothing), "calibration": calibration, "reliability": []}
        return {
            **start,
            **{name: found.as_json() for name, found in figures.items()},
            "calibration": calibration_of_group(self.groups[group], figures["ece"]),
            "reliability": reliability.reliability(self.groups[group]),
        }

    def _compared(self, shown: Sequence[Group], figures: Sequence[Mapping[str, Figure]]) -> Compared:
        if not 2 <= len(shown) <= MANY_GROUPS:
            return Compared(figures, {}, self.seed)
        numbering = self.rolled.numbering(self.attributes)
        place = {group: number for number, group in enumerate(numbering.groups)}
        table = resampling.tables(self.states, numbering)[[place[group] for group in shown]]
        return Compared(figures, resampling.shares(table, seed=self.seed), self.seed)

    def _impact(self, shown: Sequence[Group]) -> dict[str, Json]:
        """Impact ratios of the categories that are shown and known; the rows of the others are counted."""
        known = [group for group in shown if None not in group]
        made: dict[str, Json] = {
            "unknown_rows": sum(of.rows for group, of in self.groups.items() if None in group),
            "selection": None,
            "scoring": None,
        }
        if self.states.plan.predicts:
            rated = impact.selected({group_key(group): self.groups[group] for group in known})
            made["selection"] = impact.impact(rated, seed=self.seed)
        if self.median is not None:
            numbering = self.rolled.numbering(self.attributes)
            keys = {number: group_key(g) for number, g in enumerate(numbering.groups) if g in set(known)}
            scoring = impact.impact(impact.scored_high(numbering, self.median, keys), seed=self.seed + 1)
            made["scoring"] = {"median_score": self.median.score, **scoring}
        return made
