"""What is measured on a sample of rows, from the command line: the same answer as text, as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.flows.test_cli_drift import Page

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")


def correlated(seed: int, share: float, rows: int = 2_000) -> pa.Table:
    """Columns each standard normal, `a` and `b` correlated: no single column tells two such tables apart."""
    generator = np.random.default_rng(seed)
    a, other = generator.standard_normal((2, rows))
    b = share * a + (1 - share**2) ** 0.5 * other
    return pa.table({"a": a, "b": b, "c<i>": generator.standard_normal(rows)})


def written(folder: Path, **tables: pa.Table) -> list[str]:
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return [str(folder / f"{name}.parquet") for name in tables]


def answer(arguments: list[str], capsys: pytest.CaptureFixture[str], schema: str) -> Mapping[str, Any]:
    """The JSON that a command prints, which fits its schema."""
    assert run([*arguments, "--json"]) == ExitCode.YES
    said = capsys.readouterr()
    assert said.err == "", "progress is for terminals"
    report: Mapping[str, Any] = json.loads(said.out)
    jsonschema.validate(report, json.loads((SCHEMAS / f"{schema}.schema.json").read_text()))
    return report


def text(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command prints, on one line."""
    assert run(arguments) == ExitCode.YES
    return " ".join(capsys.readouterr().out.split())


def test_columns_together_tell_what_none_tells_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now, then = written(tmp_path, now=correlated(1, 0.8), then=correlated(2, 0.0))
    page = tmp_path / "page.html"
    arguments = ["drift", now, "--reference", then, "--multivariate", "--html", str(page)]
    report = answer(arguments, capsys, "drift")
    found = report["multivariate"]
    assert all(figures["psi"]["low"] < 0.1 for figures in report["features"].values())
    assert found["area"]["low"] > 0.55
    assert found["p_value"] < 0.001
    assert set(list(found["columns"])[:2]) == {"a", "b"}
    assert found["sample_rows"] == {"reference": 2_000, "current": 2_000}
    said = text(arguments, capsys)
    assert "tells the rows of now from the reference" in said
    assert f"seed {found['seed']}" in said
    shown = Page(page.read_text())
    assert "All columns together" in shown.words
    assert f"{found['area']['value']:.4f}" in shown.words
    assert "i" not in shown.tags, "what the data say is text, never markup"


def test_rows_of_one_population_are_not_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now, then = written(tmp_path, now=correlated(3, 0.5), then=correlated(4, 0.5))
    assert "cannot tell the rows of now" in text(["drift", now, "--reference", then, "--multivariate"], capsys)
    without = answer(["drift", now, "--reference", then], capsys, "drift")
    assert "multivariate" not in without


def test_a_column_that_is_gone_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now, then = written(tmp_path, now=correlated(3, 0.5).drop(["b"]), then=correlated(4, 0.5))
    report = answer(["drift", now, "--reference", then, "--multivariate", "--without", "c<i>"], capsys, "drift")
    assert set(report["multivariate"]["columns"]) == {"a"}
    assert report["multivariate"]["left_out"] == ["b"]
