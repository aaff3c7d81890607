"""How releases that were let through stand: what is live, what its standing is, and when it can next change. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from zoneinfo import ZoneInfo

from consilience.domains.gate.rules import Ground, Verdict
from consilience.domains.policy.language.expression import Expression, fact_paths
from consilience.domains.policy.language.nodes import Literal, Node, children
from consilience.domains.policy.language.types import DURATION
from consilience.domains.policy.outcome import Code, Outcome
from consilience.domains.policy.requirement import Requirement
from consilience.domains.release.rules import Stage
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant, instant, is_instant, moment

ORDER = {stage: at for at, stage in enumerate(Stage)}
_CANNOT = (Code.NO_EVIDENCE, Code.ERROR)


class State(StrEnum):
    """What a standing says."""

    COMPLIANT = "compliant"
    NOT_COMPLIANT = "not_compliant"
    CANNOT_TELL = "cannot_tell"
    ENDED = "ended"


class Ending(StrEnum):
    """Why a release is looked at no more."""

    RETIRED = "retired"
    MOVED_ON = "moved_on"
    TAKEN_BACK = "taken_back"
    VERSION_WITHDRAWN = "version_withdrawn"


@dataclass(frozen=True)
class Passed:
    """A release that the gate let through once; `decision` is the last that did."""

    release: str
    system: str
    model_version: str
    stage: Stage
    decision: str
    at: Instant


def live(passed: Iterable[Passed], proposed: Collection[str], registered: Collection[str]) -> dict[str, Passed]:
    """The releases that are in use, by URN: of each version in each system the one that went furthest.

    Once let through a release is live, whatever the gate said later, until its version was let through to retirement,
    it was taken back (`proposed` are those that were not) or its version was withdrawn (`registered`: not withdrawn).
    """
    furthest: dict[tuple[str, str], Passed] = {}
    for one in passed:
        if one.release not in proposed or one.model_version not in registered:
            continue
        key = (one.system, one.model_version)
        if key not in furthest or ORDER[one.stage] > ORDER[furthest[key].stage]:
            furthest[key] = one
    return {one.release: one for one in furthest.values() if one.stage is not Stage.RETIREMENT}


def ending(release: Passed, passed: Iterable[Passed], proposed: Collection[str], registered: Collection[str]) -> Ending:
    """Why a release that was live is not any more."""
    if release.model_version not in registered:
        return Ending.VERSION_WITHDRAWN
    if release.release not in proposed:
        return Ending.TAKEN_BACK
    siblings = {
        one.stage for one in passed if (one.system, one.model_version) == (release.system, release.model_version)
    }
    return Ending.RETIRED if Stage.RETIREMENT in siblings else Ending.MOVED_ON


def state(verdict: Verdict, outcomes: Iterable[Outcome]) -> State:
    """Whether a live release still meets what is asked of it.

    It cannot be told where all that speaks against it is want of evidence: nothing shows that it complies, and nothing
    that it does not. A requirement that is not met, or a block that stands, is "not compliant".
    """
    if verdict.allowed:
        return State.COMPLIANT
    if verdict.ground is Ground.NO_REQUIREMENT:
        return State.CANNOT_TELL
    codes = {f"{one.policy}/{one.requirement}": one.code for one in outcomes}
    wanting = all(codes[name] in _CANNOT for name in verdict.unmet)
    return (
        State.CANNOT_TELL if verdict.unmet and wanting and verdict.ground is not Ground.BLOCKED else State.NOT_COMPLIANT
    )


def told(state: State, verdict: Verdict) -> tuple[str, str, tuple[str, ...]]:
    """What is worth telling of a standing: when this differs, the standing has changed."""
    return (str(state), str(verdict.ground), verdict.unmet)


# When it can change next


def next_instant(
    facts: Json, requirements: Iterable[Requirement], boundaries: Iterable[Instant], *, after: Instant
) -> Instant | None:
    """The first moment after `after` at which an answer over these facts can differ though nothing is recorded.

    1. A moment in the facts passes: an expiry, the end of an agreement or of consent, a due date.
    2. So long after, or before, a moment in the facts as some rule says: evidence that may be 90 days old, an agreement
       that must run for 30 days more.
    3. A requirement's own dates, and `boundaries`: what is recorded already and begins later.
    """
    listed = list(requirements)
    moments = set(moments_in(facts))
    ages = {signed for one in listed for length in durations(one) for signed in (length, -length)}
    found = {at for at in (*moments, *boundaries) if at > after}
    for at, length in product(moments, ages):
        later = _shifted(at, length)
        if later is not None and later > after:
            found.add(later)
    for one in listed:
        ends = (one.effective.start, one.effective.until)
        found.update(at for at in ends if at is not None and at > after)
    return min(found, default=None)


def _shifted(at: Instant, microseconds: int) -> Instant | None:
    try:
        return instant(moment(at) + timedelta(microseconds=microseconds))
    except OverflowError:
        return None


def moments_in(facts: Json) -> Iterator[Instant]:
    """Every instant in a fact document but its own `now`."""
    if isinstance(facts, Mapping):
        for name, value in facts.items():
            if name != "now":
                yield from moments_in(value)
    elif isinstance(facts, list):
        for value in facts:
            yield from moments_in(value)
    elif isinstance(facts, str) and len(facts) == len("2026-11-23T00:00:00.000000Z") and is_instant(facts):
        yield Instant(facts)


def durations(requirement: Requirement) -> set[int]:
    """The lengths of time that a requirement's rules name, in microseconds."""
    rules = (requirement.satisfied_if, requirement.applies_if)
    return {length for rule in rules if rule is not None for length in _durations(rule)}


def _durations(rule: Expression) -> Iterator[int]:
    def of(node: Node) -> Iterator[int]:
        if isinstance(node, Literal) and node.type == DURATION:
            yield node.value
        for child in children(node):
            yield from of(child)

    return of(rule.root)


# What a requirement asks about


def subjects(requirement: Requirement) -> frozenset[str]:
    """The parts of the facts that a requirement asks about: `signoffs`, `training_datasets`, `evidence.load_test`."""
    rules = (requirement.satisfied_if, requirement.applies_if)
    paths = [path for rule in rules if rule is not None for path in fact_paths(rule)]
    return frozenset(".".join(path[: 2 if path[0] == "evidence" else 1]) for path in paths)


# What an act can have changed


class Reach(StrEnum):
    """Which live releases an act may have changed the facts of."""

    NONE = "none"
    ITEMS = "items"
    """Those whose system, version, data or evidence was written."""
    SYSTEM = "system"
    """Those in the system that somebody, or the gate, spoke about."""
    ALL = "all"


_SYSTEM = ("review.signed_off", "review.waived", "review.waiver_withdrawn", "gate.decided")
"""A sign-off is a fact of its release; a decision that lets one through is a fact of those that it runs beside."""
_UNFELT = (
    *("access.", "people.", "gate.", "ledger."),
    *("policy.commented", "policy.proposal_taken_back", "policy.proposed", "policy.reviewed"),
)
_ITEMS = ("evidence.attached", "evidence.computed", "evidence.withdrawn", "inventory.")
_BY_NAME = ("inventory.model_corrected", "inventory.dataset_corrected", "inventory.version_withdrawn")
"""They change what a fact calls a thing, or beside what a release runs, and are no item of its dossier."""


def reach(verb: str) -> Reach:
    """How far an act reaches. One that nobody has thought of reaches everything."""
    if verb in _SYSTEM:
        return Reach.SYSTEM
    if verb.startswith(_UNFELT):
        return Reach.NONE
    return Reach.ITEMS if verb.startswith(_ITEMS) and verb not in _BY_NAME else Reach.ALL


def next_day(after: Instant, zone: str) -> Instant:
    """The first instant of the next day where the workspace is: each release is looked at once a day at least."""
    day = moment(after).astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return instant(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))


def told_to(
    owner: str, sponsor: str | None, functions: Collection[str], holders: Mapping[str, Collection[str]]
) -> list[str]:
    """Whom a change of standing concerns: the system's owner, its sponsor, and who holds a function that owns a
    requirement which changed. Everybody once."""
    held = [person for function in sorted(functions) for person in sorted(holders.get(function, ()))]
    return list(dict.fromkeys([owner, *([sponsor] if sponsor else []), *held]))
