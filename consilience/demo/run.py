"""The story that `make demo` tells: a real credit model on its way to operation, over HTTP only.

Figures are computed in this run from the data and the artefact that are shipped. Texts that people would write, and the
decisions they would take, are marked as the demo's.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from pathlib import Path

from consilience.demo import chapters
from consilience.demo.desk import DemoFailed
from consilience.demo.server import running
from consilience.demo.telling import Telling
from consilience.kit.errors import ExitCode

LOGINS = "demo-logins.txt"


def main(home: Path | None = None) -> int:
    """Tell the story in a workspace of its own; returns the exit code."""
    place = home or Path(os.environ.get("CONSILIENCE_HOME", ".demo")).expanduser().resolve()
    if place.exists() and not (place / LOGINS).exists() and any(place.iterdir()):
        print(f"{place} holds a workspace that is not the demo's; name another folder in CONSILIENCE_HOME")
        return ExitCode.WRONG_USE
    _set_aside(place)
    place.mkdir(parents=True, mode=0o700)
    password = f"demo-{secrets.token_urlsafe(9)}"
    tell, began = Telling(), time.monotonic()
    try:
        with running(place) as server:
            story = chapters.Story(server.url, password, tell)
            story.people(server.setup_link)
            story.policies()
            story.inventory()
            story.measured()
            story.blocked()
            story.supplied()
            story.signed()
            story.allowed()
            story.changed()
    except DemoFailed as error:
        print(f"\nThe demo stopped: {error}")
        return ExitCode.BUG
    chapters.tampered(place, tell)
    _keep_logins(place, password)
    tell.end(
        f"That was {time.monotonic() - began:.0f} seconds. `make up` opens this workspace. Log in with the password {password} as"
    )
    tell.end("  " + ", ".join(address.partition("@")[0] for address in chapters.LOGINS.values()) + " (@demo.example);")
    tell.end(f"  the log-ins are kept in {place.name}/{LOGINS}")
    return ExitCode.YES


def _set_aside(place: Path) -> None:
    """An earlier demo is kept beside the new one, once."""
    if place.exists():
        old = place.with_name(place.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        place.rename(old)


def _keep_logins(place: Path, password: str) -> None:
    lines = [f"{address}  {password}  {role}" for role, address in chapters.LOGINS.items()]
    kept = place / LOGINS
    kept.touch(mode=0o600)
    kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
