"""One-time codes: which code a secret gives at a moment, and whether one that was given may count. Pure.

Source: RFC 6238 (time steps of 30 seconds, HMAC-SHA-1, six digits), as every authenticator app has it; the codes come
from `cryptography`. A code counts once: the step it belongs to must lie after the last one that was used.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from urllib.parse import quote

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from consilience.kit.clock import Instant, moment

STEP_S, DIGITS, SECRET_BYTES = 30, 6, 20
DRIFT_STEPS = 1
"""How many steps the clock of a phone may be off, either way."""
RECOVERY_CODES = 8
MOST_FAILURES, LOCKED_MINUTES = 5, 15
"""After so many wrong passwords or codes nothing is looked at for a while: six digits would be guessed otherwise."""


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def step(at: Instant) -> int:
    """The time step of a moment, counted from 1970."""
    return int(moment(at).timestamp()) // STEP_S


def code(secret: bytes, nth: int) -> str:
    """The code of a time step."""
    # SHA-1 is what authenticator apps know; HMAC does not rest on its collision resistance.
    made = TOTP(secret, DIGITS, SHA1(), STEP_S, enforce_key_length=False)  # noqa: S303
    return made.generate(nth * STEP_S).decode()


def step_of(secret: bytes, given: str, *, at: Instant, used: int) -> int | None:
    """The step of a code that may count now: near this moment, and after the last step that was used. None otherwise."""
    given = given.replace(" ", "")
    found = None
    for nth in range(step(at) - DRIFT_STEPS, step(at) + DRIFT_STEPS + 1):
        if hmac.compare_digest(code(secret, nth).encode(), given.encode()) and nth > used:
            found = nth
    return found


def address(secret: bytes, account: str) -> str:
    """The otpauth address that an authenticator app reads from a QR code."""
    label = quote(f"Consilience:{account}")
    return f"otpauth://totp/{label}?secret={as_text(secret)}&issuer=Consilience&algorithm=SHA1&digits={DIGITS}&period={STEP_S}"


def as_text(secret: bytes) -> str:
    """As a person types it into an app that reads no QR code."""
    return base64.b32encode(secret).decode()


def new_recovery_codes() -> list[str]:
    """Codes of 60 bits for when the phone is gone; each works once, in the place of a code."""
    drawn = (base64.b32encode(secrets.token_bytes(8)).decode().lower()[:12] for _ in range(RECOVERY_CODES))
    return ["-".join((one[:4], one[4:8], one[8:])) for one in drawn]


def recovery_digest(given: str) -> str:
    """What is kept of a recovery code: 60 random bits need no slow hash."""
    return hashlib.sha256(given.strip().lower().replace("-", "").replace(" ", "").encode()).hexdigest()


def without(given: str, kept: Sequence[str]) -> list[str] | None:
    """The digests that are left once this recovery code is used; None when it is none of them."""
    wanted = recovery_digest(given)
    return [one for one in kept if one != wanted] if wanted in kept else None


def sealed(secret: bytes, server_secret: str) -> str:
    """The secret as it is kept: a copy of the database alone gives no codes."""
    return _box(server_secret).encrypt(secret).decode()


def opened(kept: str, server_secret: str) -> bytes:
    """The inverse; raises InvalidToken where the server's secret is another one."""
    return _box(server_secret).decrypt(kept.encode())


def _box(server_secret: str) -> Fernet:
    key = HKDF(SHA256(), 32, salt=None, info=b"consilience one-time codes").derive(server_secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
