"""Deciding until when what was live before the gate may wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consilience.domains.access import queries as access
from consilience.domains.access.rules import Guarded
from consilience.domains.gate import backlog, backlog_queries
from consilience.domains.gate.backlog_queries import Waiting
from consilience.domains.gate.models import Grandfathering
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import System
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refusal, Refused, refusal, require


@dataclass(frozen=True)
class Decided:
    """The records that were made; how many versions are the actor's own work, and so were left to somebody else."""

    rows: tuple[Grandfathering, ...]
    own: int


def grandfather(
    *, actor: Actor, versions: Sequence[str] | None, system: str | None, until: Instant, reason: str, now: Instant
) -> Decided:
    """Let versions that were live before the gate wait for it until a day. One act, however many they are.

    `versions` are named, or (None) all that have no day yet, in one system (slug) or in all where the actor may decide
    so. Named ones get another day. Refused where one is named that may not wait; with None those are left out.
    """
    with act(actor, verb="gate.grandfathered", at=now) as opened:
        until = backlog.checked_until(until, opened.at)
        if not reason.strip():
            raise BadInput("reason", "is empty")
        found = _chosen(actor, versions, system, opened)
        refused = {one.reference: _refusal(actor, one) for one in found}
        if versions is not None:
            for said in refused.values():
                require(said)
        chosen = [one for one in found if refused[one.reference] is None]
        if not chosen:
            raise Refused(refusal("nothing_waits"))
        why = opened.private(reason)
        rows = []
        for one in chosen:
            body = {
                "system": one.system.urn, "model_version": one.version.urn, "live_since": one.live_since, "until": until,
                "reason": why, "decided_by": actor.urn,
            }  # fmt: skip
            rows.append(opened.record(Grandfathering, body=body, replaces=one.row))
        opened.note(until=until, versions=len(rows))
    return Decided(tuple(rows), sum(one is not None for one in refused.values()))


def _chosen(actor: Actor, versions: Sequence[str] | None, system: str | None, opened: Act) -> list[Waiting]:
    """What the actor may decide on. NotFound and NotEntitled for what is named and is not theirs to decide."""
    if system is not None:
        systems = {row.urn: row for row in [inventory.system(actor, system, opened.asof)]}
    else:
        systems = {row.urn: row for row in inventory.systems(actor, opened.asof)}
    if versions is None:
        able = {urn: row for urn, row in systems.items() if _may(actor, row, opened)}
        if not able:
            access.ensure(
                actor, "gate.grandfather", Guarded("system", frozenset(systems)), opened.asof, named=system or ""
            )
        return [one for one in backlog_queries.waiting(able, opened.asof) if one.row is None]
    for name in versions:
        access.ensure(actor, "gate.grandfather", inventory.version(actor, name, opened.asof), opened.asof, named=name)
    found = [one for one in backlog_queries.waiting(systems, opened.asof) if one.reference in set(versions)]
    for one in found:
        access.ensure(actor, "gate.grandfather", one.system, opened.asof, named=one.system.slug)
    missing = sorted(set(versions) - {one.reference for one in found})
    if missing:
        raise Refused(refusal("not_live_before", version=missing[0]))
    return found


def _may(actor: Actor, system: System, opened: Act) -> bool:
    return access.can(actor, "gate.grandfather", system, opened.asof) is None


def _refusal(actor: Actor, one: Waiting) -> Refusal | None:
    return backlog.may_wait(
        one.reference, person=actor.urn, operator=actor.authenticated_by is AuthenticatedBy.OPERATOR,
        authors=one.version.body["authors"], live_since=one.live_since,
    )  # fmt: skip
