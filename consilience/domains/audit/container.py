"""Writing the ZIP container of an archive with bytes that follow from what is in it: stored, undated, without a path of ours."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consilience.kit.errors import WrongUse

_BEGINNING = (1980, 1, 1, 0, 0, 0)


class Container:
    """An archive that is being written. Members stand in the order in which they are added."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, data: bytes) -> None:
        self._archive.writestr(_member(name), data)

    def add_lines(self, name: str, lines: Iterable[bytes]) -> None:
        """A member of lines, written as they come."""
        with self._archive.open(_member(name), "w", force_zip64=True) as stream:
            for line in lines:
                stream.write(line)
                stream.write(b"\n")

    def add_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        """A member of bytes, written as they come."""
        with self._archive.open(_member(name), "w", force_zip64=True) as stream:
            for piece in pieces:
                stream.write(piece)


@contextmanager
def writing(target: Path) -> Iterator[Container]:
    """A new archive at `target`, there only once it is whole. An existing file is never replaced."""
    if target.exists():
        raise WrongUse(f"{target} exists; an archive is never replaced, name another file with -o")
    if not target.parent.is_dir():
        raise WrongUse(f"there is no folder {target.parent}")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".archive-")
    try:
        with os.fdopen(handle, "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
                yield Container(archive)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).rename(target)
    finally:
        Path(name).unlink(missing_ok=True)


def _member(name: str) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name, date_time=_BEGINNING)
    made.compress_type, made.create_system, made.external_attr = zipfile.ZIP_STORED, 3, 0o644 << 16
    return made
