"""Verdicts: who may give one, what it is worth now, what it leaves behind."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consilience.domains.release.rules import Change, Facet, Item, changes
from consilience.domains.review.delegation import Delegated
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refusal, refusal


class Verdict(StrEnum):
    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve_with_conditions"
    OBJECT = "object"
    BLOCK = "block"
    ABSTAIN = "abstain"


class Standing(StrEnum):
    STANDS = "stands"
    STALE = "stale"
    EXPIRED = "expired"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class ConditionState(StrEnum):
    OPEN = "open"
    MET = "met"
    OVERDUE = "overdue"


APPROVALS = frozenset({Verdict.APPROVE, Verdict.APPROVE_WITH_CONDITIONS})
PANEL_VOICES = 2
MAX_REASON = 10_000


@dataclass(frozen=True)
class Given:
    """A sign-off as the rules need it."""

    urn: str
    function: str
    person: str
    verdict: Verdict
    facet: str
    items: tuple[Item, ...]
    signed_at: Instant
    expires_at: Instant | None
    withdrawn: bool = False
    instead_of: str | None = None
    """In whose stead the person signed, by delegation."""

    @property
    def voice(self) -> str:
        """Whose voice it is: a stand-in and whom they stand in for have one between them."""
        return self.instead_of or self.person


@dataclass(frozen=True)
class NewCondition:
    text: str
    owner: str
    due_at: Instant


def standing(given: Given, *, facet: str, latest: bool, at: Instant) -> Standing:
    """What a sign-off is worth now. A block outlives its facet: only its end ends it, and that is asked elsewhere."""
    if given.withdrawn:
        return Standing.WITHDRAWN
    if not latest:
        return Standing.REPLACED
    if given.verdict is Verdict.BLOCK:
        return Standing.STANDS
    if given.expires_at is not None and at >= given.expires_at:
        return Standing.EXPIRED
    if given.facet != facet:
        return Standing.STALE
    return Standing.STANDS


def may_sign(
    person: str,
    function: str,
    *,
    verdict: Verdict,
    held: Collection[str],
    authors: Collection[str],
    approved_for: Collection[str],
    instead: Delegated | Refusal | None = None,
) -> Refusal | None:
    """Nobody signs for a function they do not hold, nor work of their own; an approving person counts once.

    `instead` is what came of asking in whose stead they may: see `delegation.stand_in`.
    """
    if person.split(":")[3] != "person":
        return refusal("only_people_sign")
    if function not in held and not isinstance(instead, Delegated):
        return instead or refusal("function_not_held", function=function)
    if person in authors:
        return refusal("own_work")
    others = sorted(set(approved_for) - {function})
    if verdict in APPROVALS and others:
        return refusal("counts_once", function=others[0])
    return None


def same_facet(seen: str, now: Facet) -> Refusal | None:
    """Nobody signs what they did not see."""
    if seen == now.digest:
        return None
    return refusal("facet_changed", function=now.function, seen=seen[:12], now=now.digest[:12])


def well_formed(verdict: Verdict, reason: str, conditions: Sequence[NewCondition], *, at: Instant) -> None:
    """BadInput unless the verdict says what it must: reasons, and conditions with text, owner and a due date ahead."""
    if not reason.strip():
        raise BadInput("reasons", "say why; a decision without reasons cannot be relied on later")
    if len(reason) > MAX_REASON:
        raise BadInput("reasons", f"expected at most {MAX_REASON} characters")
    if (verdict is Verdict.APPROVE_WITH_CONDITIONS) != bool(conditions):
        wanted = "name at least one" if not conditions else f"none belong to the verdict {verdict}"
        raise BadInput("conditions", wanted)
    for number, condition in enumerate(conditions, start=1):
        if not condition.text.strip():
            raise BadInput(f"condition {number}", "say what must happen")
        if condition.due_at <= at:
            raise BadInput(f"condition {number}", "the due date must lie ahead")


def condition_state(*, due_at: Instant, accepted: bool, at: Instant) -> ConditionState:
    if accepted:
        return ConditionState.MET
    return ConditionState.OVERDUE if at >= due_at else ConditionState.OPEN


def may_accept_proof(
    person: str, *, function: str, held: Collection[str], owner: str, offered_by: str
) -> Refusal | None:
    """Who holds the imposing function accepts; the condition's owner and whoever offered the proof cannot, alone."""
    if function not in held:
        return refusal("function_not_held", function=function)
    if person in (owner, offered_by):
        return refusal("own_condition")
    return None


def same_proof(seen: str, now: str) -> Refusal | None:
    """Nobody accepts what they did not read."""
    return None if seen == now else refusal("proof_changed")


def may_answer(person: str, *, objector: str) -> Refusal | None:
    return refusal("own_objection") if person == objector else None


def block_ended(*, author: str, voices: Iterable[tuple[str, str]]) -> bool:
    """Whether a block has ended: withdrawn by its author, or two of the panel said so. Voices are (how, person).

    A voice was entitled when it was given; who sits on the panel later brings no decided block back.
    """
    listed = set(voices)
    if ("withdrawn", author) in listed:
        return True
    return len({person for how, person in listed if how == "panel"}) >= PANEL_VOICES


def may_end_block(person: str, *, author: str, panel: Collection[str]) -> Refusal | None:
    if person == author or person in panel:
        return None
    return refusal("not_on_panel")


def stale_because(given: Given, facet: Facet) -> list[Change]:
    """The items that differ between what was signed and what stands now."""
    return changes(given.items, facet.items)


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[tuple[str, Any, Any]]:
    """(name, old, new) of each field in which two bodies of an item differ; None where a body has no such field.

    Evidence is read by its own fields and its files; who produced it, and when, is no part of what somebody signed.
    """
    then, present = _said(before), _said(after)
    names = dict.fromkeys([*then, *present])
    return [(name, then.get(name), present.get(name)) for name in names if then.get(name) != present.get(name)]


def _said(body: Mapping[str, Any] | None) -> dict[str, Any]:
    if body is None or "fields" not in body:
        return dict(body or {})
    return {**body["fields"], "files": [f"{one['name']} ({one['digest'][:12]})" for one in body["files"]]}


def latest_by_person(given: Iterable[Given]) -> set[str]:
    """URNs of the sign-offs that are the last word of a voice for its function (given in ledger order)."""
    last: dict[tuple[str, str], str] = {}
    for one in given:
        if not one.withdrawn:
            last[one.function, one.voice] = one.urn
    return set(last.values())


def counted_once(standing_approvals: Sequence[Given]) -> set[str]:
    """URNs of approvals that count when each person counts once and each function is served where it can be.

    A maximum matching of persons to functions (augmenting paths), so that one person who signed for two functions
    leaves the second to somebody else. Whom no function needs counts for the first that they signed for.
    """
    by_function: dict[str, list[Given]] = {}
    for one in standing_approvals:
        by_function.setdefault(one.function, []).append(one)
    chosen: dict[str, Given] = {}

    def place(function: str, tried: set[str]) -> bool:
        for one in by_function[function]:
            if one.person in tried:
                continue
            tried.add(one.person)
            holder = chosen.get(one.person)
            if holder is None or (holder.function != function and place(holder.function, tried)):
                chosen[one.person] = one
                return True
        return False

    for function in by_function:
        place(function, set())
    served = {one.person: one.function for one in chosen.values()}
    return {one.urn for one in standing_approvals if served.setdefault(one.person, one.function) == one.function}
