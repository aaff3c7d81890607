"""Who decides in whose stead."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from consilience.domains.access import queries as access
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import queries as releases
from consilience.domains.release.queries import ReleaseOf
from consilience.domains.review import delegation as rules
from consilience.domains.review import queries
from consilience.domains.review.delegation import Delegated
from consilience.domains.review.models import Delegation
from consilience.kit.clock import Instant
from consilience.kit.errors import Refusal
from consilience.kit.records.models import AsOf


class State(StrEnum):
    """How a delegation stands at a moment."""

    AHEAD = "ahead"
    IN_FORCE = "in_force"
    OVER = "over"
    ENDED = "ended"
    """Somebody ended it before its day."""


@dataclass(frozen=True)
class Known:
    """A delegation with how it stands; `row` is its newest version, `start` when its first one begins."""

    row: Delegation
    start: Instant
    state: State


def delegated(row: Delegation) -> Delegated:
    body = row.body
    return Delegated(
        row.urn, row.person, row.receiver, row.function, body["system"], Instant(row.valid_from), Instant(body["until"])
    )


def newest(urn: str, asof: AsOf) -> Delegation | None:
    """The newest version of a delegation, one that begins later or has ended among them."""
    return Delegation.objects.filter(urn=urn, position__lt=asof.known_at).order_by("-version").first()


def listed(actor: Actor, asof: AsOf, *, person: str | None = None) -> list[Known]:
    """Every delegation that the actor may know of (of one person, given or received), the newest first."""
    visible = access.visible_systems(actor, asof)
    versions: dict[str, list[Delegation]] = {}
    for row in Delegation.objects.filter(position__lt=asof.known_at).order_by("position", "ordinal"):
        versions.setdefault(row.urn, []).append(row)
    found = [_known(rows[0], rows[-1], asof) for rows in versions.values()]
    return [
        one
        for one in reversed(found)
        if (visible is None or one.row.body["system"] is None or one.row.body["system"] in visible)
        and person in (None, one.row.person, one.row.receiver)
    ]


def _known(first: Delegation, last: Delegation, asof: AsOf) -> Known:
    start = Instant(first.valid_from)
    if last.withdrawn:
        state = State.ENDED
    elif asof.valid_at < start:
        state = State.AHEAD
    else:
        state = State.IN_FORCE if asof.valid_at < last.body["until"] else State.OVER
    return Known(last, start, state)


def to_person(person: str, asof: AsOf) -> list[Delegated]:
    """What was lent to somebody and is in force, oldest first."""
    rows = Delegation.objects.as_of(asof).filter(receiver=person).order_by("position", "ordinal")
    return [one for one in map(delegated, rows) if asof.valid_at < one.until]


def stand_in_for(person: str, function: str, release: ReleaseOf) -> Delegated | Refusal | None:
    """In whose stead somebody may decide here for a function that they do not hold; see `delegation.stand_in`."""
    offered = to_person(person, release.asof)
    return _stand_in(offered, function, release) if offered else None


def stand_ins(release: ReleaseOf) -> list[Delegated]:
    """Every delegation by which somebody may decide in this release, in the order in which they were given."""
    rows = Delegation.objects.as_of(release.asof).order_by("position", "ordinal")
    offered = [
        one for one in map(delegated, rows) if one.covers(one.function, release.system.urn, release.asof.valid_at)
    ]
    active = {row.urn for row in people.persons(release.asof) if row.body["active"]} if offered else set()
    usable = (_stand_in([one], one.function, release) for one in offered if one.receiver in active)
    return [one for one in usable if isinstance(one, Delegated)]


def _stand_in(offered: list[Delegated], function: str, release: ReleaseOf) -> Delegated | Refusal | None:
    approved = queries.standing_approvals(queries.said(release).sign_offs(release))
    return rules.stand_in(
        offered,
        function=function,
        system=release.system.urn,
        at=release.asof.valid_at,
        holders=people.holders(release.asof).get(function, ()),
        authors=releases.authors_of(release),
        spoken={one.person for one in approved if one.function == function},
    )
