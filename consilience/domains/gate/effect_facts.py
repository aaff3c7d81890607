"""A fact document that is asked under two sets of policies; or two, where the change gives systems another tier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from consilience.domains.gate import effects, rules, tiering
from consilience.domains.gate.effects import Effect, FactChange
from consilience.domains.gate.policy_sets import Change
from consilience.domains.gate.standing import subjects
from consilience.domains.policy import rules as policy_rules
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.requirement import Requirement
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant

Said = tuple[list[Outcome], rules.Verdict]


class AskedFacts:
    """One fact document, asked several times: what does not differ is judged once, and explained only where asked."""

    def __init__(self, document: Json, schema: Schema, stage: str) -> None:
        self.document, self.stage = document, stage
        self._bound, self._against = bind(document, schema), rules.hindrances(document)

    def answer(self, requirements: Iterable[Requirement]) -> Said:
        """What these requirements come to, explained, and the verdict that follows."""
        applying: policy_rules.Judged = {}
        return self._said([policy_rules.outcome_of(one, self._bound, applying) for one in requirements])

    def sides(self, base: Sequence[Requirement], difference: Change) -> tuple[Said, Said]:
        """The answers before and after; only the requirements that come out otherwise are explained."""
        applying: policy_rules.Answered = {}
        shared = [policy_rules.bare_outcome(one, self._bound, applying) for one in base]
        asked = [
            {(one.policy, one.id): one for each in side.values() for one in each}
            for side in (difference.before, difference.after)
        ]
        bare = [
            {key: policy_rules.bare_outcome(one, self._bound, applying) for key, one in each.items()} for each in asked
        ]
        for side, other in ((0, 1), (1, 0)):  # the codes stay, so the order does not matter
            for key, one in bare[side].items():
                if key not in bare[other] or effects.differ(one, bare[other][key]):
                    bare[side] = {**bare[side], key: policy_rules.outcome_of(asked[side][key], self._bound)}
        before, after = (self._said([*shared, *each.values()]) for each in bare)
        return before, after

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


def either_side(
    one: AskedFacts, other: AskedFacts, base: Sequence[Requirement], difference: Change
) -> tuple[Said, Said]:
    """The answers before the change over one fact document, and after it over another."""
    before = one.answer(chain(base, *difference.before.values()))
    return before, other.answer(chain(base, *difference.after.values()))


def moved_facts(
    found: Effect, now: AskedFacts, then: AskedFacts, asked: Iterable[Requirement]
) -> dict[str, tuple[FactChange, ...]]:
    """The facts that differ on the two sides, for each requirement that comes out otherwise."""
    named = {f"{one.policy}/{one.id}": one for one in asked}
    return {
        one.name: tuple(effects.fact_changes(now.document, then.document, sorted(subjects(named[one.name]))))
        for one in found.changed
        if one.name in named
    }
