"""Delegation: somebody decides in another's stead, for one function, until a day. Pure.

Only who holds a function themselves can hand on deciding for it, so a delegation is never handed on. It lends a voice and
no more than that: giver and stand-in have one voice between them, and neither may be an author of what is decided on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refusal, refusal


@dataclass(frozen=True)
class Delegated:
    """A delegation as the rules need it. `system` None means every system in which the giver may decide."""

    urn: str
    giver: str
    receiver: str
    function: str
    system: str | None
    start: Instant
    until: Instant

    def covers(self, function: str, system: str, at: Instant) -> bool:
        """Whether it lets its receiver decide for this function in this system at this moment."""
        return self.function == function and self.system in (None, system) and self.start <= at < self.until


def may_delegate(
    giver: str, receiver: str, function: str, *, held: Collection[str], held_by_receiver: Collection[str]
) -> Refusal | None:
    """Whether somebody may lend their voice: a function that they hold themselves, to another person who does not."""
    if function not in held:
        return refusal("function_not_held", function=function)
    if giver == receiver:
        return refusal("delegated_to_oneself")
    if function in held_by_receiver:
        return refusal("delegate_holds_it", function=function)
    return None


def well_dated(start: Instant, until: Instant, *, at: Instant) -> None:
    """BadInput unless it begins now or later and ends after that."""
    if start < at:
        raise BadInput("from", "a delegation cannot begin in the past")
    if until <= start:
        raise BadInput("until", "must lie after its beginning, and ahead")


def stand_in(
    offered: Iterable[Delegated],
    *,
    function: str,
    system: str,
    at: Instant,
    holders: Collection[str],
    authors: Collection[str],
    spoken: Collection[str],
) -> Delegated | Refusal | None:
    """The delegation by which its receiver decides here; a refusal where one is there and does not count; None without any.

    `offered` are those to this person, oldest first; `holders` hold the function now; `spoken` have an approval of their
    own that stands for it in this release.

    1. The giver still holds the function: what they lost they cannot lend.
    2. The giver is no author of what is decided on: nobody has their own work approved in their name.
    3. The giver has not approved themselves: the two have one voice.
    """
    refused: Refusal | None = None
    for one in offered:
        if not one.covers(function, system, at):
            continue
        if one.giver not in holders:
            refused = refused or refusal("delegation_lapsed", function=function)
        elif one.giver in authors:
            refused = refused or refusal("delegated_by_author")
        elif one.giver in spoken:
            refused = refused or refusal("one_voice", function=function)
        else:
            return one
    return refused


def may_end(*, withdrawn: bool, until: Instant, at: Instant) -> Refusal | None:
    """A delegation that has ended is not ended again."""
    return refusal("delegation_ended_already") if withdrawn or at >= until else None
