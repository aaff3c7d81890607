"""Hashing the content store again: whether every file still has the bytes that records mean by its digest.

Rows hold digests and never bytes, so a file that somebody changes leaves every record, entry and signed head as it was.
Data that are registered by reference, and private values that were erased, are not in the store: nothing is asked of them.
A file that was erased has lost its key and is not looked for; that it was erased is what a record says, and no other table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from consilience.domains.content import queries, sealing
from consilience.domains.content.models import Blob, Key
from consilience.domains.ledger.verify import Finding
from consilience.kit.records.registry import record_models

_NAME = re.compile(r"([0-9a-f]{64})(?:\.[0-9a-f]{16})?")
MOST_NAMED = 3
"""As many records as a finding names of those that refer to a file."""


def findings() -> list[Finding]:
    """The files of the store that were changed, or are gone while their row says that they are held.

    Every file is read once: about 2 ms a megabyte. Files come before rows, so whatever is stored meanwhile is whole.
    """
    held = frozenset(Blob.objects.values_list("digest", flat=True))
    erased = queries.erased_files()
    found = []
    for digest in sorted({*held, *Key.objects.values_list("digest", flat=True), *_on_disk()}):
        problem = _problem(digest, held=digest in held, erased=digest in erased)
        if problem:
            found.append(
                Finding(f"content_{problem[0]}", f"file {digest} of the content store {problem[1]}{_named(digest)}")
            )
    return found


def _on_disk() -> Iterator[str]:
    """Digests by the names of files, whether or not a row of the store names them."""
    folder = Path(settings.CONTENT_FOLDER)
    names = (_NAME.fullmatch(path.name) for path in folder.glob("??/*"))
    return (name.group(1) for name in names if name)


def _problem(digest: str, *, held: bool, erased: bool) -> tuple[str, str] | None:
    key = queries.key_of(digest)
    if key is None:
        return _without_key(digest, held=held, erased=erased)
    if len(key) != sealing.KEY_BYTES:
        return "key_differs", "has a key that is none"
    try:
        with queries.sealed_path(digest, key).open("rb") as stream:
            hashing = hashlib.sha256()
            for chunk in sealing.opened(stream, key):
                hashing.update(chunk)
    except FileNotFoundError:
        if _sealed(digest):
            return "key_differs", "is sealed under another key than the store has for it: the key was changed"
        return "missing", "is gone"
    except sealing.NotOpened as error:
        return "changed", f"was changed: {error}"
    return None if hashing.hexdigest() == digest else ("changed", "was changed: its bytes have another digest")


def _without_key(digest: str, *, held: bool, erased: bool) -> tuple[str, str] | None:
    """A file without a key was erased, was stored by an earlier version as it is, or lost its key.

    A sealed file that no row says is held is what an act left that did not end; the next start removes it.
    """
    try:
        with queries.plain_path(digest).open("rb") as stream:
            same = hashlib.file_digest(stream, "sha256").hexdigest() == digest
    except FileNotFoundError:
        if erased or not held:
            return None
        if _sealed(digest):
            return "key_missing", "cannot be read: its key is gone, and no erasure says why"
        return "missing", "is gone"
    return None if same else ("changed", "was changed: its bytes have another digest")


def _sealed(digest: str) -> list[Path]:
    plain = queries.plain_path(digest)
    return sorted(plain.parent.glob(f"{digest}.*"))


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
