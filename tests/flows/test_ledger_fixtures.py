"""Workspaces of every format that was ever written: a copy is opened, brought up to date, verified and read."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from consilience.config.home import Home
from consilience.domains.ledger.verify import verify
from consilience.kit.records.models import AsOf
from consilience.kit.records.registry import record_models
from tests.harness import workspaces
from tests.harness.builders import a_person, a_system
from tests.harness.check_fixtures import FIXTURES, problems
from tests.harness.make_fixture import facts_at
from tests.harness.workspaces import Workspace

NAMES = sorted(path.name.removesuffix(".tar.gz") for path in FIXTURES.glob("workspace-*.tar.gz"))


@pytest.fixture(params=NAMES)
def expected(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """Opens a copy of the fixture, migrated to today's tables; gives what was written down about it."""
    home = Home(tmp_path / "home")
    with tarfile.open(FIXTURES / f"{request.param}.tar.gz") as archive:
        archive.extractall(home.root, filter="data")
    with workspaces.opened(Workspace(home)):
        call_command("migrate", verbosity=0)
        yield json.loads((FIXTURES / f"{request.param}.json").read_text(encoding="ascii"))


def test_there_is_a_fixture_and_none_was_changed() -> None:
    assert NAMES
    assert problems() == []


def test_an_old_workspace_verifies_to_the_root_it_had(expected: dict[str, Any]) -> None:
    report = verify()
    assert report.good, report.findings
    assert (report.root, report.entries, report.erased) == (expected["root"], expected["entries"], expected["erased"])


def test_an_old_workspace_has_every_row_it_had(expected: dict[str, Any]) -> None:
    found = {model._meta.db_table: model._default_manager.count() for model in record_models()}
    assert {table: count for table, count in found.items() if count} == expected["rows"]


def test_an_old_workspace_says_what_it_said_at_every_moment(expected: dict[str, Any]) -> None:
    for facts in expected["facts"]:
        assert facts_at(AsOf(valid_at=facts["valid_at"], known_at=facts["known_at"])) == facts


def test_an_old_workspace_goes_on(expected: dict[str, Any]) -> None:
    system = a_system("another", owner=a_person())
    assert system.position == expected["entries"] + 1
    report = verify()
    assert report.good, report.findings
