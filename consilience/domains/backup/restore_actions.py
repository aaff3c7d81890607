"""Restoring a backup into a folder that holds no workspace. The settings point at `.restoring` below it (see `places`).

1. The backup is read once: every member has its digest.
2. Tables as they were when it was written, all rows in one transaction, then today's tables; files and keys beside.
3. The rows are those of the signed head. The newest head known outside is held against them, and the epoch is declared.
4. Everything is said to be ready, and put in place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from consilience.domains.backup import form, heads, log_key, places, rows
from consilience.domains.backup.actions import declare_epoch
from consilience.domains.backup.reader import Backup, said
from consilience.domains.ledger import queries
from consilience.domains.ledger.epochs import Head
from consilience.domains.ledger.models import Epoch
from consilience.domains.ledger.rules import Actor, AuthenticatedBy, origin_of
from consilience.kit.clock import Instant
from consilience.kit.errors import CannotTell, WrongUse

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What a restore is told: where to, which later head is known, why, and where the log's key lies if not in the backup."""

    into: Path
    reason: str
    lost_head: str | None = None
    log_key: Path | None = None


@dataclass(frozen=True)
class Restored:
    """What a restore made: entries that are back, the later head that is lost (None: none was known), the epoch's entry."""

    size: int
    lost: Head | None
    position: int


def restore(backup: Backup, wanted: Wanted, *, now: Instant, tell: Tell = lambda _said: None) -> Restored:
    """Restore all of it, declare the epoch, and put it in place."""
    made, stage = backup.manifest, places.stage_of(wanted.into)
    if Path(settings.HOME.root) != stage:  # never into a living workspace
        raise RuntimeError(f"the settings point at {settings.HOME.root}, not at {stage}")
    _key(backup, wanted, stage)
    _rows(backup, stage, tell)
    _files(backup, stage, tell)
    tell("the signed head")
    if heads.root_over(made.size).hex() != made.root:
        raise CannotTell("the backup's entries are not those of its own head: it was changed")
    lost = _lost(made, wanted)
    row = Epoch.objects.filter(position__gte=made.size).first() or declare_epoch(
        actor=_operator(), restored=made.size, lost=lost, reason=wanted.reason, backup=said(made), now=now
    )
    (stage / places.CHECKPOINT).write_text(queries.checkpoint(), encoding="utf-8")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    places.say_ready(stage)
    places.put_in_place(wanted.into)
    return Restored(made.size, lost, row.position)


def _key(backup: Backup, wanted: Wanted, stage: Path) -> None:
    """The log's key, from the backup, the option, or the folder itself; without it no epoch can be signed."""
    _write(stage / places.LOG_KEY, [log_key.for_restore(backup, wanted.into, wanted.log_key)])
    if backup.has(form.SECRET_KEY):
        _write(stage / form.SECRET_KEY, backup.pieces(form.SECRET_KEY))


def _rows(backup: Backup, stage: Path, tell: Tell) -> None:
    size, this = rows.size(), said(backup.manifest)
    if size is not None and places.made_of(stage) != this:
        raise WrongUse("the database holds a workspace; a restore needs an empty one")
    if size is None:
        places.say_made_of(stage, this)
        tell(f"{len(backup.manifest.tables)} tables")
        rows.load(backup)
    call_command("migrate", verbosity=0, interactive=False)


def _files(backup: Backup, stage: Path, tell: Tell) -> None:
    names = backup.content()
    for nth, name in enumerate(names):
        if nth % 1000 == 0:
            tell(f"file {nth + 1} of {len(names)}")
        _write(stage / name, backup.pieces(name))


def _write(target: Path, pieces: Iterable[bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        for piece in pieces:
            stream.write(piece)


def _lost(made: form.Manifest, wanted: Wanted) -> Head | None:
    """The newest head known outside that lies beyond the backup. One that does not must be a head of this log."""
    keys, origin = queries.log_keys(), origin_of(made.workspace)
    known = [heads.read(wanted.lost_head, keys, origin)] if wanted.lost_head else []
    outside = wanted.into / places.CHECKPOINT
    if outside.exists():
        known.append(heads.of_note(outside.read_text(encoding="utf-8", errors="replace"), keys, origin, str(outside)))
    for head in known:
        if head.size <= made.size and heads.root_over(head.size) != head.root:
            raise WrongUse(f"the head over {head.size} entries that is known outside is not of the log in this backup")
    beyond = [head for head in known if head.size > made.size]
    return max(beyond, key=lambda head: head.size, default=None)


def _operator() -> Actor:
    return Actor(str(queries.workspace().body["operator"]), AuthenticatedBy.OPERATOR)
