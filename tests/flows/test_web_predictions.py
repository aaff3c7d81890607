"""Pages of batches, of proofs beside what they prove, and of what the record proves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consilience.domains.access.rules import Role
from consilience.domains.gate import actions as gate
from consilience.domains.ledger import queries as ledger
from consilience.domains.monitor import actions, batch_proofs, leaves, queries, rules
from consilience.domains.monitor.models import PredictionBatch
from consilience.kit import canonical
from consilience.kit.errors import ExitCode
from consilience.kit.records.models import Private
from consilience.surfaces.cli.main import run
from tests.harness.builders import (
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    later,
    operator,
)
from tests.harness.workspaces import Workspace

SECRET = bytes(range(32))
ROWS = [canonical.encode({"id": f"app-{n}", "score": "0.5", "late": None}) for n in range(3)]
VERIFIER = Path(__file__).parents[2] / "verifier" / "verify.py"


@pytest.fixture
def batch(workspace: Workspace) -> PredictionBatch:
    version = a_version(a_person("Eve"), model=a_model("credit-risk", systems=[a_system("lending")]))
    tree = leaves.BatchTree()
    tree.add(leaves.leaves(ROWS, 0, leaves.Salts(SECRET)))
    said = rules.Said(
        rows=3, root=tree.root().hex(), columns={"id": "text", "score": "double", "late": "text"}, id_column="id",
        files=["cd" * 32], secret=SECRET.hex(),
    )  # fmt: skip
    return actions.log_batch(actor=operator(), version=version.reference, said=said, now=later())


def a_proof(batch: PredictionBatch) -> bytes:
    """The proof of the second row."""
    tree = leaves.BatchTree(1)
    tree.add(leaves.leaves(ROWS, 0, leaves.Salts(SECRET)))
    found = queries.BatchOf(batch, None)  # type: ignore[arg-type] # the parts of a proof ask nothing of the version
    parts = queries.proof_parts(found)
    salt = leaves.Salts(SECRET).of(1)
    return batch_proofs.write(
        batch_proofs.RowProof(ROWS[1], salt, 1, tuple(tree.path(1)), parts.entry.encode(), parts.entry_proof)
    )


def checked(client: Client, data: bytes) -> Any:
    return client.post("/predictions/check", {"proof": SimpleUploadedFile("one.proof.json", data)})


def test_a_batch_is_listed_and_shown(batch: PredictionBatch, client: Client) -> None:
    client.force_login(an_administrator().account)
    for address in ("/predictions", "/predictions?version=credit-risk@1"):
        assert f"/predictions/{batch.urn}" in client.get(address).content.decode()
    for other in ("credit-risk@2", "a@b@c", "x"):
        assert "No batch of this version" in client.get(f"/predictions?version={other}").content.decode()
    page = client.get(f"/predictions/{batch.urn}").content.decode()
    for words in ("3 predictions of credit-risk@1", batch.body["root"], "--row ID", "Proof of this batch", "cdcdcd"):
        assert words in page, words
    Private.objects.filter(commitment=batch.body["files"][0]["commitment"]).delete()
    assert "1 digest was erased" in client.get(f"/predictions/{batch.urn}").content.decode()


def test_a_proof_that_is_dropped_is_checked(batch: PredictionBatch, client: Client) -> None:
    client.force_login(an_administrator().account)
    page = checked(client, a_proof(batch)).content.decode()
    for words in ("Exactly this row was logged here", "app-1", f"/predictions/{batch.urn}"):
        assert words in page, words
    changed = checked(client, a_proof(batch).replace(b"0.5", b"0.6")).content.decode()
    assert "is not what was logged here" in changed
    assert "app-1" not in changed, "a row that was not logged is not shown as if it were"
    assert "cannot be read as a proof" in checked(client, b"<script>").content.decode()
    assert client.post("/predictions/check").status_code == 422


def test_a_member_of_another_system_learns_nothing_from_a_proof_but_what_it_holds(
    batch: PredictionBatch, client: Client
) -> None:
    client.force_login(a_person("Olaf", roles=[(Role.ENGINEER, a_system("cards", name="Cards"))]).account)
    page = checked(client, a_proof(batch)).content.decode()
    assert "Exactly this row was logged here" in page
    assert batch.urn not in page
    assert "credit-risk" not in page


def test_the_proof_stands_beside_what_it_proves(workspace: Workspace, client: Client, tmp_path: Path) -> None:
    ethicist = a_person("Edda Roth", functions=["ethics"])
    release = a_release(a_version(model=a_model("credit-risk", systems=[a_system("lending")])))
    a_sign_off(by=ethicist, release=release, function="ethics")
    decided = gate.decide(actor=operator(), system="lending", version="credit-risk@1", stage="operation", now=later())
    client.force_login(an_administrator().account)
    page = client.get(f"/decisions/{decided.urn}").content.decode()
    assert "Proof of this decision" in page
    assert f"/ledger/{decided.position}/proof" in page
    assert "consilience export --system lending" in page
    sign = client.get("/releases/lending/credit-risk@1/operation/sign/ethics").content.decode()
    assert "Proof of the last decision" in sign
    exact, proof = tmp_path / "entry.json", tmp_path / "entry.tlog-proof"
    exact.write_bytes(client.get(f"/ledger/{decided.position}/statement").content)
    proof.write_bytes(client.get(f"/ledger/{decided.position}/proof").content)
    words = [str(exact), str(proof), "--log-key", ledger.log_key()]
    assert run(["ledger", "check", *words]) == ExitCode.YES
    assert subprocess.run([sys.executable, str(VERIFIER), "entry", *words], check=False).returncode == 0
    exact.write_bytes(exact.read_bytes().replace(b"gate.decided", b"gate.denied!"))
    assert run(["ledger", "check", *words]) == ExitCode.NO
    assert subprocess.run([sys.executable, str(VERIFIER), "entry", *words], check=False).returncode == 1
    proof.write_text("nothing")
    assert run(["ledger", "check", *words]) == ExitCode.CANNOT_TELL
    assert subprocess.run([sys.executable, str(VERIFIER), "entry", *words], check=False).returncode == 7


def test_who_may_not_read_the_record_is_told_whom_to_ask(workspace: Workspace, client: Client) -> None:
    a_release(a_version(model=a_model("credit-risk", systems=[a_system("lending")])))
    decided = gate.decide(actor=operator(), system="lending", version="credit-risk@1", stage="operation", now=later())
    client.force_login(a_person("Rea", roles=[Role.READER]).account)
    page = client.get(f"/decisions/{decided.urn}").content.decode()
    assert "Ask one of them" in page
    assert "/ledger/" not in page.replace("/ledger/what-it-proves", "")


def test_the_honest_page_says_how_it_stands(workspace: Workspace, client: Client) -> None:
    client.force_login(an_administrator().account)
    page = client.get("/ledger/what-it-proves").content.decode()
    head = ledger.checkpoint().split("\n")
    for words in ("No witness is named", "0 of the last", f"{head[1]}:", "none recorded", "never"):
        assert words in page, words
    client.force_login(a_person("Nobody", roles=[]).account)
    page = client.get("/ledger/what-it-proves").content.decode()
    assert "It does not prove" in page
    assert "How it stands here today" not in page
