"""Where a restore is made, and how it gets into place: beside, in `.restoring`, then by renaming, the database last.

Killed at any step, it is begun again or ended by the next one. Nothing here needs tables.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from consilience.kit.errors import WrongUse

STAGE, READY, MADE_OF = ".restoring", "ready", "made-of"
DATABASE, CHECKPOINT = "consilience.sqlite3", "checkpoint.txt"
LOG_KEY = Path("keys") / "log.ed25519.pem"


def stage_of(into: Path) -> Path:
    return into / STAGE


def is_ready(into: Path) -> bool:
    """Whether an earlier restore made everything and was killed while it put it in place."""
    return (stage_of(into) / READY).exists()


def refuse_full(into: Path) -> None:
    """WrongUse where a workspace lies there: a restore replaces none."""
    if (into / DATABASE).exists():
        raise WrongUse(f"{into} holds a workspace; move it away first, or name another folder with --into")


def emptied(into: Path, *, keep_for: str = "") -> Path:
    """The folder to restore in. What an earlier, killed restore left goes, unless it was of this very backup."""
    stage = stage_of(into)
    if stage.exists() and not (keep_for and made_of(stage) == keep_for):
        shutil.rmtree(stage)
    stage.mkdir(parents=True, exist_ok=True, mode=0o700)
    return stage


def made_of(stage: Path) -> str:
    try:
        return (stage / MADE_OF).read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


def say_made_of(stage: Path, backup: str) -> None:
    (stage / MADE_OF).write_text(backup, encoding="ascii")


def say_ready(stage: Path) -> None:
    """Everything is made. From here on the restore is ended, never begun again."""
    os.sync()
    (stage / READY).touch()
    os.sync()


def put_in_place(into: Path) -> None:
    """Give everything its name. Each step that was done before is passed over."""
    stage = stage_of(into)
    for source in sorted(path for path in (stage / "content").rglob("*") if path.is_file()):
        _move(source, into / source.relative_to(stage))
    for source in sorted((stage / "keys").glob("*")):
        _move(source, into / "keys" / source.name)
    new, old = stage / CHECKPOINT, into / CHECKPOINT
    if new.exists():
        if old.exists():
            old.replace(into / _lost_name(old))
        new.replace(old)
    for end in ("-wal", "-shm"):  # a journal of the lost database must never be read into this one
        left = into / f"{DATABASE}{end}"
        if left.exists() and (stage / DATABASE).exists():
            left.replace(into / f"{DATABASE}{end}.lost")
    if (stage / DATABASE).exists():
        (stage / DATABASE).replace(into / DATABASE)
    os.sync()
    shutil.rmtree(stage)


def leave_head(into: Path, note: str) -> None:
    """The newest head, outside the database: the lost one that lay there is kept beside it."""
    path = into / CHECKPOINT
    fresh = into / ".checkpoint-new"
    fresh.write_text(note, encoding="utf-8")
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") != note:
        path.replace(into / _lost_name(path))
    fresh.replace(path)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    source.replace(target)


def _lost_name(checkpoint: Path) -> str:
    """`checkpoint-lost-36.txt`: the head that was the newest before, kept for whoever asks."""
    lines = checkpoint.read_text(encoding="utf-8", errors="replace").split("\n")
    size = lines[1] if len(lines) > 1 and lines[1].isdecimal() and len(lines[1]) < 16 else "unread"
    return f"checkpoint-lost-{size}.txt"
