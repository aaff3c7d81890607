"""Binding and revoking keys; preparing acts for signing, and doing them once they are signed."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consilience.domains.access import queries as access
from consilience.domains.access.rules import SCOPES, WORKSPACE
from consilience.domains.content import actions as content
from consilience.domains.keys import queries, rules
from consilience.domains.keys.models import Key, Preparation
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.seals import FIELDS, Drawn, Prepared, Preparing, Sealed
from consilience.domains.ledger.signing import checking, dsse
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.domains.people import queries as people
from consilience.kit import canonical
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, NotFound, Refused, refusal, require
from consilience.kit.records.models import AsOf, Record

Deed = Callable[[Actor, Mapping[str, Any], Instant], Record]
"""An act that can be signed: it is done with the actor, what was asked for, and the time of its preparation."""


@dataclass(frozen=True)
class Limits:
    """What a robot's key may do, as a token's: scopes, systems by URN (None means all of the robot's), and until when."""

    scopes: Sequence[str]
    systems: Sequence[str] | None
    until: Instant | None


def bind(
    *, actor: Actor, holder: str, key: rules.NewKey, label: str, limits: Limits | None = None, now: Instant
) -> Key:
    """Bind a key to the actor, or to a robot. From this entry on its signatures count."""
    with act(actor, verb="keys.bound", at=now) as opened:
        manages = access.can(actor, "people.manage", WORKSPACE, opened.asof) is None
        require(rules.may_bind(actor, holder, key.kind, manages=manages))
        if not people.is_active(holder, opened.asof):
            raise NotFound("holder", holder)
        found = rules.fingerprint(key.kind, key.public)
        require(rules.not_bound_twice(found, queries.fingerprints()))
        require(rules.too_many(len(queries.of_holder(holder, opened.asof))))
        if not label.strip():
            raise BadInput("label", "expected a name by which the key is told from others")
        if limits is not None:
            _check_limits(limits, opened.at)
        opened.note(kind=str(key.kind), fingerprint=found, holder=holder)
        return opened.record(
            Key,
            body={
                "holder": holder,
                "kind": str(key.kind),
                "algorithm": key.algorithm,
                "public": base64.b64encode(key.public).decode(),
                "fingerprint": found,
                "label": opened.private(label.strip()),
                "bound_by": actor.urn,
                "proved_by": str(actor.authenticated_by),
                "scopes": sorted(set(limits.scopes)) if limits else None,
                "systems": None if limits is None or limits.systems is None else sorted(set(limits.systems)),
                "until": limits.until if limits else None,
                **key.details,
            },
        )


def revoke(*, actor: Actor, urn: str, reason: str, now: Instant) -> Key:
    """End a key: what it signs from this entry on counts for nothing; what it signed before stands."""
    with act(actor, verb="keys.revoked", at=now) as opened:
        row = Key.objects.as_of(opened.asof).filter(urn=urn).first()
        manages = access.can(actor, "people.manage", WORKSPACE, opened.asof) is None
        if row is None or (rules.may_revoke(actor, row.holder, manages=manages) is not None):
            raise NotFound("key", urn)
        if not reason.strip():
            raise BadInput("reason", "say why the key ends: lost, stolen, replaced")
        opened.note(kind=row.kind, fingerprint=row.fingerprint, holder=row.holder)
        return opened.withdraw(row, revoked_by=actor.urn, reason=opened.private(reason.strip()))


def prepare(
    *, actor: Actor, key: str, deed: str, inputs: Mapping[str, Any], shown: bytes, run: Deed, now: Instant
) -> Preparation:
    """Work an act out and keep what is to be signed. Whatever the act refuses is refused here; nothing is recorded.

    `shown` are the bytes that the person is shown; the statement names their digest.
    """
    row = queries.own(actor.urn, key, ledger.present(now))
    nonce, expires = secrets.token_hex(32), shift(now, minutes=rules.MINUTES)
    seal = Preparing(key=row.urn, shown=canonical.sha256(shown), nonce=nonce, expires_at=expires)
    try:
        run(replace(actor, authenticated_by=rules.WAYS[KeyKind(row.kind)], seal=seal), inputs, now)
    except Prepared as found:
        Preparation.objects.filter(expires_at__lte=now).delete()
        return Preparation.objects.create(
            nonce=nonce, actor=actor.urn, key=row.urn, deed=deed, inputs=json.dumps(dict(inputs)),
            statement=found.statement, shown=shown, at=found.at, expires_at=expires,
            drawn=json.dumps({"urns": found.drawn.urns, "salts": found.drawn.salts}),
        )  # fmt: skip
    raise RuntimeError(f"{deed} was done instead of being prepared")


def complete(*, actor: Actor, nonce: str, signature: dsse.Signature, run: Deed, now: Instant) -> Record:
    """Do a prepared act under its signature, which is checked first; one that does not hold records nothing."""
    row = queries.prepared(nonce, actor.urn, now)
    statement, drawn = bytes(row.statement), json.loads(row.drawn)
    key = queries.in_force(row.key, ledger.present(now))
    if key is None:
        raise Refused(refusal("key_revoked"))
    signature = replace(signature, keyid=row.key)
    checking.check(signature, statement, key.body)
    predicate = canonical.decode(statement)["predicate"]
    seal = Sealed(
        statement=statement, fields={name: predicate[name] for name in FIELDS}, drawn=Drawn(**drawn),
        at=Instant(row.at), signature=signature, received_at=now, check=lambda asof: _still_stands(key, actor, asof),
    )  # fmt: skip
    content.put(bytes(row.shown), now=now)
    signed = replace(actor, authenticated_by=rules.WAYS[KeyKind(key.kind)], seal=seal)
    record = run(signed, json.loads(row.inputs), Instant(row.at))
    row.delete()
    return record


def _still_stands(key: Key, actor: Actor, asof: AsOf) -> None:
    """Under the lock: revocation and deactivation that came first win."""
    if queries.in_force(key.urn, asof) is None or not people.is_active(actor.urn, asof):
        raise Refused(refusal("key_revoked"))


def _check_limits(limits: Limits, at: Instant) -> None:
    unknown = sorted(set(limits.scopes) - SCOPES.keys())
    if not limits.scopes or unknown:
        raise BadInput("scopes", f"expected some of {', '.join(SCOPES)}")
    if limits.until is not None and limits.until <= at:
        raise BadInput("until", "must lie ahead")
