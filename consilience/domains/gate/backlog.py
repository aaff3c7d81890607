"""What was live before the gate: which of it waits for the gate until when. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, Refusal, refusal
from consilience.kit.naming import is_urn

MOST_DAYS = 3 * 366
"""Nothing waits longer than about three years from the day on which somebody decides so."""
SOON_DAYS = 90


class Due(StrEnum):
    """How a version that was live before the gate stands."""

    OVERDUE = "overdue"
    UNDATED = "undated"
    """Nobody has decided until when it may wait."""
    SOON = "soon"
    LATER = "later"


def due(until: Instant | None, at: Instant) -> Due:
    if until is None:
        return Due.UNDATED
    if until <= at:
        return Due.OVERDUE
    return Due.SOON if until <= shift(at, days=SOON_DAYS) else Due.LATER


def may_wait(
    version: str, *, person: str, operator: bool, authors: Collection[str], live_since: str | None
) -> Refusal | None:
    """Whether somebody may decide that a version waits: a person, never over work of their own, and only for what was
    imported as live. Anything new goes through the gate."""
    if live_since is None:
        return refusal("not_live_before", version=version)
    if not operator and not is_urn(person, "person"):
        return refusal("person_decides_waiting")
    return refusal("own_work_waits", version=version) if person in authors else None


def checked_until(until: Instant, at: Instant) -> Instant:
    """The moment until which something waits; BadInput where it does not lie ahead, or too far."""
    if until <= at:
        raise BadInput("until", "must lie ahead")
    if until > shift(at, days=MOST_DAYS):
        raise BadInput("until", f"lies more than {MOST_DAYS} days ahead; nothing waits for the gate that long")
    return until
