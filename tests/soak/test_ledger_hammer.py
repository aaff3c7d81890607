"""Long drills of the ledger (`make soak`): writers that are killed at any moment, and readers that check every proof.

CONSILIENCE_SOAK_S says how long each takes, 60 seconds by default.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from consilience.domains.ledger import log, merkle, queries, rules
from consilience.domains.ledger.models import Checkpoint, Node
from consilience.domains.ledger.verify import verify
from consilience.domains.people.models import Function
from tests.harness.workspaces import Workspace

pytestmark = [pytest.mark.usefixtures("workspace"), pytest.mark.on_both_databases]
ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("CONSILIENCE_SOAK_S", "60"))


def a_writer(workspace: Workspace, name: str, go: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.harness.writer", name, "1000000", str(go)],
        cwd=ROOT, env=workspace.environment() | {"PATH": ""}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def acknowledged(writer: subprocess.Popen[str]) -> list[int]:
    """Positions that the writer was told, from a pipe that its death may have cut in the middle of a line."""
    output, _ = writer.communicate()
    return [int(line) for line in output.splitlines(keepends=True) if line.endswith("\n") and line.strip().isdigit()]


def test_writers_killed_at_any_moment_leave_no_gap_no_fork_and_lose_nothing_acknowledged(workspace: Workspace) -> None:
    seeded = random.Random(6962)
    go, ends, told, rounds = workspace.home.root / "go", time.monotonic() + SECONDS, list[int](), 0
    go.touch()
    while time.monotonic() < ends or rounds < 2:
        writers = [a_writer(workspace, f"round-{rounds}-{n}", go) for n in range(3)]
        time.sleep(2 + seeded.random() * 2)
        for writer in writers:
            time.sleep(seeded.random() * 0.05)
            writer.kill()
        for writer in writers:
            told += acknowledged(writer)
        rounds += 1
        report = verify()
        assert report.good, (rounds, report.findings)
    assert told, "the writers wrote nothing"
    assert len(set(told)) == len(told), "a position was given twice"
    assert set(told) <= set(Function.objects.values_list("position", flat=True))
    print(f"\n{rounds} rounds, {len(told)} acknowledged acts, {log.size()} entries")


def test_a_reader_that_checks_every_proof_while_others_write_finds_one_log(workspace: Workspace) -> None:
    go, ends, proofs = workspace.home.root / "go", time.monotonic() + SECONDS, 0
    writers = [a_writer(workspace, f"writer-{n}", go) for n in range(2)]
    go.touch()
    try:
        seeded, key = random.Random(6962), queries.log_key()
        before = rules.opened(queries.checkpoint(), key)
        while time.monotonic() < ends:
            head = rules.opened(queries.checkpoint(), key)
            path = merkle.consistency(before.size, head.size, node)
            assert merkle.consistent(before.size, head.size, before.root, head.root, path)
            for _ in range(20):
                proof = queries.proof(seeded.randrange(head.size))
                assert proof.holds(key)
                proofs += 1
            outside = rules.opened(settings.CHECKPOINT_FILE.read_text(), key)
            assert outside.root == rules.opened(Checkpoint.objects.get(size=outside.size).note, key).root
            before = head
    finally:
        for writer in writers:
            writer.kill()
            writer.communicate()
    assert before.size > 10
    assert verify().good
    print(f"\n{proofs} proofs while the log grew to {before.size} entries")


def node(level: int, nth: int) -> bytes:
    return bytes(Node.objects.values_list("hash", flat=True).get(level=level, nth=nth))
