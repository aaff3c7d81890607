"""People, robots, the functions they hold, and the panel that may decide a block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.conf import settings
from ninja import Query, Router
from pydantic import Field

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE, Role
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import actions, queries
from consilience.domains.people.models import Person, Robot
from consilience.domains.people.rules import PEOPLE
from consilience.domains.review import actions as review
from consilience.domains.review import queries as reviews
from consilience.kit.clock import now
from consilience.kit.errors import NotFound
from consilience.kit.naming import is_urn
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf
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

router = Router(tags=["people"])


class RoleIn(In):
    role: Role
    system: Slug | None = None


class PersonIn(In):
    name: Line
    email: Line
    functions: list[Slug] = Field(default_factory=list, max_length=50)
    roles: list[RoleIn] = Field(default_factory=list, max_length=200)


class PersonOut(Out):
    urn: str
    name: str | None
    email: str | None
    """Shown to the person and to those who manage people."""
    active: bool
    functions: list[str]


class Invited(Out):
    person: PersonOut
    setup_url: str


class RobotIn(In):
    name: Slug
    purpose: Line
    owner: Line
    roles: list[RoleIn] = Field(default_factory=list, max_length=200)


class RobotOut(Out):
    urn: str
    name: str
    purpose: str
    owner: By
    active: bool


class HoldIn(In):
    function: Slug
    until: Moment | None = None


class PanelIn(In):
    people: list[Line] = Field(max_length=100)


class GrantOf(Out):
    role: str
    system: str | None


class Me(Out):
    urn: str
    name: str | None
    noun: str
    authenticated_by: str
    scopes: list[str] | None
    systems: list[str] | None
    functions: list[str]
    grants: list[GrantOf]
    workspace: str


class FunctionOut(Out):
    function: str
    title: str
    people: list[By]


class Active(Out):
    urn: str
    active: bool


class PeopleQuery(Page):
    function: Slug | None = None
    active: bool | None = None


@operation(router.get, "/me", action=OWN)
def me(request: Request) -> Me:
    """Who you are here, and what your token is limited to."""
    actor, asof = request.auth, present()
    slugs = {row.urn: row.slug for row in inventory.systems(actor, asof)}
    grants = access.grants_of(actor.urn, asof)
    live = [one for one in grants if one.until is None or asof.valid_at < one.until]
    return Me(
        urn=actor.urn,
        name=queries.names([actor.urn]).get(actor.urn),
        noun=actor.urn.split(":")[3],
        authenticated_by=str(actor.authenticated_by),
        scopes=None if actor.scopes is None else sorted(actor.scopes),
        systems=None if actor.systems is None else sorted(slugs[urn] for urn in actor.systems if urn in slugs),
        functions=sorted(queries.functions_of(actor.urn, asof)),
        grants=[
            GrantOf(role=str(one.role), system=slugs[one.system] if one.system else None)
            for one in live
            if one.system is None or one.system in slugs
        ],
        workspace=str(ledger.workspace().body["name"]),
    )


@operation(router.get, "/people", action="people.read")
def people(request: Request, query: Query[PeopleQuery]) -> Paged[PersonOut]:
    actor, asof = request.auth, present()
    access.ensure(actor, "people.read", PEOPLE, asof)
    rows = queries.persons(asof)
    if query.function is not None:
        holders = {one.person for one in queries.holdings(asof) if one.function == query.function}
        rows = [row for row in rows if row.urn in holders]
    if query.active is not None:
        rows = [row for row in rows if row.body["active"] is query.active]
    return paged(rows, query, lambda chosen: _persons(actor, chosen, asof))


@operation(router.post, "/people", action="people.manage")
def invite(request: Request, data: PersonIn) -> Invited:
    """Invite a person. The answer holds the link by which they choose their password; it is shown this once."""
    actor, asof = request.auth, present()
    access.ensure(actor, "people.manage", WORKSPACE, asof)
    person, secret = actions.invite(
        actor=actor, name=data.name, email=data.email, functions=data.functions,
        roles=roles(actor, data.roles, asof), now=now(),
    )  # fmt: skip
    return Invited(person=_persons(actor, [person], present())[0], setup_url=setup_url(secret))


@operation(router.get, "/people/{urn}", action="people.read")
def person(request: Request, urn: UrnText) -> PersonOut:
    actor, asof = request.auth, present()
    access.ensure(actor, "people.read", PEOPLE, asof, what="person", named=urn)
    return _persons(actor, [_known_person(urn, asof)], asof)[0]


@operation(router.post, "/people/{urn}/deactivate", action="people.manage")
def deactivate(request: Request, urn: UrnText) -> Active:
    """End every right of a person or robot at once."""
    return _active(actions.deactivate(actor=request.auth, urn=urn, now=now()))


@operation(router.post, "/people/{urn}/reactivate", action="people.manage")
def reactivate(request: Request, urn: UrnText) -> Active:
    return _active(actions.reactivate(actor=request.auth, urn=urn, now=now()))


@operation(router.post, "/people/{urn}/functions", action="people.manage")
def hold(request: Request, urn: UrnText, data: HoldIn) -> PersonOut:
    """Let a person speak for a function, until a moment or for good."""
    actor = request.auth
    actions.hold(actor=actor, person=urn, function=data.function, until=read_time(data.until, end=True), now=now())
    return _persons(actor, [_known_person(urn, present())], present())[0]


@operation(router.delete, "/people/{urn}/functions/{function}", action="people.manage")
def end_holding(request: Request, urn: UrnText, function: Slug) -> PersonOut:
    actions.end_holding(actor=request.auth, person=urn, function=function, now=now())
    return _persons(request.auth, [_known_person(urn, present())], present())[0]


@operation(router.get, "/functions", action="people.read")
def functions(request: Request) -> list[FunctionOut]:
    """The functions, and who speaks for each."""
    asof = present()
    access.ensure(request.auth, "people.read", PEOPLE, asof)
    held = queries.holders(asof)
    names = Names(urn for urns in held.values() for urn in urns)
    return [
        FunctionOut(function=slug, title=title, people=[names.by(urn) for urn in held.get(slug, ())])
        for slug, title in queries.functions(asof).items()
    ]


@operation(router.get, "/panel", action="people.read")
def panel(request: Request) -> list[By]:
    """Two of these people can decide that a block ends."""
    asof = present()
    access.ensure(request.auth, "people.read", PEOPLE, asof)
    members = reviews.panel(asof)
    names = Names(members)
    return [names.by(urn) for urn in members]


@operation(router.post, "/panel", action="access.manage")
def name_panel(request: Request, data: PanelIn) -> list[By]:
    actor, asof = request.auth, present()
    access.ensure(actor, "access.manage", WORKSPACE, asof)
    row = review.name_panel(actor=actor, people_urns=[person_urn(actor, one, asof) for one in data.people], now=now())
    names = Names(row.body["people"])
    return [names.by(urn) for urn in row.body["people"]]


@operation(router.get, "/robots", action="people.read")
def robots(request: Request, query: Query[Page]) -> Paged[RobotOut]:
    asof = present()
    access.ensure(request.auth, "people.read", PEOPLE, asof)
    return paged(queries.robots(asof), query, _robots)


@operation(router.post, "/robots", action="people.manage")
def add_robot(request: Request, data: RobotIn) -> RobotOut:
    """Add a robot. A person answers for it; it acts with tokens."""
    actor, asof = request.auth, present()
    access.ensure(actor, "people.manage", WORKSPACE, asof)
    row = actions.add_robot(
        actor=actor, slug=data.name, purpose=data.purpose, owner=person_urn(actor, data.owner, asof),
        roles=roles(actor, data.roles, asof), now=now(),
    )  # fmt: skip
    return _robots([row])[0]


def person_urn(actor: Actor, text: str, asof: AsOf) -> str:
    """The person whom a URN, a log-in address or `me` names; NotFound otherwise."""
    access.ensure(actor, "people.read", PEOPLE, asof, what="person", named=text)
    if text == "me":
        return actor.urn
    urn = text if is_urn(text, "person") else queries.by_email([text]).get(text.strip().lower(), "")
    if not urn or queries.person(urn, asof) is None:
        raise NotFound("person", text)
    return urn


def roles(actor: Actor, said: Iterable[RoleIn], asof: AsOf) -> list[tuple[Role, str | None]]:
    """Roles with the URNs of their systems."""
    return [(one.role, inventory.system(actor, one.system, asof).urn if one.system else None) for one in said]


def setup_url(secret: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}/setup/{secret}"


def _known_person(urn: str, asof: AsOf) -> Person:
    row = queries.person(urn, asof)
    if row is None:
        raise NotFound("person", urn)
    return row


def _active(row: Person | Robot) -> Active:
    return Active(urn=row.urn, active=row.body["active"])


def _persons(actor: Actor, rows: Sequence[Person], asof: AsOf) -> list[PersonOut]:
    manages = access.can(actor, "people.manage", WORKSPACE, asof) is None
    names = queries.names(row.urn for row in rows)
    addresses = commitments.opened(row.body["email"] for row in rows if manages or row.urn == actor.urn)
    held: dict[str, list[str]] = {}
    for one in queries.holdings(asof):
        held.setdefault(one.person, []).append(one.function)
    return [
        PersonOut(
            urn=row.urn,
            name=names.get(row.urn),
            email=addresses.get(row.body["email"]["commitment"]),
            active=row.body["active"],
            functions=sorted(held.get(row.urn, ())),
        )
        for row in rows
    ]


def _robots(rows: Sequence[Robot]) -> list[RobotOut]:
    names = Names(row.body["owner"] for row in rows)
    return [
        RobotOut(
            urn=row.urn, name=row.slug, purpose=row.body["purpose"],
            owner=names.by(row.body["owner"]), active=row.body["active"],
        )
        for row in rows
    ]  # fmt: skip
