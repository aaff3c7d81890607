"""Whatever is done to files of the content store, `ledger verify` notices it and names it."""

from __future__ import annotations

import json
import time

import pytest

from consilience.domains.content import actions as content
from consilience.domains.content.models import Blob
from consilience.domains.content.queries import path_of
from consilience.domains.content.verify import findings
from consilience.domains.inventory.queries import VersionOf
from consilience.kit.errors import ExitCode
from tests.harness.builders import a_version, later
from tests.harness.processes import command
from tests.harness.workspaces import Workspace

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def version(workspace: Workspace) -> VersionOf:
    """A version whose artefact the server holds."""
    digest = content.put(b"the artefact", now=later())
    return a_version(artefact={"digest": digest, "kind": "file", "held": True, "computed_by": "server"})


def artefact_of(version: VersionOf) -> str:
    return str(version.row.body["artefact"]["digest"])


def test_files_that_nobody_touched_are_good(version: VersionOf) -> None:
    content.put(b"", now=later())
    assert findings() == []


def test_a_changed_file_is_named_with_the_record_that_means_it(version: VersionOf) -> None:
    digest = artefact_of(version)
    path_of(digest).write_bytes(b"the artefacT")
    (found,) = findings()
    assert found.code == "content_changed"
    assert digest in found.about
    assert version.row.name in found.about
    Blob.objects.filter(digest=digest).delete()
    assert [one.code for one in findings()] == ["content_changed"], "its row says nothing about its bytes"


def test_a_file_that_is_held_and_gone_is_named(version: VersionOf) -> None:
    path_of(artefact_of(version)).unlink()
    (found,) = findings()
    assert found.code == "content_missing"
    assert version.row.name in found.about


def test_a_file_that_no_record_means_says_so(version: VersionOf) -> None:
    path_of(content.put(b"left behind", now=later())).write_bytes(b"other")
    (found,) = findings()
    assert "no record names it" in found.about


def test_a_megabyte_takes_milliseconds(version: VersionOf) -> None:
    content.put(bytes(32 * 2**20), now=later())
    taken = []
    for _nth in range(3):
        started = time.perf_counter()
        assert findings() == []
        taken.append(time.perf_counter() - started)
    assert min(taken) < 32 * 0.02, "20 ms a megabyte, on a machine that others use too"


def test_the_command_ends_with_no_and_leaves_files_out_when_asked(version: VersionOf, workspace: Workspace) -> None:
    home = {"CONSILIENCE_HOME": str(workspace.home.root)}
    path_of(artefact_of(version)).write_bytes(b"x")
    bad = command("ledger", "verify", "--json", **home)
    assert bad.returncode == ExitCode.NO, bad.stderr
    said = json.loads(bad.stdout)
    assert (said["good"], [one["code"] for one in said["findings"]]) == (False, ["content_changed"])
    assert command("ledger", "verify", "--no-content", **home).returncode == ExitCode.YES
