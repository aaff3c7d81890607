"""Reading an archive that nobody vouches for: stored members at their place, lines of bounded length, no name as a path."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from consilience.domains.audit import directory, workers
from consilience.domains.audit.directory import Listed
from consilience.domains.audit.layout import MAX_LINE, TEXTS, is_member
from consilience.domains.audit.report import Check, Report
from consilience.domains.audit.workers import Piece
from consilience.kit.errors import BadInput, CannotTell

_CHUNK = 2**18
_LOCAL_HEADER = 30
_STORED = 0


class Archive:
    """The members that can be read. What an archive may not hold is reported, and never read."""

    def __init__(self, stream: IO[bytes], report: Report) -> None:
        """CannotTell when the file is no archive, or was cut off: its list of members stands at its end."""
        self._stream, self._report = stream, report
        self._places: dict[str, tuple[int, int]] = {}
        length = os.fstat(stream.fileno()).st_size
        listed = directory.listed(stream, length)
        claimed = sum(one.size for one in listed)
        if claimed > length:
            report.tampered(Check.ARCHIVE, "archive_too_large", f"members claim {claimed} bytes in a file of {length}")
            listed = []
        for one in listed:
            problem = self._problem(one, length)
            if problem:
                code, about = problem
                report.tampered(Check.ARCHIVE, code, f"member {one.name[:100]!r} {about}; it was not read")
        for name in sorted({*TEXTS} - self._places.keys()):
            report.tampered(Check.ARCHIVE, "archive_member", f"{name} is missing")

    def _problem(self, one: Listed, length: int) -> tuple[str, str] | None:
        """Why a member is not read; else it is given its place."""
        if one.name in self._places:
            return "archive_member", "stands twice"
        if not is_member(one.name):
            return "archive_member", "is none that an archive has"
        if one.method != _STORED or one.flags & 1 or one.packed != one.size:
            return "archive_compressed", "is compressed or encrypted"
        if one.offset + _LOCAL_HEADER <= length:
            self._stream.seek(one.offset)
            header = self._stream.read(_LOCAL_HEADER)
            name_size, extra_size = struct.unpack("<HH", header[26:])
            start = one.offset + _LOCAL_HEADER + name_size + extra_size
            named = header.startswith(b"PK\x03\x04") and self._stream.read(name_size) == one.raw_name
            if named and start + one.size <= length:
                self._places[one.name] = (start, one.size)
                return None
        return "archive_member", "does not lie where the archive says"

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self._places if name.startswith(prefix))

    def size(self, name: str) -> int:
        return self._places[name][1]

    def read(self, name: str, *, most: int = MAX_LINE) -> bytes:
        """All bytes of a member; BadInput where it is missing or larger than `most`."""
        if name not in self._places:
            raise BadInput(name, "is missing")
        start, size = self._places[name]
        if size > most:
            raise BadInput(name, f"has {size} bytes; expected at most {most}")
        self._stream.seek(start)
        return self._stream.read(size)

    def digest(self, name: str) -> str:
        """SHA-256 of a member, read in pieces."""
        hashing = hashlib.sha256()
        for chunk in self._chunks(name):
            hashing.update(chunk)
        return hashing.hexdigest()

    def pieces(self, name: str) -> Iterator[Piece]:
        """A member of lines in pieces, each of which any process can read."""
        return workers.pieces(Path(self._stream.name), name, *self._places.get(name, (0, 0)))

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a member; BadInput where one does not end, or is longer than the format allows."""
        for piece in self.pieces(name):
            yield from workers.lines(piece)

    def _chunks(self, name: str) -> Iterator[bytes]:
        at, left = self._places.get(name, (0, 0))
        while left:
            self._stream.seek(at)  # several members are read side by side
            chunk = self._stream.read(min(left, _CHUNK))
            if not chunk:
                return
            at, left = at + len(chunk), left - len(chunk)
            yield chunk


def opened(path: Path) -> IO[bytes]:
    """The file, opened; CannotTell when it cannot be."""
    try:
        return path.open("rb")
    except OSError as error:
        raise CannotTell(f"{path} cannot be read ({error.strerror})") from error
