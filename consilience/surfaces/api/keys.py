"""Keys that people and robots sign with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from django.http import HttpResponse
from ninja import Path, Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.content import queries as content
from consilience.domains.inventory import queries as inventory
from consilience.domains.keys import actions, proving, queries, rules
from consilience.domains.keys.models import Key
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger import rules as ledger_rules
from consilience.kit.clock import now
from consilience.kit.errors import CannotTell, NotFound, WrongUse, require
from consilience.kit.naming import is_urn
from consilience.kit.records import commitments
from consilience.surfaces.api.access import principal_urn
from consilience.surfaces.api.shared import (
    MAX_INT,
    OURS,
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

router = Router(tags=["keys"])
Armoured = Annotated[str, StringConstraints(min_length=1, max_length=8000)]


class KeyIn(In):
    holder: Line = "me"
    """Yourself, or a robot."""
    kind: Literal["ssh", "ed25519"]
    public: Armoured
    """The line of an SSH key's `.pub` file, or the 32 bytes of a robot's Ed25519 key in base64."""
    possession: Armoured
    """The key's own signature over its binding: an armoured SSH signature in the namespace key@consilience, or base64."""
    label: Line
    scopes: list[Line] | None = Field(None, max_length=20)
    """Of a robot's key: what its short-lived tokens may do."""
    systems: list[Slug] | None = Field(None, max_length=500)
    until: Moment | None = None


class KeyOut(Out):
    urn: str
    holder: By
    kind: str
    algorithm: str
    fingerprint: str
    label: str | None
    bound_at: str
    position: int
    """The entry behind which its signatures count."""
    revoked_at: str | None
    device_bound: bool | None
    """Of a passkey: whether the key cannot leave its device. None where the kind of key does not say."""
    scopes: list[str] | None
    systems: list[str] | None
    until: str | None


class KeysQuery(Page):
    everybody: bool = False
    """All keys that were ever bound, revoked ones too; for those who may see grants."""


Position = Annotated[int, Field(ge=0, le=MAX_INT)]


@operation(router.get, "/keys", action=OWN)
def keys(request: Request, query: Query[KeysQuery]) -> Paged[KeyOut]:
    """Your keys in force; with `everybody` all keys."""
    actor, asof = request.auth, present()
    if query.everybody:
        access.ensure(actor, "access.read", WORKSPACE, asof)
    rows = queries.history() if query.everybody else queries.of_holder(actor.urn, asof)
    return paged(rows, query, _keys)


@operation(router.post, "/keys", action=OWN)
def bind(request: Request, data: KeyIn) -> KeyOut:
    """Bind an SSH key to yourself, or (as an administrator) an Ed25519 key to a robot. Passkeys are added on the web page."""
    actor, asof = request.auth, present()
    require(rules.not_by_token(actor))
    holder = actor.urn if data.holder == "me" else principal_urn(actor, data.holder, asof)
    prove = proving.ssh if data.kind == "ssh" else proving.ed25519
    key = prove(data.public, data.possession, holder=holder, workspace=ledger.workspace().urn.split(":")[2])
    row = actions.bind(
        actor=actor, holder=holder, key=key, label=data.label, limits=_limits(request, data, holder), now=now()
    )
    return _keys([row])[0]


@operation(router.post, "/keys/{urn}/revoke", action=OWN)
def revoke(request: Request, urn: UrnText, data: ReasonIn) -> KeyOut:
    """End a key of yours, or (managing people) of anybody: what it signs from now on counts for nothing."""
    return _keys([actions.revoke(actor=request.auth, urn=urn, reason=data.reason, now=now())])[0]


@operation(router.get, "/keys/allowed-signers", action="ledger.read")
def allowed_signers(request: Request) -> HttpResponse:
    """Every SSH key with its holder, as the file that `ssh-keygen -Y verify -f` reads."""
    access.ensure(request.auth, "ledger.read", WORKSPACE, present())
    return _plain(queries.allowed_signers().encode())


@operation(router.get, "/ledger/entries/{position}/shown", action="ledger.read")
def shown(request: Request, position: Path[Position]) -> HttpResponse:
    """The bytes that the signer of an entry was shown; their SHA-256 stands in the signed statement."""
    access.ensure(request.auth, "ledger.read", WORKSPACE, present())
    digest = ledger_rules.read(bytes(ledger.entry(position).exact)).predicate.get("shown")
    if digest is None:
        raise NotFound("signed entry", str(position))
    if not content.has(digest):
        raise CannotTell("what the signer was shown is not kept here any more")
    return _plain(content.read(digest))


def _plain(text: bytes) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response[OURS], response["Cache-Control"] = "1", "no-store"
    return response


def _limits(request: Request, data: KeyIn, holder: str) -> actions.Limits | None:
    if not is_urn(holder, "robot"):
        if data.scopes or data.systems or data.until:
            raise WrongUse("scopes, systems and until are for a robot's key: yours does what you may do")
        return None
    asof = present()
    systems = None if data.systems is None else [inventory.system(request.auth, one, asof).urn for one in data.systems]
    return actions.Limits(data.scopes or [], systems, read_time(data.until, end=True))


def _keys(rows: Sequence[Key]) -> list[KeyOut]:
    names, texts = Names(row.holder for row in rows), commitments.opened(row.body["label"] for row in rows)
    bound = queries.bindings(row.urn for row in rows)
    slugs = {urn: inventory.system_ever(urn).slug for row in rows for urn in row.body["systems"] or ()}
    return [_key(row, bound[row.urn], names, texts, slugs) for row in rows]


def _key(row: Key, first: Key, names: Names, texts: dict[str, str], slugs: dict[str, str]) -> KeyOut:
    body = row.body
    flags = body.get("webauthn") or {}
    return KeyOut(
        urn=row.urn,
        holder=names.by(row.holder),
        kind=row.kind,
        algorithm=body["algorithm"],
        fingerprint=row.fingerprint,
        label=texts.get(body["label"]["commitment"]),
        bound_at=first.valid_from,
        position=first.position,
        revoked_at=row.valid_from if row.withdrawn else None,
        device_bound=None if "backup_eligible" not in flags else not flags["backup_eligible"],
        scopes=body["scopes"],
        systems=None if body["systems"] is None else [slugs.get(urn, urn) for urn in body["systems"]],
        until=body["until"],
    )
