"""Waivers: requirements that were set aside for a release, until when, and what is done in their place."""

from __future__ import annotations

from collections.abc import Sequence

from ninja import Query, Router

from consilience.domains.ledger.rules import Actor
from consilience.domains.release import queries as releases
from consilience.domains.release.rules import Stage
from consilience.domains.review import actions
from consilience.domains.review import waiver_queries as queries
from consilience.domains.review.waiver_queries import State
from consilience.kit.clock import now
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf
from consilience.surfaces.api.review import Words
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
    UrnText,
    operation,
    paged,
    present,
    read_time,
)
from consilience.surfaces.api.versions import ReasonIn

router = Router(tags=["review"])


class WaiverIn(In):
    policy: Slug
    requirement: Slug
    until: Moment
    reason: Words
    control: Words
    """What is done in place of what the requirement asks."""


class WaiverOut(Out):
    urn: str
    release: str
    """The URN of the release."""
    reference: str
    policy: str
    requirement: str
    by: By
    function: str
    """The function by which it was granted."""
    granted_at: str
    until: str
    state: str
    """`in_force`, `over` (its day came) or `withdrawn`."""
    reason: str | None
    control: str | None


class WaiversQuery(Page):
    state: State | None = None


@operation(router.get, "/waivers", action="review.read")
def waivers(request: Request, query: Query[WaiversQuery]) -> Paged[WaiverOut]:
    """Requirements that were set aside in systems that you may know of: those in force first, the next to end first."""
    asof = present()
    rows = [one for one in queries.listed(request.auth, asof) if query.state in (None, one.state)]
    return paged(rows, query, lambda chosen: _shown(chosen, asof))


@operation(router.post, "/releases/{system}/{version}/{stage}/waivers", action="review.sign_off", signable=True)
def waive(request: Request, system: Slug, version: Reference, stage: Stage, data: WaiverIn) -> WaiverOut:
    """Set a requirement aside for a release until a day, as somebody whom the requirement entitles."""
    found = releases.release(request.auth, system, version, stage, present())
    until = read_time(data.until, end=True)
    assert until is not None
    row = actions.waive(
        actor=request.auth,
        release=found.urn,
        requirement=f"{data.policy}/{data.requirement}",
        until=until,
        reason=data.reason,
        control=data.control,
        now=now(),
    )
    return _one(row.urn, request.auth)


@operation(router.post, "/waivers/{urn}/withdraw", action="review.sign_off", signable=True)
def withdraw_waiver(request: Request, urn: UrnText, data: ReasonIn) -> WaiverOut:
    """Take a waiver back before its day: the requirement is asked again at once."""
    actions.withdraw_waiver(actor=request.auth, urn=urn, reason=data.reason, now=now())
    return _one(urn, request.auth)


def _one(urn: str, actor: Actor) -> WaiverOut:
    asof = present()
    return _shown([one for one in queries.listed(actor, asof) if one.row.urn == urn], asof)[0]


def _shown(rows: Sequence[queries.Known], asof: AsOf) -> list[WaiverOut]:
    names, labels = Names(one.row.person for one in rows), releases.references({one.row.release for one in rows}, asof)
    texts = commitments.opened([one.row.body[name] for one in rows for name in ("reason", "control")])
    return [
        WaiverOut(
            urn=one.row.urn,
            release=one.row.release,
            reference=labels.get(one.row.release, one.row.release),
            **{name: one.row.body[name] for name in ("policy", "requirement", "function", "granted_at", "until")},
            by=names.by(one.row.person),
            state=str(one.state),
            reason=texts.get(one.row.body["reason"]["commitment"]),
            control=texts.get(one.row.body["control"]["commitment"]),
        )
        for one in rows
    ]
