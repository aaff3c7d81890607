"""`consilience evaluate` for other tasks than two classes, and the top of a list: text, JSON, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")


@pytest.fixture
def file(tmp_path: Path) -> str:
    generator = np.random.default_rng(3)
    truth = generator.integers(0, 3, 900)
    price = generator.lognormal(8, 0.5, 900)
    score = generator.beta(2, 3, 900)
    rows = pa.table(
        {
            "class": np.array(["cat", "dog", "owl"])[truth],
            "guess": np.array(["cat", "dog", "owl"])[np.where(generator.random(900) < 0.7, truth, (truth + 1) % 3)],
            "rank": np.where(generator.random(900) < 0.7, 1, 2),
            "price": price,
            "forecast": price + generator.normal(100, 50, 900),
            "label": (generator.random(900) < score).astype(int),
            "score": score,
            "sex": generator.choice(["f", "m"], 900),
        }
    )
    pq.write_table(rows, tmp_path / "scored.parquet")
    return str(tmp_path / "scored.parquet")


REGRESSION = ["--task", "regression", "--label", "price", "--prediction", "forecast"]
MULTICLASS = ["--task", "multiclass", "--label", "class", "--prediction", "guess"]
BINARY = ["--label", "label", "--score", "score"]


def answer(arguments: list[str], schema: str, capsys: pytest.CaptureFixture[str]) -> Any:
    assert run(["evaluate", *arguments, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    found = json.loads(said.out)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"{schema}.schema.json").read_text())).validate(found)
    return found


def test_a_predicted_number_has_errors_in_its_units(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer([file, *REGRESSION, "--protected", "sex"], "evaluate-regression", capsys)
    table = pq.read_table(file)
    off = table["forecast"].to_numpy() - table["price"].to_numpy()
    assert found["performance"]["mean_error"]["value"] == pytest.approx(off.mean())
    assert set(found["fairness"]["sex"]["groups"]) == {"f", "m"}
    assert run(["evaluate", file, *REGRESSION, "--protected", "sex"]) == 0
    shown = capsys.readouterr().out
    for said in (
        "900 rows. Intervals are 95 %.",
        "mean error",
        "By sex: 2 groups",
        "MEAN ERROR",
        "gap of mae",
        "  5 %",
    ):
        assert said in shown, said
    assert max(map(len, shown.splitlines())) <= 100


def test_several_classes_have_a_line_each(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer([file, *MULTICLASS, "--rank", "rank", "--where", "sex=f"], "evaluate-multiclass", capsys)
    assert found["classes"] == ["cat", "dog", "owl"]
    chosen = pq.read_table(file).filter(pa.compute.field("sex") == "f")
    assert found["rows"] == len(chosen)
    right = np.mean(chosen["class"].to_numpy(zero_copy_only=False) == chosen["guess"].to_numpy(zero_copy_only=False))
    assert found["performance"]["accuracy"]["value"] == pytest.approx(right)
    assert found["top_k"]["3"]["value"] == 1.0
    assert run(["evaluate", file, *MULTICLASS, "--rank", "rank", "--protected", "sex"]) == 0
    shown = capsys.readouterr().out
    for said in (
        "900 rows, 3 classes.",
        "macro f1",
        "among the first 3",
        "\nowl ",
        "By sex: 2 groups",
        "gap of recall",
    ):
        assert said in shown, said


def test_the_top_of_a_list_is_measured_where_it_is_asked_for(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "ranking" not in answer([file, *BINARY], "evaluate", capsys)
    found = answer([file, *BINARY, "--top", "10", "--top", "2.5"], "evaluate", capsys)["ranking"]
    assert set(found) == {
        "ndcg",
        *(f"{name}_at_{at}" for name in ("precision", "recall", "lift") for at in ("10", "2.5")),
    }
    table = pq.read_table(file)
    order = np.argsort(-table["score"].to_numpy())
    assert found["precision_at_10"]["value"] == pytest.approx(table["label"].to_numpy()[order[:90]].mean())
    assert run(["evaluate", file, *BINARY, "--top", "10"]) == 0
    shown = capsys.readouterr().out
    assert "The top of the list" in shown
    assert "precision at 10 %" in shown


def test_a_third_class_is_refused_with_the_task_that_takes_it(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", file, "--label", "class", "--prediction", "guess"]) == ExitCode.BAD_INPUT
    assert "--task multiclass" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--task", "regression", "--label", "price"], ExitCode.WRONG_USE, "needs --label and --prediction"),
        (
            [*REGRESSION, "--threshold", "0.5", "--top", "5"],
            ExitCode.WRONG_USE,
            "--threshold, --top: only for two classes",
        ),
        ([*MULTICLASS, "--minimum-group", "5"], ExitCode.WRONG_USE, "--minimum-group: only for two classes"),
        ([*REGRESSION, "--rank", "rank"], ExitCode.WRONG_USE, "--rank belongs to --task multiclass"),
        ([*BINARY, "--rank", "rank"], ExitCode.WRONG_USE, "--rank belongs to --task multiclass"),
        ([*BINARY, "--top", "0"], ExitCode.WRONG_USE, "above 0, up to 100"),
        (["--task", "clusters", *BINARY], ExitCode.WRONG_USE, "clusters"),
        (["--task", "regression", "--label", "sex", "--prediction", "forecast"], ExitCode.BAD_INPUT, "sex"),
    ],
)
def test_what_a_task_has_not_is_refused(
    arguments: list[str], code: int, said: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evaluate", file, *arguments]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_pages_say_it_in_sentences(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    expected = {
        tuple(REGRESSION): ("It predicts too high: by", "Nine of ten errors lie between", "By sex"),
        (*MULTICLASS, "--rank", "rank"): (
            "The prediction is right about 7",
            "Hardest to find is",
            "Among the first 3",
            "By sex",
        ),
        (*BINARY, "--top", "10"): ("Of the highest 10 % of scores", "By sex"),
    }
    for arguments, sentences in expected.items():
        assert run(["evaluate", file, *arguments, "--protected", "sex", "--html", str(page)]) == 0
        assert f"The report is in {page}." in capsys.readouterr().out
        text = page.read_text(encoding="utf-8")
        for sentence in sentences:
            assert sentence in text, sentence
