"""Which keys may be bound, and by whom. Values in, a refusal or a sentence out."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.ledger.signing import sshsig
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import Refusal, refusal
from consilience.kit.naming import is_urn

MINUTES = 10
"""How long a prepared act waits for its signature."""
POSSESSION = "key@consilience"
"""The SSH namespace of the proof that whoever binds a key holds it: it can never pass for a sign-off."""
MAX_KEYS = 20
"""Keys of one holder in force at once."""
WAYS: Mapping[KeyKind, AuthenticatedBy] = {
    KeyKind.PASSKEY: AuthenticatedBy.PASSKEY,
    KeyKind.SSH: AuthenticatedBy.SSH,
    KeyKind.ED25519: AuthenticatedBy.ROBOT_KEY,
}


@dataclass(frozen=True)
class NewKey:
    """A key as it is handed in, after its form and the proof that its holder has it were checked.

    `public`: SubjectPublicKeyInfo in DER of a passkey, the SSH blob, the 32 bytes of an Ed25519 key. `details` are
    fields of the record's body that only this kind has.
    """

    kind: KeyKind
    public: bytes
    algorithm: str
    details: Mapping[str, Any]


def fingerprint(kind: KeyKind, public: bytes) -> str:
    """How people tell keys apart: as `ssh-keygen -l` says it for SSH keys, SHA-256 in hexadecimal for others."""
    if kind is KeyKind.SSH:
        return sshsig.PublicKey("", public).fingerprint
    return hashlib.sha256(public).hexdigest()


def possession(workspace: str, holder: str, found: str) -> bytes:
    """What the key itself signs when it is bound: this key, for this holder, in this workspace."""
    return canonical.encode({"binds": found, "holder": holder, "workspace": workspace})


def may_bind(actor: Actor, holder: str, kind: KeyKind, *, manages: bool) -> Refusal | None:
    """A person binds their own keys; an administrator binds a robot's. Nobody binds a key to another person."""
    refused = not_by_token(actor)
    if refused is not None:
        return refused
    robots = is_urn(holder, "robot")
    if robots != (kind is KeyKind.ED25519):
        return refusal("key_kind_of_holder", kind=str(kind))
    if robots:
        return None if manages else refusal("key_of_robot")
    return None if actor.urn == holder else refusal("key_for_another_person")


def not_by_token(actor: Actor) -> Refusal | None:
    """Somebody who finds a token must not be able to make themselves a key that outlives it."""
    return None if actor.scopes is None else refusal("token_makes_no_key")


def may_revoke(actor: Actor, holder: str, *, manages: bool) -> Refusal | None:
    """The holder, or whoever manages people. Revoking is never made hard: a stolen key ends at once."""
    return None if manages or actor.urn == holder else refusal("key_of_another")


def not_bound_twice(found: str, bound: Collection[str]) -> Refusal | None:
    """A key is bound once and for ever: after its revocation too, or its old signatures could change their owner."""
    return refusal("key_bound_before") if found in bound else None


def too_many(count: int) -> Refusal | None:
    return refusal("key_too_many", count=count) if count >= MAX_KEYS else None


def stands(body: Mapping[str, Any], at: Instant) -> bool:
    """Whether a key that was not revoked may still sign: it has not expired."""
    return body["until"] is None or at < body["until"]


def within(actor: Actor, body: Mapping[str, Any]) -> Actor:
    """The actor, allowed no more than this key: a token of wider scope does not widen what the key may sign."""
    return replace(actor, scopes=_both(actor.scopes, body["scopes"]), systems=_both(actor.systems, body["systems"]))


def _both(said: frozenset[str] | None, limits: Collection[str] | None) -> frozenset[str] | None:
    """What two limits both allow; None limits nothing."""
    if limits is None:
        return said
    return frozenset(limits) if said is None else said & frozenset(limits)
