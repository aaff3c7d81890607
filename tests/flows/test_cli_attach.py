"""`--attach` of comparisons, validations, segments and windows, and what `evidence compute` computes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.flows.test_api_measurements import CONTRACT, Registered
from tests.harness.api import a_token
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
TO = ["--attach", "credit-risk@2", "--dataset", "panel@1"]
HOLDOUT = ["--method", "holdout"]
SEGMENTS = ["--label", "y", "--score", "new", "--without", "at,old"]
WINDOWS = ["--by", "day", "--time", "at", "--label", "y", "--score", "new", "--threshold", "0.5"]
TWO = ["--label", "y", "--score", "old", "--score-other", "new", "--threshold", "0.5"]
BASELINE = ["--baseline", "credit-risk@1", *HOLDOUT]


@pytest.fixture
def registered(
    workspace: Workspace, server: str, at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Registered:
    made = Registered(tmp_path)
    at(server, a_token(made.engineer), timeout="60")
    monkeypatch.chdir(tmp_path)
    Path("contract.yaml").write_text(CONTRACT)
    return made


def test_what_is_measured_is_attached_and_the_server_computes_the_same(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    file, contract = str(registered.file), ["--contract", "contract.yaml", "--as-of", "2026-02-01T00:00:00Z"]
    pairs: list[tuple[list[str], list[str], ExitCode, str]] = [
        (["compare", file, *TWO, *TO, *BASELINE], ["comparison", *TWO, *BASELINE], ExitCode.YES, "recomputed_from_states"),
        (["validate", file, *contract, *TO], ["validation", *contract], ExitCode.NO, "recomputed_from_states"),
        (["slices", file, *SEGMENTS, *TO, *HOLDOUT], ["segments", *SEGMENTS, *HOLDOUT], ExitCode.YES, "stated"),
        (["over-time", file, *WINDOWS, *TO], ["windows", *WINDOWS], ExitCode.YES, "recomputed_from_states"),
    ]  # fmt: skip
    for attach, compute, code, grade in pairs:
        assert run([*attach, "--json"]) == code, attach
        (sent,) = json.loads(capsys.readouterr().out)
        words = ["evidence", "compute", "credit-risk@2", "--dataset", "panel@1", "--what", *compute, "--json"]
        assert run(words) == ExitCode.YES, compute
        (made,) = json.loads(capsys.readouterr().out)
        assert (sent["grade"], made["grade"]) == (grade, "recomputed_from_data")
        assert sent["fields"] == made["fields"], attach
    assert run([*pairs[0][0]]) == ExitCode.YES
    assert "comparison_evaluation" in capsys.readouterr().out


def test_artefacts_and_drift_are_computed_from_what_the_server_holds(
    registered: Registered, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evidence", "compute", "credit-risk@2", "--dataset", "panel@1", "--json", "--what"]
    assert run([*words, "comparison", "--label", "y", *BASELINE]) == ExitCode.YES
    assert json.loads(capsys.readouterr().out)[0]["grade"] == "scored_from_artefact"
    same = ["--reference-dataset", "panel@1", "--method", "training_against_now"]
    assert run([*words, "drift", *same, "--columns", "income"]) == ExitCode.YES
    (made,) = json.loads(capsys.readouterr().out)
    assert (made["kind"], [one["name"] for one in made["fields"]["columns"]]) == ("drift_evaluation", ["income"])
    assert run([*words, "evaluation", "--label", "y", *HOLDOUT]) == ExitCode.YES


def test_options_that_do_not_go_together_are_said(registered: Registered, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(registered.file)
    compute = ["evidence", "compute", "credit-risk@2", "--dataset", "panel@1", "--what"]
    wrong: list[tuple[list[str], str]] = [
        (["compare", file, *TWO, *TO, *HOLDOUT], "belong together"),
        (["compare", file, *TWO, *TO, *BASELINE, "--protected", "town"], "no --protected"),
        (["compare", file, file, *TWO, *TO, *BASELINE], "no second file"),
        (["compare", "duckdb:///x#t", *TWO, *TO, *BASELINE], "needs a file"),
        (["validate", file, *TO], "--contract"),
        (["validate", file, "--contract", "contract.yaml", "--minimum-group", "3"], "needs --attach"),
        (["slices", file, *SEGMENTS, *TO], "belong together"),
        (["over-time", file, *WINDOWS, *TO, "--reference", file], "no --reference"),
        ([*compute, "drift", *HOLDOUT, "--label", "y"], "takes no --label"),
        ([*compute, "validation", "--contract", "contract.yaml", "--label", "y"], "takes no --label"),
        ([*compute, "windows", "--by", "soon"], "no number of rows"),
    ]
    for words, said in wrong:
        assert run(words) == ExitCode.WRONG_USE, words
        assert said in " ".join(capsys.readouterr().err.split()), words
    assert run([*compute, "drift", "--reference-dataset", "panel@9", *HOLDOUT]) == ExitCode.NOT_FOUND
