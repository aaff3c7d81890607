"""What is measured on a sample of rows, from the command line: the same answer as text, as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import ExitCode
from consilience.measure.representative import represent
from consilience.measure.synthetic import synthetic
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


@pytest.fixture
def erring(tmp_path: Path) -> str:
    """Predictions that are wrong in a tenth of the rows, and in half of those of the north at night."""
    generator = np.random.default_rng(7)
    rows = 4_000
    region, time = generator.choice(["<b>north", "south", "east"], rows), generator.choice(["day", "night"], rows)
    label = generator.integers(0, 2, rows)
    wrong = generator.random(rows) < np.where((region == "<b>north") & (time == "night"), 0.5, 0.1)
    guess = np.where(wrong, 1 - label, label)
    table = {"region": region, "time": time, "y": label, "yhat": guess, "p": 0.2 + 0.6 * guess, "id": np.arange(rows)}
    return written(tmp_path, erring=pa.table({**table, "who": np.arange(rows) // 2}))[0]


def test_the_weak_segment_is_named_in_words(erring: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    arguments = ["slices", erring, "--label", "y", "--prediction", "yhat", "--without", "p,id,who", "--html", str(page)]
    report = answer(arguments, capsys, "slices")
    weakest = max(report["segments"], key=lambda one: one["difference"]["value"])
    assert set(weakest["columns"]) == {"region", "time"}
    assert weakest["confirmed"]
    assert weakest["difference"]["low"] < 0.4 < weakest["difference"]["high"]
    said = text(arguments, capsys)
    assert "region is <b>north and time is night" in said
    assert "confirmed on the other half (p below 0.001)" in said
    assert f"seed {report['seed']}" in said
    shown = Page(page.read_text())
    assert shown.asks == []
    assert weakest["predicate"] in shown.words
    assert "b" not in shown.tags, "what the data say is text, never markup"


def test_a_score_errs_by_its_squared_distance(erring: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["slices", erring, "--label", "y", "--score", "p", "--columns", "region,time", "--people", "who"]
    report = answer(arguments, capsys, "slices")
    assert {column for one in report["segments"] for column in one["columns"]} == {"region", "time"}
    table = pq.read_table(erring)
    brier = float(np.mean((table["p"].to_numpy() - table["y"].to_numpy()) ** 2))
    assert report["error"]["value"] == pytest.approx(brier, rel=1e-12)
    assert "the squared distance of p to y" in text(arguments, capsys)


def test_errors_alike_everywhere_confirm_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generator = np.random.default_rng(11)
    table = pa.table({"e": generator.exponential(1, 2_000), "part": generator.choice(list("abcd"), 2_000)})
    (file,) = written(tmp_path, same=table)
    report = answer(["slices", file, "--error", "e"], capsys, "slices")
    assert not any(one["confirmed"] for one in report["segments"])
    assert "in none are errors surely larger" in text(["slices", file, "--error", "e"], capsys)


@pytest.fixture
def repeated(tmp_path: Path) -> str:
    """300 people, each with eight rows that are all alike: worth 300 rows, not 2,400."""
    generator = np.random.default_rng(5)
    score = generator.random(300)
    label = (generator.random(300) < score).astype(int)
    people = np.repeat(np.arange(300), 8)
    table = {"who": people, "y": label[people], "p": score[people]}
    return written(tmp_path, repeated=pa.table(table))[0]


def test_rows_that_repeat_people_are_worth_fewer(
    repeated: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    plain = ["evaluate", repeated, "--label", "y", "--score", "p", "--threshold", "0.5"]
    arguments = [*plain, "--people", "who", "--html", str(page)]
    report = answer(arguments, capsys, "evaluate")
    found = report["by_people"]
    assert (found["column"], found["people"], found["rows"]) == ("who", 300, 2_400)
    accuracy = found["figures"]["accuracy"]
    assert accuracy["design_effect"] == pytest.approx(8, rel=0.01)
    assert accuracy["figure"]["value"] == report["performance"]["accuracy"]["value"]
    most = max(one["design_effect"] for one in found["figures"].values())
    said = text(arguments, capsys)
    assert f"the design effect is up to {most:.1f}" in said
    assert f"up to {most**0.5:.1f} times too narrow" in said
    assert "Over the people of who" in Page(page.read_text()).words
    assert "by_people" not in answer(plain, capsys, "evaluate")


def test_people_of_the_rows_that_a_filter_leaves(repeated: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain = ["evaluate", repeated, "--label", "y", "--score", "p", "--threshold", "0.5", "--people", "who"]
    found = answer([*plain, "--where", "y=1"], capsys, "evaluate")
    people = len(set(pq.read_table(repeated).filter(pc.field("y") == 1)["who"].to_pylist()))
    assert (found["by_people"]["people"], found["by_people"]["rows"]) == (people, found["rows"])
    assert found["by_people"]["figures"]["tpr"]["figure"]["value"] == found["performance"]["recall"]["value"]


def test_people_do_not_go_with_attach(repeated: str, capsys: pytest.CaptureFixture[str]) -> None:
    plain = ["evaluate", repeated, "--label", "y", "--score", "p", "--threshold", "0.5", "--people", "who"]
    assert run([*plain, "--attach", "m@1", "--dataset", "d@1", "--method", "holdout"]) == ExitCode.WRONG_USE
    assert "no --people" in capsys.readouterr().err


def test_shares_of_rows_that_repeat_people(repeated: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stated, page = tmp_path / "p.yaml", tmp_path / "page.html"
    stated.write_text("y: {0: 0.5, 1: 0.5}\n")
    plain = ["represent", repeated, "--population", str(stated)]
    found = answer([*plain, "--people", "who", "--html", str(page)], capsys, "represent")
    assert (found["people"], found["people_column"]) == (300, "who")
    assert found["attributes"]["y"]["design_effect"] == pytest.approx(8, rel=0.01)
    without = answer(plain, capsys, "represent")["attributes"]["y"]["groups"]["1"]["ratio"]
    ratio = found["attributes"]["y"]["groups"]["1"]["ratio"]
    assert ratio["value"] == without["value"]
    assert (ratio["high"] - ratio["low"]) == pytest.approx(8**0.5 * (without["high"] - without["low"]), rel=0.02)
    said = text([*plain, "--people", "who"], capsys)
    assert "The rows are of 300 people (who)" in said
    assert "the variance of shares is 8.0 times as large" in said
    assert "People (who)" in Page(page.read_text()).words


@pytest.fixture
def people(tmp_path: Path) -> str:
    table = {"sex": ["f"] * 300 + ["m"] * 700, "class": ["1"] * 500 + ["2"] * 499 + [None]}
    return written(tmp_path, people=pa.table(table))[0]


@pytest.mark.parametrize(
    ("name", "stated"),
    [
        ("p.yaml", "sex: {f: 0.5, m: 0.5}\nclass: {1: 500, 2: 400, 3: 100}\n"),
        ("p.json", '{"sex": {"f": 0.5, "m": 0.5}, "class": {"1": 500, "2": 400, "3": 100}}'),
    ],
)
def test_shares_are_held_against_a_population(
    people: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, stated: str
) -> None:
    population = tmp_path / name
    population.write_text(stated)
    page = tmp_path / "page.html"
    arguments = ["represent", people, "--population", str(population), "--html", str(page)]
    report = answer(arguments, capsys, "represent")
    women = report["attributes"]["sex"]["groups"]["f"]
    assert (women["rows"], women["stated"], women["ratio"]["value"]) == (300, 0.5, pytest.approx(0.6))
    assert report["attributes"]["class"]["missing_groups"] == ["3"]
    assert report["attributes"]["class"]["without_value"] == 1
    said = text(arguments, capsys)
    assert "Nobody is of class 3." in said
    assert "sex f has 60% of the rows" in said
    assert f"seed {report['seed']}" in said
    assert "Weighted to these shares, the rows are worth" in said
    shown = Page(page.read_text())
    assert shown.asks == []
    assert "In 2 of 2 groups the share surely differs from the stated one; most in f" in " ".join(shown.words)
    assert {"svg", "table"} <= shown.tags


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ("sex: {f: 0.5, m: 0.4}", "add up to 0.9"),
        ("sex: {f: half, m: 0.4}", "'half' is not a share or a count"),
        ("sex: {f: true, m: 0}", "True is not a share or a count"),
        ("sex: [f, m]", "is not a mapping from groups"),
        ("- sex", "is not a mapping such as"),
        ("sex: {f: 0.5, f: 0.5}", "stands twice"),
        ("sexe: {f: 0.5, m: 0.5}", "did you mean 'sex'?"),
    ],
)
def test_a_population_that_cannot_be_meant_is_one_sentence(
    people: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], stated: str, sentence: str
) -> None:
    population = tmp_path / "p.yaml"
    population.write_text(stated)
    assert run(["represent", people, "--population", str(population)]) == ExitCode.BAD_INPUT
    refused(capsys, sentence)


def refused(capsys: pytest.CaptureFixture[str], sentence: str) -> None:
    """Nothing but one line on standard error, which has this."""
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1


@pytest.fixture
def three(tmp_path: Path) -> list[str]:
    """Rows copied from the training rows; the training rows; and others of the same population."""
    generator = np.random.default_rng(9)
    x, z = generator.standard_normal((2, 1_200))
    label = (generator.random(1_200) < 1 / (1 + np.exp(-2 * x))).astype(int)
    table = pa.table({"x<i>": x, "z": z, "part": generator.choice(["a", "b"], 1_200), "y": label})
    real, held = table.slice(0, 600), table.slice(600, 600).append_column("only_here", pa.array([1] * 600))
    return written(tmp_path, copied=real.slice(0, 300), real=real, held=held)


def test_copies_give_their_people_away(three: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied, real, held = three
    page = tmp_path / "page.html"
    arguments = ["synthetic", copied, "--real", real, "--holdout", held, "--label", "y", "--html", str(page)]
    report = answer(arguments, capsys, "synthetic")
    assert report["privacy"]["copies"]["value"] == 1
    assert report["privacy"]["closer_to_training"]["low"] > 0.9
    assert report["usefulness"]["synthetic_area"]["low"] > 0.6
    assert report["left_out"] == ["only_here"]
    assert report["sample_rows"] == {"synthetic": 300, "training": 600, "held_out": 600}
    said = text(arguments, capsys)
    assert "so they do give something away" in said
    assert "Left out, since not all three have them in one kind: only_here." in said
    assert f"seed {report['seed']}" in said
    shown = Page(page.read_text())
    assert shown.asks == []
    assert "100.0% of the synthetic rows equal a row that they were made from" in " ".join(shown.words)
    assert {"Useful for training", "Private: nearness", "Private: copies", "Alike, pair by pair"} <= set(shown.words)
    assert "i" not in shown.tags, "what the data say is text, never markup"


def test_a_notebook_shows_the_page_of_a_sampled_report(people: str, three: list[str]) -> None:
    shown = represent(people, {"sex": {"f": 1, "m": 1}})
    assert shown.figure("attributes", "sex", "distance").value is not None
    assert shown._repr_html_().startswith("<iframe sandbox")
    copied, real, held = three
    assert "copied.parquet" in synthetic(copied, real, held)._repr_html_()


def test_columns_can_be_left_out_and_a_label_need_not_be(three: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    copied, real, held = three
    arguments = ["synthetic", copied, "--real", real, "--holdout", held, "--without", "z,part"]
    report = answer(arguments, capsys, "synthetic")
    assert set(report["marginals"]) == {"x<i>", "y"}
    assert report["usefulness"] is None
    assert report["relations"]["pairs"] == 1


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["slices", "{erring}", "--label", "why", "--score", "p"], ExitCode.BAD_INPUT, "has no column 'why'"),
        (["slices", "{erring}", "--error", "p", "--columns", "p"], ExitCode.BAD_INPUT, "no other column"),
        (["slices", "{erring}", "--label", "y"], ExitCode.WRONG_USE, "a label with a prediction"),
        (["slices", "{erring}", "--label", "y", "--score", "region"], ExitCode.BAD_INPUT, "expected numbers"),
        (["slices", "{erring}", "--error", "p", "--html", "{tmp}/no/p.html"], ExitCode.BAD_INPUT, "cannot be written"),
        (["slices", "{erring}", "--error", "p", "--without", "regon"], ExitCode.BAD_INPUT, "did you mean 'region'?"),
        (
            [
                "drift",
                "{small}",
                "--reference",
                "{erring}",
                "--multivariate",
                "--attach",
                "m@1",
                "--dataset",
                "d@2",
                "--reference-dataset",
                "d@1",
                "--method",
                "training_against_now",
            ],
            ExitCode.WRONG_USE,
            "no --multivariate",
        ),
        (["represent", "{erring}", "--population", "{tmp}/none.yaml"], ExitCode.BAD_INPUT, "cannot be read"),
        (["drift", "{small}", "--reference", "{erring}", "--multivariate"], ExitCode.BAD_INPUT, "at least 100"),
        (["synthetic", "{small}", "--real", "{erring}", "--holdout", "{erring}"], ExitCode.BAD_INPUT, "at least 100"),
        (
            ["synthetic", "{erring}", "--real", "{erring}", "--holdout", "{erring}", "--label", "why"],
            ExitCode.BAD_INPUT,
            "has no column 'why'",
        ),
        (["evaluate", "{erring}", "--score", "p", "--people", "who"], ExitCode.WRONG_USE, "need a label"),
        (
            ["evaluate", "{erring}", "--label", "y", "--prediction", "yhat", "--people", "whom"],
            ExitCode.BAD_INPUT,
            "did you mean 'who'?",
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(
    erring: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: ExitCode, sentence: str
) -> None:
    (small,) = written(tmp_path, small=pq.read_table(erring).slice(0, 50))
    named = {"erring": erring, "small": small, "tmp": str(tmp_path)}
    assert run([one.format(**named) for one in arguments]) == code
    refused(capsys, sentence)
