"""Binding and revoking keys; preparing acts for signing, and doing them once they are signed."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from consilience.domains.access import queries as access
from consilience.domains.access.rules import SCOPES, WORKSPACE
from consilience.domains.content import actions as content
from consilience.domains.keys import queries, rules
from consilience.domains.keys.models import Key, Preparation
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.seals import FIELDS, Drawn, Prepared, Preparing, Sealed, Shown
from consilience.domains.ledger.signing import checking, dsse
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.domains.people import queries as people
from consilience.kit import canonical
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, NotFound, Refused, WrongUse, refusal, require
from consilience.kit.records.models import AsOf

R = TypeVar("R")


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


def asking(*, actor: Actor, key: str, show: Callable[[Shown], bytes], now: Instant) -> Actor:
    """The actor with whom an act is worked out up to its statement and then raises `Prepared`: nothing is recorded.

    `show` writes down what the person is shown. NotFound where the key is not one of theirs that stands.
    """
    row = queries.own(actor.urn, key, ledger.present(now))
    seal = Preparing(key=row.urn, nonce=secrets.token_hex(32), expires_at=shift(now, minutes=rules.MINUTES), show=show)
    return replace(rules.within(actor, row.body), authenticated_by=rules.WAYS[KeyKind(row.kind)], seal=seal)


def keep(actor: Actor, found: Prepared, *, now: Instant) -> Preparation:
    """Keep what an act of an `asking` actor came to, until its signature comes or its time is over."""
    seal = actor.seal
    if not isinstance(seal, Preparing):
        raise TypeError("only what was asked for by a key is kept for it")
    forget_late(now=now)
    return Preparation.objects.create(
        nonce=seal.nonce, actor=actor.urn, key=seal.key, statement=found.statement, shown=found.shown, at=found.at,
        expires_at=seal.expires_at, drawn=json.dumps({"urns": found.drawn.urns, "salts": found.drawn.salts}),
    )  # fmt: skip


def prepare(
    *, actor: Actor, key: str, run: Callable[[Actor], object], show: Callable[[Shown], bytes], now: Instant
) -> Preparation:
    """Work an act out and keep what is to be signed. Whatever the act refuses is refused here; nothing is recorded.

    `run` does the act with the actor that it is given; `show` writes down what the person is shown.
    """
    asked = asking(actor=actor, key=key, show=show, now=now)
    try:
        run(asked)
    except Prepared as found:
        return keep(asked, found, now=now)
    raise WrongUse("there is nothing to sign: this records no act")


def refusing(actor: Actor, error: Exception) -> Actor:
    """The actor with whom an act does everything but record: where it would, it raises this error."""

    def refuse(_: Shown) -> bytes:
        raise error

    return replace(actor, seal=Preparing(key="", nonce="", expires_at=Instant(""), show=refuse))


def forget_late(*, now: Instant) -> None:
    """Take away what waited too long for its signature: it holds texts in clear, and nobody can sign it any more."""
    Preparation.objects.filter(expires_at__lte=now).delete()


def complete(*, actor: Actor, nonce: str, signature: dsse.Signature, run: Callable[[Actor], R], now: Instant) -> R:
    """Do a prepared act under its signature, which is checked first; one that does not hold records nothing.

    `run` does the same act again; what it would record otherwise than was signed is refused.
    """
    return run(sealed(actor=actor, nonce=nonce, signature=signature, now=now))


def sealed(*, actor: Actor, nonce: str, signature: dsse.Signature, now: Instant) -> Actor:
    """The actor with whom a prepared act is done again and recorded under this signature, which holds."""
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
        at=Instant(row.at), signature=signature, received_at=now, check=lambda asof: _use(row, key, actor, asof),
    )  # fmt: skip
    return replace(rules.within(actor, key.body), authenticated_by=rules.WAYS[KeyKind(key.kind)], seal=seal)


def _use(row: Preparation, key: Key, actor: Actor, asof: AsOf) -> None:
    """Under the lock: revocation and deactivation that came first win, and a preparation is used once.

    What was shown is kept with the act or not at all: it holds personal texts in clear.
    """
    if queries.in_force(key.urn, asof) is None or not people.is_active(actor.urn, asof):
        raise Refused(refusal("key_revoked"))
    if not Preparation.objects.filter(nonce=row.nonce).delete()[0]:
        raise NotFound("act that waits for its signature", row.nonce[:12])
    content.put(bytes(row.shown), now=asof.valid_at)


def _check_limits(limits: Limits, at: Instant) -> None:
    unknown = sorted(set(limits.scopes) - SCOPES.keys())
    if not limits.scopes or unknown:
        raise BadInput("scopes", f"expected some of {', '.join(SCOPES)}")
    if limits.until is not None and limits.until <= at:
        raise BadInput("until", "must lie ahead")
