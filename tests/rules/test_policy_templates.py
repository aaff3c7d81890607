"""Requirement templates: every one gives a requirement that loads, holds its examples, and leaves no change unnoticed."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load, starter_texts
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.mutation import coverage
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.templates.adding import added, new_policy
from consilience.domains.policy.templates.blanks import Filler
from consilience.domains.policy.templates.parameters import STAGES, Parameter
from consilience.domains.policy.templates.template import as_yaml, fill, read_template, shipped
from consilience.kit.errors import BadInput

FUNCTIONS = ("engineering", "ethics", "legal", "product")
TEMPLATES = sorted(shipped())
SMALL = """
template: rows-at-least
version: 1
group: data
title: {en: Rows at least}
about: {en: About}
parameters:
  - {name: rows, kind: count, title: {en: Rows}, least: 1, most: 100, default: 10}
  - {name: oldest, kind: days, title: {en: Days}, least: 1, most: 900, default: 30}
requirement:
  id: rows
  title: {en: At least <<rows>> rows}
  why: {en: Few rows say little.}
  owner: engineering
  severity: block
  satisfied_if: >-
    evidence.evaluation.all(e, e.rows >= <<rows>> && now - e.recorded_at <= <<oldest | duration>>)
  obligations: []
  source: Ours.
  sentences:
    en: {satisfied: ok, unsatisfied: "{e.rows} of <<rows>> rows", no_evidence: none, not_applicable: never}
  examples:
    - name: exactly
      expect: satisfied
      facts: {now: 2026-06-01, evidence: {evaluation: [{rows: <<rows>>, recorded_at: <<2026-06-01 - oldest>>}]}}
    - {name: too few, expect: unsatisfied, like: exactly, but: {evidence.evaluation.0.rows: <<rows - 1>>}}
    - {name: too old, expect: unsatisfied, like: exactly, but: {evidence.evaluation.0.recorded_at: <<2026-05-31 - oldest>>}}
    - {name: none, expect: no_evidence, like: exactly, but: {evidence.evaluation: []}}
"""


@cache
def schema() -> Schema:
    return fact_schema(kinds())


def loaded(text: str) -> Policy:
    return load(text, schema=schema(), functions=FUNCTIONS)


def tried(template: str, **values: Any) -> Policy:
    requirement = fill(shipped()[template], values)
    return loaded(new_policy("tried", title={"en": "Tried"}, owner="ethics", requirement=requirement))


def made(template: str, **values: Any) -> Requirement:
    [found] = tried(template, **values).requirements
    return found


def some_value(one: Parameter, chance: random.Random) -> Any:
    """A value that may be said, ends of the range among them."""
    if one.numeric:
        least, most = max(one.least, -1000.0), min(one.most, one.least + 10_000 if one.least > -1e9 else 1000.0)
        value = chance.choice([least, most, chance.uniform(least, most)])
        return round(value) if one.whole else float(f"{min(max(value, least), most):.4g}")
    if one.kind == "choice":
        return chance.choice(list(one.choices))
    if one.kind == "stages":
        return chance.sample(STAGES, chance.randint(1, len(STAGES)))
    if one.kind == "texts":
        return chance.sample(["alpha", "beta", 'said "so"', "back\\slash", "{brace}"], chance.randint(1, 3))
    return chance.choice(["plain", 'with "quotes"', "with {braces}"])


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_as_it_comes_gives_a_requirement_in_two_languages(name: str) -> None:
    one = made(name)
    assert set(one.sentences) >= {"en", "de"}
    assert set(one.title) >= {"en", "de"}
    assert one.from_template is not None
    assert one.from_template.id == name
    assert {Code.SATISFIED, Code.UNSATISFIED, Code.NO_EVIDENCE} <= {each.expect for each in one.examples}
    assert "<<" not in as_yaml(fill(shipped()[name], {}))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_holds_whatever_is_filled_in(name: str) -> None:
    chance = random.Random(name)
    for _ in range(6):
        values = {one.name: some_value(one, chance) for one in shipped()[name].parameters}
        values |= {
            one.name: min(values[one.name], values[one.within]) for one in shipped()[name].parameters if one.within
        }
        try:
            policy = tried(name, **values)
        except BadInput as error:
            pytest.fail(f"{values}: {error}")
        unnoticed = [mutant.id for one in coverage(policy) for mutant in one.survivors]
        assert not unnoticed, values


@pytest.mark.parametrize(
    ("template", "values", "said"),
    [
        ("fairness-gap", {"limit": 1.7}, "limit: 1.7 is not possible here; expected 0.001 to 0.5"),
        ("fairness-gap", {"limit": -1}, "limit: -1 is not possible here"),
        ("fairness-gap", {"limit": "nan"}, "limit: 'nan' is not possible here; expected a number"),
        ("fairness-gap", {"limit": True}, "limit: True is not possible here; expected a number"),
        (
            "training-of-signers",
            {"course": "AI\nliteracy"},
            "course: 'AI\\nliteracy' is not possible here; expected one line",
        ),
        ("document-with-sections", {"sections": ["a\u2028b"]}, "each one line of at most"),
        ("fairness-gap", {"rate": "tprs"}, "rate: 'tprs' is not possible here; expected one of tpr,"),
        ("fairness-gap", {"stages": []}, "stages: [] is not possible here; expected at least one"),
        ("fairness-gap", {"stages": ["dreaming"]}, "stages: 'dreaming' is not possible here; expected stages out of"),
        ("fairness-gap", {"bound": 1}, "bound: is no blank of fairness-gap; expected rate, limit, stages"),
        ("performance-floor", {"rows": 2.5}, "rows: 2.5 is not possible here; expected a whole number"),
        ("performance-floor", {"rows": 10**400}, "rows"),
        ("performance-floor", {"rows": "1_000"}, "rows: '1_000' is not possible here; expected a number"),
        ("performance-floor", {"rows": "\u0661\u0660"}, "is not possible here; expected a number"),
        ("open-incidents", {"open": 2, "high": 3}, "high: 3 is not possible here; it counts a part of “Open incidents"),
    ],
)
def test_impossible_values_are_named(template: str, values: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput) as refused:
        fill(shipped()[template], values)
    assert said in str(refused.value)


def test_blanks_become_literals_words_and_values() -> None:
    requirement = fill(read_template(SMALL), {"rows": "20", "oldest": 7})
    assert requirement["satisfied_if"].endswith('e.rows >= 20 && now - e.recorded_at <= duration("168h"))')
    assert requirement["sentences"]["en"]["unsatisfied"] == "{e.rows} of 20 rows"
    first, few, old, none = [one["facts"] for one in requirement["examples"]]
    assert first["evidence"]["evaluation"] == [{"rows": 20, "recorded_at": "2026-05-25"}]
    assert few["evidence"]["evaluation"][0]["rows"] == 19
    assert old["evidence"]["evaluation"][0]["recorded_at"] == "2026-05-24"
    assert none["evidence"] == {"evaluation": []}
    loaded(new_policy("x", title={"en": "X"}, owner="legal", requirement=requirement))


@pytest.mark.parametrize(
    ("blank", "wanted"),
    [("limit + 0.0001", 0.1001), ("limit - 0.1", 0.0), ("limit * 0.5", 0.05), ("stages.first", "data")],
)
def test_a_blank_calculates_without_dust(blank: str, wanted: Any) -> None:
    of = {one.name: one for one in shipped()["fairness-gap"].parameters}
    assert Filler(of, {"limit": 0.1, "stages": ("data", "operation")}, "here").of(blank) == wanted


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<<rows - 1>>", "<<rows -> 1>>", "is no blank"),
        ("<<rows - 1>>", "<<row - 1>>", "'row' is a blank without a parameter"),
        (
            "like: exactly, but: {evidence.evaluation.0.rows",
            "like: exactly, but: {evidence.evaluation.3.rows",
            "leads nowhere",
        ),
        (
            "like: exactly, but: {evidence.evaluation.0.rows",
            "like: later, but: {evidence.evaluation.0.rows",
            "does not stand before it",
        ),
        ("kind: days", "kind: weeks", "'weeks' is not"),
        ("default: 30", "default: 3000", "default: '3000' is not possible here"),
        ("name: oldest", "name: rows", "two parameters are called 'rows'"),
        ("group: data", "group: dat", "did you mean 'data'?"),
        ("<<oldest | duration>>", "<<oldest | years>>", "asks for 'years'"),
    ],
)
def test_a_template_that_is_off_says_where(old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        fill(read_template(SMALL.replace(old, new)), {})
    assert said in str(refused.value).replace("default: 3000 is", "default: '3000' is")


@pytest.mark.parametrize("name", sorted(starter_texts()))
def test_a_requirement_is_added_to_a_policy_and_then_takes_its_own_place(name: str) -> None:
    before = starter_texts()[name]
    text = added(before, fill(shipped()["fairness-gap"], {"limit": 0.07}))
    again = added(text, fill(shipped()["fairness-gap"], {"limit": 0.08}))
    ids = [one.id for one in loaded(again).requirements]
    assert ids == [*(one.id for one in loaded(before).requirements), "gap-in-tpr"]
    kept = [line for line in before.splitlines() if line.strip().startswith("#")]
    assert all(line in again.splitlines() for line in kept)
    assert text.replace("language: 2", "language: 1", 1).startswith(before.rstrip())
    assert "0.07" not in again


def test_a_policy_written_in_another_way_is_not_broken() -> None:
    requirement = fill(read_template(SMALL), {})
    flow = "{policy: a, title: {en: A}, owner: ethics, language: 2, requirements: []}"
    with pytest.raises(BadInput, match="cannot be added to"):
        added(flow, requirement)
    with pytest.raises(BadInput, match="no list of requirements"):
        added("policy: a\n", requirement)


def test_the_manual_lists_every_template_with_its_blanks() -> None:
    page = (Path(__file__).parents[2] / "docs" / "manual" / "requirement-templates.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    wanted = [
        f"| `{one.id}` | {one.group} | {one.title['en']} | {', '.join(f'`{each.name}`' for each in one.parameters)} |"
        for one in shipped().values()
    ]
    assert rows == wanted
