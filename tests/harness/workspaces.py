"""Fast isolated workspaces: one is really initialised per test process, each test gets a copy of it.

Record tables refuse DELETE, so nothing can be flushed between two tests. A copy of an initialised workspace (a home
folder, and its SQLite file or a PostgreSQL database made with CREATE DATABASE ... TEMPLATE) takes milliseconds instead.
`opened` points Django at a workspace: it rewrites the settings of the default connection in place, so that threads and
the `connection` proxy follow, and closes what was open before.

Every workspace begins at BEGINNING, a moment in the past: a test may live through years by passing its own instants,
and whatever reads the real clock (pages, API, command line) is later than all of it.
"""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from unittest.mock import patch

from django.conf import settings
from django.db import connections

from consilience.config import workspace as workspaces
from consilience.config.home import Home
from consilience.kit.clock import Instant
from tests.harness.postgres import Server
from tests.harness.prelude import NOWHERE

BEGINNING = Instant("2024-01-08T08:00:00.000000Z")
ZONE = "Europe/Berlin"
NAME = "Meridian Bank"


@dataclass(frozen=True)
class Workspace:
    """Where a test's workspace lies."""

    home: Home
    server: Server | None = None
    database: str = ""
    """The database's name on the server; empty for SQLite, whose file lies in the home folder."""

    @property
    def vendor(self) -> str:
        return "postgresql" if self.server else "sqlite"

    def environment(self) -> dict[str, str]:
        """What a subprocess needs in its environment to work on this workspace."""
        named = {"CONSILIENCE_HOME": str(self.home.root), "DJANGO_SETTINGS_MODULE": "consilience.config.settings"}
        if self.server:
            named["CONSILIENCE_DATABASE"] = self.server.url(self.database)
        return named

    def connection_settings(self) -> dict[str, object]:
        if self.server is None:
            return {**_SQLITE, "NAME": self.home.database}
        server = self.server
        return {
            **_SQLITE,
            "ENGINE": "django.db.backends.postgresql",
            "OPTIONS": {},
            "NAME": self.database,
            "USER": server.user,
            "HOST": server.host,
            "PORT": server.port,
        }


_SQLITE = dict(connections.settings["default"])  # complete: Django has filled in every key
assert _SQLITE["ENGINE"] == "django.db.backends.sqlite3", "tests choose their database by --database"


@contextmanager
def opened(workspace: Workspace) -> Iterator[Workspace]:
    """Point Django at this workspace, and at no workspace afterwards."""
    _point(workspace)
    try:
        yield workspace
    finally:
        point_nowhere()


def point_nowhere() -> None:
    """A test that forgot the `workspace` fixture fails at its first query instead of writing somewhere."""
    _point(Workspace(Home(Path(NOWHERE))))


def _point(workspace: Workspace) -> None:
    connections["default"].close()
    del connections["default"]
    present = connections.settings["default"]
    present.clear()
    present.update(workspace.connection_settings())
    settings.HOME = workspace.home
    settings.LOG_KEY_FILE = workspace.home.log_key
    settings.CHECKPOINT_FILE = workspace.home.checkpoint
    settings.CONTENT_FOLDER = workspace.home.content


def initialise(workspace: Workspace) -> Workspace:
    """Make a workspace by the product's own `init`, at BEGINNING."""
    with opened(workspace), patch("consilience.config.workspace.now", return_value=BEGINNING):
        workspaces.init(workspace.home, name=NAME, zone=ZONE)
    settle(workspace)
    return workspace


def copied(template: Workspace, folder: Path) -> Workspace:
    """A copy of a workspace that nobody has open, in a new folder."""
    shutil.copytree(template.home.root, folder)
    if template.server is None:
        return Workspace(Home(folder))
    name = f"test_{uuid.uuid4().hex[:12]}"
    template.server.run(f'CREATE DATABASE "{name}" TEMPLATE "{template.database}"')
    return Workspace(Home(folder), template.server, name)


def dropped(workspace: Workspace) -> None:
    """Remove a copy's database; its folder goes with the test's."""
    if workspace.server is not None:
        workspace.server.run(f'DROP DATABASE "{workspace.database}" WITH (FORCE)')


def kept(home: Home) -> Path:
    """A copy of an open workspace on SQLite, as it is now; gone with the process."""
    folder = Path(mkdtemp(prefix="consilience-kept-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(home.root, folder, ignore=shutil.ignore_patterns("*.sqlite3*"), dirs_exist_ok=True)
    _write(home.database, Home(folder).database)
    return folder


def brought(folder: Path, home: Home) -> None:
    """Make an open workspace on SQLite what was `kept` in this folder."""
    shutil.copytree(folder, home.root, ignore=shutil.ignore_patterns("*.sqlite3*"), dirs_exist_ok=True)
    _write(Home(folder).database, home.database)


def _write(source: Path, target: Path) -> None:
    """One database over another, page by page, beneath whoever has it open."""
    with closing(sqlite3.connect(source)) as given, closing(sqlite3.connect(target)) as taking:
        given.backup(taking)


def settle(workspace: Workspace) -> None:
    """Bring what SQLite still holds beside its file into the file, so that it can be copied."""
    if workspace.server is not None:
        return
    with sqlite3.connect(workspace.home.database) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
