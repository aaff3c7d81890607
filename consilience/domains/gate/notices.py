"""What somebody was told of changes of standing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from consilience.domains.access import queries as access
from consilience.domains.gate.models import Notice, Standing
from consilience.domains.ledger.rules import Actor
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class Told:
    """A notice with the change of standing that it is about."""

    notice: Notice
    row: Standing


def notices(actor: Actor, asof: AsOf) -> list[Told]:
    """What somebody was told, newest first; nothing of systems that they may not know of by now."""
    rows = _notices(actor, asof).order_by("-id")
    listed = list(rows)
    about: Mapping[str, Standing] = {}
    if listed:
        urns = {row.about.rpartition(":")[0] for row in listed}
        about = {row.name: row for row in Standing.objects.filter(urn__in=urns)}
    return [Told(row, about[row.about]) for row in listed if row.about in about]


def unread(actor: Actor, asof: AsOf) -> int:
    return _notices(actor, asof).filter(read_at=None).count()


def _notices(actor: Actor, asof: AsOf) -> QuerySet[Notice]:
    rows = Notice.objects.filter(person=actor.urn)
    visible = access.visible_systems(actor, asof)
    # A notice without a system is about the library, which every member may read.
    return rows if visible is None else rows.filter(system__in=[*visible, ""])
