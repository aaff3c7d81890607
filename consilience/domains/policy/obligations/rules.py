"""Which obligations a system is under on a day, and what the requirements that cite them make of each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from consilience.domains.policy.language.explain import judge
from consilience.domains.policy.language.expression import State as Known
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.obligations.pack import ANY_ROLE, Day, Obligation, Pack, Reading, Rule, Status, Wording
from consilience.domains.policy.obligations.terms import Terms
from consilience.domains.policy.outcome import Code
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, Refusal, refusal


class Phase(StrEnum):
    """Where a day lies in the life of a reading."""

    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    ENDED = "ended"
    PENDING = "pending"
    """Proposed, and no law."""


class State(StrEnum):
    """What an obligation comes to for a system on a day."""

    MET = "met"
    OPEN = "open"
    NO_REQUIREMENT = "no_requirement"
    NOT_YET = "not_yet"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"
    PENDING = "pending"
    ENDED = "ended"
    NOT_APPLICABLE = "not_applicable"


ASLEEP = (State.NOT_APPLICABLE, State.ENDED, State.PENDING)
"""States in which an obligation is nothing that a system has."""


class Why(StrEnum):
    """Why an obligation is open."""

    UNMET = "unmet"
    NO_RELEASE = "no_release"
    NOT_ASKED_YET = "not_asked_yet"
    """The requirements that cite it do not apply at the stages for which something is proposed."""


@dataclass(frozen=True, slots=True)
class Applies:
    """Whether a system falls under something; `reasons` say which facts are missing where nobody can tell."""

    known: bool | None
    reasons: tuple[Json, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cited:
    """A requirement that cites an obligation, and what it came to: by reference of each release that counts."""

    policy: str
    requirement: str
    title: Mapping[str, str]
    owner: str
    outcomes: Mapping[str, Code]

    @property
    def name(self) -> str:
        return f"{self.policy}/{self.requirement}"


@dataclass(frozen=True, slots=True, eq=False)
class Consequence:
    """What follows from one reading."""

    reading: Reading
    phase: Phase
    applies: Applies
    state: State


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """An obligation as it stands for a system on a day; more than one consequence where the law is disputed.

    `answer` is what the requirements make of it, whether it is in force or not: met, open or no requirement.
    """

    obligation: Obligation
    wording: Wording
    consequences: tuple[Consequence, ...]
    state: State
    cited: tuple[Cited, ...]
    answer: State
    why: Why | None

    @property
    def in_force_from(self) -> Day | None:
        """The first day on which some reading of it binds; None where it binds, or no day is known."""
        coming = [one.reading.starts for one in self.consequences if one.state is State.NOT_YET and one.reading.starts]
        return min(coming, default=None)


def phase(reading: Reading, status: Status, day: Day) -> Phase:
    """Where the day lies. Both ends belong to the time in force."""
    if status is Status.PENDING:
        return Phase.PENDING
    if reading.ends is not None and day > reading.ends:
        return Phase.ENDED
    return Phase.NOT_YET if reading.starts is not None and day < reading.starts else Phase.IN_FORCE


def applies(rules: Iterable[Rule], facts: Facts) -> Applies:
    """Whether all rules hold. One that says no settles it; an error beats what is unknown."""
    reasons: list[Json] = []
    error: str | None = None
    for rule in rules:
        answer, explained = judge(rule.expression, facts)
        if answer.state is Known.VALUE and not answer.value:
            return Applies(False)
        if answer.state is Known.ERROR:
            error = answer.error
        reasons += [one for one in explained.reasons if answer.state is Known.UNKNOWN and one not in reasons]
    if error is not None:
        return Applies(None, error=error)
    return Applies(None, tuple(reasons)) if reasons else Applies(True)


def lines(
    packs: Iterable[tuple[Pack, Collection[str]]], facts: Facts, day: Day, cited: Mapping[str, Sequence[Cited]]
) -> list[Line]:
    """Every obligation that was law on the day, in the order of the packs; `cited` is by any name of an obligation.

    Each pack comes with the roles that the organisation has in it. What is addressed to others does not apply.
    """
    found = []
    for pack, roles in packs:
        for one in pack.obligations:
            wording = one.on(day)
            if wording is not None:
                asked = {each.name: each for name in one.names for each in cited.get(name, ())}
                found.append(_line(one, wording, facts, day, ours(wording, roles), tuple(asked.values())))
    return found


def ours(wording: Wording, roles: Collection[str]) -> bool:
    """Whether the wording addresses an organisation with these roles."""
    return ANY_ROLE in wording.applies_to or not set(wording.applies_to).isdisjoint(roles)


def _line(one: Obligation, wording: Wording, facts: Facts, day: Day, addressed: bool, cited: tuple[Cited, ...]) -> Line:
    answer, why = answered(cited)
    consequences = tuple(_consequence(one, each, facts, day, addressed, answer) for each in wording.readings)
    return Line(one, wording, consequences, _together([each.state for each in consequences]), cited, answer, why)


def _consequence(
    one: Obligation, reading: Reading, facts: Facts, day: Day, addressed: bool, answer: State
) -> Consequence:
    at = phase(reading, one.status, day)
    falls = applies(reading.rules, facts) if addressed else Applies(False, ({"code": "other_role"},))
    return Consequence(reading, at, falls, _state(at, falls, answer))


def _state(at: Phase, falls: Applies, answer: State) -> State:
    """1. What does not apply asks for nothing. 2. What has ended or is no law asks for nothing. 3. Nobody can tell.
    4. It is still to come. 5. What the requirements say."""
    if falls.known is False:
        return State.NOT_APPLICABLE
    if at is Phase.ENDED:
        return State.ENDED
    if at is Phase.PENDING:
        return State.PENDING
    if falls.known is None:
        return State.UNKNOWN
    return State.NOT_YET if at is Phase.NOT_YET else answer


def _together(states: Sequence[State]) -> State:
    """One reading says it alone. Several are a dispute, unless none of them asks for anything or nobody can tell of any."""
    same = set(states)
    if len(states) == 1 or same == {State.UNKNOWN}:
        return states[0]
    return (
        next((one for one in reversed(ASLEEP) if one in same), State.DISPUTED)
        if same <= set(ASLEEP)
        else State.DISPUTED
    )


def answered(cited: Sequence[Cited]) -> tuple[State, Why | None]:
    """Met when every requirement that cites it and applies is satisfied, for every release that counts, and one does.

    A requirement that was waived or forced is no evidence that the law is kept: only the organisation set it aside.
    """
    if not cited:
        return State.NO_REQUIREMENT, None
    codes = [code for one in cited for code in one.outcomes.values()]
    if not codes:
        return State.OPEN, Why.NO_RELEASE
    if any(code not in (Code.SATISFIED, Code.NOT_APPLICABLE) for code in codes):
        return State.OPEN, Why.UNMET
    return (State.MET, None) if Code.SATISFIED in codes else (State.OPEN, Why.NOT_ASKED_YET)


def may_adopt(pack: Pack, terms: Terms, *, text: str, stands: str | None, taken: Mapping[str, str]) -> Refusal | None:
    """Whether a pack can take its place: `stands` is the text adopted under its name on these terms, `taken` names of other
    packs' obligations."""
    check_terms(pack, terms)
    for name in sorted(pack.by_name):
        if name in taken:
            return refusal("policy.obligation_taken", obligation=name, pack=pack.slug, other=taken[name])
    return refusal("policy.pack_adopted_already", pack=pack.slug) if text == stands else None


def check_terms(pack: Pack, terms: Terms) -> None:
    """BadInput names a role that the pack does not know, for all systems or for one.

    A system may be bound in no role at all: then what is addressed to a role does not apply to it.
    """
    check_roles(pack, terms.roles)
    for said in terms.systems.values():
        check_roles(pack, said)
    if pack.roles and not terms.roles and not _for_anybody(pack):
        raise BadInput("roles", f"say at least one of {', '.join(pack.roles)}")


def check_roles(pack: Pack, roles: Collection[str]) -> None:
    """BadInput names a role that the pack does not know: whoever has it would seem to be bound by nothing."""
    strange = sorted(set(roles) - set(pack.roles))
    if strange:
        raise BadInput("roles", f"{strange[0]!r} is no role of {pack.slug}; expected {', '.join(pack.roles) or 'none'}")


def _for_anybody(pack: Pack) -> bool:
    return any(ANY_ROLE in wording.applies_to for one in pack.obligations for wording in one.wordings)


def counts(states: Iterable[State]) -> dict[State, int]:
    """How many stand in each state, every state named."""
    found = dict.fromkeys(State, 0)
    for state in states:
        found[state] += 1
    return found
