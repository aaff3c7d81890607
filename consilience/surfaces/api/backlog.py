"""What was live before the gate, and until when it may wait for it."""

from __future__ import annotations

from collections.abc import Sequence

from ninja import Query, Router
from pydantic import Field

from consilience.domains.gate import backlog_actions as actions
from consilience.domains.gate import backlog_queries as queries
from consilience.domains.inventory import queries as inventory
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.kit.records import commitments
from consilience.surfaces.api.shared import (
    By,
    In,
    Moment,
    Names,
    Out,
    Page,
    Paged,
    Reference,
    Request,
    Slug,
    operation,
    paged,
    present,
    read_time,
)
from consilience.surfaces.api.versions import Reason

router = Router(tags=["gate"])


class BacklogQuery(Page):
    system: Slug | None = None


class WaitingOut(Out):
    """A version that is live and that the gate never let through."""

    system: str
    version: str
    live_since: str
    due: str
    """`overdue`, `undated` (nobody has decided), `soon` (within 90 days) or `later`"""
    until: str | None
    decided_by: By | None
    reason: str | None
    """Null where nobody decided, or the reason was erased."""


class GrandfatherIn(In):
    until: Moment
    """A bare date is a day of the workspace's zone, the last one included."""
    reason: Reason
    versions: list[Reference] | None = Field(None, max_length=5000)
    """None means all that have no day yet."""
    system: Slug | None = None


class GrandfatheredOut(Out):
    versions: int
    own: int
    """Work of your own: left to somebody else."""


@operation(router.get, "/backlog", action="gate.read")
def backlog(request: Request, query: Query[BacklogQuery]) -> Paged[WaitingOut]:
    """What was live before the gate and waits for it, overdue first."""
    asof = present()
    system = inventory.system(request.auth, query.system, asof).urn if query.system else None
    return paged(queries.backlog(request.auth, asof, system=system), query, _shown)


@operation(router.post, "/backlog", action="gate.grandfather")
def grandfather(request: Request, data: GrandfatherIn) -> GrandfatheredOut:
    """Let versions that were live before the gate wait for it until a day: one act, with who decided it and why."""
    until = read_time(data.until, end=True)
    if until is None:
        raise BadInput("until", "is missing")
    done = actions.grandfather(
        actor=request.auth, versions=data.versions, system=data.system, until=until, reason=data.reason, now=now()
    )
    return GrandfatheredOut(versions=len(done.rows), own=done.own)


def _shown(rows: Sequence[queries.Waiting]) -> list[WaitingOut]:
    given = [one.row.body for one in rows if one.row]
    names, texts = Names(one["decided_by"] for one in given), commitments.opened(one["reason"] for one in given)
    return [
        WaitingOut(
            system=one.system.slug, version=one.reference, live_since=one.live_since, due=str(one.due), until=one.until,
            decided_by=names.by(one.row.body["decided_by"]) if one.row else None,
            reason=texts.get(one.row.body["reason"]["commitment"]) if one.row else None,
        )
        for one in rows
    ]  # fmt: skip
