"""Assertions of passkeys, checked offline and without a WebAuthn library. Pure.

Source: W3C Web Authentication level 3: 5.8.1 (client data), 6.1 (authenticator data), 7.2 (verifying an assertion). Two
things are stricter than there: the user must have been verified, and a page inside a page of another origin is refused.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from consilience.domains.ledger.signing.dsse import Assertion
from consilience.kit import canonical
from consilience.kit.errors import BadInput

USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP = 0x01, 0x04, 0x08, 0x10
MAX_CLIENT_DATA = 8192


@dataclass(frozen=True)
class Flags:
    """What an authenticator says of itself and of the person before it."""

    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    """Backup eligible: the key can be copied to other devices, so it proves the account and not one device."""


def challenge(pae: bytes) -> bytes:
    """What the authenticator is asked to sign: SHA-256 of the pre-authentication encoding."""
    return hashlib.sha256(pae).digest()


def check(
    assertion: Assertion, signature: bytes, *, expected: bytes, public: bytes, rp_id: str, origins: Collection[str]
) -> Flags:
    """Pass when the key signed this challenge on a page of ours with its user verified; BadInput says what does not hold.

    `public` is the SubjectPublicKeyInfo in DER.
    """
    _client_data(assertion.client_data, expected, origins)
    flags = _authenticator_data(assertion.authenticator_data, rp_id)
    signed = assertion.authenticator_data + hashlib.sha256(assertion.client_data).digest()
    try:
        _verify(public, signature, signed)
    except InvalidSignature as error:
        raise BadInput("passkey", "its signature does not match what it should have signed") from error
    return flags


def _client_data(raw: bytes, expected: bytes, origins: Collection[str]) -> None:
    if len(raw) > MAX_CLIENT_DATA:
        raise BadInput("passkey", "its client data is too long")
    said: Any = canonical.decode(raw)
    canonical.within_bounds(raw.decode("utf-8"))
    if not isinstance(said, dict) or said.get("type") != "webauthn.get":
        raise BadInput("passkey", "is no assertion")
    if said.get("challenge") != base64.urlsafe_b64encode(expected).decode().rstrip("="):
        raise BadInput("passkey", "signed something else than this statement")
    if said.get("origin") not in origins:
        raise BadInput("passkey", f"signed on {str(said.get('origin'))[:80]!r}, which is not where this key belongs")
    if said.get("crossOrigin", False) is not False or "topOrigin" in said:
        raise BadInput("passkey", "signed inside a page of another origin")


def _authenticator_data(raw: bytes, rp_id: str) -> Flags:
    if len(raw) < 37 or raw[:32] != hashlib.sha256(rp_id.encode()).digest():
        raise BadInput("passkey", "its authenticator data belongs to another site")
    flags = raw[32]
    if not flags & USER_PRESENT or not flags & USER_VERIFIED:
        raise BadInput("passkey", "does not say that its user was verified")
    if flags & BACKED_UP and not flags & BACKUP_ELIGIBLE:
        raise BadInput("passkey", "says that it is backed up and cannot be")
    return Flags(True, bool(flags & BACKUP_ELIGIBLE), bool(flags & BACKED_UP))


def _verify(public: bytes, signature: bytes, signed: bytes) -> None:
    try:
        key = load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput("passkey", "its public key cannot be read") from error
    match key:
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
            key.verify(signature, signed, ec.ECDSA(SHA256()))
        case ed25519.Ed25519PublicKey():
            key.verify(signature, signed)
        case rsa.RSAPublicKey():
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        case _:
            raise BadInput("passkey", "is of a kind that may not sign here: expected ES256, EdDSA or RS256")
