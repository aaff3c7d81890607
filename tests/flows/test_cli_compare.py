"""`consilience compare`: a table or JSON, its exit codes, and nothing on standard error where nobody watches."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from consilience.surfaces.cli.main import run
from tests.rules.test_measure_compare import a_table


@pytest.fixture
def file(tmp_path: Path) -> str:
    pq.write_table(a_table(), tmp_path / "scored.parquet")
    return str(tmp_path / "scored.parquet")


TWO = ["--label", "y", "--score", "a", "--score-other", "b", "--threshold", "0.5"]


def test_two_models_are_shown_side_by_side(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", file, *TWO, "--protected", "g"]) == 0
    said = capsys.readouterr()
    assert "rows that both models speak about" in said.out
    assert "the other less the one" in said.out
    assert "g (missing)" in said.out
    assert said.err == ""


def test_json_is_the_report(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", file, file, "--label", "y", "--score", "a", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "urn:consilience:compare:1"
    assert report["figures"]["roc_auc"]["difference"]["value"] == 0.0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--label", "y", "--score", "a"], 2, "name what to compare with"),
        (["--label", "y", "--score", "a", "--score-other", "missing"], 65, "has no column 'missing'"),
        (["nothing.parquet", "--label", "y", "--score", "a"], 65, "was not found"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_a_code(
    file: str, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert run(["compare", file, *arguments]) == code
    assert said in capsys.readouterr().err
