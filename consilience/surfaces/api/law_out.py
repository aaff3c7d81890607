"""Obligations, coverage and changes as the API shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from consilience.domains.gate.coverage import Coverage
from consilience.domains.gate.pack_impact import Impact, OfSystem
from consilience.domains.policy.obligations.changes import Change
from consilience.domains.policy.obligations.pack import Clock, Day, Obligation, Reading, Wording
from consilience.domains.policy.obligations.queries import Found
from consilience.domains.policy.obligations.rules import Cited, Line, phase
from consilience.surfaces import law
from consilience.surfaces.api import open_out
from consilience.surfaces.api.open_out import LawMovedOut, LawReplayOut
from consilience.surfaces.api.shared import By, Names, Out

words = law.text


class ReadingOut(Out):
    id: str
    """Empty where the law is settled."""
    text: str
    applies_from: str | None
    applies_until: str | None
    phase: str
    """not_yet, in_force, ended or pending, on the day that was asked for."""
    applies_if: list[str]


class WordingOut(Out):
    since: str
    """Since this day the law says so."""
    text: str
    applies_to: list[str]
    certainty: str
    note: str
    readings: list[ReadingOut]


class ObligationOut(Out):
    id: str
    aliases: list[str]
    pack: str
    adopted: bool
    title: str
    article: str
    status: str
    signs: list[str]
    evidence: list[str]
    clocks: list[str]
    threshold: str
    checked: str
    source: str
    on: WordingOut | None
    """As the law of the day had it; null before its first wording."""


class ClockOut(Out):
    id: str
    law: str
    who: str
    to: str
    start: str
    rule: str
    amount: int | None
    unit: str | None
    count: str | None
    applies_from: str | None
    checked: str
    note: str


class ObligationShown(ObligationOut):
    day: str
    history: list[WordingOut]
    requirements: list[str]
    running: list[ClockOut]


class CitedOut(Out):
    requirement: str
    title: str
    function: str
    outcomes: dict[str, str]
    """By release, what it came to."""


class OnRecordOut(Out):
    kind: str
    records: list[str]
    expired: int


class ConsequenceOut(Out):
    reading: str
    text: str
    applies_from: str | None
    applies_until: str | None
    phase: str
    applies: bool | None
    reasons: list[Any]
    state: str
    sentence: str


class LineOut(Out):
    obligation: str
    pack: str
    title: str
    article: str
    state: str
    why: str | None
    in_force_from: str | None
    sentence: str
    answer: str
    """What the requirements that cite it say, whether it is in force or not: met, open or no_requirement."""
    consequences: list[ConsequenceOut]
    requirements: list[CitedOut]
    signs: list[str]
    evidence: list[OnRecordOut]


class UnknownOut(Out):
    name: str
    requirements: list[str]


class CoverageOut(Out):
    system: str
    day: str
    today: str
    what_if: bool
    sentence: str
    """In a what-if: that it is one, and about what."""
    releases: list[str]
    counts: dict[str, int]
    obligations: list[LineOut]
    unknown: list[UnknownOut]
    """What requirements cite and no pack in use explains."""
    no_advice: str


class DifferenceOut(Out):
    part: str
    before: str
    after: str


class ObligationChangeOut(Out):
    how: str
    obligation: str
    pack: str
    title: str
    begins: str | None
    """Null: at once."""
    differences: list[DifferenceOut]
    requirements: list[str]


class SignOffConcernedOut(Out):
    urn: str
    release: str
    function: str
    by: By
    obligations: list[str]


class SystemChangesOut(Out):
    system: str
    name: str
    changes: list[ObligationChangeOut]
    requirements: list[str]
    sign_offs: list[SignOffConcernedOut]
    live: list[LawMovedOut]
    """Live releases for which an obligation comes to be open, or is open no more."""


class LookAgainOut(Out):
    function: str
    people: list[By]


class ImpactOut(Out):
    pack: str
    edition: str
    replaces: str | None
    day: str
    what_if: bool
    sentence: str
    systems: list[SystemChangesOut]
    look_again: list[LookAgainOut]
    replay: LawReplayOut


def obligation(one: Obligation, day: Day, *, adopted: bool) -> ObligationOut:
    on = one.on(day)
    return ObligationOut(
        id=one.id, aliases=list(one.aliases), pack=one.pack, adopted=adopted, title=words(one.title), article=one.article,
        status=one.status, signs=list(one.signs), evidence=list(one.evidence), clocks=list(one.clocks),
        threshold=one.threshold, checked=one.checked, source=one.source, on=_wording(one, on, day) if on else None,
    )  # fmt: skip


def obligation_shown(found: Found, day: Day, requirements: list[str]) -> ObligationShown:
    one = found.obligation
    return ObligationShown(
        **obligation(one, day, adopted=found.roles is not None).model_dump(),
        day=day,
        history=[_wording(one, each, day) for each in one.wordings],
        requirements=requirements,
        running=[clock(each) for each in found.pack.clocks if each.id in one.clocks],
    )


def _wording(one: Obligation, wording: Wording, day: Day) -> WordingOut:
    return WordingOut(
        since=wording.since, text=words(wording.text), applies_to=list(wording.applies_to),
        certainty="disputed" if wording.disputed else "settled", note=words(wording.note),
        readings=[_reading(one, each, day) for each in wording.readings],
    )  # fmt: skip


def _reading(one: Obligation, reading: Reading, day: Day) -> ReadingOut:
    return ReadingOut(
        id=reading.id, text=words(reading.text), applies_from=reading.starts, applies_until=reading.ends,
        phase=phase(reading, one.status, day), applies_if=[rule.text for rule in reading.rules],
    )  # fmt: skip


def clock(one: Clock) -> ClockOut:
    amount, unit, count = (one.limit.amount, one.limit.unit, one.limit.count) if one.limit else (None, None, None)
    return ClockOut(
        id=one.id, law=one.law, who=one.who, to=one.to, start=one.start, rule=words(one.rule), amount=amount, unit=unit,
        count=count, applies_from=one.starts, checked=one.checked, note=one.note,
    )  # fmt: skip


def coverage(found: Coverage) -> CoverageOut:
    return CoverageOut(
        system=found.system.slug,
        day=found.day,
        today=found.today,
        what_if=found.what_if,
        sentence=law.what_if(found.day) if found.what_if else "",
        releases=[f"{one.reference} to {one.row.stage}" for one in found.releases],
        counts={str(state): count for state, count in found.counts.items()},
        obligations=[_line(one, found) for one in found.lines],
        unknown=[UnknownOut(name=name, requirements=list(asked)) for name, asked in found.unknown.items()],
        no_advice=str(law.NO_ADVICE),
    )


def _line(line: Line, found: Coverage) -> LineOut:
    one = line.obligation
    recorded = [found.evidence.get(kind) for kind in one.evidence]
    return LineOut(
        obligation=one.id, pack=one.pack, title=words(one.title), article=one.article, state=line.state, why=line.why,
        in_force_from=line.in_force_from, sentence=law.sentence(line), answer=line.answer,
        consequences=[
            ConsequenceOut(
                reading=each.reading.id, text=words(each.reading.text), applies_from=each.reading.starts,
                applies_until=each.reading.ends, phase=each.phase, applies=each.applies.known,
                reasons=list(each.applies.reasons), state=each.state, sentence=law.follows(each, line),
            )
            for each in line.consequences
        ],
        requirements=[_cited(each) for each in line.cited],
        signs=list(one.signs),
        evidence=[
            OnRecordOut(kind=kind, records=list(each.records) if each else [], expired=each.expired if each else 0)
            for kind, each in zip(one.evidence, recorded, strict=True)
        ],
    )  # fmt: skip


def _cited(one: Cited) -> CitedOut:
    outcomes: Mapping[str, str] = {release: str(code) for release, code in one.outcomes.items()}
    return CitedOut(requirement=one.name, title=words(one.title), function=one.owner, outcomes=dict(outcomes))


def impact(found: Impact) -> ImpactOut:
    names = Names(urn for listed in found.look_again.values() for urn in listed)
    return ImpactOut(
        pack=found.pack.slug,
        edition=found.pack.edition,
        replaces=found.before.edition if found.before else None,
        day=found.day,
        what_if=found.what_if,
        sentence=law.what_if(found.day) if found.what_if else "",
        systems=of_systems(found.systems),
        look_again=[
            LookAgainOut(function=function, people=[names.by(urn) for urn in listed])
            for function, listed in found.look_again.items()
        ],
        replay=open_out.replay(found.replay),
    )


def of_systems(found: Iterable[OfSystem]) -> list[SystemChangesOut]:
    listed = list(found)
    names = Names(each.sign_off.row.person for one in listed for each in one.sign_offs)
    return [
        SystemChangesOut(
            system=one.system.slug,
            name=one.system.body["name"],
            changes=[_change(each) for each in one.changes],
            requirements=list(one.requirements),
            sign_offs=[
                SignOffConcernedOut(
                    urn=each.sign_off.row.urn, release=f"{each.release.reference} to {each.release.row.stage}",
                    function=each.sign_off.row.function, by=names.by(each.sign_off.row.person),
                    obligations=list(each.obligations),
                )
                for each in one.sign_offs
            ],
            live=[open_out.moved(each) for each in one.live],
        )
        for one in listed
    ]  # fmt: skip


def _change(one: Change) -> ObligationChangeOut:
    asked = {each.name for line in (one.before, one.after) if line for each in line.cited}
    return ObligationChangeOut(
        how=one.how, obligation=one.obligation.id, pack=one.obligation.pack, title=words(one.obligation.title),
        begins=one.begins, requirements=sorted(asked),
        differences=[DifferenceOut(part=each.part, before=each.before, after=each.after) for each in one.differences],
    )  # fmt: skip
