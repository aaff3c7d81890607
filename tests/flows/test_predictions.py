"""A batch of predictions: logged by its root, one row proved, the proof checked offline by both verifiers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.domains.access.rules import Role
from consilience.domains.audit.export import Wanted, export
from consilience.domains.audit.verify import verify as verify_archive
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.content.erasure import queries as erasures
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.verify import verify
from consilience.domains.monitor.models import PredictionBatch
from consilience.kit.errors import ExitCode
from consilience.kit.records.models import Private
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token, as_
from tests.harness.builders import a_model, a_person, a_release, a_system, a_version, later, operator
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
VERIFIER = Path(__file__).parents[2] / "verifier" / "verify.py"
BATCH = {
    "model_version": "credit-risk@1", "rows": 3, "root": "ab" * 32, "columns": [{"name": "id", "kind": "text"}],
    "id_column": "id", "files": ["cd" * 32], "secret": "ef" * 32,
}  # fmt: skip


@pytest.fixture
def log(workspace: Workspace, server: str, at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of predictions, and an engineer who is logged in."""
    lending = a_system("lending")
    engineer = a_person("Eve")
    a_release(a_version(engineer, model=a_model("credit-risk", systems=[lending])), system=lending)
    at(server, a_token(engineer), timeout="60")
    monkeypatch.chdir(tmp_path)
    table = pa.table(
        {"id": [f"app-{n:03}" for n in range(200)], "score": [n / 200 for n in range(200)], "x": range(200)}
    )
    pq.write_table(table, "day.parquet")
    return "day.parquet"


def answered(capsys: pytest.CaptureFixture[str], *words: str, code: ExitCode = ExitCode.YES) -> str:
    assert run(words) == code, (words, capsys.readouterr())
    told = capsys.readouterr()
    return told.out + told.err


def test_a_batch_is_logged_and_one_of_its_rows_is_proved_offline(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--version", "credit-risk@1", "--day", "2026-11-23", "--id", "id", "--columns", "id,score"]
    made = json.loads(answered(capsys, "predictions", "log", log, *words, "--json"))
    assert (made["rows"], made["id_column"], len(made["files"])) == (200, "id", 1)
    assert made["until"] > made["since"]
    assert "credit-risk@1" in answered(capsys, "predictions", "list")
    answered(capsys, "predictions", "prove", log, "--row", "app-123", "--out", "one.json")
    key = ledger.log_key()
    said = answered(capsys, "predictions", "check", "one.json", "--log-key", key)
    assert '{"id":"app-123","score":"0.615"}' in said
    assert "Good" in said
    Path("key.txt").write_text(key + "\n")
    answered(capsys, "predictions", "check", "one.json", "--log-key", "key.txt")
    assert "cannot be told" in answered(capsys, "predictions", "check", "one.json", code=ExitCode.CANNOT_TELL)
    asked = [sys.executable, str(VERIFIER), "prediction", "one.json", "--log-key", key]
    assert subprocess.run(asked, check=False, capture_output=True).returncode == 0
    Path("one.json").write_text(Path("one.json").read_text().replace("0.615", "0.015"))
    found = answered(capsys, "predictions", "check", "one.json", "--log-key", key, "--json", code=ExitCode.NO)
    assert json.loads(found)["outcome"] == "tampered"
    assert subprocess.run(asked, check=False, capture_output=True).returncode == 1


def test_rows_other_than_those_that_were_logged_prove_nothing(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = json.loads(answered(capsys, "predictions", "log", log, "--version", "credit-risk@1", "--json"))
    table = pq.read_table(log)
    pq.write_table(table.slice(1), log)
    said = answered(capsys, "predictions", "prove", log, "--index", "0", code=ExitCode.BAD_INPUT)
    assert "was not logged as it is now" in said
    words = ["predictions", "prove", log, "--batch", made["urn"]]
    assert "holds other rows than were logged" in answered(capsys, *words, "--index", "0", code=ExitCode.BAD_INPUT)
    pq.write_table(table, log)
    assert "there is no row 200" in answered(capsys, *words, "--index", "200", code=ExitCode.BAD_INPUT)
    assert "without --id" in answered(capsys, *words, "--row", "app-001", code=ExitCode.WRONG_USE)
    assert "--row ID or by --index" in answered(capsys, *words, code=ExitCode.WRONG_USE)
    assert not list(Path().glob("*.proof.json"))


def test_after_the_secret_was_erased_no_row_can_be_proved(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = json.loads(answered(capsys, "predictions", "log", log, "--version", "credit-risk@1", "--json"))
    answered(capsys, "predictions", "prove", log, "--index", "7", "--out", "kept.json")
    row = PredictionBatch.objects.get(urn=made["urn"])
    texts = (row.body["secret"]["commitment"],)
    erasing.erase(
        actor=operator(), texts=texts, files=(), basis="not_needed", reason="The rows are gone.",
        seen=erasures.plan(texts, ()).seen, now=later(),
    )  # fmt: skip
    words = ["predictions", "prove", log, "--index", "7"]
    assert "secret of this batch was erased" in answered(capsys, *words, code=ExitCode.CANNOT_TELL)
    answered(capsys, "predictions", "check", "kept.json", "--log-key", ledger.log_key())
    assert verify().good


def test_no_value_and_no_digest_of_the_rows_stands_in_the_record(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = json.loads(answered(capsys, "predictions", "log", log, "--version", "credit-risk@1", "--json"))
    row = PredictionBatch.objects.get(urn=made["urn"])
    entry = ledger.entry(row.position)
    assert made["files"][0] not in row.canonical + bytes(entry.exact).decode()
    secret = Private.objects.get(commitment=row.body["secret"]["commitment"]).value
    assert secret not in row.canonical + bytes(entry.exact).decode()


def test_a_batch_belongs_to_the_archive_of_the_system_and_both_verifiers_pass_it(
    log: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    made = json.loads(answered(capsys, "predictions", "log", log, "--version", "credit-risk@1", "--json"))
    archive = tmp_path / "lending.zip"
    export(Wanted("lending", files=False, private=False), archive)
    assert made["urn"].encode() in archive.read_bytes()
    assert verify_archive(archive).exit_code == ExitCode.YES
    assert subprocess.run([sys.executable, str(VERIFIER), str(archive)], check=False).returncode == 0


def test_who_may_log_prove_and_look(log: str) -> None:
    system = a_system("cards", name="Cards")
    robot, auditor = a_person("Pia", roles=[Role.PIPELINE]), a_person("Aud", roles=[Role.AUDITOR])
    reader, stranger = a_person("Rea", roles=[Role.READER]), a_person("Olaf", roles=[(Role.ENGINEER, system)])
    made = as_(robot).post("/predictions/batches", BATCH)
    assert made.status == 200, made.said
    at = f"/predictions/batches/{made.said['urn']}"
    assert as_(auditor).get(f"{at}/proof-parts").said["secret"] == BATCH["secret"]
    assert as_(auditor).post("/predictions/batches", BATCH).status == 403
    assert as_(reader).get(at).status == 200
    assert as_(reader).get(f"{at}/proof-parts").status == 403
    assert as_(stranger).get(at).status == 404
    assert as_(stranger).get("/predictions/batches").said["count"] == 0
    assert as_(stranger).post("/predictions/batches", BATCH).status == 404


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"columns": [{"name": "id", "kind": "text"}] * 2}, "columns"),
        ({"id_column": "nothing"}, "id column"),
        ({"since": "2026-11-23"}, "period"),
        ({"since": "2026-11-24", "until": "2026-11-22"}, "period"),
    ],
)
def test_a_batch_that_cannot_be_is_refused(log: str, change: dict[str, Any], where: str) -> None:
    answer = as_(a_person("Eve")).post("/predictions/batches", BATCH | change)
    assert (answer.status, answer.params["where"]) == (422, where), answer.said
    assert not PredictionBatch.objects.exists()
