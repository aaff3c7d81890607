"""Policies above one another: a narrower one may add or tighten, and loosens only what the wider one lets it. Pure.

Whatever a document says about policies above it is checked at publication, and its loosenings again wherever the gate
asks: a record that no rule let through loosens nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.outcome import Code, Outcome, Severity
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.rules import outcome_of
from consilience.domains.policy.scope import Bound, Scope
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, Refusal, refusal


@dataclass(frozen=True, slots=True)
class Layer:
    """A policy, and the functions that whoever published it held then; None of a draft, which nobody published yet."""

    policy: Policy
    published_as: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class SetAside:
    """That a requirement is not asked within a scope: by which policy, and why, by language."""

    by: str
    title: Mapping[str, str]
    why: Mapping[str, str]

    def as_json(self) -> Json:
        return {"by": self.by, "title": dict(self.title), "why": dict(self.why)}


def set_aside_from(said: Json) -> SetAside:
    """What `as_json` wrote."""
    return SetAside(said["by"], said["title"], said["why"])


def set_aside(layers: Iterable[Layer], system: Bound) -> dict[str, SetAside]:
    """By `policy/requirement`, what is not asked of a system though a policy in force names it.

    A loosening counts where the requirement is of a policy above, in force, that names a function which the publisher of
    the loosening held. `layers` are the policies that bind the system.
    """
    listed = list(layers)
    if not any(each.policy.loosens for each in listed):
        return {}
    asked = {one.name: (each.policy, one) for each in listed for one in each.policy.requirements}
    found: dict[str, SetAside] = {}
    for each in listed:
        for loosening in each.policy.loosens:
            policy, requirement = asked.get(loosening.requirement, (None, None))
            if policy is None or requirement is None or not policy.scope.above(each.policy.scope, system):
                continue
            may = set(requirement.may_be_loosened_by)
            if may and (each.published_as is None or may & each.published_as):
                found[requirement.name] = SetAside(each.policy.slug, each.policy.title, loosening.why)
    return found


def waived(outcome: Outcome, by: SetAside) -> Outcome:
    """What a requirement that was set aside comes to: waived, unless it is met anyhow or does not apply."""
    if outcome.code in (Code.SATISFIED, Code.NOT_APPLICABLE):
        return outcome
    return Outcome(
        outcome.policy, outcome.requirement, outcome.owner, outcome.severity, outcome.sign_off, Code.WAIVED, (),
        {language: _told(by, language) for language in outcome.sentences}, outcome.trace,
    )  # fmt: skip


_TOLD = {"en": "Set aside for this system by {title}: {why}", "de": "Für dieses System ausgesetzt durch {title}: {why}"}


def _told(by: SetAside, language: str) -> str:
    title, why = (said.get(language, said["en"]) for said in (by.title, by.why))
    return _TOLD.get(language, _TOLD["en"]).format(title=title, why=why)


# What may be proposed and published


def check_layers(policy: Policy, others: Iterable[Policy], system: Bound | None) -> Refusal | None:
    """Whether a draft keeps to what stands above it. `others` are the published policies, `system` the one it names.

    1. What it tightens or loosens is a requirement of a wider policy that holds its scope.
    2. What it tightens it does not make easier over the examples of the one above.
    3. What it loosens may be loosened by somebody.
    """
    above = {
        one.name: one
        for each in others
        if each.slug != policy.slug and each.scope.above(policy.scope, system)
        for one in each.requirements
    }
    for one in policy.requirements:
        if one.tightens is None:
            continue
        upper = above.get(one.tightens)
        if upper is None:
            return refusal("policy.nothing_above", policy=policy.slug, named=one.tightens, scope=str(policy.scope))
        found = check_tightening(one, upper)
        if found is not None:
            return found
    for loosening in policy.loosens:
        loosened = above.get(loosening.requirement)
        if loosened is None:
            return refusal(
                "policy.nothing_above", policy=policy.slug, named=loosening.requirement, scope=str(policy.scope)
            )
        if not loosened.may_be_loosened_by:
            return refusal("policy.may_not_be_loosened", policy=policy.slug, requirement=loosening.requirement)
    return None


def check_loosening(policy: Policy, others: Iterable[Policy], publisher_holds: Collection[str]) -> Refusal | None:
    """Whether who publishes may loosen what the policy loosens: they hold a function that the requirement above names."""
    above = {one.name: one for each in others for one in each.requirements}
    for loosening in policy.loosens:
        may = above[loosening.requirement].may_be_loosened_by
        if not set(may) & set(publisher_holds):
            return refusal(
                "policy.loosened_by_others",
                policy=policy.slug,
                requirement=loosening.requirement,
                functions=sorted(may),
            )
    return None


def check_tightening(lower: Requirement, upper: Requirement) -> Refusal | None:
    """Whether one requirement is nowhere easier than another, as far as the examples of the other show.

    1. It is not less severe.
    2. An example that is not satisfied above is not satisfied below.
    3. An example to which the one above applies is one to which the one below applies.
    """
    name, above = lower.name, upper.name
    if upper.severity is Severity.BLOCK and lower.severity is not Severity.BLOCK:
        return refusal("policy.severity_lowered", requirement=name, above=above)
    for example in upper.examples:
        if example.expect is Code.NOT_APPLICABLE:
            continue
        code = _code(lower, example.facts)
        if code is Code.NOT_APPLICABLE:
            return refusal("policy.applies_to_less", requirement=name, above=above, example=example.name)
        if code is Code.SATISFIED and example.expect is not Code.SATISFIED:
            return refusal(
                "policy.loosens_above",
                requirement=name,
                above=above,
                example=example.name,
                outcome=str(example.expect),
            )
    return None


def _code(requirement: Requirement, facts: Json) -> Code:
    """What a requirement comes to over the example of another one; an error where the example does not fit its schema."""
    try:
        return outcome_of(requirement, bind(facts, requirement.satisfied_if.schema)).code
    except BadInput:
        return Code.ERROR


def same_scope(slug: str, first: Scope | None, scope: Scope) -> Refusal | None:
    """A name binds for ever whom it first bound: two policies of one name in two scopes would hide one another."""
    if first is None or first == scope:
        return None
    return refusal("policy.name_in_other_scope", policy=slug, scope=str(first), other=str(scope))
