"""Starter sets: policies that belong together, ready to be proposed, and worked systems that show them at work."""

from __future__ import annotations

from typing import Any

from ninja import Router

from consilience.domains.access import queries as access
from consilience.domains.gate import worked as gate
from consilience.domains.policy import actions, adopting, queries
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.starter_sets import StarterSet, starter_set, starter_sets
from consilience.domains.policy.tables.words import in_language
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces.api.shared import Out, Request, Slug, operation, present
from consilience.surfaces.language import told_in

router = Router(tags=["policy"])


class StarterSetOut(Out):
    name: str
    title: str
    text: str
    policies: list[str]


class StarterState(Out):
    policy: str
    """The policy's name in addresses; in `texts` it has the name that the set gives it."""
    name: str
    state: str
    """`absent`, `proposed` or `published` under this name."""
    same: bool
    """Whether what is there is the set's text, byte for byte."""
    version: int | None
    in_force: bool
    urn: str | None
    proposed_now: bool
    problem: str


class StarterSetShown(StarterSetOut):
    texts: dict[str, str]
    """Each policy as YAML, to be proposed as it is or changed first."""
    states: list[StarterState]


class WorkedOutcome(Out):
    policy: str
    requirement: str
    outcome: str
    severity: str
    sentence: str


class WorkedStage(Out):
    stage: str
    tier: str | None
    allowed: bool
    unmet: list[str]
    outcomes: list[WorkedOutcome]
    """Of the requirements that apply."""


class WorkedWrong(Out):
    said: str
    stages: list[str]
    refused_by: list[str]


class WorkedOut(Out):
    name: str
    title: str
    text: str
    wrong: list[WorkedWrong]
    stages: list[WorkedStage]


@operation(router.get, "/starter-sets", action="policy.read")
def sets(request: Request) -> list[StarterSetOut]:
    access.ensure(request.auth, "policy.read", LIBRARY, present())
    return [StarterSetOut(**_said(one)) for one in starter_sets().values()]


@operation(router.get, "/starter-sets/{name}", action="policy.read")
def one_set(request: Request, name: Slug) -> StarterSetShown:
    asof = present()
    access.ensure(request.auth, "policy.read", LIBRARY, asof)
    found = starter_set(name)
    states = [_state(one) for one in adopting.states(found, asof)]
    return StarterSetShown(**_said(found), texts=dict(found.policies), states=states)


@operation(router.get, "/starter-sets/{name}/worked", action="policy.read")
def worked(request: Request, name: Slug) -> list[WorkedOut]:
    """The worked systems of a set: one that passes every stage, one that is refused, requirement by requirement."""
    asof = present()
    access.ensure(request.auth, "policy.read", LIBRARY, asof)
    found = starter_set(name)
    return [_worked(found, which, asof) for which in found.worked]


@operation(router.post, "/starter-sets/{name}/propose", action="policy.propose")
def propose(request: Request, name: Slug) -> list[StarterState]:
    """Propose every policy of a set that is neither in the library nor proposed; what is there already is said."""
    asof = present()
    access.ensure(request.auth, "policy.propose", LIBRARY, asof)
    made = actions.propose_missing(actor=request.auth, of=starter_set(name), asof=asof, clock=now)
    return [_state(one) for one in made]


def _said(one: StarterSet) -> dict[str, Any]:
    language = told_in()
    return {
        "name": one.name, "title": in_language(one.title, language), "text": in_language(one.text, language),
        "policies": list(one.policies),
    }  # fmt: skip


def _state(one: adopting.State) -> StarterState:
    return StarterState(
        policy=one.slug, name=one.name, state=str(one.held), same=one.same, version=one.version, in_force=one.in_force,
        urn=one.urn, proposed_now=one.proposed_now, problem=one.problem,
    )  # fmt: skip


def _worked(of: StarterSet, which: str, asof: AsOf) -> WorkedOut:
    language, schema = told_in(), queries.schema(asof)
    system = gate.worked(of, which)
    stages = gate.judged(gate.loaded(of, schema), system, schema, system.wrong)
    wrong = [
        WorkedWrong(said=in_language(one.said, language), stages=list(one.stages), refused_by=list(one.refused_by))
        for one in system.wrong
    ]
    return WorkedOut(
        name=which, title=in_language(system.title, language), text=in_language(system.text, language), wrong=wrong,
        stages=[_stage(one, language) for one in stages],
    )  # fmt: skip


def _stage(one: gate.AtStage, language: str) -> WorkedStage:
    outcomes = [
        WorkedOutcome(
            policy=each.policy, requirement=each.requirement, outcome=str(each.code), severity=str(each.severity),
            sentence=each.sentence(language),
        )
        for each in one.outcomes
        if each.code is not Code.NOT_APPLICABLE
    ]  # fmt: skip
    return WorkedStage(
        stage=one.stage, tier=one.tier, allowed=one.verdict.allowed, unmet=list(one.verdict.unmet), outcomes=outcomes
    )
