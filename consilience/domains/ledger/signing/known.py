"""How the actor of an entry was known: with a password, a token, which kind of key, and what that key says of itself. Pure.

Read from the entry alone; its signatures were checked when it was recorded, and `consilience verify` checks them again. What a security key or passkey says of itself is read from what it signed over, not
from what was said when it was registered: whether a passkey is synced may be asked of every single signature.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from consilience.domains.ledger.signing import dsse, sshsig, webauthn


@dataclass(frozen=True)
class Known:
    """The way as the entry says it, and what the signature adds: both are false where nothing was signed or nothing is said.

    `user_verified`: the key checked a finger, a face or a PIN. `device_bound`: the key says that it cannot be copied.
    """

    authenticated_by: str
    user_verified: bool = False
    device_bound: bool = False

    @property
    def grade(self) -> str:
        """One code for people: the way, and for a passkey or SSH key where it lives."""
        if self.authenticated_by == "passkey":
            return "passkey_device" if self.device_bound else "passkey_synced"
        if self.authenticated_by == "ssh":
            return "ssh_security_key" if self.device_bound else "ssh"
        return self.authenticated_by


def of_entry(exact: bytes) -> Known:
    """How whoever acted in this entry was known. The bytes are those of the ledger, so their form is not checked again."""
    document: Any = json.loads(exact)
    if not exact.startswith(dsse.BEGINS):
        return Known(str(document["predicate"]["authenticated_by"]))
    way = str(json.loads(base64.b64decode(document["payload"]))["predicate"]["authenticated_by"])
    signature = dsse.read_signature(document["signatures"][0])
    if signature.assertion is not None:
        flags = signature.assertion.authenticator_data[32]
        return Known(way, bool(flags & webauthn.USER_VERIFIED), not flags & webauthn.BACKUP_ELIGIBLE)
    if way == "ssh":
        made = sshsig.read(signature.sig)
        on_key = made.public.kind.startswith("sk-")
        return Known(way, on_key and sshsig.user_verified(made), on_key)
    return Known(way)
