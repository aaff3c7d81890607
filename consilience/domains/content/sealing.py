"""Files under a key of their own: AES-256-GCM over frames, so that a file of any size is sealed and opened in flat memory.

The frames are a STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015), as `age` has it: the nonce counts the frames and says which is the
last, so none can be changed, left out, moved, or cut off at the end. A key seals one file and never another, which is why
nonces may begin at 0 each time. docs/formats.md has the exact form.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HEADER = b"consilience sealed file 1\n"
FRAME = 2**16
"""Bytes of plain content in a frame; only the last has fewer."""
TAG = 16
KEY_BYTES = 32


class NotOpened(Exception):
    """These bytes were not sealed under this key, or are no longer what was sealed."""


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def key_id(key: bytes) -> str:
    """What the file's name says of its key: 16 digits that tell which key it was, and nothing else about it."""
    return hashlib.sha256(b"consilience key of a sealed file\n" + key).hexdigest()[:16]


def sealed(chunks: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """The sealed form of these bytes, piece by piece."""
    cipher, nth, kept = AESGCM(key), 0, bytearray()
    yield HEADER
    for chunk in chunks:
        kept += chunk
        while len(kept) > FRAME:  # never all of it: the last frame must be known to be the last
            yield cipher.encrypt(_nonce(nth, last=False), bytes(kept[:FRAME]), HEADER)
            del kept[:FRAME]
            nth += 1
    yield cipher.encrypt(_nonce(nth, last=True), bytes(kept), HEADER)


def opened(stream: BinaryIO, key: bytes) -> Iterator[bytes]:
    """The plain bytes of a sealed stream, frame by frame. NotOpened as soon as one does not fit."""
    if stream.read(len(HEADER)) != HEADER:
        raise NotOpened("it does not begin as a sealed file does")
    cipher, nth = AESGCM(key), 0
    frame = stream.read(FRAME + TAG)
    while True:
        following = stream.read(FRAME + TAG)
        try:
            plain = cipher.decrypt(_nonce(nth, last=not following), frame, HEADER)
        except InvalidTag as error:
            raise NotOpened(f"its frame {nth} does not open") from error
        yield plain
        if not following:
            return
        frame, nth = following, nth + 1


def _nonce(nth: int, *, last: bool) -> bytes:
    return nth.to_bytes(11, "big") + bytes([last])
