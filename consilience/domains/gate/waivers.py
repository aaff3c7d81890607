"""What waivers do to outcomes. Pure: from the facts and the requirements alone, so that a replay finds the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from consilience.domains.policy.outcome import Code, Outcome
from consilience.domains.policy.requirement import Policy, Requirement

_TOLD = {
    "en": "Set aside until {until} UTC by {function}, with a control in its place.",
    "de": "Ausgesetzt bis {until} UTC durch {function}, mit einer Maßnahme an ihrer Stelle.",
}


def counted(outcome: Outcome, requirement: Requirement, facts: Mapping[str, Any]) -> Outcome:
    """An outcome as it counts: waived where a waiver in force stands for it, unless it is met anyhow or does not apply.

    A waiver counts as long as the requirement itself still lets its function set it aside.
    """
    if outcome.code in (Code.SATISFIED, Code.NOT_APPLICABLE):
        return outcome
    terms = requirement.waiver
    for one in facts.get("waivers", ()):
        named = (one["policy"], one["requirement"]) == (outcome.policy, outcome.requirement)
        if named and one["in_force"] and terms is not None and not terms.never and one["function"] in terms.by:
            return _waived(outcome, one)
    return outcome


def applied(outcomes: Sequence[Outcome], policies: Iterable[Policy], facts: Mapping[str, Any]) -> list[Outcome]:
    """Every outcome as it counts."""
    if not facts.get("waivers"):
        return list(outcomes)
    asked = {one.name: one for each in policies for one in each.requirements}
    return [counted(one, asked[f"{one.policy}/{one.requirement}"], facts) for one in outcomes]


def _waived(outcome: Outcome, by: Mapping[str, Any]) -> Outcome:
    said = {"until": by["until"][:16].replace("T", " "), "function": by["function"]}
    return Outcome(
        outcome.policy, outcome.requirement, outcome.owner, outcome.severity, outcome.sign_off, Code.WAIVED, (),
        {language: _TOLD.get(language, _TOLD["en"]).format(**said) for language in outcome.sentences}, outcome.trace,
    )  # fmt: skip
