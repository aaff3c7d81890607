"""Reading the content store. Whoever refers to a digest asks `can` first; nothing here is reachable by digest alone.

Files are sealed, each under its own key. One that an earlier version stored lies there as it is, until it is sealed too.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from consilience.domains.content import salting, sealing
from consilience.domains.content.models import Blob, Erasure, Key
from consilience.kit import locks
from consilience.kit.errors import CannotTell
from consilience.kit.records import commitments

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READING = ".reading-"
"""Folders that hold plain files for readers which need a path; `sweep` removes what a killed process left."""

TAKEAWAY = ".takeaway-"
"""Folders of archives that somebody asked for on a page: for a day, and until the next erasure."""

LONGEST_NAME = 100
"""Characters of a file's name that readers get to see; the last ones, which hold the ending."""


def plain_path(digest: str) -> Path:
    """Where an earlier version stored the file as it is."""
    return Path(settings.CONTENT_FOLDER) / digest[:2] / digest


def sealed_path(digest: str, key: bytes) -> Path:
    """Where the file lies under this key: two who store the same bytes at once never write over one another."""
    plain = plain_path(digest)
    return plain.with_name(f"{digest}.{sealing.key_id(key)}")


def key_of(digest: str) -> bytes | None:
    key = Key.objects.filter(digest=digest).values_list("key", flat=True).first()
    return None if key is None else bytes(key)


def path_of(digest: str) -> Path:
    """The file as it lies in the store: sealed under its key, or plain where it was not sealed yet."""
    key = key_of(digest)
    return plain_path(digest) if key is None else sealed_path(digest, key)


def has(digest: str) -> bool:
    return Blob.objects.filter(digest=digest).exists() and path_of(digest).is_file()


def erased_files() -> frozenset[str]:
    """Digests of all files that some erasure says were erased, whether or not they were stored again since."""
    return frozenset(digest for row in Erasure.objects.all() for digest in row.body.get("files", ()))


def size_of(digest: str) -> int:
    """Bytes of the file that readers get: without the salt of a personal one."""
    size = int(Blob.objects.values_list("size", flat=True).get(digest=digest))
    return size if salt_of(digest) is None else size - salting.BEFORE


def salt_of(digest: str) -> bytes | None:
    """The salt of a personal file, which its digest covers; None of any other, and where it cannot be read."""
    with suppress(OSError, sealing.NotOpened):
        beginning = next(_stored(digest), b"")
        return beginning[len(salting.HEADER) : salting.BEFORE] if salting.is_salted(beginning) else None
    return None


def chunks(digest: str) -> Iterator[bytes]:
    """The stored bytes of a digest, salt included, piece by piece; the last piece comes only if all of them are what was stored.

    CannotTell when they were erased, are gone, or no longer what was stored.
    """
    hashing, kept = hashlib.sha256(), b""
    try:
        for chunk in _stored(digest):
            hashing.update(chunk)
            if kept:
                yield kept
            kept = chunk
    except sealing.NotOpened as error:
        raise CannotTell(f"the content {digest[:12]}… was changed in the content store: {error}") from error
    except OSError as error:
        raise CannotTell(_absent(digest)) from error
    if hashing.hexdigest() != digest:
        raise CannotTell(f"the content {digest[:12]}… was changed in the content store")
    yield kept


def read(digest: str) -> bytes:
    """The file of a digest, hashed again. CannotTell when it is gone or no longer what was stored."""
    return b"".join(salting.unsalted(chunks(digest)))


def stream(digest: str) -> io.BufferedReader:
    """The file of a digest to read from. CannotTell where it is gone, before anything is read."""
    plain = salting.unsalted(chunks(digest))
    return io.BufferedReader(_Pieces(next(plain), plain), buffer_size=sealing.FRAME)


@contextmanager
def named(digest: str, name: str) -> Iterator[Path]:
    """The plain file of a digest under its own name, for readers that need a path and go by the ending.

    It lies in a folder that only this account can open, and goes with the block. The folder is locked meanwhile, so that
    `sweep` tells it from one whose process was killed. CannotTell as for `chunks`.
    """
    with tempfile.TemporaryDirectory(dir=settings.CONTENT_FOLDER, prefix=READING) as folder, locks.held(Path(folder)):
        path = Path(folder) / (Path(name).name[-LONGEST_NAME:] or "file")
        with path.open("xb") as target:
            for chunk in salting.unsalted(chunks(digest)):
                target.write(chunk)
        yield path


def _stored(digest: str) -> Iterator[bytes]:
    """Pieces of the file as it lies there. It may be sealed between two looks, which takes the plain one away."""
    key = key_of(digest)
    if key is None:
        try:
            with plain_path(digest).open("rb") as source:
                while chunk := source.read(sealing.FRAME):
                    yield chunk
            return
        except FileNotFoundError:
            key = key_of(digest)
            if key is None:
                raise
    with sealed_path(digest, key).open("rb") as source:
        yield from sealing.opened(source, key)


def _absent(digest: str) -> str:
    erased = commitments.erased([digest]).get(digest)
    if erased is None:
        return f"the content {digest[:12]}… is not in the content store any more"
    return f"the content {digest[:12]}… was erased on {erased.at[:10]}, by entry {erased.position}"


class _Pieces(io.RawIOBase):
    """Pieces of bytes as a raw stream."""

    def __init__(self, first: bytes, others: Iterator[bytes]) -> None:
        self._kept, self._others = memoryview(first), others

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        if not self._kept:
            self._kept = memoryview(next(self._others, b""))
        into = memoryview(buffer).cast("B")
        taken = min(len(into), len(self._kept))
        into[:taken], self._kept = self._kept[:taken], self._kept[taken:]
        return taken
