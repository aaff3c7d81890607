"""The gate: deciding, asking what it would say, and replaying what it said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from ninja import Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.content import queries as contents
from consilience.domains.gate import actions, queries, quorum
from consilience.domains.gate.models import Decision
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy.narrate import narrate
from consilience.domains.policy.outcome import Outcome
from consilience.domains.release import queries as releases
from consilience.domains.release.rules import Stage
from consilience.domains.review import queries as reviews
from consilience.domains.review.rules import Standing
from consilience.kit import canonical
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, ExitCode
from consilience.kit.records.models import AsOf
from consilience.surfaces import quorum_words, sentences
from consilience.surfaces.api.changes import ChangeOut, changes_out
from consilience.surfaces.api.shared import (
    MAX_INT,
    By,
    In,
    Moment,
    Names,
    Out,
    Page,
    Paged,
    Reference,
    Request,
    Slug,
    UrnText,
    operation,
    paged,
    present,
    read_time,
)
from consilience.surfaces.api.tier import TierChangeOut, change_out
from consilience.surfaces.language import told_in

router = Router(tags=["gate"])
PolicyText = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]
VERDICTS = {ExitCode.YES: "allowed", ExitCode.ONLY_SIGN_OFFS_MISSING: "sign_offs_missing"}


class GateIn(In):
    system: Slug | None = None
    """May be left out where the version is proposed for this stage in one system only."""
    version: Reference
    to: Stage


class WhatIfIn(GateIn):
    as_of: Moment | None = None
    known_at: int | None = Field(None, ge=0, le=MAX_INT)
    policies: list[PolicyText] | None = Field(None, max_length=200)


class GateQuery(In):
    system: Slug | None = None
    version: Reference
    to: Stage
    as_of: Moment | None = None
    known_at: int | None = Field(None, ge=0, le=MAX_INT)
    preview: bool = False


class DecisionsQuery(Page):
    system: Slug
    version: Reference
    stage: Stage


class RequirementOut(Out):
    policy: str
    requirement: str
    function: str
    severity: str
    outcome: str
    sentence: str
    sign_off: bool
    """It asks for nothing but what people have said."""
    reasons: list[Any]
    trace: Any
    explanation: list[str]
    """The trace in sentences."""


class StepOut(Out):
    """Something that would bring an unmet requirement on, and who could do it."""

    requirement: str
    function: str
    sign_off: bool
    people: list[By]


class SaidOut(Out):
    """Something that people said and that stands against the release."""

    urn: str
    function: str
    by: By
    since: str | None


class StaleOut(Out):
    """An approval that does not count any more, and what changed since it was given."""

    function: str
    by: By
    changes: list[ChangeOut]


class PolicyAskedOut(Out):
    policy: str
    digest: str


class TierSaid(Out):
    """The risk tier that the answer rests on, and how it changed since the gate was last asked."""

    level: str | None
    source: str
    table: str | None
    rows: list[str]
    change: TierChangeOut | None


class SeatsOut(Out):
    """How many approvals a function must give, and who could give one here. The function `*` stands for any."""

    function: str
    needed: int
    people: list[By]


class LeftOutOut(Out):
    """Somebody who holds a function and cannot decide here: `own_work`, or `no_right` to sign in this system."""

    function: str
    by: By
    why: str


class QuorumOut(Out):
    """Whether the people who are here can give every approval that the requirements ask for, each person once."""

    can_be_met: bool
    sentence: str
    """Who is short and why; empty where it can be met."""
    seats: list[SeatsOut]
    short: list[str]
    """The functions that together need more people than there are."""
    left_out: list[LeftOutOut]


class Answer(Out):
    decision: str | None
    """The URN of the recorded decision; null in a what-if, which is never recorded."""
    what_if: bool
    at: str
    reference: str
    release: str
    system: str
    version: str
    stage: str
    verdict: str
    """`allowed`, `sign_offs_missing` or `blocked`"""
    allowed: bool
    ground: str
    sentence: str
    exit_code: int
    unmet: list[str]
    requirements: list[RequirementOut]
    next: list[StepOut]
    blocks: list[SaidOut]
    objections: list[SaidOut]
    overdue: list[SaidOut]
    stale: list[StaleOut]
    policies: list[PolicyAskedOut]
    dossier: str
    valid_at: str
    known_at: int
    tier: TierSaid
    quorum: QuorumOut


class DecisionOut(Out):
    decision: str
    at: str
    release: str
    stage: str
    verdict: str
    allowed: bool
    ground: str
    exit_code: int
    unmet: list[str]
    valid_at: str
    known_at: int


class DecisionShown(DecisionOut):
    requirements: list[RequirementOut]
    policies: list[PolicyAskedOut]
    dossier: str
    language: int
    facts: dict[str, Any]
    inputs: dict[str, str]
    """Digests of the facts, policies, schema, result and explanation that it was drawn from."""


class ReplayOut(Out):
    decision: str
    same: bool
    differences: list[str]
    result: str
    """What the stored facts and policies give, in canonical bytes."""


@operation(router.post, "/gate", action="gate.decide")
def decide(request: Request, data: GateIn) -> Answer:
    """Have the gate decide. The decision is recorded with everything it was drawn from."""
    actor = request.auth
    system = data.system or releases.find_system(actor, data.version, data.to, present())
    row = actions.decide(actor=actor, system=system, version=data.version, stage=data.to, now=now())
    then = AsOf(row.body["valid_at"], row.body["known_at"])
    return _answer(queries.assess_release(_release(actor, system, data, then)), row, actor)


@operation(router.get, "/gate", action="gate.read")
def ask(request: Request, query: Query[GateQuery]) -> Answer:
    """What the gate would say, now or at another moment. Never recorded, and marked `what_if`."""
    return _what_if(request.auth, WhatIfIn(**query.model_dump(exclude={"preview"})))


@operation(router.post, "/gate/what-if", action="gate.read")
def ask_under(request: Request, data: WhatIfIn) -> Answer:
    """What the gate would say under other policies. Never recorded, and marked `what_if`."""
    return _what_if(request.auth, data)


@operation(router.get, "/decisions", action="gate.read")
def decisions(request: Request, query: Query[DecisionsQuery]) -> Paged[DecisionOut]:
    """Decisions on a release, newest first."""
    actor, asof = request.auth, present()
    release = releases.release(actor, query.system, query.version, query.stage, asof)
    rows = queries.decisions(release.urn, asof)
    return paged(rows, query, lambda chosen: [DecisionOut(**_decision(row)) for row in chosen])


@operation(router.get, "/decisions/{urn}", action="gate.read")
def decision(request: Request, urn: UrnText) -> DecisionShown:
    """A decision as it was said, with the facts it was drawn from."""
    row = queries.decision(request.auth, urn, present())
    body = row.body
    policies = canonical.decode(contents.read(body["policies"]))
    return DecisionShown(
        **_decision(row),
        requirements=_requirements(queries.explanation(row)),
        policies=[PolicyAskedOut(policy=one["slug"], digest=one["digest"]) for one in policies],
        dossier=body["dossier"],
        language=body["language"],
        facts=canonical.decode(contents.read(body["facts"])),
        inputs={name: body[name] for name in ("facts", "policies", "schema", "result", "explanation")},
    )


@operation(router.post, "/decisions/{urn}/replay", action="gate.read")
def replay(request: Request, urn: UrnText) -> ReplayOut:
    """Evaluate a decision again from its stored facts and policies, and compare."""
    found = queries.replay(request.auth, urn, present())
    return ReplayOut(
        decision=urn, same=found.same, differences=list(found.differences), result=found.result.decode("utf-8")
    )


def _what_if(actor: Actor, data: WhatIfIn) -> Answer:
    here = present()
    if data.known_at is not None and data.known_at > here.known_at:
        raise BadInput("known_at", f"{data.known_at} lies ahead: the ledger has {here.known_at} entries")
    asof = AsOf(read_time(data.as_of) or here.valid_at, here.known_at if data.known_at is None else data.known_at)
    system = data.system or releases.find_system(actor, data.version, data.to, here)
    return _answer(queries.assess_release(_release(actor, system, data, asof), data.policies), None, actor)


def _release(actor: Actor, system: str, data: GateIn, asof: AsOf) -> releases.ReleaseOf:
    """The release at a moment, for an actor who may see it and ask the gate now."""
    here = present()
    found = releases.release(actor, system, data.version, data.to, here)
    access.ensure(actor, "gate.read", found, here, what="release", named=data.version)
    return releases.at(found, asof)


def _answer(found: queries.Assessment, row: Decision | None, actor: Actor) -> Answer:
    release, verdict, facts = found.release, found.verdict, found.facts
    steps = queries.next_steps(found)
    against = {
        "blocks": [one for one in facts["blocks"] if not one["withdrawn"]],
        "objections": [one for one in facts["objections"] if not one["answered"]],
        "overdue": [one for one in facts["conditions"] if one["state"] == "overdue"],
    }
    people = [one.get("person") or one.get("owner") for listed in against.values() for one in listed]
    names = Names([*people, *(person for step in steps for person in step.people)])
    return Answer(
        decision=row.urn if row else None,
        what_if=row is None,
        at=row.valid_from if row else ledger.present(now()).valid_at,
        reference=release.reference,
        release=release.urn,
        system=release.system.slug,
        version=release.version.reference,
        stage=release.row.stage,
        verdict=VERDICTS.get(verdict.exit_code, "blocked"),
        allowed=verdict.allowed,
        ground=str(verdict.ground),
        sentence=sentences.word(sentences.GROUNDS, str(verdict.ground)),
        exit_code=int(verdict.exit_code),
        unmet=list(verdict.unmet),
        requirements=_requirements(found.outcomes),
        next=[
            StepOut(
                requirement=step.requirement, function=step.function, sign_off=step.sign_off,
                people=[names.by(person) for person in step.people],
            )
            for step in steps
        ],
        **{name: [_said(one, names) for one in listed] for name, listed in against.items()},
        stale=_stale(found, actor),
        policies=[PolicyAskedOut(policy=one.slug, digest=one.digest) for one in found.policies],
        dossier=release.dossier.whole,
        valid_at=release.asof.valid_at,
        known_at=release.asof.known_at,
        tier=TierSaid(**facts["tier"], change=change_out(queries.tier_change(found, row))),
        quorum=_quorum(found),
    )  # fmt: skip


def _quorum(found: queries.Assessment) -> QuorumOut:
    asked = quorum.quorum(found)
    names = Names([*(one for listed in asked.able.values() for one in listed), *(one.person for one in asked.excluded)])
    short = asked.seating.short
    return QuorumOut(
        can_be_met=asked.can_be_met,
        sentence=quorum_words.why_not(
            asked, people.functions(found.release.asof), lambda urn: names.by(urn).name or urn
        ),
        seats=[
            SeatsOut(function=function, needed=count, people=[names.by(one) for one in asked.able.get(function, ())])
            for function, count in sorted(asked.needed.items())
        ],
        short=list(short.functions) if short else [],
        left_out=[LeftOutOut(function=one.function, by=names.by(one.person), why=one.why) for one in asked.excluded],
    )


def _stale(found: queries.Assessment, actor: Actor) -> list[StaleOut]:
    if not any(one["standing"] == Standing.STALE for one in found.facts["signoffs"]):
        return []
    asof = found.release.asof
    visible = access.visible_systems(actor, present())
    given = [one for one in reviews.said(found.release).sign_offs(found.release) if one.standing is Standing.STALE]
    names = Names(one.row.person for one in given)
    return [
        StaleOut(
            function=one.row.function, by=names.by(one.row.person), changes=changes_out(one.changes, asof, visible)
        )
        for one in given
    ]


def _said(one: Mapping[str, Any], names: Names) -> SaidOut:
    return SaidOut(
        urn=one.get("urn") or one["id"],
        function=one["function"],
        by=names.by(one.get("person") or one["owner"]),
        since=one.get("since") or one.get("due_at"),
    )


def _decision(row: Decision) -> dict[str, Any]:
    body = row.body
    return {
        "decision": row.urn,
        "at": row.valid_from,
        "verdict": VERDICTS.get(body["exit_code"], "blocked"),
        **{
            name: body[name]
            for name in ("release", "stage", "allowed", "ground", "exit_code", "unmet", "valid_at", "known_at")
        },
    }


def _requirements(outcomes: Sequence[Outcome]) -> list[RequirementOut]:
    language = told_in()
    return [
        RequirementOut(
            policy=one.policy,
            requirement=one.requirement,
            function=one.owner,
            severity=str(one.severity),
            outcome=str(one.code),
            sentence=one.sentence(language),
            sign_off=one.sign_off,
            reasons=list(one.reasons),
            trace=one.trace,
            explanation=list(narrate(one, language)),
        )
        for one in outcomes
    ]
