"""Delegations: who decides in whose stead, until when."""

from __future__ import annotations

from collections.abc import Sequence

from ninja import Query, Router

from consilience.domains.access import queries as access
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people.rules import PEOPLE
from consilience.domains.review import actions
from consilience.domains.review import delegation_queries as queries
from consilience.domains.review.delegation_queries import State
from consilience.kit.clock import Instant, now
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf
from consilience.surfaces.api.people import person_urn
from consilience.surfaces.api.review import Words
from consilience.surfaces.api.shared import (
    OWN,
    By,
    In,
    Line,
    Moment,
    Names,
    Out,
    Page,
    Paged,
    Request,
    Slug,
    UrnText,
    operation,
    paged,
    present,
    read_time,
)
from consilience.surfaces.api.versions import ReasonIn

router = Router(tags=["review"])


class DelegationIn(In):
    function: Slug
    to: Line
    """URN or log-in address."""
    system: Slug | None = None
    """Where; everywhere when it is left out."""
    starts: Moment | None = None
    until: Moment
    reason: Words


class DelegationOut(Out):
    urn: str
    function: str
    by: By
    """Whose voice it is."""
    to: By
    system: str | None
    starts: str
    until: str
    state: str
    """`ahead`, `in_force`, `over` (its day came) or `ended` (before its day)."""
    reason: str | None
    """Why it was given; of one that was ended, why it ended."""


class DelegationsQuery(Page):
    state: State | None = None


@operation(router.get, "/delegations", action="people.read")
def delegations(request: Request, query: Query[DelegationsQuery]) -> Paged[DelegationOut]:
    """Who decides in whose stead: every delegation that you may know of, the newest first."""
    actor, asof = request.auth, present()
    access.ensure(actor, "people.read", PEOPLE, asof)
    rows = [one for one in queries.listed(actor, asof) if query.state in (None, one.state)]
    return paged(rows, query, lambda chosen: _shown(chosen, actor, asof))


@operation(router.post, "/delegations", action="review.sign_off", signable=True)
def delegate(request: Request, data: DelegationIn) -> DelegationOut:
    """Lend your voice for one function to another person, until a day."""
    actor, asof = request.auth, present()
    until = read_time(data.until, end=True)
    assert until is not None
    row = actions.delegate(
        actor=actor,
        function=data.function,
        to=person_urn(actor, data.to, asof),
        system=inventory.system(actor, data.system, asof).urn if data.system else None,
        start=read_time(data.starts),
        until=until,
        reason=data.reason,
        now=now(),
    )
    return _one(row.urn, actor)


@operation(router.post, "/delegations/{urn}/end", action=OWN, signable=True)
def end(request: Request, urn: UrnText, data: ReasonIn) -> DelegationOut:
    """End a delegation before its day: one of yours, or as who manages people."""
    actions.end_delegation(actor=request.auth, urn=urn, reason=data.reason, now=now())
    return _one(urn, request.auth)


def _one(urn: str, actor: Actor) -> DelegationOut:
    asof = present()
    return _shown([one for one in queries.listed(actor, asof) if one.row.urn == urn], actor, asof)[0]


def _shown(rows: Sequence[queries.Known], actor: Actor, asof: AsOf) -> list[DelegationOut]:
    names = Names([urn for one in rows for urn in (one.row.person, one.row.receiver)])
    texts = commitments.opened([one.row.body["reason"] for one in rows])
    slugs = {row.urn: row.slug for row in inventory.systems(actor, asof)}
    return [
        DelegationOut(
            urn=one.row.urn,
            function=one.row.function,
            by=names.by(one.row.person),
            to=names.by(one.row.receiver),
            system=slugs.get(one.row.body["system"], one.row.body["system"]) if one.row.body["system"] else None,
            starts=one.start,
            until=Instant(one.row.body["until"]),
            state=str(one.state),
            reason=texts.get(one.row.body["reason"]["commitment"]),
        )
        for one in rows
    ]
