"""Backups of a whole workspace, restoring one, and bringing a workspace up to date with a backup first."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from consilience.kit.errors import CannotTell, WrongUse
from consilience.surfaces.cli.home import Where, open_home, open_workspace
from consilience.surfaces.cli.shared import AsJson, done, say, say_json

File = Annotated[Path, typer.Argument(help="The backup's file.")]
WithoutKey = Annotated[
    bool, typer.Option("--without-log-key", help="Leave the log's key out; keep it somewhere else, restoring needs it.")
]


def backup(file: File, without_log_key: WithoutKey = False, folder: Where = None, as_json: AsJson = False) -> None:
    """Write a backup of the workspace on this machine, while its server goes on. An existing file stays."""
    open_workspace(folder)
    _backup(file, log_key=not without_log_key, as_json=as_json)


def restore(
    file: File,
    reason: Annotated[str, typer.Option(help="Why the log goes back, in a sentence.")],
    into: Annotated[Path | None, typer.Option(help="A folder without a workspace (else CONSILIENCE_HOME).")] = None,
    lost_head: Annotated[
        str | None, typer.Option(help="The newest head that somebody kept: SIZE:ROOT, or a file with a signed head.")
    ] = None,
    log_key: Annotated[Path | None, typer.Option(help="The log's key, where the backup was made without it.")] = None,
    database: Annotated[
        str | None,
        typer.Option(
            help="An empty database: postgresql://user@host:port/name, or sqlite (else CONSILIENCE_DATABASE)."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Restore a backup, and declare in the log what was lost by that: a new epoch."""
    from consilience.domains.backup import places

    _into_database(database)
    home = open_home(into)
    if places.is_ready(home.root):
        places.put_in_place(home.root)
        done(
            {"finished": True},
            as_json,
            "Finished the restore that was cut off before. `consilience ledger verify` checks it.",
        )
        return
    places.refuse_full(home.root)
    stage = places.stage_of(home.root)
    if not os.environ.get("CONSILIENCE_DATABASE"):
        places.emptied(home.root)
    os.environ["CONSILIENCE_HOME"] = str(stage)
    open_home(None).make()
    from consilience.config.workspace import set_up_django

    set_up_django()
    from django.db import DatabaseError

    from consilience.domains.backup import reader, restore_actions
    from consilience.kit.clock import now

    try:
        with reader.opened(file) as read:
            wanted = restore_actions.Wanted(home.root, reason, lost_head, log_key)
            made = restore_actions.restore(read, wanted, now=now(), tell=_progress())
    except (DatabaseError, OSError) as error:
        raise CannotTell(f"the backup cannot be restored ({error}); nothing was put in place") from error
    lost = {"size": made.lost.size, "root": made.lost.root.hex()} if made.lost else None
    if as_json:
        say_json({"size": made.size, "lost": lost, "epoch": made.position})
        return
    say(f"Restored {made.size} entries into {home.root}; the epoch is entry {made.position}.")
    if lost:
        say(
            f"Declared lost: heads of {made.size + 1} to {lost['size']} entries. Whoever keeps one of them must be told."
        )
    else:
        say("No later head was known. If somebody kept one: consilience ledger epoch --lost-head SIZE:ROOT --reason …")
    say(f"Witnesses that signed a head of more than {made.size} entries refuse the log (docs/manual/backup.md).")
    if os.environ.get("CONSILIENCE_DATABASE"):
        say("The server finds it where CONSILIENCE_DATABASE names the same database.")


def _into_database(said: str | None) -> None:
    """Point this process at the database that --database names."""
    if said is None:
        return
    if said == "sqlite":
        os.environ.pop("CONSILIENCE_DATABASE", None)
        return
    if urlsplit(said).scheme not in ("postgresql", "postgres") or not urlsplit(said).path.strip("/"):
        raise WrongUse(f"--database: {said!r} is none; expected postgresql://user@host:port/name, or sqlite")
    os.environ["CONSILIENCE_DATABASE"] = said


def upgrade(file: File, without_log_key: WithoutKey = False, folder: Where = None, as_json: AsJson = False) -> None:
    """Bring the workspace up to this version's tables, after a backup. One of a later version is refused."""
    home = open_workspace(folder)
    from consilience.config import workspace
    from consilience.domains.backup import rows

    rows.refuse_newer(rows.applied(), "this workspace")
    _backup(file, log_key=not without_log_key, as_json=as_json)
    workspace.init(home, name="Consilience", zone="UTC")
    if not as_json:
        say(f"{home.root} is up to date.")


def epoch(
    lost_head: Annotated[str, typer.Option(help="The head that was lost: SIZE:ROOT, or a file with a signed head.")],
    reason: Annotated[str, typer.Option(help="Why the log went back, in a sentence.")],
    restored: Annotated[
        int | None, typer.Option(min=1, max=2**31 - 1, help="How many entries both have (else all that are here).")
    ] = None,
    folder: Where = None,
    as_json: AsJson = False,
) -> None:
    """Declare that a later head was lost, where a database was restored by other means, or a kept head turned up since."""
    home = open_workspace(folder)
    from consilience.config.workspace import operator
    from consilience.domains.backup import actions, heads, places
    from consilience.domains.ledger import log, queries, rules
    from consilience.kit.clock import now

    workspace = str(queries.workspace().urn).split(":")[2]
    lost = heads.read(lost_head, queries.log_keys(), rules.origin_of(workspace))
    size = log.size() if restored is None else restored
    row = actions.declare_epoch(
        actor=operator(), restored=size, lost=lost, reason=reason, backup=None, now=now()
    )  # fmt: skip
    places.leave_head(home.root, queries.checkpoint())
    sentence = f"Declared lost by entry {row.position}: heads of {size + 1} to {lost.size} entries"
    done({"epoch": row.position, "restored": size, "lost": lost.size}, as_json, sentence)


def _backup(file: Path, *, log_key: bool, as_json: bool) -> None:
    from django.db import DatabaseError

    from consilience.domains.backup.write import backup as write

    try:
        made = write(file, log_key=log_key, tell=_progress())
    except (DatabaseError, OSError) as error:
        raise CannotTell(f"the backup cannot be written ({error})") from error
    found = made.manifest
    said = {
        "file": str(file), "sha256": made.digest, "size": found.size, "root": found.root, "rows": made.rows, "files": made.files,
        "missing": made.missing, "log_key": found.log_key,
    }  # fmt: skip
    if as_json:
        say_json(said)
        return
    say(f"Wrote {file}: {found.size} entries, {made.rows} rows, {made.files} files")
    if made.missing:
        say(f"{len(made.missing)} files were not there; `consilience ledger verify` says whether that is right")
    say(f"sha256 {made.digest}")
    say("It holds names, keys of files" + (" and the log's key" if log_key else "") + ": keep it as you keep those.")


def _progress() -> Callable[[str], None]:
    """A line that tells how far it is, where somebody looks on."""
    if not sys.stderr.isatty():
        return lambda _said: None
    return lambda said: print(f"\r\033[K{said}", end="", file=sys.stderr, flush=True)
