"""Grants and tokens."""

from __future__ import annotations

from collections.abc import Sequence

from ninja import Query, Router
from pydantic import Field

from consilience.domains.access import actions, queries
from consilience.domains.access.models import Grant, Token
from consilience.domains.access.rules import WORKSPACE, Role
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import actions as people_actions
from consilience.domains.people import queries as people
from consilience.kit.clock import now
from consilience.kit.errors import NotFound
from consilience.kit.naming import is_urn
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf
from consilience.surfaces.api.people import person_urn
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

router = Router(tags=["access"])


class GrantIn(In):
    principal: Line
    """A person (URN or log-in address) or a robot (URN or name)."""
    role: Role
    system: Slug | None = None
    """None grants the role in the whole workspace."""
    until: Moment | None = None


class GrantOut(Out):
    urn: str
    principal: By
    role: str
    system: str | None
    until: str | None


class TokenIn(In):
    principal: Line = "me"
    """Yourself, or a robot."""
    label: Line
    scopes: list[Line] = Field(min_length=1, max_length=20)
    systems: list[Slug] | None = Field(None, max_length=500)
    days: int = Field(90, ge=1, le=actions.MAX_TOKEN_DAYS)


class TokenOut(Out):
    urn: str
    principal: By
    label: str | None
    scopes: list[str]
    systems: list[str] | None
    expires_at: str
    expired: bool


class TokenMade(Out):
    secret: str
    """Shown this once; only its digest is kept."""
    token: TokenOut


class Ended(Out):
    urn: str
    withdrawn: bool


class GrantsQuery(Page):
    principal: UrnText | None = None


class TokensQuery(Page):
    everybody: bool = False


@operation(router.get, "/grants", action="access.read")
def grants(request: Request, query: Query[GrantsQuery]) -> Paged[GrantOut]:
    asof = present()
    queries.ensure(request.auth, "access.read", WORKSPACE, asof)
    rows = [row for row in queries.grants(asof) if query.principal in (None, row.principal)]
    return paged(rows, query, lambda chosen: _grants(request.auth, chosen, asof))


@operation(router.post, "/grants", action="access.manage")
def grant(request: Request, data: GrantIn) -> GrantOut:
    actor, asof = request.auth, present()
    queries.ensure(actor, "access.manage", WORKSPACE, asof)
    system = inventory.system(actor, data.system, asof).urn if data.system else None
    row = actions.grant(
        actor=actor, principal=principal_urn(actor, data.principal, asof), role=data.role, system=system,
        until=read_time(data.until, end=True), now=now(),
    )  # fmt: skip
    return _grants(actor, [row], asof)[0]


@operation(router.delete, "/grants/{urn}", action="access.manage")
def end_grant(request: Request, urn: UrnText) -> Ended:
    row = people_actions.end_grant(actor=request.auth, urn=urn, now=now())
    return Ended(urn=row.urn, withdrawn=row.withdrawn)


@operation(router.get, "/tokens", action=OWN)
def tokens(request: Request, query: Query[TokensQuery]) -> Paged[TokenOut]:
    """Your tokens; with `everybody` all of them, for those who may see grants."""
    actor, asof = request.auth, present()
    if query.everybody:
        queries.ensure(actor, "access.read", WORKSPACE, asof)
    rows = [row for row in queries.tokens(asof) if query.everybody or row.principal == actor.urn]
    return paged(rows, query, lambda chosen: _tokens(actor, chosen, asof))


@operation(router.post, "/tokens", action=OWN)
def make_token(request: Request, data: TokenIn) -> TokenMade:
    """Make a token for yourself, or (as an administrator) for a robot. The secret is in the answer, this once."""
    actor, asof = request.auth, present()
    principal = actor.urn if data.principal == "me" else principal_urn(actor, data.principal, asof)
    systems = None if data.systems is None else [inventory.system(actor, slug, asof).urn for slug in data.systems]
    secret, row = actions.make_token(
        actor=actor, principal=principal, label=data.label, scopes=data.scopes,
        systems=systems, days=data.days, now=now(),
    )  # fmt: skip
    return TokenMade(secret=secret, token=_tokens(actor, [row], present())[0])


@operation(router.delete, "/tokens/{urn}", action=OWN)
def withdraw_token(request: Request, urn: UrnText) -> Ended:
    """End a token at once: its owner may, and administrators. A token needs scope `manage`, but to end itself."""
    row = actions.withdraw_token(actor=request.auth, urn=urn, now=now())
    return Ended(urn=row.urn, withdrawn=row.withdrawn)


def principal_urn(actor: Actor, text: str, asof: AsOf) -> str:
    """The person or robot that a client named: by URN, log-in address, robot's name, or `me`."""
    if text == "me":  # yourself, even where a robot of that name was made before it was refused
        return person_urn(actor, text, asof)
    robots = people.robots(asof) if is_urn(text, "robot") or "@" not in text else []
    for row in robots:
        if text in (row.urn, row.slug):
            queries.ensure(actor, "access.manage", WORKSPACE, asof, what="person", named=text)
            return row.urn
    if is_urn(text, "robot"):
        raise NotFound("robot", text)
    return person_urn(actor, text, asof)


def _slugs(actor: Actor, asof: AsOf) -> dict[str, str]:
    return {row.urn: row.slug for row in inventory.systems(actor, asof)}


def _grants(actor: Actor, rows: Sequence[Grant], asof: AsOf) -> list[GrantOut]:
    names, slugs = Names(row.principal for row in rows), _slugs(actor, asof)
    return [
        GrantOut(
            urn=row.urn, principal=names.by(row.principal), role=row.role,
            system=slugs.get(row.system, row.system) if row.system else None, until=row.body["until"],
        )
        for row in rows
    ]  # fmt: skip


def _tokens(actor: Actor, rows: Sequence[Token], asof: AsOf) -> list[TokenOut]:
    names, slugs = Names(row.principal for row in rows), _slugs(actor, asof)
    labels = commitments.opened(row.body["label"] for row in rows)
    return [
        TokenOut(
            urn=row.urn,
            principal=names.by(row.principal),
            label=labels.get(row.body["label"]["commitment"]),
            scopes=row.body["scopes"],
            systems=None if row.body["systems"] is None else [slugs.get(urn, urn) for urn in row.body["systems"]],
            expires_at=row.body["expires_at"],
            expired=asof.valid_at >= row.body["expires_at"],
        )
        for row in rows
    ]
