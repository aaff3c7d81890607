"""The worker in processes of its own: killed between, two at once, beside writers; nothing is lost or told twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client as Browser

from consilience.domains.gate import notices as told
from consilience.domains.gate.models import Cursor, Notice, Standing
from consilience.domains.ledger import log
from consilience.domains.ledger.verify import verify
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import now
from consilience.kit.errors import ExitCode
from tests.harness import workspaces
from tests.harness.api import as_
from tests.harness.builders import a_person, as_of
from tests.harness.credit import Credit
from tests.harness.processes import command
from tests.harness.workspaces import Workspace

PATIENCE_S = 60.0
"""A machine that has much else to do takes its time to start a process."""


@pytest.fixture
def workspace(let_through: tuple[Workspace, Credit], tmp_path: Path) -> Iterator[Workspace]:
    """One in which the credit model was let through to operation."""
    copy = workspaces.copied(let_through[0], tmp_path / "home")
    with workspaces.opened(copy):
        yield copy


@pytest.fixture
def story(workspace: Workspace, let_through: tuple[Workspace, Credit]) -> Credit:
    return let_through[1]


def a_worker(workspace: Workspace) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "consilience.surfaces.cli.main", "worker"],
        env={**os.environ, **workspace.environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def until(true: Callable[[], bool]) -> None:
    waited = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < waited, "it did not happen"
        time.sleep(0.1)


def changes() -> int:
    return Standing.objects.count()


def test_a_killed_worker_and_two_at_once_lose_nothing_and_tell_nothing_twice(
    story: Credit, workspace: Workspace
) -> None:
    first = a_worker(workspace)
    until(lambda: changes() == 1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    story.sign("ethics", Verdict.BLOCK)  # while nobody looks
    pair = [a_worker(workspace), a_worker(workspace)]
    try:
        until(lambda: changes() == 2)
        pair[0].send_signal(signal.SIGKILL)
        story.sign("legal", Verdict.OBJECT)  # beside the one that is left
        until(lambda: changes() == 3)
        until(lambda: Cursor.objects.get().position == log.size())
    finally:
        pair[1].send_signal(signal.SIGINT)
        said = [one.communicate(timeout=PATIENCE_S)[1] for one in (first, *pair)]
    assert pair[1].returncode == ExitCode.INTERRUPTED
    for errors in said:
        assert "Traceback" not in errors, errors
        assert "locked" not in errors, errors
    listed = list(Notice.objects.values_list("person", "about"))
    assert len(listed) == len(set(listed))
    owner = story.reviewers["product"].urn
    assert [about.rpartition(":")[2] for person, about in listed if person == owner] == ["2", "3"]
    report = verify()
    assert report.good, report.findings


def test_once_says_what_changed_and_what_if_records_nothing(story: Credit, workspace: Workspace) -> None:
    named = workspace.environment()
    asked = command("worker", "--once", "--at", "2101-01-01", **named)
    assert asked.returncode == ExitCode.YES, asked.stderr
    assert "Not recorded" in asked.stdout
    assert "lawful-data/data-kept-in-time" in asked.stdout
    assert (changes(), Cursor.objects.count()) == (0, 0)
    looked = command("worker", "--once", **named)
    assert "credit-risk@1 to operation: compliant" in looked.stdout
    assert changes() == 1


def test_the_worker_needs_a_workspace_and_a_what_if_is_asked_once(tmp_path: Path) -> None:
    none = command("worker", "--once", "--home", str(tmp_path))
    assert none.returncode == ExitCode.WRONG_USE
    assert "consilience init" in none.stderr
    assert command("worker", "--at", "2101-01-01", "--home", str(tmp_path)).returncode == ExitCode.WRONG_USE


def test_a_what_if_lies_ahead(story: Credit, workspace: Workspace) -> None:
    asked = command("worker", "--once", "--at", "2001-01-01", **workspace.environment())
    assert asked.returncode == ExitCode.WRONG_USE
    assert "must lie ahead" in asked.stderr


def test_pages_and_api_tell_whom_it_concerns_and_nobody_else(story: Credit, client: Browser) -> None:
    from consilience.domains.gate import standing_actions
    from tests.harness.builders import operator

    standing_actions.look(actor=operator(), now=now())
    owner, stranger = story.reviewers["product"], a_person("Sam Stranger", roles=[])
    client.force_login(owner.account)
    assert "No notices" in client.get("/notices").content.decode()
    assert "Compliant" in client.get("/live").content.decode()
    story.sign("ethics", Verdict.BLOCK)
    standing_actions.look(actor=operator(), now=now())
    page = client.get("/notices").content.decode()
    assert "Not compliant" in page
    assert "A block stands." in page
    release = "/releases/lending/credit-risk@1/operation"
    for address in ("/live", "/systems/lending", release):
        assert "Not compliant" in client.get(address).content.decode(), address
    said = as_(owner).get("/notices", unread=True).said
    assert [one["state"] for one in said["items"]] == ["not_compliant"]
    assert as_(stranger).get("/notices").said["count"] == as_(stranger).get("/standings").said["count"] == 0
    assert told.unread(owner.actor, as_of(now())) == 1
    # A notice is read by whoever was told, and by nobody else.
    assert as_(stranger).post("/notices/read", {"notices": [said["items"][0]["id"]]}).said["read"] == 0
    assert client.post("/notices/read", {"notice": said["items"][0]["id"]}, follow=True).status_code == 200
    assert told.unread(owner.actor, as_of(now())) == 0
    shown = as_(owner).get("/releases/lending/credit-risk@1/operation/standing").said
    assert shown["current"]["state"] == "not_compliant"
    assert [one["state"] for one in shown["history"]] == ["not_compliant", "compliant"]
