"""Putting bytes into the content store: sealed under a key of their own; the file is durable before the rows, and those
before whatever names it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction

from consilience.domains.content import queries, salting, sealing
from consilience.domains.content.models import Blob, Key
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, CannotTell

INCOMING = ".incoming-"


def put(data: bytes, *, now: Instant) -> str:
    """Store bytes; returns their digest. Storing the same bytes twice keeps one file."""
    digest = canonical.sha256(data)
    return digest if whole(digest) else put_stream([data], now=now)


def put_personal(chunks: Iterable[bytes], *, now: Instant, limit: int | None = None) -> str:
    """Store a personal file behind a salt of its own; the digest tells nobody whether they guessed the file. Never the same twice."""
    return put_stream(salting.salted(Counted(chunks, limit)), now=now)


def put_stream(chunks: Iterable[bytes], *, now: Instant, limit: int | None = None) -> str:
    """Store a stream of bytes; returns its digest. More than `limit` bytes are refused and nothing stays behind."""
    folder = Path(settings.CONTENT_FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key, counted = sealing.new_key(), Counted(chunks, limit)
    handle, name = tempfile.mkstemp(dir=folder, prefix=INCOMING)
    try:
        with os.fdopen(handle, "wb") as stream:
            for piece in sealing.sealed(counted, key):
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        digest = counted.digest
        if not whole(digest):
            into_place(Path(name), queries.sealed_path(digest, key))
            _rows(digest, key, size=counted.size, now=now)
    finally:
        Path(name).unlink(missing_ok=True)
    return digest


class Counted:
    """Pieces of bytes that are counted and hashed as they go by. BadInput beyond the limit."""

    def __init__(self, chunks: Iterable[bytes], limit: int | None) -> None:
        self._chunks, self._limit = chunks, limit
        self._hashing = hashlib.sha256()
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            if self._limit is not None and self.size > self._limit:
                most = self._limit // 2**20
                raise BadInput("upload", f"is larger than {most} MB; register it by reference instead")
            self._hashing.update(chunk)
            yield chunk

    @property
    def digest(self) -> str:
        return self._hashing.hexdigest()


def whole(digest: str) -> bool:
    """Whether the store holds these bytes, sealed: read again, since what is stored anew heals what was damaged."""
    if not Blob.objects.filter(digest=digest).exists() or queries.key_of(digest) is None:
        return False
    try:
        for _chunk in queries.chunks(digest):
            pass
    except CannotTell:
        return False
    return True


def into_place(incoming: Path, target: Path) -> None:
    """Give a durable file its name, and make the name durable."""
    target.parent.mkdir(exist_ok=True, mode=0o700)
    incoming.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    # A new name is durable only once its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rows(digest: str, key: bytes, *, size: int, now: Instant) -> None:
    """Say that the file is held, and under which key. Of two who stored the same at once, either's key has its file."""
    with transaction.atomic():
        Blob.objects.get_or_create(digest=digest, defaults={"size": size, "added_at": now})
        Key.objects.update_or_create(digest=digest, defaults={"key": key})
