"""`consilience drift` and `profile`: the same answer in a terminal, as JSON and as a page, without a workspace."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import consilience
from consilience.kit.errors import ExitCode, NotFound
from consilience.surfaces.cli.main import run
from tests.flows.test_api_drift import Registered
from tests.harness.api import a_token

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schemas"
pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")


def rows(seed: int, shift: float = 0.0) -> pa.Table:
    generator = np.random.default_rng(seed)
    return pa.table(
        {
            "income": generator.lognormal(8, 0.5, 800) * (1 + shift),
            "region": generator.choice(
                ["north", "south", "<b>west</b>"], 800, p=[0.5, 0.3 - shift / 3, 0.2 + shift / 3]
            ),
            "days": generator.poisson(3, 800),
        }
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    pq.write_table(rows(1), tmp_path / "march.parquet")
    pq.write_table(rows(2, 0.6), tmp_path / "april.parquet")
    return str(tmp_path / "april.parquet"), str(tmp_path / "march.parquet")


class Page(HTMLParser):
    """What a page shows and what it asks for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.asks: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.asks += [
            value or "" for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


def test_what_changed_is_said_first(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    april, march = files
    assert run(["drift", april, "--reference", march]) == ExitCode.YES
    said = capsys.readouterr().out
    lines = said.splitlines()
    assert "800 rows against 800" in said
    assert "moved much" in said
    first = next(number for number, line in enumerate(lines) if line.startswith("COLUMN"))
    assert lines[first + 1].startswith("income")
    assert lines[-1].startswith("days")


def test_json_and_page_hold_every_column(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    april, march = files
    page = tmp_path / "drift.html"
    assert run(["drift", april, "--reference", march, "--json", "--html", str(page)]) == ExitCode.YES
    report = json.loads(capsys.readouterr().out)
    assert report["schema"] == "urn:consilience:drift:1"
    assert set(report["features"]) == {"income", "region", "days"}
    text = page.read_text()
    shown = Page(text)
    assert shown.asks == [], "nothing is fetched"
    assert "script" not in shown.tags
    assert "url(" not in text
    assert "<b>west" not in text, "what the data say is text, never markup"
    assert {"income", "region", "days"} <= set(shown.words)
    assert f"{report['features']['income']['psi_by_value']['value']:.4f}" in shown.words
    assert re.search(r"<svg [^>]*role=\"img\" aria-label=\"income", text)


def test_only_the_named_columns(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    april, march = files
    assert run(["drift", april, "--reference", march, "--without", "days", "--json"]) == ExitCode.YES
    assert set(json.loads(capsys.readouterr().out)["features"]) == {"income", "region"}
    assert run(["drift", april, "--reference", march, "--columns", "days", "--json"]) == ExitCode.YES
    assert set(json.loads(capsys.readouterr().out)["features"]) == {"days"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["drift", "{april}", "--reference", "{tmp}/none.parquet"], "none.parquet: was not found"),
        (
            ["drift", "{april}", "--reference", "{march}", "--columns", "incom"],
            "has no column 'incom'; did you mean 'income'?",
        ),
        (["profile", "{tmp}/*.csv"], "fits no file"),
        (["profile", "{april}", "--html", "{tmp}/no/such/page.html"], "page.html: cannot be written"),
    ],
)
def test_bad_input_is_one_sentence(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    named = {"april": files[0], "march": files[1], "tmp": str(tmp_path)}
    assert run([one.format(**named) for one in arguments]) == ExitCode.BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*.part"))


def test_a_profile_in_a_terminal_and_as_a_page(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "profile.html"
    assert run(["profile", files[0], "--html", str(page)]) == ExitCode.YES
    said = capsys.readouterr()
    assert "800 rows, 3 columns." in said.out
    assert said.err == "", "progress is for terminals"
    assert "income" in Page(page.read_text()).words
    assert run(["profile", files[0], "--json"]) == ExitCode.YES
    assert json.loads(capsys.readouterr().out)["columns"]["region"]["distinct"] == 3


@pytest.fixture
def scored(tmp_path: Path) -> tuple[str, str]:
    for seed, name in ((1, "train"), (2, "now")):
        generator = np.random.default_rng(seed)
        score = generator.beta(2, 3, 900)
        table = rows(seed, 0.5 * (seed - 1)).slice(0, 800).append_column("s", pa.array(score[:800]))
        table = table.append_column("y", pa.array((generator.random(800) < score[:800]).astype(int)))
        table = table.append_column("part", pa.array(["a", "b"] * 400))
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=300)
    return str(tmp_path / "now.parquet"), str(tmp_path / "train.parquet")


def test_an_evaluation_against_a_reference_is_both_reports_in_one(
    scored: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now, train = scored
    words = ["evaluate", now, "--label", "y", "--score", "s", "--threshold", "0.4", "--protected", "region"]
    assert run([*words, "--json"]) == ExitCode.YES
    alone = json.loads(capsys.readouterr().out)
    page = tmp_path / "page.html"
    assert run([*words, "--reference", train, "--json", "--html", str(page)]) == ExitCode.YES
    both = json.loads(capsys.readouterr().out)
    assert run(["drift", now, "--reference", train, "--json"]) == ExitCode.YES
    drifted = json.loads(capsys.readouterr().out)
    assert both["drift"]["features"] == drifted["features"]
    assert {key: value for key, value in both.items() if key not in ("drift", "quality")} == alone
    schema = json.loads((SCHEMAS / "evaluate.schema.json").read_text())
    jsonschema.validate(both, schema)
    jsonschema.validate(drifted, json.loads((SCHEMAS / "drift.schema.json").read_text()))
    shown = Page(page.read_text())
    assert {"How good are its predictions?", "Do its scores mean what they say?", "By region", "income"} <= set(
        shown.words
    )
    assert shown.asks == []


def test_a_filter_chooses_the_rows_of_both_parts(scored: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    now, train = scored
    words = ["evaluate", now, "--label", "y", "--score", "s", "--where", "part=a", "--reference", train, "--json"]
    assert run(words) == ExitCode.YES
    report = json.loads(capsys.readouterr().out)
    assert report["rows"] == 400
    assert sum(report["drift"]["bins"]["income"]["current"]) == 400
    assert report["drift"]["reference_rows"] == 800


def test_a_report_knows_its_figures_and_its_page(scored: tuple[str, str]) -> None:
    report = consilience.evaluate(scored[0], label="y", score="s", threshold=0.4)
    assert report.figure("performance", "accuracy").value == report["performance"]["accuracy"]["value"]
    with pytest.raises(NotFound):
        report.figure("performance", "acuracy")
    assert report._repr_html_().startswith("<iframe sandbox")
    assert "now.parquet" in report.html()
    assert consilience.profile(scored[0]).figure is not None
    assert "income" in consilience.drift(scored[0], scored[1])["features"]


def test_a_profile_follows_its_schema(scored: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", scored[0], "--json"]) == ExitCode.YES
    jsonschema.validate(json.loads(capsys.readouterr().out), json.loads((SCHEMAS / "profile.schema.json").read_text()))


def test_drift_is_attached_by_counts_and_only_as_a_whole(
    server: str, at: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = Registered(tmp_path)
    at(server, a_token(measured.engineer), timeout="30")
    words = ["drift", str(measured.now), "--reference", str(measured.then)]
    whole = [
        "--attach", "credit-risk@1", "--dataset", "panel@2", "--reference-dataset", "panel@1", "--method",
        "training_against_now",
    ]  # fmt: skip
    assert run([*words, *whole]) == 0
    assert "drift_evaluation" in capsys.readouterr().out
    assert run([*words, *whole, "--columns", "income", "--minimum-group", "20", "--json"]) == 0
    (made,) = json.loads(capsys.readouterr().out)
    (column,) = made["fields"]["columns"]
    assert min(column["counts"]) >= 20
    for wrong in (whole[:4], whole[2:], [*whole, "--html", str(tmp_path / "x.html")], ["--minimum-group", "5"]):
        assert run([*words, *wrong]) == ExitCode.WRONG_USE, wrong
    capsys.readouterr()
    swapped = ["drift", str(measured.then), "--reference", str(measured.now), *whole]
    assert run(swapped) == ExitCode.REFUSED
    assert "panel@2" in capsys.readouterr().err
