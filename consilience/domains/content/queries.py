"""Reading the content store. Whoever refers to a digest asks `can` first; nothing here is reachable by digest alone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from consilience.domains.content.models import Blob
from consilience.kit import canonical
from consilience.kit.errors import CannotTell


def path_of(digest: str) -> Path:
    return Path(settings.CONTENT_FOLDER) / digest[:2] / digest


def has(digest: str) -> bool:
    return Blob.objects.filter(digest=digest).exists() and path_of(digest).is_file()


def read(digest: str) -> bytes:
    """The bytes of a digest, hashed again. CannotTell when they are gone or no longer what was stored."""
    try:
        data = path_of(digest).read_bytes()
    except OSError as error:
        raise CannotTell(f"the content {digest[:12]}… is not in the content store any more") from error
    if canonical.sha256(data) != digest:
        raise CannotTell(f"the content {digest[:12]}… was changed in the content store")
    return data


@contextmanager
def named(digest: str, name: str) -> Iterator[Path]:
    """The file of a digest under its own name, for readers that go by the ending. The link is removed after use."""
    with tempfile.TemporaryDirectory(dir=settings.CONTENT_FOLDER, prefix=".reading-") as folder:
        link = Path(folder) / Path(name).name
        link.symlink_to(path_of(digest))
        yield link
