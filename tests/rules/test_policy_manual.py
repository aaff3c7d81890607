"""The manual tells the truth: its policy loads, its functions are those that exist, its limits are those that hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.evidence.rules import ABOUT_DATA, COMPUTED_KINDS
from consilience.domains.policy.document import load
from consilience.domains.policy.language.check import MAX_QUANTIFIERS
from consilience.domains.policy.language.cost import INNER_SIZE, LIST_SIZE
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.functions import FUNCTIONS
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.names import MAX_SIZE
from consilience.domains.policy.language.parser import MAX_DEPTH, MAX_TREE
from consilience.domains.policy.language.tokens import MAX_LENGTH
from consilience.domains.policy.language.types import BOOL
from consilience.domains.policy.mutation import check_noticed
from consilience.domains.policy.schema import fact_schema
from consilience.kit.strict_yaml import MAX_DEPTH as MAX_DOCUMENT_DEPTH
from consilience.kit.units import UNITS

MANUAL = (Path(__file__).parents[2] / "docs" / "manual" / "policy-language.md").read_text(encoding="utf-8")

MANUAL_OF_EVIDENCE = Path(__file__).parents[2] / "docs" / "manual" / "evidence.md"


def section(title: str) -> str:
    return re.split(r"\n##+ ", MANUAL.split(f"## {title}\n", 1)[1])[0]


def test_the_policies_in_the_manual_load() -> None:
    texts = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
    schema = fact_schema(kinds())
    policies = [load(text, schema=schema, functions=("engineering", "product", "legal", "ethics")) for text in texts]
    listed = [requirement for policy in policies for requirement in policy.requirements]
    assert [requirement.id for requirement in listed] == ["enough-power", "recent-power", "inputs-as-in-training"]


def test_the_example_of_language_2_is_proved_by_its_examples() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", section("Language 2: names, units and a condition for all"), re.DOTALL)
    policy = load(text, schema=fact_schema(kinds()), functions=("engineering",))
    assert policy.language == 2
    assert check_noticed(policy) is None


def test_every_unit_is_in_the_manual() -> None:
    rows = re.findall(r"^\| (`.*`) \| (.*) \|$", section("Units"), re.MULTILINE)
    named = {unit: numbers for units, numbers in rows for unit in re.findall(r"`(\w+)`", units)}
    assert set(named) == {*UNITS, "text", "truth", "moment", "duration"}
    words = {"any": "any", "whole": "whole", "either": "as written"}
    assert all(named[name] == words[unit.numbers] for name, unit in UNITS.items())


def test_the_rules_in_the_manual_of_evidence_fit_its_kinds() -> None:
    page = MANUAL_OF_EVIDENCE.read_text(encoding="utf-8")
    rules = re.findall(r"`(evidence\.[^`]*\))`", page)
    assert len(rules) == 2
    for rule in rules:
        compile_expression(rule, fact_schema(kinds()), expect=BOOL)
    for kind in (*COMPUTED_KINDS, *ABOUT_DATA):
        assert f"`{kind}`" in page


@pytest.mark.parametrize(
    "rule",
    [
        "evidence.reference_profile.exists(e, e.rows >= 10000)",
        'evidence.drift_evaluation.all(e, e.reference_profile != "")',
        "evidence.data_profile.all(e, e.columns.all(c, c.missing_share.high <= 0.1))",
        "evidence.representativeness_evaluation.all(e, e.attributes.all(a, a.distance.high < 0.3))",
        "evidence.synthetic_evaluation.all(e, e.closer_to_training.low <= 0.5 && e.copies.value <= 0.01)",
    ],
)
def test_rules_read_what_is_measured_of_data(rule: str) -> None:
    compile_expression(rule, fact_schema(kinds()), expect=BOOL)


def test_every_function_is_in_the_manual_with_its_meaning() -> None:
    rows = re.findall(r"^\| (`.*`) \| (.*) \|$", section("Functions"), re.MULTILINE)
    assert {usage.replace("`", ""): meaning for usage, meaning in rows} == {
        one.usage: one.meaning for one in FUNCTIONS.values()
    }


def test_the_limits_are_those_that_hold() -> None:
    limits = " ".join(section("Limits").split())
    assert f"at most {MAX_LENGTH:,} characters, {MAX_DEPTH} levels of nesting, {MAX_TREE} steps" in limits
    assert f"{MAX_QUANTIFIERS} quantifiers" in limits
    assert MAX_STEPS == 1_000_000
    assert "a million items" in limits
    assert f"{LIST_SIZE} are taken for a list of the facts and {INNER_SIZE} for a list inside an item" in limits
    assert f"make at most {MAX_SIZE:,} steps" in limits
    assert f"{MAX_DOCUMENT_DEPTH} levels of lists and mappings" in limits
