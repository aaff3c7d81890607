"""`consilience drift` and `profile`: the same answer in a terminal, as JSON and as a page, without a workspace."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run

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
