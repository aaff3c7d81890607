"""What waits for a signature, as programs and pages read it, and the signature that comes back."""

from __future__ import annotations

import base64
import binascii

from consilience.domains.keys.models import Preparation
from consilience.domains.ledger.signing import dsse, webauthn
from consilience.kit import canonical
from consilience.kit.errors import BadInput

SIGN_WITH = "Consilience-Sign-With"
"""The header with the URN of the key that will sign: nothing is recorded, and the answer (202) says what is to be signed."""
SIGNATURE = "Consilience-Signature"
"""base64url of JSON: `nonce`, `sig` (base64) and, of a passkey, `webauthn` with `authenticator_data` and `client_data`."""
MAX_SIGNATURE = 8000


def as_json(row: Preparation) -> dict[str, str]:
    """What is to be signed, what its signer is shown, and the challenge that a passkey answers."""
    statement = bytes(row.statement)
    asked = base64.urlsafe_b64encode(webauthn.challenge(dsse.pae(statement))).decode().rstrip("=")
    return {
        "nonce": row.nonce,
        "key": row.key,
        "statement": base64.b64encode(statement).decode(),
        "shown": bytes(row.shown).decode(),
        "challenge": asked,
        "expires_at": row.expires_at,
    }


def read_signature(text: str) -> tuple[str, dsse.Signature]:
    """The nonce of what was signed, and the signature; BadInput for anything else than SIGNATURE describes."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, binascii.Error) as error:
        raise BadInput(SIGNATURE, "is no base64url") from error
    said = canonical.decode(raw) if len(text) <= MAX_SIGNATURE else None
    if not isinstance(said, dict) or not isinstance(said.get("nonce"), str):
        raise BadInput(SIGNATURE, "expected base64url of JSON with nonce, sig and, of a passkey, webauthn")
    given = {name: value for name, value in said.items() if name != "nonce"}
    return said["nonce"], dsse.read_signature({**given, "keyid": "given"})
