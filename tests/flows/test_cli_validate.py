"""`consilience validate`: a contract learned, edited and held to, without a workspace; its answer is the exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pyarrow.csv as pc
import pytest

from consilience.kit.errors import ExitCode
from consilience.measure.contract_reading import read_contract
from consilience.surfaces.cli.main import run

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "validate.schema.json").read_text())

CONTRACT = """\
schema: urn:consilience:contract:1
rows_at_least: 3
columns:
  age: {type: integer, minimum: 18, maximum: 99, warn: [maximum]}
  income: {type: text, values: [">50K", "<=50K"]}
  at: {type: time, fresh_within: 2d, monotone: not_falling}
rules:
  - {left: age, compare: "<", value: 100, when: {left: income, compare: "==", value: ">50K"}}
"""
GOOD = "age,income,at\n20,>50K,2026-01-01T00:00:00Z\n30,<=50K,2026-01-02T00:00:00Z\n40,>50K,2026-01-03T00:00:00Z\n"
BAD = "age,income,at\nforty,>50K.,2026-01-02T00:00:00Z\n300,<=50K,2026-01-01T00:00:00\n41,>50K,2026-01-01T00:00:00Z\n"
AT = ("--as-of", "2026-01-04T00:00:00Z")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("contract.yaml", CONTRACT), ("good.csv", GOOD), ("bad.csv", BAD)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def report(capsys: pytest.CaptureFixture[str]) -> Any:
    said = capsys.readouterr()
    assert said.err == "", "progress is for terminals"
    found = json.loads(said.out)
    jsonschema.Draft202012Validator(SCHEMA).validate(found)
    return found


def test_data_that_keep_the_contract_are_0_and_others_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "good.csv", "--contract", "contract.yaml", *AT]) == 0
    assert "good.csv: passed. 3 rows, 13 rules kept, 0 broken, 0 warn." in capsys.readouterr().out
    assert run(["validate", "bad.csv", "--contract", "contract.yaml", *AT]) == ExitCode.NO
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 90
    for said in ("row 1: forty", "row 1: >50K.", "row 2: 2026-01-01T00:00:00", "\nwarn  age"):
        assert said in shown, said
    assert "not taken for one another" in " ".join(shown.split())
    assert run(["validate", "bad.csv", "--contract", "contract.yaml", "--json", *AT]) == ExitCode.NO
    found = report(capsys)
    broken = [
        (one["rule"], one["column"], one["severity"], one["broken"]) for one in found["rules"] if not one["passed"]
    ]
    assert broken == [
        ("type", "age", "fail", 1), ("maximum", "age", "warn", 1), ("values", "income", "fail", 1), ("type", "at", "fail", 1),
        ("monotone", "at", "fail", 1),
    ]  # fmt: skip
    assert (found["passed"], found["failed"], found["warned"], found["as_of"]) == (False, 4, 1, "2026-01-04T00:00:00Z")


def test_a_rule_that_only_warns_does_not_fail_the_data(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "old.csv").write_text(GOOD.replace("40", "140").replace(">50K,2026-01-03", "<=50K,2026-01-03"))
    assert run(["validate", "old.csv", "--contract", "contract.yaml", "--json", *AT]) == 0
    assert report(capsys)["warned"] == 1


def test_data_are_fresh_at_one_moment_and_stale_at_another(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "good.csv", "--contract", "contract.yaml"]) == ExitCode.NO, (
        "without --as-of ages are counted to now"
    )
    assert (
        run(["validate", "good.csv", "--contract", "contract.yaml", "--as-of", "2026-01-05T00:00:01Z"]) == ExitCode.NO
    )
    assert run(["validate", "good.csv", "--contract", "contract.yaml", "--as-of", "2026-01-05T01:00:00+01:00"]) == 0


def test_a_contract_is_learned_then_edited_and_never_overwritten(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["validate", "good.csv", "--learn", "new.yaml"]) == 0
    assert "new.yaml: a first contract for 3 columns, from 3 rows. Edit it." in capsys.readouterr().out
    text = (here / "new.yaml").read_text(encoding="utf-8")
    assert text.startswith("# Learned from 'good.csv'.\n# A contract:")
    assert read_contract(text, "new.yaml").column("age") is not None
    assert run(["validate", "good.csv", "--contract", "new.yaml"]) == 0
    (here / "new.yaml").write_text(
        text.replace("maximum: 40", "maximum: 35").replace("warn: [minimum, maximum]", "warn: [minimum]")
    )
    assert run(["validate", "good.csv", "--contract", "new.yaml"]) == ExitCode.NO
    edited = (here / "new.yaml").read_bytes()
    assert run(["validate", "good.csv", "--learn", "new.yaml"]) == ExitCode.BAD_INPUT
    assert (here / "new.yaml").read_bytes() == edited
    assert "somebody may have edited it" in capsys.readouterr().err


def test_a_reference_gives_the_rules_and_what_changed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "then.csv").write_text("income,class,n\n" + ">50K,1,5\n<=50K,2,6\n<=50K,2,7\n" * 40)
    (here / "now.csv").write_text("income,risk,n\n" + ">50K.,1,5\n<=50K,0,6\n<=50K,0,7\n" * 40)
    assert run(["validate", "now.csv", "--reference", "then.csv", "--json"]) == ExitCode.NO
    quality = report(capsys)["quality"]
    assert [(one["lost"], one["added"]) for one in quality["schema"]["renamed"]] == [("class", "risk")]
    assert [(one["reason"], one["value"]) for one in quality["notes"]] == [("looks_like", ">50K.")]
    assert quality["columns"]["income"]["unseen"]["value"] == pytest.approx(1 / 3)
    assert run(["validate", "now.csv", "--reference", "then.csv"]) == ExitCode.NO
    shown = " ".join(capsys.readouterr().out.split())
    assert "perhaps renamed: class to risk" in shown
    assert run(["validate", "then.csv", "--reference", "then.csv"]) == 0
    capsys.readouterr()
    assert run(["validate", "now.csv", "--reference", "then.csv", "--json", "--protected", "income"]) == ExitCode.NO
    protected = report(capsys)
    assert not protected["quality"]["notes"]
    assert {one["value"] for rule in protected["rules"] for one in rule["examples"]} == {None}


def test_a_wrong_cell_far_down_is_a_violation_and_only_the_comparison_is_left_out(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [str(number % 97) for number in range(700_000)]
    (here / "then.csv").write_text("x,y\n" + "".join(f"{row},1\n" for row in rows))
    rows[-1] = "NA"
    (here / "now.csv").write_text("x,y\n" + "".join(f"{row},1\n" for row in rows))
    assert run(["validate", "now.csv", "--reference", "then.csv", "--json"]) == ExitCode.NO
    found = report(capsys)
    (wrong,) = [one for one in found["rules"] if not one["passed"]]
    assert (wrong["rule"], wrong["broken"], wrong["examples"]) == ("type", 1, [{"row": 700_000, "value": "NA"}])
    assert found["quality"] is None
    assert "row 700000" in found["quality_problem"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["good.csv"], ExitCode.WRONG_USE, "--contract, --reference, or --learn"),
        (["good.csv", "--contract", "contract.yaml", "--learn", "x.yaml"], ExitCode.WRONG_USE, "Give one of them"),
        (["good.csv", "--contract", "contract.yaml", "--as-of", "soon"], ExitCode.WRONG_USE, "'soon' is not a moment"),
        (["good.csv", "--contract", "contract.yaml", "--as-of", "2026-01-04"], ExitCode.WRONG_USE, "times with a zone"),
        (["missing.csv", "--contract", "contract.yaml"], ExitCode.BAD_INPUT, "missing.csv: was not found"),
        (["good.csv", "--contract", "missing.yaml"], ExitCode.BAD_INPUT, "missing.yaml: cannot be read"),
        (["good.csv", "--contract", "good.csv"], ExitCode.BAD_INPUT, "good.csv, line 1: "),
        (
            ["torn.csv", "--contract", "contract.yaml", *AT],
            ExitCode.BAD_INPUT,
            "row 1 has 1 fields where 3 are expected",
        ),
        (["good.csv", "--learn", "nowhere/x.yaml"], ExitCode.BAD_INPUT, "cannot be written"),
    ],
)
def test_what_cannot_be_asked_is_said(
    words: list[str], code: int, said: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "torn.csv").write_text("age,income,at\n1\n")
    assert run(["validate", *words]) == code
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


def test_a_folder_is_read_as_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = here / "parts"
    folder.mkdir()
    table = pc.read_csv(here / "good.csv")
    for at in range(3):
        pc.write_csv(table.slice(at, 1), folder / f"{at}.csv")
    assert run(["validate", "parts", "--contract", "contract.yaml", "--json", *AT]) == 0
    assert report(capsys)["rows"] == 3


def test_progress_is_shown_on_a_terminal_only(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(["validate", "good.csv", "--contract", "contract.yaml", "--json", *AT]) == 0
    said = capsys.readouterr()
    assert "validating good.csv" in said.err
    assert json.loads(said.out)["passed"]
