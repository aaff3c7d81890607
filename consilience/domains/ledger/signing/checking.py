"""Whether a signature over a statement was made with a key, by the key's kind. Pure: the key is a record's body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consilience.domains.ledger import notes
from consilience.domains.ledger.signing import dsse, sshsig, webauthn
from consilience.kit.errors import BadInput


class KeyKind(StrEnum):
    """What a key is, and so how its signatures are checked."""

    PASSKEY = "passkey"
    SSH = "ssh"
    ED25519 = "ed25519"


@dataclass(frozen=True)
class Strength:
    """What a signature says beside who: whether somebody was verified at the key, and whether the key can leave its device.

    None where the kind of key says nothing about it.
    """

    user_verified: bool | None
    device_bound: bool | None


def check(signature: dsse.Signature, payload: bytes, key: Mapping[str, Any]) -> Strength:
    """Pass when this key signed these bytes; BadInput says what does not hold."""
    kind = KeyKind(key["kind"])
    if (kind is KeyKind.PASSKEY) != (signature.assertion is not None):
        raise BadInput("signature", "is of another kind than its key")
    public, covered = notes.unbase64(key["public"], "key"), dsse.pae(payload)
    if signature.assertion is not None:
        said = key["webauthn"]
        flags = webauthn.check(
            signature.assertion, signature.sig, expected=webauthn.challenge(covered), public=public,
            rp_id=said["rp_id"], origins=said["origins"],
        )  # fmt: skip
        return Strength(flags.user_verified, not flags.backup_eligible)
    if kind is KeyKind.SSH:
        made = sshsig.check(signature.sig, covered, public)
        on_key = made.public.kind.startswith("sk-")
        return Strength(sshsig.user_verified(made) if on_key else None, True if on_key else None)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature.sig, covered)
    except (InvalidSignature, ValueError) as error:
        raise BadInput("signature", "does not match what it should have signed") from error
    return Strength(None, None)
