"""DSSE envelopes: exact bytes that somebody signed, with the signatures. Pure.

Source: the DSSE specification 1.0 (pre-authentication encoding, JSON envelope), in the canonical JSON of `docs/formats.md`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consilience.domains.ledger import notes
from consilience.kit import canonical
from consilience.kit.errors import BadInput

PAYLOAD_TYPE = "application/vnd.in-toto+json"
BEGINS = b'{"payload":'
"""How every envelope begins, and no bare statement: keys are sorted, and a statement's first is `_type`."""
MAX_SIGNATURES = 8


@dataclass(frozen=True)
class Assertion:
    """What an authenticator signed over beside the challenge (WebAuthn level 3, 7.2), exactly as the browser gave it."""

    authenticator_data: bytes
    client_data: bytes


@dataclass(frozen=True)
class Signature:
    """Who signed, and with what. `keyid` is the URN of a key record, or the log's key as `name+id`."""

    keyid: str
    sig: bytes
    assertion: Assertion | None = None


@dataclass(frozen=True)
class Envelope:
    """The bytes that were signed and the signatures in their order: the person's or robot's first, the platform's last."""

    payload: bytes
    signatures: tuple[Signature, ...]


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """Pre-authentication encoding: the bytes that every signature of an envelope covers."""
    said = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(said), said, len(payload), payload)


def encode(envelope: Envelope) -> bytes:
    """The exact bytes of an envelope."""
    return canonical.encode(
        {
            "payload": _base64(envelope.payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [_written(one) for one in envelope.signatures],
        }
    )


def read(document: Mapping[str, Any]) -> Envelope:
    """The envelope in a document that was read strictly; BadInput for anything but the form above."""
    if set(document) != {"payload", "payloadType", "signatures"} or document["payloadType"] != PAYLOAD_TYPE:
        raise BadInput("envelope", "is not a DSSE envelope around an in-toto statement")
    listed = document["signatures"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SIGNATURES:
        raise BadInput("envelope", f"expected 1 to {MAX_SIGNATURES} signatures")
    return Envelope(_bytes(document["payload"]), tuple(map(read_signature, listed)))


def read_signature(item: Any) -> Signature:
    """One of an envelope's signatures; BadInput for anything but the form above."""
    if not isinstance(item, dict) or not {"keyid", "sig"} <= set(item) <= {"keyid", "sig", "webauthn"}:
        raise BadInput("envelope", "holds a signature of another form than keyid, sig and webauthn")
    if not isinstance(item["keyid"], str) or not item["keyid"]:
        raise BadInput("envelope", "holds a signature that names no key")
    given = item.get("webauthn")
    if "webauthn" in item and (not isinstance(given, dict) or set(given) != {"authenticator_data", "client_data"}):
        raise BadInput("envelope", "webauthn is not authenticator_data and client_data")
    assertion = Assertion(_bytes(given["authenticator_data"]), _bytes(given["client_data"])) if given else None
    return Signature(item["keyid"], _bytes(item["sig"]), assertion)


def _written(signature: Signature) -> dict[str, Any]:
    written: dict[str, Any] = {"keyid": signature.keyid, "sig": _base64(signature.sig)}
    if signature.assertion is not None:
        written["webauthn"] = {
            "authenticator_data": _base64(signature.assertion.authenticator_data),
            "client_data": _base64(signature.assertion.client_data),
        }
    return written


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise BadInput("envelope", "holds something else where base64 belongs")
    return notes.unbase64(text, "envelope")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
