"""Archives that somebody asked a server for: made in the background, kept for a day for whoever asked, gone with the next erasure.

Each lies in a folder of its own beside the content store, which its maker holds locked. So a process that died is told from one that works,
and what it left is removed like any other leftover (`content.upkeep_actions.sweep`).
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connections

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.audit.export import Exported, Wanted, export
from consilience.domains.content.models import Erasure
from consilience.domains.content.queries import TAKEAWAY
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.kit import digests, locks
from consilience.kit.clock import Instant
from consilience.kit.errors import ConsilienceError, NotFound, Refused, refusal
from consilience.kit.records.models import AsOf

log = logging.getLogger("consilience.archives")
ASKED, DONE, FAILED, ARCHIVE = "asked.json", "done.json", "failed.txt", "archive.zip"
HOLDING_S = 10
"""How long a thread may take to begin."""
_ID = re.compile(r"[0-9a-f]{32}")
Start = Callable[[Callable[[], None]], None]
"""How the work is begun: in a thread of its own, or at once."""


class State(StrEnum):
    MAKING = "making"
    READY = "ready"
    FAILED = "failed"
    CUT_OFF = "cut_off"


@dataclass(frozen=True)
class Made:
    """An archive that was asked for, and how far it is."""

    id: str
    wanted: Wanted
    at: Instant
    state: State
    bytes: int
    """Written so far."""
    head: str = ""
    """`SIZE:ROOT` of the head that it holds, once it is ready."""
    sha256: str = ""
    problem: str = ""


def ensure(actor: Actor, wanted: Wanted, asof: AsOf) -> None:
    """The record in the whole workspace; for files also their download, for texts whatever is seen of people's access."""
    access.ensure(actor, "ledger.read", WORKSPACE, asof)
    if wanted.files:
        access.ensure(actor, "evidence.download", WORKSPACE, asof)
    if wanted.private:
        access.ensure(actor, "access.read", WORKSPACE, asof)
    if wanted.system is not None:
        inventory.system(actor, wanted.system, asof)


def begin(actor: Actor, wanted: Wanted, asof: AsOf, start: Start | None = None) -> str:
    """Begin to make an archive; its id. Refused while another of the same person is being made."""
    ensure(actor, wanted, asof)
    if any(one.state is State.MAKING for one in listed(actor)):
        raise Refused(refusal("archive_being_made"))
    name = secrets.token_hex(16)
    folder = _folder(name)
    folder.mkdir(mode=0o700, parents=True)
    said = {
        "by": actor.urn,
        "at": asof.valid_at,
        "system": wanted.system,
        "files": wanted.files,
        "private": wanted.private,
    }
    (folder / ASKED).write_text(json.dumps(said), encoding="utf-8")
    holding = threading.Event()
    (start or _in_background)(lambda: _make(folder, wanted, holding))
    holding.wait(HOLDING_S)  # so that nobody finds a folder that nobody holds yet
    return name


def listed(actor: Actor) -> list[Made]:
    """What this person asked for within the last day, the newest first."""
    found = [
        one for path in Path(settings.CONTENT_FOLDER).glob(f"{TAKEAWAY}*") if (one := _read(path, actor)) is not None
    ]
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)


def ready(actor: Actor, name: str, asof: AsOf) -> Path:
    """The file of a ready archive that this person asked for, if they may still have it. NotFound otherwise."""
    made = _read(_folder(name), actor) if _ID.fullmatch(name) else None
    if made is None or made.state is not State.READY:
        raise NotFound("archive", name)
    ensure(actor, made.wanted, asof)
    if Erasure.objects.filter(position__gte=int(made.head.partition(":")[0])).exists():
        raise NotFound("archive", name)  # it holds what was erased since
    return _folder(name) / ARCHIVE


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="archive", daemon=True).start()


def _make(folder: Path, wanted: Wanted, holding: threading.Event) -> None:
    try:
        with locks.held(folder):
            holding.set()
            done = export(wanted, folder / ARCHIVE)
            _say(folder / DONE, json.dumps({"head": _head(done), "sha256": digests.of_file(folder / ARCHIVE)}))
        log.info("archive made: %s", folder.name)
    except (ConsilienceError, DatabaseError, OSError) as error:
        log.warning("archive %s was not made: %s", folder.name, error)
        if folder.is_dir():  # else an erasure took it away
            _say(folder / FAILED, str(error))
    finally:
        connections.close_all()


def _head(done: Exported) -> str:
    return f"{done.manifest.size}:{done.manifest.root}"


def _say(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def _read(folder: Path, actor: Actor) -> Made | None:
    """What lies in the folder; None where it is somebody else's, or just going away."""
    try:
        asked = json.loads((folder / ASKED).read_text(encoding="utf-8"))
        if asked["by"] != actor.urn:
            return None
        wanted = Wanted(asked["system"], files=asked["files"], private=asked["private"])
        done = json.loads((folder / DONE).read_text(encoding="utf-8")) if (folder / DONE).exists() else {}
        problem = (folder / FAILED).read_text(encoding="utf-8") if (folder / FAILED).exists() else ""
        written = sum(path.stat().st_size for path in folder.iterdir() if path.name not in (ASKED, DONE, FAILED))
    except (FileNotFoundError, ValueError):
        return None
    name = folder.name.removeprefix(TAKEAWAY)
    state = (
        State.READY if done else State.FAILED if problem else State.MAKING if locks.is_held(folder) else State.CUT_OFF
    )
    return Made(name, wanted, Instant(asked["at"]), state, written, problem=problem, **done)


def _folder(name: str) -> Path:
    return Path(settings.CONTENT_FOLDER) / f"{TAKEAWAY}{name}"
