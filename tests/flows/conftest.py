"""The workspace that tamper drills work on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from consilience.domains.ledger.verify import verify
from tests.conftest import Templates
from tests.harness import workspaces
from tests.harness.builders import a_person, a_release, a_sign_off, read_release, some_evidence
from tests.harness.credit import Credit, credit
from tests.harness.rows import rows_of_every_noun
from tests.harness.workspaces import Workspace


@pytest.fixture(scope="session")
def small(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with rows of every noun; built once, copied for each drill."""
    made = workspaces.copied(templates.of("sqlite"), tmp_path_factory.mktemp("drills") / "small")
    with workspaces.opened(made):
        ana = a_person("Ana Aalto", functions=["ethics"])
        release = a_release()
        some_evidence(read_release(release).version)
        a_sign_off(by=ana, release=release, function="ethics")
        rows_of_every_noun()
        report = verify()
        assert report.good, report.findings
    workspaces.settle(made)
    return made


@pytest.fixture
def drill(small: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    copy = workspaces.copied(small, tmp_path / "home")
    with workspaces.opened(copy):
        yield copy


@pytest.fixture(scope="session")
def let_through(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Credit]:
    """The credit model signed by everybody and let through to operation; made once, copied for each test."""
    made = workspaces.copied(templates.of("sqlite"), tmp_path_factory.mktemp("passed") / "passed")
    with workspaces.opened(made):
        story = credit()
        story.sign_everything()
        assert story.decide().allowed
        story.release.refresh_from_db()
    workspaces.settle(made)
    return made, story
