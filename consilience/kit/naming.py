"""Names of things: time-ordered identifiers, URNs that carry no personal text, slugs."""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from typing import NewType

from consilience.kit.errors import BadInput

Urn = NewType("Urn", str)
"""`urn:consilience:<workspace uuid>:<noun>:<uuidv7>`; with `:<n>` it names version n of the record."""

_URN = re.compile(r"urn:consilience:([0-9a-f-]{36}):([a-z][a-z0-9-]*):([0-9a-f-]{36})(?::([1-9][0-9]{0,9}))?")
_SLUG = re.compile(r"[a-z0-9-]{1,63}")
_lock = threading.Lock()
_last = 0


def uuid7() -> uuid.UUID:
    """A time-ordered identifier (RFC 9562, version 7): milliseconds, 12 bits of sub-millisecond order, 62 random bits.

    Two made by one process never go backwards.
    """
    global _last  # noqa: PLW0603 - the clock of this process, under its lock
    with _lock:
        ticks = time.time_ns() * 4096 // 1_000_000  # milliseconds in the high bits, 1/4096 ms in the low twelve
        ticks = max(ticks, _last + 1)
        _last = ticks
    milliseconds, fraction = divmod(ticks, 4096)
    tail = int.from_bytes(os.urandom(8), "big") >> 2
    return uuid.UUID(int=(milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | tail)


def new_urn(workspace: str, noun: str) -> Urn:
    return Urn(f"urn:consilience:{workspace}:{noun}:{uuid7()}")


def noun_of(urn: str) -> str:
    """The noun inside a URN; BadInput when the text is no URN of ours."""
    found = _URN.fullmatch(urn)
    if found is None:
        raise BadInput("URN", f"{urn!r} is not urn:consilience:<workspace>:<noun>:<id>")
    return found.group(2)


def is_urn(text: str, noun: str | None = None) -> bool:
    found = _URN.fullmatch(text)
    return found is not None and (noun is None or found.group(2) == noun)


def slug(text: str, where: str = "name") -> str:
    """The text itself when it may name something in an address; BadInput otherwise."""
    if not _SLUG.fullmatch(text):
        raise BadInput(where, f"{text!r} must be 1 to 63 of the characters a-z, 0-9 and -")
    return text
