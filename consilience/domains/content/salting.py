"""Personal files behind a salt of their own, so that the digest in the log tells nobody whether they guessed the file.

The salt lies in front of the file and is sealed and erased with it. What is stored, hashed and exported is header, salt and file; what
people and programs get to read is the file. docs/formats.md has the exact form.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from consilience.kit import digests

HEADER = digests.SALTED
SALT_BYTES = 32
BEFORE = len(HEADER) + SALT_BYTES
"""Bytes in front of a salted file."""


def salted(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What is stored of a personal file: a new salt, then its bytes."""
    yield HEADER + os.urandom(SALT_BYTES)
    yield from chunks


def is_salted(beginning: bytes) -> bool:
    """Whether a file that begins so is a salted one."""
    return len(beginning) >= BEFORE and beginning.startswith(HEADER)


def unsalted(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The file itself. The first piece holds the salt whole, as frames of the store do; without one nothing is taken away."""
    pieces = iter(chunks)
    first = next(pieces, b"")
    yield first[BEFORE:] if is_salted(first) else first
    yield from pieces
