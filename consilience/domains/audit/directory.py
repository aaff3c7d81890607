"""The list of members at the end of a ZIP file (PKWARE APPNOTE 4.3, with ZIP64), read from bytes that nobody vouches for.

Read here and not by `zipfile`, which seeks wherever a number points, unpacks names in several encodings and forgives bytes
before the first member: the verifiers have to agree on what an archive is. Pure but for reading the stream.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO

from consilience.kit.errors import CannotTell

MOST = 2**30
"""Bytes of the list. A whole archive of a million files has less than a tenth."""
_ZIP64 = 0xFFFFFFFF
_NEWEST = 63
"""The version of the format beyond which a member asks for what nobody here knows."""


@dataclass(frozen=True)
class Listed:
    """A member as the list describes it. What it claims is checked by whoever reads it."""

    raw_name: bytes
    flags: int
    method: int
    packed: int
    size: int
    offset: int

    @property
    def name(self) -> str:
        """Its name with one character for each byte: members of an archive have none but ASCII."""
        return self.raw_name.decode("latin-1")


def listed(stream: IO[bytes], length: int) -> list[Listed]:
    """The members of a file of this many bytes; CannotTell where it is no archive, or does not end as one."""
    count, data = _list(stream, length)
    found, at = [], 0
    while at < len(data):
        if data[at : at + 4] != b"PK\x01\x02" or at + 46 > len(data):
            raise _no("its list of members is damaged")
        needed, flags, method = struct.unpack_from("<3H", data, at + 6)
        packed, size, names, extras, comments = struct.unpack_from("<2I3H", data, at + 20)
        (offset,) = struct.unpack_from("<I", data, at + 42)
        start, end = at + 46 + names, at + 46 + names + extras + comments
        if end > len(data) or needed & 0xFF > _NEWEST:
            raise _no("its list of members is damaged")
        size, packed, offset = _wide([size, packed, offset], data[start : start + extras])
        found.append(Listed(data[at + 46 : start], flags, method, packed, size, offset))
        at = end
    if len(found) != count:
        raise _no("its list of members is damaged")
    return found


def _list(stream: IO[bytes], length: int) -> tuple[int, bytes]:
    """How many members the end of the file says there are, and the bytes of their list, which stand right before it."""
    from_end = max(0, length - 22 - 65535 - 76)
    stream.seek(from_end)
    tail = stream.read(length - from_end)
    end = tail.rfind(b"PK\x05\x06", 0, max(0, len(tail) - 18))
    if end < 0:
        raise _no("it does not end as one")
    count, size, offset = struct.unpack_from("<H2I", tail, end + 10)
    place = from_end + end
    if end >= 20 and tail[end - 20 : end - 16] == b"PK\x06\x07":
        (wide,) = struct.unpack_from("<Q", tail, end - 12)
        if wide + 56 > length:
            raise _no("its end lies outside")
        stream.seek(wide)
        last = stream.read(56)
        if last.startswith(b"PK\x06\x06"):
            count, size, offset = struct.unpack_from("<3Q", last, 32)
            place = wide
    if offset + size != place or size > MOST:
        raise _no("its list of members does not stand before its end")
    stream.seek(offset)
    return count, stream.read(size)


def _wide(numbers: list[int], extra: bytes) -> list[int]:
    """Size, packed size and offset, those that do not fit into four bytes taken from the extra field."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if at + 4 + size > len(extra):
            raise _no("its list of members is damaged")
        if kind == 1:
            field = at + 4
            for nth, number in enumerate(numbers):
                if number == _ZIP64:
                    if field + 8 > at + 4 + size:
                        raise _no("its list of members is damaged")
                    (numbers[nth],) = struct.unpack_from("<Q", extra, field)
                    field += 8
        at += 4 + size
    return numbers


def _no(why: str) -> CannotTell:
    return CannotTell(f"this is no archive, or it was cut off ({why})")
