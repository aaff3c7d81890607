"""What a start does for the content store: seals files that an earlier version stored plain, and removes what a killed
process left. A process may be killed between any two steps of either; the next start goes on."""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from consilience.domains.content import queries, sealing
from consilience.domains.content.actions import INCOMING, Counted, into_place, sync_folder, whole
from consilience.domains.content.models import Blob, Key
from consilience.domains.content.queries import READING, TAKEAWAY
from consilience.kit import locks

log = logging.getLogger("consilience.content")
_PLAIN = re.compile(r"[0-9a-f]{64}")
_SEALED = re.compile(r"([0-9a-f]{64})\.([0-9a-f]{16})")
LEFT_S = 24 * 3600
"""A file that no row knows is left behind once it is so old: until then somebody may be about to write the row."""
TAKING_S = 60
"""A folder of a reader is locked within this time after it was made."""


def seal_plain_files(tell: Callable[[int, int], None] | None = None) -> int:
    """Seal every file that lies there plain. Returns how many; `tell` hears how many of how many are done.

    Each in three steps: the sealed file is durable, then its key, then the plain one goes. One whose bytes are not what its
    name says stays as it is, for verification to name.
    """
    plain = sorted(path for path in Path(settings.CONTENT_FOLDER).glob("??/*") if _PLAIN.fullmatch(path.name))
    done = 0
    for path in plain:
        done += _seal(path)
        if tell is not None:
            tell(done, len(plain))
    return done


def _seal(path: Path) -> bool:
    digest = path.name
    if not Blob.objects.filter(digest=digest).exists():
        return False
    if not whole(digest) and not _sealed_from(path):
        return False
    path.unlink()
    sync_folder(path.parent)
    return True


def _sealed_from(path: Path) -> bool:
    """Write the sealed file beside the plain one, then its key. False where the plain one was changed."""
    key = sealing.new_key()
    handle, name = tempfile.mkstemp(dir=settings.CONTENT_FOLDER, prefix=INCOMING)
    try:
        with os.fdopen(handle, "wb") as target, path.open("rb") as source:
            counted = Counted(_pieces(source), None)
            for piece in sealing.sealed(counted, key):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        if counted.digest != path.name:
            return False
        into_place(Path(name), queries.sealed_path(path.name, key))
        Key.objects.update_or_create(digest=path.name, defaults={"key": key})
        return True
    finally:
        Path(name).unlink(missing_ok=True)


def sweep(*, promised: frozenset[str] = frozenset(), now_s: float | None = None) -> int:
    """Remove what killed processes left: plain files for readers, half-written ones, sealed ones without a key.

    Returns how many. A reader that is at work holds a lock on its folder. `promised` are names of files that somebody
    meant to erase: they go at once where their keys are gone; any other sealed file without a key once it is a day old.
    """
    folder, now = Path(settings.CONTENT_FOLDER), time.time() if now_s is None else now_s
    left = [path for path in folder.glob(f"{READING}*") if _older(path, TAKING_S, now) and not locks.is_held(path)]
    # Archives hold what was there when they were made: none outlives an erasure, though it is just being made.
    takeaways = folder.glob(f"{TAKEAWAY}*")
    left += [path for path in takeaways if promised or (_older(path, LEFT_S, now) and not locks.is_held(path))]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)  # its maker may still be writing; the next sweep takes the rest
    files = [path for path in folder.glob(f"{INCOMING}*") if _older(path, LEFT_S, now)]
    files += _keyless(folder, promised, now)
    for path in files:
        path.unlink(missing_ok=True)
    if left or files:
        log.info("removed what ended processes left: %s folders, %s files", len(left), len(files))
    return len(left) + len(files)


def _keyless(folder: Path, promised: frozenset[str], now: float) -> Iterator[Path]:
    keys = {digest: sealing.key_id(bytes(key)) for digest, key in Key.objects.values_list("digest", "key")}
    erased = queries.erased_files() if promised else frozenset()
    for path in folder.glob("??/*"):
        named = _SEALED.fullmatch(path.name)
        if named is None:
            if path.name in promised and path.name in erased and path.name not in keys:
                yield path  # it lay there plain when it was erased
        elif keys.get(named.group(1)) != named.group(2) and (path.name in promised or _older(path, LEFT_S, now)):
            yield path


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while chunk := source.read(sealing.FRAME):
        yield chunk


def _older(path: Path, seconds: int, now: float) -> bool:
    try:
        return now - path.stat().st_mtime > seconds
    except FileNotFoundError:
        return False
