"""How live releases stand, how that changed, and who was told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ninja import Query, Router
from pydantic import Field

from consilience.domains.gate import notices as told
from consilience.domains.gate import standing_actions as actions
from consilience.domains.gate import standing_queries as queries
from consilience.domains.gate.models import Standing
from consilience.domains.inventory import queries as inventory
from consilience.domains.release import queries as releases
from consilience.domains.release.rules import Stage
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces import effects as words
from consilience.surfaces.api import open_out
from consilience.surfaces.api.effects import ChangedOut, changed_out
from consilience.surfaces.api.open_out import CameOut, OpenOut
from consilience.surfaces.api.shared import (
    MAX_INT,
    OWN,
    In,
    Out,
    Page,
    Paged,
    Reference,
    Request,
    Slug,
    operation,
    paged,
    present,
)

router = Router(tags=["gate"])


class StandingsQuery(Page):
    system: Slug | None = None


class StandingOut(Out):
    """A live release and how it stands."""

    release: str
    reference: str
    stage: str
    state: str
    """`compliant`, `not_compliant` or `cannot_tell`"""
    since: str
    unmet: list[str]
    standing: str | None
    """The URN of the last recorded change; null where none was recorded yet."""
    obligations: list[OpenOut]
    """What the law asks and no requirement answers."""


class StandingChangeOut(Out):
    """A change of standing, as it was recorded."""

    standing: str
    at: str
    reference: str
    stage: str
    state: str
    since: str
    sentence: str
    unmet: list[str]
    ending: str | None
    changes: list[ChangedOut]
    obligations: list[CameOut]
    """Obligations that came to be open, each with the cause."""
    closed: list[OpenOut]
    """Those that are open no more."""


class StandingShown(Out):
    current: StandingOut | None
    """Null where the release is not live: the gate never let it through, or it ended."""
    history: list[StandingChangeOut]


class NoticesQuery(Page):
    unread: bool = False


class NoticeOut(StandingChangeOut):
    id: int
    read_at: str | None


class ReadIn(In):
    notices: list[int] | None = Field(None, max_length=200)
    """Which; none named means all."""


class ReadOut(Out):
    read: int
    unread: int


@operation(router.get, "/standings", action="gate.read")
def standings(request: Request, query: Query[StandingsQuery]) -> Paged[StandingOut]:
    """The live releases and how each stands, those that do not comply first."""
    asof = present()
    system = inventory.system(request.auth, query.system, asof).urn if query.system else None
    return paged(
        queries.standings(request.auth, asof, system=system), query, lambda rows: [_stands(one) for one in rows]
    )


@operation(router.get, "/releases/{system}/{version}/{stage}/standing", action="gate.read")
def standing(request: Request, system: Slug, version: Reference, stage: Stage) -> StandingShown:
    """How a release stands and how that changed, newest first, with the requirements and facts behind each change."""
    asof = present()
    found = releases.release(request.auth, system, version, stage, asof)
    live = [
        one for one in queries.standings(request.auth, asof, system=found.system.urn) if one.release.urn == found.urn
    ]
    rows = queries.history(found.urn, asof)
    return StandingShown(
        current=_stands(live[0]) if live else None,
        history=[StandingChangeOut(**_change(row, found.reference)) for row in rows],
    )


@operation(router.get, "/notices", action=OWN)
def notices(request: Request, query: Query[NoticesQuery]) -> Paged[NoticeOut]:
    """What you were told of changes of standing, newest first."""
    asof = present()
    rows = [one for one in told.notices(request.auth, asof) if not query.unread or one.notice.read_at is None]
    return paged(rows, query, lambda chosen: _notices(chosen, asof))


@operation(router.post, "/notices/read", action=OWN)
def read(request: Request, data: ReadIn) -> ReadOut:
    """Mark notices of yours as read."""
    wanted = None if data.notices is None else [one for one in data.notices if 0 < one <= MAX_INT]
    done = actions.mark_read(actor=request.auth, notices=wanted, now=now())
    return ReadOut(read=done, unread=told.unread(request.auth, present()))


def _stands(one: queries.Stands) -> StandingOut:
    return StandingOut(
        release=one.release.urn, reference=one.reference, stage=one.release.stage, state=str(one.state),
        since=one.since, unmet=list(one.unmet), standing=one.row.name if one.row else None,
        obligations=[open_out.out(each) for each in one.obligations],
    )  # fmt: skip


def _change(row: Standing, reference: str) -> dict[str, Any]:
    body = row.body
    return {
        "standing": row.name,
        "at": row.valid_from,
        "reference": reference,
        "stage": body["stage"],
        "state": row.state,
        "since": body["since"],
        "sentence": words.standing(row.state, body["ground"], body["ending"]),
        "unmet": body["unmet"],
        "ending": body["ending"],
        "changes": [changed_out(one.changed, one.facts, str(one.cause)) for one in queries.reasons(row)],
        "obligations": open_out.came(row),
        "closed": open_out.went(row),
    }


def _notices(chosen: Sequence[told.Told], asof: AsOf) -> list[NoticeOut]:
    labels = releases.references({one.row.release for one in chosen}, asof)
    return [
        NoticeOut(id=one.notice.pk, read_at=one.notice.read_at, **_change(one.row, labels[one.row.release]))
        for one in chosen
    ]
