"""What a change of policy does: stored decisions and live releases under an old and a new set of policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ninja import Router
from pydantic import Field

from consilience.domains.access import queries as access
from consilience.domains.gate import effect_queries as queries
from consilience.domains.gate import effects, policy_sets
from consilience.domains.gate.effects import Nature
from consilience.domains.gate.law_effect import law_when
from consilience.domains.gate.policy_sets import PolicySet
from consilience.domains.people import queries as people
from consilience.domains.policy import queries as policy
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.changes import TextChange
from consilience.domains.policy.narrate import narrate
from consilience.domains.policy.outcome import Outcome
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces import fact_words
from consilience.surfaces.api import open_out
from consilience.surfaces.api.gate import VERDICTS, PolicyText
from consilience.surfaces.api.open_out import LawMovedOut
from consilience.surfaces.api.shared import (
    MAX_INT,
    By,
    In,
    Moment,
    Names,
    Out,
    Request,
    UrnText,
    operation,
    present,
    read_time,
)
from consilience.surfaces.effects import difference
from consilience.surfaces.language import told_in

router = Router(tags=["policy"])
MOST_AT_ONCE = 2000


class SetIn(In):
    """One side: exactly one of the four, or none of them for "no policy"."""

    policy: str | None = Field(None, pattern=r"^[a-z0-9-]{1,63}(@[1-9][0-9]{0,8})?$")
    """A published policy: `fair-treatment`, or a version of it, `fair-treatment@2`."""
    proposal: UrnText | None = None
    text: PolicyText | None = None
    """A draft."""
    library_at: str | None = Field(None, min_length=3, max_length=40)
    """The whole library as it is in force at a moment; `now` for the present."""


class EffectIn(In):
    old: SetIn
    new: SetIn
    since: Moment | None = None
    """Only decisions from this moment on."""
    at: Moment | None = None
    """Live releases are held against how they would stand at this moment."""
    known_at: int | None = Field(None, ge=0, le=MAX_INT)
    """So much of the ledger is known; give the first answer's to every further slice."""
    offset: int = Field(0, ge=0, le=MAX_INT)
    limit: int = Field(queries.SLICE, ge=1, le=MOST_AT_ONCE)


class SetOut(Out):
    name: str
    policies: list[str]
    at: str


class TextChangeOut(Out):
    what: str
    policy: str
    requirement: str
    before: str | None
    after: str | None
    clause: str
    sentence: str


class SeenOut(Out):
    fact: str
    value: Any


class WhyOut(Out):
    """A step that decided: the rule, or the bound in it, and the facts that it looked at."""

    rule: str
    seen: list[SeenOut]


class MovedOut(Out):
    """A fact that differs between now and then."""

    fact: str
    before: Any
    after: Any
    sentence: str


class SideOut(Out):
    outcome: str
    sentence: str
    why: list[WhyOut]
    missing: list[str]
    explanation: list[str] = []
    """The same in sentences: the counterexample or the nearest miss, by how much it was missed, what is missing."""


class ChangedOut(Out):
    policy: str
    requirement: str
    function: str
    severity: str
    nature: str
    """`flip`; `lacking` where the stored facts had no place for what is asked; `quiet` where it came or went, and was met."""
    before: SideOut | None
    after: SideOut | None
    facts: list[MovedOut]
    cause: str | None = None
    """Of a change of standing: `fact`, `policy`, or `time` where nothing else changed."""


class CaseOut(Out):
    decision: str | None
    """The URN of a stored decision; null for a live release."""
    release: str
    reference: str
    stage: str
    at: str
    before: str
    after: str
    verdict_flips: bool
    flips: bool
    changes: list[ChangedOut]


class CountsOut(Out):
    looked_at: int
    unchanged: int
    flips: int
    opened: int
    """Verdicts that become yes."""
    shut: int
    """Verdicts that become no."""
    lacking: int
    """Cases in which nothing changed but that today's question has no answer in yesterday's facts."""
    unreadable: int


class ForWhomOut(Out):
    """A function, how many requirements of its own flip, and who holds it."""

    function: str
    flips: int
    people: list[By]


class NotYetOut(Out):
    """A requirement of the new set that is not in force at the moment that was asked about."""

    policy: str
    requirement: str
    start: str | None
    until: str | None


class EffectOut(Out):
    what_if: bool
    old: SetOut
    new: SetOut
    text: list[TextChangeOut]
    not_yet: list[NotYetOut]
    cases: list[CaseOut]
    counts: CountsOut
    functions: list[ForWhomOut]
    law: list[LawMovedOut]
    """Live releases for which an obligation comes to be open, or is open no more, until `at`; with the first slice."""
    total: int
    """Stored decisions in all."""
    next: int | None
    """The offset of the next slice; null when every decision was replayed."""
    known_at: int


@operation(router.post, "/policies/effect", action="policy.read")
def effect(request: Request, data: EffectIn) -> EffectOut:
    """What flips between two sets of policies, a slice of the stored decisions at a time; live releases with the first."""
    here = present()
    access.ensure(request.auth, "policy.read", LIBRARY, here)
    asof = AsOf(here.valid_at, min(here.known_at, here.known_at if data.known_at is None else data.known_at))
    at, since = read_time(data.at), read_time(data.since)
    if at is not None and at < asof.valid_at:
        raise BadInput("at", "must lie ahead: what was is replayed from stored decisions")
    old, new = _set(data.old, "old", asof, None), _set(data.new, "new", asof, at)
    change = policy_sets.change(old, new)
    report = queries.stored_effect(request.auth, change, asof=asof, since=since, offset=data.offset, limit=data.limit)
    if data.offset == 0:
        report = queries.joined(queries.live_effect(request.auth, change, asof=asof, at=at), report)
    law = law_when(request.auth, at, asof).live if at is not None and data.offset == 0 else ()
    return EffectOut(
        what_if=True,
        old=_set_out(old),
        new=_set_out(new),
        text=[_text(one) for one in policy_sets.text_changes(old, new)],
        not_yet=[
            NotYetOut(policy=one.policy, requirement=one.id, start=one.effective.start, until=one.effective.until)
            for one in policy_sets.not_yet(new)
        ],
        cases=[_case(one) for one in report.cases],
        counts=CountsOut(**vars(report.counts)),
        functions=_functions(report.cases, asof),
        law=[open_out.moved(one) for one in law],
        total=report.total,
        next=report.next,
        known_at=asof.known_at,
    )


def _set(said: SetIn, where: str, asof: AsOf, at: Instant | None) -> PolicySet:
    given = said.model_dump(exclude_none=True)
    if len(given) > 1:
        raise BadInput(where, f"is one of policy, proposal, text and library_at, not {' and '.join(sorted(given))}")
    moment = at or asof.valid_at
    if said.library_at is not None:
        named = None if said.library_at == "now" else read_time(said.library_at)
        return policy_sets.library(asof, named or at)
    if said.policy is not None:
        return policy_sets.alone(policy_sets.version(said.policy, asof), moment, said.policy)
    if said.proposal is not None:
        return policy_sets.alone(policy_sets.proposed(said.proposal, asof), moment)
    if said.text is not None:
        try:
            return policy_sets.alone(policy.draft(said.text, asof), moment)
        except BadInput as error:
            raise BadInput(f"{where}: {error.where}", error.problem) from error
    return policy_sets.alone(None, moment)


def _set_out(one: PolicySet) -> SetOut:
    return SetOut(name=one.name, policies=sorted(one.policies), at=one.at)


def _text(one: TextChange) -> TextChangeOut:
    return TextChangeOut(
        what=str(one.what), policy=one.policy, requirement=one.requirement, before=one.before, after=one.after,
        clause=one.clause, sentence=difference(one, told_in()),
    )  # fmt: skip


def _case(one: queries.Case) -> CaseOut:
    found = one.effect
    return CaseOut(
        decision=one.decision,
        release=one.release,
        reference=one.reference,
        stage=one.stage,
        at=one.at,
        before=VERDICTS.get(found.before.exit_code, "blocked"),
        after=VERDICTS.get(found.after.exit_code, "blocked"),
        verdict_flips=found.verdict_flips,
        flips=found.flips,
        changes=[changed_out(each, one.facts.get(each.name, ())) for each in found.changed],
    )


def changed_out(one: effects.Changed, facts: Sequence[effects.FactChange], cause: str | None = None) -> ChangedOut:
    said = one.outcome
    return ChangedOut(
        policy=said.policy, requirement=said.requirement, function=said.owner, severity=str(said.severity),
        nature=str(one.nature), before=_side(one.before), after=_side(one.after),
        facts=[_moved(each) for each in facts], cause=cause,
    )  # fmt: skip


def _moved(one: effects.FactChange) -> MovedOut:
    said = fact_words.sentence(one, told_in())
    return MovedOut(fact=one.path, before=one.before, after=one.after, sentence=said)


def _side(one: Outcome | None) -> SideOut | None:
    if one is None:
        return None
    why = [
        WhyOut(rule=step.rule, seen=[SeenOut(fact=fact, value=value) for fact, value in step.seen])
        for step in effects.steps(one)
    ]
    return SideOut(
        outcome=str(one.code),
        sentence=one.sentence(told_in()),
        why=why,
        missing=list(effects.missing(one)),
        explanation=list(narrate(one, told_in())),
    )


def _functions(cases: Sequence[queries.Case], asof: AsOf) -> list[ForWhomOut]:
    flips: dict[str, int] = {}
    for case in cases:
        for one in case.effect.of(Nature.FLIP):
            flips[one.outcome.owner] = flips.get(one.outcome.owner, 0) + 1
    holders = people.holders(asof) if flips else {}
    names = Names(person for code in flips for person in holders.get(code, ()))
    return [
        ForWhomOut(function=code, flips=count, people=[names.by(one) for one in holders.get(code, ())])
        for code, count in sorted(flips.items())
    ]
