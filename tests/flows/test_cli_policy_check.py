"""`consilience policy check FILE`: what a draft's examples prove, without a workspace; the exit code is the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from consilience.domains.policy.document import starter_texts
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")
TEXT = starter_texts()["legal.yaml"]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CONSILIENCE_HOME", str(tmp_path / "no-workspace"))
    return tmp_path / "policy.yaml"


def check(file: Path, text: str, *options: str) -> int:
    file.write_text(text, encoding="utf-8")
    return int(run(["policy", "check", str(file), *options]))


def without_an_example(text: str) -> str:
    start = text.index("      - name:", text.index("expect: satisfied"))
    return text[:start] + text[text.index("      - name:", start + 5) :]


def test_a_proved_policy_answers_yes_with_what_it_may_cost(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file, TEXT) == ExitCode.YES
    said = capsys.readouterr().out
    assert "data-kept-in-time: 28 of 28 changes noticed" in said
    assert "satisfied_if looks at 400 items at most: 2 x evaluation_datasets + 2 x" in said
    assert "lawful-data is proved by its examples." in said


def test_a_change_that_nobody_notices_answers_no_and_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(file, without_an_example(TEXT), "--json") == ExitCode.NO
    report = json.loads(capsys.readouterr().out)
    assert report["complete"] is False
    (open_one,) = [one for one in report["requirements"] if one["survivors"]]
    assert {one["place"] for one in open_one["survivors"]} == {"applies_if"}
    assert check(file, without_an_example(TEXT).replace("language: 1", "language: 2")) == ExitCode.NO
    said = capsys.readouterr().out
    assert "no example notices" in said
    assert "Until then it cannot be published" in " ".join(said.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT.replace("severity: block", "severity: loud", 1), "line 13"),
        (TEXT.replace("title:", "tile:", 1), "did you mean 'title'?"),
        ("a: &a [1]\nb: *a\n", "an alias; write the value out"),
        ("policy: a\npolicy: b\n", "key 'policy' stands twice"),
    ],
)
def test_a_text_that_does_not_load_is_bad_input_with_its_line(
    file: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    assert check(file, text) == ExitCode.BAD_INPUT
    assert said in capsys.readouterr().err


def test_kinds_and_functions_of_ones_own_are_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = file.with_name("kinds.yaml")
    kinds.write_text("- {kind: visit, title: A visit, methods: [document], fields: {passed: bool}}\n")
    text = """\
policy: visits
title: {en: Visits}
owner: security
language: 2
requirements:
  - id: visited
    title: {en: Somebody looked}
    why: {en: Papers tell half.}
    owner: security
    severity: warn
    satisfied_if: evidence.visit.all(v, v.passed)
    obligations: []
    source: House rule
    sentences: {en: {satisfied: Yes., unsatisfied: No., no_evidence: Unknown., not_applicable: Never.}}
    examples:
      - {name: good, expect: satisfied, facts: {evidence: {visit: [{passed: true}]}}}
      - {name: bad, expect: unsatisfied, facts: {evidence: {visit: [{passed: true}, {passed: false}]}}}
      - {name: none, expect: no_evidence, facts: {evidence: {visit: []}}}
"""
    assert check(file, text, "--kinds", str(kinds), "--function", "security") == ExitCode.YES
    assert check(file, text, "--function", "security") == ExitCode.BAD_INPUT
    assert "'visit', a field that evidence does not have" in capsys.readouterr().err
    assert check(file, text, "--kinds", str(kinds)) == ExitCode.BAD_INPUT
    kinds.write_text("- {kind: visit}\n")
    assert check(file, text, "--kinds", str(kinds)) == ExitCode.BAD_INPUT
