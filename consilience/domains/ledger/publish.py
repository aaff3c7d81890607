"""The log as plain files in a folder, which any web server can hand out (C2SP tlog-tiles)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from consilience.domains.ledger import log_keys, queries, rules, tile_queries, tiles
from consilience.domains.ledger.log_keys import Bound
from consilience.kit.errors import BadInput

CHECKPOINT = "checkpoint"


@dataclass(frozen=True)
class Published:
    size: int
    """Entries that the checkpoint in the folder covers."""
    written: int
    """Files that were written this time; full tiles that lay there are left alone."""


def publish(folder: Path, *, entries: bool) -> Published:
    """Bring a folder up to the newest checkpoint, which is written last; again and again into the same folder.

    BadInput when the folder holds the checkpoint of another log, or one that this log does not continue: this
    database was then rolled back or made again. Bundles of entries can be read by the present account alone.
    """
    keys = queries.log_keys()
    before = _published(folder, keys)
    note = queries.checkpoint()
    head = log_keys.opened(note, keys)
    _continues(folder, before, head)
    written = 0
    for tile in tiles.of_size(head.size):
        target = folder / tiles.address(tile)
        settled = before is not None and tile.within(before.size) and target.is_file()
        if (tile.level is None and not entries) or settled:
            continue
        _write(target, tile_queries.data(tile), mode=0o600 if tile.level is None else 0o644)
        written += 1
    _write(folder / CHECKPOINT, note.encode(), mode=0o644)
    return Published(head.size, written)


def _published(folder: Path, keys: Sequence[Bound]) -> rules.Checkpoint | None:
    """What the folder's checkpoint says, where there is one."""
    path = folder / CHECKPOINT
    try:
        return log_keys.opened(path.read_text(encoding="utf-8"), keys)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "cannot be read as a checkpoint") from error
    except BadInput as error:
        raise BadInput(str(path), error.problem) from error


def _continues(folder: Path, before: rules.Checkpoint | None, head: rules.Checkpoint) -> None:
    if before is None:
        return
    if before.size > head.size:
        problem = f"was published with {before.size} entries, but the log has {head.size}: it was rolled back"
        raise BadInput(str(folder), problem)
    if tile_queries.root(before.size) != before.root:
        problem = f"was published with others as the first {before.size} entries: the log was made again"
        raise BadInput(str(folder), problem)


def _write(target: Path, data: bytes, *, mode: int) -> None:
    """Whole or not at all: whoever reads meanwhile sees the old file or the new one."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".tile-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except OSError as error:
        raise BadInput(str(target), f"cannot be written ({error.strerror})") from error
