"""Passkeys as they are registered: what a browser is asked for, and whether its answer holds. Pure.

Source: W3C Web Authentication level 3, 7.1 (registering a credential), checked by py_webauthn. Three things are stricter
than there: the user must have been verified, a page inside a page of another origin is refused, and only those kinds of
key are taken whose signatures `ledger.signing.webauthn` can check years later.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn import verify_registration_response
from webauthn.helpers import decode_credential_public_key
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography
from webauthn.helpers.exceptions import WebAuthnException

from consilience.domains.keys.rules import NewKey
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.domains.ledger.signing.webauthn import MAX_CLIENT_DATA
from consilience.kit import canonical
from consilience.kit.errors import BadInput

ALGORITHMS = {
    COSEAlgorithmIdentifier.ECDSA_SHA_256: "ES256",
    COSEAlgorithmIdentifier.EDDSA: "EdDSA",
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256: "RS256",
}
"""What a browser may offer, the most wanted first, and what the key's record calls it."""
MINUTES = 5
"""How long a challenge waits for its answer."""
MAX_ANSWER = 65_536
MIN_RSA_BITS = 2048
TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal", "cable"})


@dataclass(frozen=True)
class Site:
    """Where passkeys belong: the domain that they are made for, and the origins of our pages there."""

    rp_id: str
    origins: tuple[str, ...]

    def holds(self, body: Mapping[str, Any]) -> bool:
        """Whether the key of this body was made for this site, so that a browser can find it here."""
        said = body.get("webauthn") or {}
        return said.get("rp_id") == self.rp_id and bool({*self.origins} & {*said.get("origins", ())})


def options(
    site: Site, challenge: bytes, *, holder: str, account: str, name: str, known: Sequence[str]
) -> dict[str, Any]:
    """What `navigator.credentials.create` is asked for; bytes as base64url. `known` are credentials that it should not make twice."""
    return {
        "rp": {"id": site.rp_id, "name": "Consilience"},
        "user": {"id": _base64url(hashlib.sha256(holder.encode()).digest()), "name": account, "displayName": name},
        "challenge": _base64url(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": int(one)} for one in ALGORITHMS],
        "timeout": MINUTES * 60_000,
        "excludeCredentials": [{"type": "public-key", "id": one} for one in known],
        "authenticatorSelection": {"residentKey": "preferred", "userVerification": "required"},
        "attestation": "none",
    }


def registered(answer: str, challenge: bytes, site: Site) -> NewKey:
    """The key in a browser's answer, once everything about it holds; BadInput says what does not."""
    said = _read(answer)
    try:
        found = verify_registration_response(
            credential=said, expected_challenge=challenge, expected_rp_id=site.rp_id, expected_origin=list(site.origins),
            require_user_verification=True, supported_pub_key_algs=list(ALGORITHMS),
        )  # fmt: skip
        cose = decode_credential_public_key(found.credential_public_key)
        public = decoded_public_key_to_cryptography(cose)
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise BadInput("passkey", f"was not accepted ({_short(error)})") from error
    client_data = _client_data(said)
    body = {
        "rp_id": site.rp_id,
        "origins": sorted(site.origins),
        "credential_id": _base64url(found.credential_id),
        "attestation_object": _base64(found.attestation_object),
        "client_data": _base64(client_data),
        "aaguid": found.aaguid,
        "attestation_format": str(getattr(found.fmt, "value", found.fmt)),
        "transports": _transports(said),
        "backup_eligible": found.credential_device_type.value == "multi_device",
        "backed_up": found.credential_backed_up,
    }
    return NewKey(KeyKind.PASSKEY, _spki(public), ALGORITHMS[COSEAlgorithmIdentifier(cose.alg)], {"webauthn": body})


def _read(answer: str) -> dict[str, Any]:
    said = canonical.decode(answer) if len(answer) <= MAX_ANSWER else None
    if not isinstance(said, dict) or not isinstance(said.get("response"), dict):
        raise BadInput("passkey", "expected what navigator.credentials.create gave, as JSON")
    return said


def _client_data(said: Mapping[str, Any]) -> bytes:
    """The client data, for the two things that py_webauthn lets through."""
    text = str(said["response"]["clientDataJSON"])
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    given = canonical.decode(raw) if len(raw) <= MAX_CLIENT_DATA else None
    if not isinstance(given, dict):
        raise BadInput("passkey", "its client data is too long, or is none")
    if given.get("crossOrigin", False) is not False or "topOrigin" in given:
        raise BadInput("passkey", "was made inside a page of another origin")
    return raw


def _spki(public: object) -> bytes:
    """SubjectPublicKeyInfo in DER, of a key that may sign here."""
    match public:
        case ec.EllipticCurvePublicKey() if isinstance(public.curve, ec.SECP256R1):
            return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        case ed25519.Ed25519PublicKey():
            return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        case rsa.RSAPublicKey() if public.key_size >= MIN_RSA_BITS:
            return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    raise BadInput("passkey", f"is of a kind that may not sign here: expected {', '.join(ALGORITHMS.values())}")


def _transports(said: Mapping[str, Any]) -> list[str]:
    given: Collection[Any] = said["response"].get("transports") or ()
    return sorted({one for one in given if isinstance(one, str) and one in TRANSPORTS})


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__).split("\n")[0][:160]


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
