"""The versions that were live before the gate, with the day until which each may wait for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from consilience.domains.access import queries as access
from consilience.domains.gate.backlog import Due, due
from consilience.domains.gate.models import Grandfathering
from consilience.domains.gate.standing import ORDER
from consilience.domains.gate.standing_queries import portfolio
from consilience.domains.inventory.models import ModelVersion, RegisteredModel, System
from consilience.domains.ledger.rules import Actor
from consilience.domains.release.rules import Stage
from consilience.kit.clock import Instant
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class Waiting:
    """A version that is live in a system and that the gate never let through to operation there."""

    system: System
    model: str
    version: ModelVersion
    row: Grandfathering | None
    due: Due

    @property
    def reference(self) -> str:
        return f"{self.model}@{self.version.number}"

    @property
    def live_since(self) -> str:
        return str(self.version.body["imported"]["live_since"])

    @property
    def until(self) -> Instant | None:
        return Instant(self.row.body["until"]) if self.row else None


_URGENT = tuple(Due)


def backlog(actor: Actor, asof: AsOf, *, system: str | None = None) -> list[Waiting]:
    """What waits, in all systems (or the one of this URN) that the actor may know of: overdue first, then by day."""
    visible = access.visible_systems(actor, asof)
    known = System.objects.as_of(asof) if visible is None else System.objects.as_of(asof).filter(urn__in=visible)
    return waiting({row.urn: row for row in known if system in (None, row.urn)}, asof)


def waiting(systems: dict[str, System], asof: AsOf) -> list[Waiting]:
    """The same for systems that the caller has asked `can` about."""
    imported = ModelVersion.objects.as_of(asof).filter(canonical__contains='"imported":{')
    live = [row for row in imported if row.body["imported"]["live_since"]]
    models = {row.urn: row for row in RegisteredModel.objects.as_of(asof).filter(urn__in={row.model for row in live})}
    passed = _passed(systems, asof)
    dated = {(row.system, row.model_version): row for row in Grandfathering.objects.as_of(asof)}
    found = []
    for row in live:
        model = models[row.model]
        for urn in model.body["systems"]:
            if urn in systems and (urn, row.urn) not in passed:
                given = dated.get((urn, row.urn))
                until = Instant(given.body["until"]) if given else None
                found.append(Waiting(systems[urn], model.slug, row, given, due(until, asof.valid_at)))
    return sorted(found, key=lambda one: (_URGENT.index(one.due), one.until or "", one.system.slug, one.reference))


def _passed(systems: Collection[str], asof: AsOf) -> set[tuple[str, str]]:
    """(system, version) of what the gate let through to operation, or beyond."""
    listed = portfolio(asof, list(systems)).passed
    return {(one.system, one.model_version) for one in listed if ORDER[one.stage] >= ORDER[Stage.OPERATION]}
