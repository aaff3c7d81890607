"""The harness that every test shares.

Fixtures:
- `workspace`: a fresh, initialised workspace of the test's own (see tests/harness/workspaces.py); builders such as
  `a_person`, `a_version(owner=ana)`, `a_release()` in tests/harness/builders.py fill it by real acts.
- `client`: Django's test client on that workspace. `server`: its address over real HTTP.

A test without one of these has no database at all: pure rules need none. The database is SQLite; with `--database
postgresql` it is a throw-away PostgreSQL server; a test marked `on_both_databases` always runs on both, one marked
`on_sqlite` is about SQLite itself. Works with pytest-xdist: each worker has a template of its own.
"""

from __future__ import annotations

import tests.harness.prelude  # noqa: F401 - first: sets Django up

# isort: split
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.test import Client

from consilience.config.home import Home
from tests.harness import postgres, server, workspaces
from tests.harness.workspaces import Workspace

workspaces.point_nowhere()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="where the tests' workspaces live"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "workspace" in metafunc.fixturenames:
        for marker, vendors in (("on_both_databases", ["sqlite", "postgresql"]), ("on_sqlite", ["sqlite"])):
            if metafunc.definition.get_closest_marker(marker):
                metafunc.parametrize("workspace", vendors, indirect=True)


class Templates:
    """The initialised workspaces that tests get copies of, made when the first test asks for one."""

    def __init__(self, folder: Path, until_the_end: ExitStack) -> None:
        self._folder, self._until_the_end = folder, until_the_end
        self._made: dict[str, Workspace] = {}

    def of(self, vendor: str) -> Workspace:
        if vendor not in self._made:
            self._made[vendor] = workspaces.initialise(self._new(vendor))
        return self._made[vendor]

    def _new(self, vendor: str) -> Workspace:
        home = Home(self._folder / vendor)
        if vendor == "sqlite":
            return Workspace(home)
        running = self._until_the_end.enter_context(postgres.server())
        running.run("CREATE DATABASE template_workspace")
        return Workspace(home, running, "template_workspace")


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    with ExitStack() as until_the_end:
        yield Templates(tmp_path_factory.mktemp("templates"), until_the_end)


@pytest.fixture
def workspace(request: pytest.FixtureRequest, templates: Templates, tmp_path: Path) -> Iterator[Workspace]:
    vendor = getattr(request, "param", None) or request.config.getoption("--database")
    copy = workspaces.copied(templates.of(vendor), tmp_path / "home")
    with workspaces.opened(copy):
        yield copy
    workspaces.dropped(copy)


@pytest.fixture
def client(workspace: Workspace) -> Client:
    return Client()


@pytest.fixture(name="server")
def serve(workspace: Workspace) -> Iterator[str]:
    with server.serving() as address:
        yield address
