"""Waivers as they stand, and the terms that requirements in force set for them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.ledger.rules import Actor
from consilience.domains.policy import queries as policy
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.scope import Bound
from consilience.domains.release.queries import ReleaseOf, system_facts
from consilience.domains.review.models import Waiver
from consilience.kit.records.models import AsOf


class State(StrEnum):
    """How a waiver stands at a moment."""

    IN_FORCE = "in_force"
    OVER = "over"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Known:
    row: Waiver
    state: State


def state(row: Waiver, asof: AsOf) -> State:
    if row.withdrawn:
        return State.WITHDRAWN
    return State.IN_FORCE if asof.valid_at < row.body["until"] else State.OVER


def newest(urn: str, asof: AsOf) -> Waiver | None:
    return Waiver.objects.filter(urn=urn, position__lt=asof.known_at).order_by("-version").first()


def listed(actor: Actor, asof: AsOf) -> list[Known]:
    """Every waiver that the actor may know of: those in force first, the next to end first."""
    visible = access.visible_systems(actor, asof)
    rows = Waiver.objects.filter(position__lt=asof.known_at).order_by("version")
    last = {row.urn: row for row in rows if visible is None or row.system in visible}
    found = [Known(row, state(row, asof)) for row in last.values()]
    return sorted(found, key=lambda one: (list(State).index(one.state), one.row.body["until"]))


def of_release(release: ReleaseOf) -> list[Waiver]:
    """The waivers of a release that nobody withdrew, those that are over among them, in ledger order."""
    return list(Waiver.objects.as_of(release.asof).filter(release=release.urn).order_by("position", "ordinal"))


def asked(name: str, release: ReleaseOf) -> Requirement | None:
    """The requirement `policy/id` of a policy that binds the release's system at its moment; None where none does."""
    for one in policy.in_force(release.asof, Bound.of(system_facts(release.system))):
        for each in one.loaded.requirements:
            if each.name == name:
                return each
    return None


def facts(release: ReleaseOf) -> dict[str, Any]:
    """The fact `waivers`: what was set aside for this release, by whom and until when."""
    return {
        "waivers": [
            {
                "urn": row.urn, "policy": row.body["policy"], "requirement": row.body["requirement"],
                "person": row.body["person"], "function": row.body["function"], "granted_at": row.body["granted_at"],
                "until": row.body["until"], "in_force": state(row, release.asof) is State.IN_FORCE,
            }
            for row in of_release(release)
        ]
    }  # fmt: skip
