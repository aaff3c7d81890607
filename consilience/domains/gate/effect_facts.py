"""A fact document that is asked under two sets of policies; or two, where the change gives systems another tier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from consilience.domains.gate import effects, rules, tiering, waivers
from consilience.domains.gate.effects import Effect, FactChange
from consilience.domains.gate.policy_sets import Change
from consilience.domains.gate.sides import Sides
from consilience.domains.gate.standing import subjects
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.layers import SetAside, waived
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.scope import Bound
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant

Said = tuple[list[Outcome], rules.Verdict]


class AskedFacts:
    """One fact document, asked several times: what does not differ is judged once, and explained only where asked."""

    def __init__(self, document: Json, schema: Schema, stage: str) -> None:
        self.document, self.stage = document, stage
        self.system = Bound.of(document["system"])
        self._bound, self._against = bind(document, schema), rules.hindrances(document)

    def answer(self, sides: Sides, side: int) -> Said:
        """What is asked on one side comes to, explained, and the verdict that follows."""
        applying: policy_rules.Judged = {}
        aside = sides.aside[side]
        return self._said(
            [
                self._asked(one, policy_rules.outcome_of(one, self._bound, applying), aside.get(one.name))
                for one in sides.all(side)
            ]
        )

    def sides(self, sides: Sides) -> tuple[Said, Said]:
        """The answers before and after; only the requirements that come out otherwise are explained."""
        applying: policy_rules.Answered = {}
        shared = [self._asked(one, policy_rules.bare_outcome(one, self._bound, applying), None) for one in sides.shared]
        asked = [{one.name: one for one in side} for side in sides.asked]
        bare = [
            {
                name: self._asked(one, policy_rules.bare_outcome(one, self._bound, applying), aside.get(name))
                for name, one in each.items()
            }
            for each, aside in zip(asked, sides.aside, strict=True)
        ]
        for side, other in ((0, 1), (1, 0)):  # the codes stay, so the order does not matter
            for name, one in bare[side].items():
                if name not in bare[other] or effects.differ(one, bare[other][name]):
                    told = policy_rules.outcome_of(asked[side][name], self._bound)
                    bare[side] = {**bare[side], name: self._asked(asked[side][name], told, sides.aside[side].get(name))}
        before, after = (self._said([*shared, *each.values()]) for each in bare)
        return before, after

    def _asked(self, requirement: Requirement, outcome: Outcome, by: SetAside | None) -> Outcome:
        """An outcome as it counts: waived where the requirement is set aside, in a narrower scope or for this release."""
        return waivers.counted(outcome if by is None else waived(outcome, by), requirement, self.document)

    def _said(self, outcomes: list[Outcome]) -> Said:
        return outcomes, rules.verdict(outcomes, self._against, stage=self.stage)


def retiered(
    document: Json, kept: Sequence[Loaded], difference: Change, schema: Schema, at: Instant
) -> tuple[Json, Json]:
    """A fact document with the tier that its system has before and after the change."""
    before, after = (
        tiering.under(document, [*kept, *side], schema, at)
        for side in (difference.tiered_before, difference.tiered_after)
    )
    return before, after


def moved_facts(
    found: Effect, now: AskedFacts, then: AskedFacts, asked: Iterable[Requirement]
) -> dict[str, tuple[FactChange, ...]]:
    """The facts that differ on the two sides, for each requirement that comes out otherwise."""
    named = {one.name: one for one in asked}
    return {
        one.name: tuple(effects.fact_changes(now.document, then.document, sorted(subjects(named[one.name]))))
        for one in found.changed
        if one.name in named
    }
