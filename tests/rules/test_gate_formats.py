"""The gate's answer in the forms that other programs read."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from consilience.surfaces.cli import gate_formats as formats

NASTY = 'A ]]> & <b>"bold"</b>\n::error::50% of\x07 `x` | [y](http://z)'
ANA = {"urn": "urn:x", "name": "Ana | <Aalto>"}


def requirement(name: str, outcome: str, **said: Any) -> dict[str, Any]:
    return {
        "policy": "ethics", "requirement": name, "function": "ethics", "outcome": outcome, "severity": "block",
        "sentence": NASTY, **said,
    }  # fmt: skip


SAID: dict[str, Any] = {
    "verdict": "blocked", "reference": "lending/credit-risk@3", "stage": "operation", "sentence": NASTY,
    "blocks": [{"by": ANA, "function": "ethics", "since": "2026-01-01T00:00:00.000000Z", "urn": "urn:b"}],
    "objections": [], "overdue": [{"by": ANA, "function": "legal", "since": None, "urn": "urn:c"}],
    "requirements": [
        requirement("met", "satisfied"), requirement("not-here", "not_applicable"), requirement("gap", "unsatisfied"),
        requirement("missing", "no_evidence", function="legal"), requirement("soft", "unsatisfied", severity="warn"),
        requirement("broken", "error"), requirement("let-off", "waived"),
    ],
    "next": [{"function": "ethics", "requirement": "ethics/gap", "people": [ANA], "sign_off": False}],
    "decision": "urn:d",
}  # fmt: skip


def test_github_gets_one_command_a_line_whatever_the_texts_hold() -> None:
    lines = formats.github(SAID).splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == [
        "::notice", "::error", "::error", "::error", "::error", "::warning", "::error",
    ]  # fmt: skip
    gap = next(line for line in lines if "title=ethics/gap::" in line)
    assert "%0A" in gap
    assert "50%25" in gap
    assert "Can act: Ana" in gap


def test_junit_counts_what_fails_what_only_warns_and_what_does_not_apply() -> None:
    root = ET.fromstring(formats.junit(SAID))
    suites = {suite.attrib["name"]: suite for suite in root}
    ethics = suites["ethics"].attrib
    assert (ethics["tests"], ethics["failures"], ethics["errors"], ethics["skipped"]) == ("6", "1", "1", "2")
    assert suites["legal"].attrib["failures"] == "1"
    assert suites["stands against it"].attrib["failures"] == "2"
    failure = suites["ethics"].find("testcase[@name='ethics/gap']/failure")
    assert failure is not None
    assert failure.attrib["message"].startswith('A ]]> & <b>"bold"</b>\n')


def test_sarif_has_a_rule_for_each_requirement_and_a_result_for_each_unmet_one() -> None:
    run = json.loads(formats.sarif(SAID))["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(SAID["requirements"])
    named = {one["ruleId"]: one["level"] for one in run["results"] if "ruleId" in one}
    assert named == {
        "ethics/gap": "error",
        "ethics/missing": "error",
        "ethics/soft": "warning",
        "ethics/broken": "error",
    }
    assert named.keys() <= set(rules)
    assert all(one["message"]["text"] for one in run["results"])


def test_markdown_lets_no_text_become_markup() -> None:
    page = formats.markdown(SAID)
    table = [line for line in page.splitlines() if line.startswith("| ethics")]
    assert all(line.replace("\\|", "").count("|") == 6 for line in table), table
    assert "<b>" not in page
    assert "[y](" not in page.replace("\\[", "").replace("\\]", "")
    assert "Decision `urn:d`" in page


@pytest.mark.parametrize("form", list(formats.WRITERS))
def test_an_answer_without_requirements_is_written_too(form: formats.Format) -> None:
    bare = SAID | {"requirements": [], "blocks": [], "overdue": [], "next": [], "decision": None}
    text = formats.written(form, bare)
    assert text.strip()
    if form is formats.Format.JUNIT:
        ET.fromstring(text)
