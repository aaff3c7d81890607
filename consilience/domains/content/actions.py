"""Putting bytes into the content store: the file is durable before the row, and the row before whatever names it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from consilience.domains.content.models import Blob
from consilience.domains.content.queries import path_of
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput


def put(data: bytes, *, now: Instant) -> str:
    """Store bytes; returns their digest. Storing the same bytes twice keeps one file."""
    return put_stream([data], now=now)


def put_stream(chunks: Iterable[bytes], *, now: Instant, limit: int | None = None) -> str:
    """Store a stream of bytes; returns its digest. More than `limit` bytes are refused and nothing stays behind."""
    folder = Path(settings.CONTENT_FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    size, hashing = 0, hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as stream:
            for chunk in chunks:
                size += len(chunk)
                if limit is not None and size > limit:
                    raise BadInput("upload", f"is larger than {limit // 2**20} MB; register it by reference instead")
                hashing.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
        digest = hashing.hexdigest()
        target = path_of(digest)
        target.parent.mkdir(exist_ok=True, mode=0o700)
        Path(name).replace(target)
        _sync_folder(target.parent)
    finally:
        Path(name).unlink(missing_ok=True)
    Blob.objects.get_or_create(digest=digest, defaults={"size": size, "added_at": now})
    return digest


def _sync_folder(folder: Path) -> None:
    # A new name is durable only once its folder is.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
