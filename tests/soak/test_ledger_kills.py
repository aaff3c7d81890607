"""`kill -9` of the process between any two writes, and then another start: no gap, no fork, nothing acknowledged is lost.

PostgreSQL runs with fsync on. CONSILIENCE_SOAK_KILLS says how many processes are killed on each database, 300 by
default. What is shown is the death of the process, not of the machine: a disk that lies about having written is not
found out here.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from consilience.config.home import Home
from consilience.domains.ledger import log, merkle, queries, rules
from consilience.domains.ledger.models import Checkpoint, Entry
from consilience.domains.ledger.verify import verify
from consilience.domains.people.models import Function
from tests.harness import postgres, workspaces
from tests.harness.workspaces import Workspace

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("CONSILIENCE_SOAK_KILLS", "300"))
WRITERS, ACTS_EACH = 8, 40


@pytest.fixture(params=["sqlite", "postgresql"])
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Workspace]:
    """A new workspace on a database that flushes what it commits."""
    with ExitStack() as until_the_end:
        made = Workspace(Home(tmp_path / "home"))
        if request.param == "postgresql":
            running = until_the_end.enter_context(postgres.server(durable=True))
            running.run("CREATE DATABASE killed")
            made = Workspace(Home(tmp_path / "home"), running, "killed")
        workspaces.initialise(made)
        with workspaces.opened(made):
            yield made


def process(workspace: Workspace, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, env=workspace.environment() | {"PATH": ""}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.PIPE,
    )  # fmt: skip


def test_killed_between_any_two_writes_nothing_acknowledged_is_lost(durable: Workspace) -> None:
    begun, told, died = log.size(), list[int](), Counter[str]()
    with process(durable, "tests.harness.killed", str(KILLS)) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdin is not None
        for nth, line in enumerate(running.stdout):
            said = json.loads(line)
            died.update(said["died"])
            told += said["acknowledged"]
            positions = list(Entry.objects.order_by("position").values_list("position", flat=True))
            assert positions == list(range(len(positions))), (nth, said)
            assert set(said["acknowledged"]) <= set(positions), (nth, said)
            _whole(nth)
            running.stdin.write("\n")
            running.stdin.flush()
        errors = running.stderr.read()
    assert running.returncode == 0, errors
    assert sum(died.values()) == KILLS
    assert len(set(told)) == len(told), "a position was given twice"
    assert set(told) <= set(Function.objects.values_list("position", flat=True))
    assert any("commit" in what for what in died)
    assert any("file" in what for what in died)
    _whole(KILLS)
    print(
        f"\n{durable.vendor}: {KILLS} killed at {len(died)} different steps, {len(told)} acknowledged, {log.size() - begun} written"
    )
    print("\n".join(f"{count:6} {what}" for what, count in sorted(died.items())))


def _whole(nth: int) -> None:
    """Everything fits, and every head that was ever signed is one of this log."""
    report = verify()
    assert report.good, (nth, report.findings)
    key = queries.log_key()
    outside = rules.opened(settings.CHECKPOINT_FILE.read_text(), key)
    assert outside.root == rules.opened(Checkpoint.objects.get(size=outside.size).note, key).root
    notes = list(Checkpoint.objects.values_list("note", flat=True))  # before the leaves: others go on writing
    tree = merkle.Tree(
        b"".join(bytes(leaf) for leaf in Entry.objects.order_by("position").values_list("leaf", flat=True))
    )
    for note in notes:
        head = rules.opened(note, key)
        assert tree.root(head.size) == head.root, (nth, head.size)


def test_eight_writers_at_once_leave_one_log_in_which_every_proof_holds(durable: Workspace, tmp_path: Path) -> None:
    go, key = tmp_path / "go", queries.log_key()
    writers = [process(durable, "tests.harness.writer", f"w{n}", str(ACTS_EACH), str(go)) for n in range(WRITERS)]
    before, seen = rules.opened(queries.checkpoint(), key), 0
    go.touch()
    while any(writer.poll() is None for writer in writers):
        head = rules.opened(queries.checkpoint(), key)
        found = queries.consistency(before.size)
        assert merkle.consistent(before.size, found.size, before.root, rules.opened(found.note, key).root, found.path)
        before, seen = head, seen + 1
    told = [int(line) for writer in writers for line in writer.communicate()[0].splitlines() if line.isdigit()]
    assert len(told) == len(set(told)) == WRITERS * ACTS_EACH
    proofs = [queries.proof(position) for position in range(log.size())]
    assert all(proof.holds(key) for proof in proofs)
    assert verify().good
    print(
        f"\n{durable.vendor}: {len(told)} acts of {WRITERS} writers, {seen} heads followed, {len(proofs)} proofs checked"
    )
