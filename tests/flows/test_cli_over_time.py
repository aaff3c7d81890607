"""`consilience over-time`: windows, late labels and alarms in a terminal, as JSON and as a page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import BadInput, ExitCode
from consilience.measure.evaluate import evaluate
from consilience.measure.over_time import over_time
from consilience.surfaces.cli.main import run

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "over-time.schema.json").read_text())
pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")

DAYS, A_DAY = 5, 600
START = datetime(2026, 3, 1, tzinfo=UTC)
BY_DAY = ["--by", "day", "--time", "at", "--label", "y", "--score", "s", "--threshold", "0.5"]


def rows() -> pa.Table:
    """Five days; from the third on the model says yes far more often, a code is new, and the last day has no label yet."""
    generator = np.random.default_rng(8)
    day = np.repeat(np.arange(DAYS), A_DAY)
    score = np.where(day >= 2, generator.beta(6, 2, len(day)), generator.beta(2, 3, len(day)))
    return pa.table(
        {
            "at": pa.array([START + timedelta(days=int(one), hours=5) for one in day], pa.timestamp("us", "UTC")),
            "y": pa.array((generator.random(len(day)) < score).astype(int), mask=day == DAYS - 1),
            "s": score,
            "sex": generator.choice(["f", "m"], len(day)),
            "code": np.where(day >= 3, "new", generator.choice(["a", "b"], len(day))),
            "ms": generator.lognormal(3, 0.5, len(day)),
        }
    )


@pytest.fixture
def file(tmp_path: Path) -> str:
    pq.write_table(rows(), tmp_path / "log.parquet")
    return str(tmp_path / "log.parquet")


def answer(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    assert run(["over-time", *arguments, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == "", "progress is for terminals"
    found = json.loads(said.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_json_is_what_python_gets(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer([file, *BY_DAY, "--protected", "sex", "--latency", "ms", "--without", "code"], capsys)
    again = over_time(
        file,
        by="day",
        time="at",
        label="y",
        score="s",
        threshold=0.5,
        protected=["sex"],
        latency="ms",
        without=["code"],
    )
    assert found == json.loads(json.dumps(again))
    assert [window["rows"] for window in found["windows"]] == [A_DAY] * DAYS
    assert found["alarms"]["looks"]["selection_rate"][-1]["since"] == "2026-03-03"
    assert found["windows"][0]["drift"] is None


def test_a_terminal_shows_windows_late_labels_jumps_and_alarms(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["over-time", file, *BY_DAY, "--protected", "sex", "--latency", "ms"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    lines = said.out.splitlines()
    assert "3,000 rows in 5 windows by day of at (instants), against the window from 2026-03-01" in " ".join(lines)
    (last,) = [line for line in lines if line.startswith("2026-03-05 ")]
    assert "0 (600 to come)" in last
    assert last.count("labels to come") == 3
    for shown in (
        "GAP OF SEX",
        "P95",
        "code “new”: 0.0% in the reference, 100.0% now",
        "selection rate: since 2026-03-03",
    ):
        assert shown in said.out, shown


def test_gaps_of_a_window_are_those_of_its_rows_alone(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = answer([file, *BY_DAY, "--protected", "sex"], capsys)
    day = rows().slice(A_DAY, A_DAY)
    yes, women = day["s"].to_numpy() >= 0.5, np.array(day["sex"].to_pylist()) == "f"
    gap = abs(yes[women].mean() - yes[~women].mean())
    assert found["windows"][1]["gaps"]["sex"]["selection_rate"]["value"] == pytest.approx(gap)
    assert answer([file, *BY_DAY], capsys)["windows"][1]["gaps"] == {}


def test_windows_of_rows_a_reference_and_csv(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pc.write_csv(rows(), tmp_path / "log.csv")
    by_rows = answer([str(tmp_path / "log.csv"), "--by", "1000", *BY_DAY[4:], "--without", "at"], capsys)
    assert [window["rows"] for window in by_rows["windows"]] == [1000] * 3
    pq.write_table(rows().slice(0, 2 * A_DAY), tmp_path / "then.parquet")
    found = answer([file, *BY_DAY, "--reference", str(tmp_path / "then.parquet"), "--where", "sex=f"], capsys)
    assert (found["reference"]["a_window"], found["reference"]["rows"]) == (False, 2 * A_DAY)
    assert found["rows"] == rows()["sex"].to_pylist().count("f")


def test_the_page_draws_the_lines_and_says_since_when(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run(["over-time", file, *BY_DAY, "--latency", "ms", "--html", str(page)]) == 0
    assert f"The report is in {page}." in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    for shown in (
        "the first since 2026-03-03",
        "600 rows have no label yet",
        "Stability index of s",
        "95th of 100",
        "and upright",
    ):
        assert shown in text, shown


@pytest.mark.parametrize(
    ("task", "label", "prediction", "shown", "drawn"),
    [
        ("regression", "ms", "guessed", "GAP OF SEX", ("Mean absolute error", "Gap of the mean error by sex")),
        ("multiclass", "code", "coded", "BALANCED ACCURACY", ("Recall: a", "Predicted: new", "Gap of accuracy by sex")),
    ],
)
def test_numbers_and_several_classes_go_over_time_too(
    task: str, label: str, prediction: str, shown: str, drawn: tuple[str, ...], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    table = rows()
    table = table.append_column(
        "guessed", pa.array(table["ms"].to_numpy() * np.where(np.arange(len(table)) < 1_500, 1.1, 2))
    )
    table = table.append_column("coded", table["code"].take(np.random.default_rng(1).permutation(len(table))))
    pq.write_table(table, tmp_path / "log.parquet")
    page = tmp_path / "page.html"
    arguments = [
        str(tmp_path / "log.parquet"),
        *BY_DAY[:4],
        "--task",
        task,
        "--label",
        label,
        "--prediction",
        prediction,
    ]
    arguments += ["--protected", "sex", "--without", "s,y", "--html", str(page)]
    found = answer(arguments, capsys)
    assert found["task"] == task
    assert run(["over-time", *arguments]) == 0
    said = capsys.readouterr().out
    assert shown in said
    if task == "regression":
        assert "mae: since 2026-03-03" in said
    for title in drawn:
        assert f"<h2>{title}</h2>" in page.read_text(encoding="utf-8"), title


def test_one_window_has_nothing_to_be_compared_with(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert run(["over-time", file, "--by", "100000", *BY_DAY[4:], "--html", str(page)]) == 0
    assert "there was nothing to watch" in capsys.readouterr().out
    assert "one window is none to compare" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--by", "year", *BY_DAY[2:]], ExitCode.WRONG_USE, "'year' is none of day, week, month"),
        (["--by", "0", *BY_DAY[4:]], ExitCode.WRONG_USE, "'0' is none of day, week, month"),
        (["--by", "day", *BY_DAY[4:]], ExitCode.WRONG_USE, "need the column of the time"),
        (["--by", "day", "--time", "sex", *BY_DAY[4:]], ExitCode.BAD_INPUT, "expected dates or times"),
        ([*BY_DAY, "--latency", "sex"], ExitCode.BAD_INPUT, "is no column of numbers"),
        ([*BY_DAY, "--task", "regression"], ExitCode.WRONG_USE, "only for two classes"),
        ([*BY_DAY[:4], "--task", "multiclass", "--label", "code"], ExitCode.WRONG_USE, "needs label and prediction"),
        ([*BY_DAY, "--rank", "ms"], ExitCode.WRONG_USE, "belongs to the task multiclass"),
        ([*BY_DAY, "--zone", "Mars/Base"], ExitCode.BAD_INPUT, "no time zone"),
    ],
)
def test_what_cannot_be_asked_is_said(
    arguments: list[str], code: int, said: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["over-time", file, *arguments]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_one_odd_date_is_refused_and_makes_no_window_of_every_day_until_then() -> None:
    moments = [datetime(2024, 1, 1), datetime(9999, 12, 31)] * 3  # noqa: DTZ001 - local times are the case
    table = pa.table({"ts": moments, "y": [0, 1] * 3, "s": [0.1, 0.9] * 3})
    with pytest.raises(BadInput, match="from 2024-01-01 to 9999-12-31 are more than 10000"):
        over_time(table, by="day", time="ts", label="y", score="s")


def test_an_option_that_names_a_thing_twice_is_refused(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    for option in (["--where", "a=1", "--where", "a=2"], ["--cost", "fp=1", "--cost", "fp=5"]):
        assert run(["evaluate", file, "--label", "y", "--score", "s", *option]) == ExitCode.WRONG_USE
        assert "is given twice" in capsys.readouterr().err


def test_costs_are_not_dropped_beside_attach(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    attach = ["--attach", "m@1", "--dataset", "d@1", "--method", "holdout"]
    assert run(["evaluate", file, "--label", "y", "--score", "s", "--cost", "fp=1", *attach]) == ExitCode.WRONG_USE
    assert "--cost" in capsys.readouterr().err


def test_a_report_over_people_keeps_the_name_of_its_file(tmp_path: Path) -> None:
    table = pa.table({"id": list(range(60)) * 2, "y": [0, 1] * 60, "p": [0, 1, 1] * 40})
    pq.write_table(table, tmp_path / "rows.parquet")
    assert evaluate(tmp_path / "rows.parquet", label="y", prediction="p", people="id").name == "rows.parquet"
