"""Hashing the content store again: whether every file still has the bytes that records mean by its digest.

Rows hold digests and never bytes, so a file that somebody changes leaves every record, entry and signed head as it was.
Data that are registered by reference, and private values that were erased, are not in the store: nothing is asked of them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from consilience.domains.content.models import Blob
from consilience.domains.content.queries import path_of
from consilience.domains.ledger.verify import Finding
from consilience.kit.records.registry import record_models

_DIGEST = re.compile(r"[0-9a-f]{64}")
MOST_NAMED = 3
"""As many records as a finding names of those that refer to a file."""


def findings() -> list[Finding]:
    """The files of the store that were changed, or are gone while their row says that they are held.

    Every file is read once: about 2 ms a megabyte. Files come before rows, so whatever is stored meanwhile is whole.
    """
    held = frozenset(Blob.objects.values_list("digest", flat=True))
    found = []
    for digest in sorted({*held, *_on_disk()}):
        problem = _problem(digest)
        if problem:
            found.append(
                Finding(f"content_{problem[0]}", f"file {digest} of the content store {problem[1]}{_named(digest)}")
            )
    return found


def _on_disk() -> Iterator[str]:
    """Digests by the names of files, whether or not a row of the store names them."""
    folder = Path(settings.CONTENT_FOLDER)
    return (path.name for path in folder.glob("??/*") if _DIGEST.fullmatch(path.name))


def _problem(digest: str) -> tuple[str, str] | None:
    try:
        with path_of(digest).open("rb") as stream:
            same = hashlib.file_digest(stream, "sha256").hexdigest() == digest
    except FileNotFoundError:
        return "missing", "is gone"
    return None if same else ("changed", "was changed: its bytes have another digest")


def _named(digest: str) -> str:
    """Which records refer to the file; looked for only where one is wrong."""
    names = [
        f"{urn}:{version}"
        for model in record_models()
        for urn, version in model._default_manager.filter(canonical__contains=digest)
        .order_by("position", "ordinal")
        .values_list("urn", "version")[: MOST_NAMED + 1]
    ]
    if not names:
        return "; no record names it"
    more = ", and others" if len(names) > MOST_NAMED else ""
    return f"; named by {', '.join(names[:MOST_NAMED])}{more}"
