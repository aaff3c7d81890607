"""A robot's short-lived token: a DSSE envelope that its key signs, sent as a bearer token. Pure.

It names the log it is for, the key and its end, at most ten minutes ahead; nothing of it is kept. What it allows is what
the key's record allows.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consilience.domains.ledger import notes
from consilience.domains.ledger.signing import dsse
from consilience.kit import canonical
from consilience.kit.clock import Instant, is_instant, shift
from consilience.kit.errors import BadInput

PREFIX = "dsse."
PAYLOAD_TYPE = "application/vnd.consilience.token+json"
MAX_LENGTH = 2000
MINUTES = 10


@dataclass(frozen=True)
class Claim:
    """What a token says: which key made it, for which log, until when."""

    key: str
    log: str
    expires_at: Instant
    payload: bytes
    signature: bytes


def read(token: str) -> Claim:
    """The claim in a token; BadInput when it is none. Nothing is checked yet."""
    said = _json(token)
    if set(said) != {"payload", "payloadType", "signatures"} or said["payloadType"] != PAYLOAD_TYPE:
        raise BadInput("token", "is no envelope of a robot's token")
    listed = said["signatures"]
    if not isinstance(listed, list) or len(listed) != 1:
        raise BadInput("token", "expected one signature")
    signature = dsse.read_signature(listed[0])
    payload = notes.unbase64(str(said["payload"]), "token")
    claimed = canonical.decode(payload)
    if not isinstance(claimed, dict) or set(claimed) != {"expires_at", "key", "log"}:
        raise BadInput("token", "does not say expires_at, key and log")
    key, log, expires = claimed["key"], claimed["log"], claimed["expires_at"]
    if not (isinstance(key, str) and isinstance(log, str) and isinstance(expires, str) and is_instant(expires)):
        raise BadInput("token", "says expires_at, key or log in another form")
    return Claim(key, log, Instant(expires), payload, signature.sig)


def check(claim: Claim, key: Mapping[str, Any], *, log: str, at: Instant) -> None:
    """Pass when the key made this token, for this log, and it stands; BadInput otherwise."""
    if claim.log != log:
        raise BadInput("token", "is for another workspace")
    if not at < claim.expires_at <= shift(at, minutes=MINUTES):
        raise BadInput("token", f"has ended, or ends more than {MINUTES} minutes ahead")
    try:
        public = Ed25519PublicKey.from_public_bytes(notes.unbase64(key["public"], "key"))
        public.verify(claim.signature, dsse.pae(claim.payload, PAYLOAD_TYPE))
    except (InvalidSignature, ValueError) as error:
        raise BadInput("token", "its signature does not match") from error


def _json(token: str) -> dict[str, Any]:
    if not token.startswith(PREFIX) or len(token) > MAX_LENGTH:
        raise BadInput("token", "is no robot's token")
    try:
        raw = base64.urlsafe_b64decode(token[len(PREFIX) :] + "=" * (-(len(token) - len(PREFIX)) % 4))
    except (ValueError, binascii.Error) as error:
        raise BadInput("token", "is no base64url") from error
    said = canonical.decode(raw)
    if not isinstance(said, dict):
        raise BadInput("token", "is no envelope")
    return said
