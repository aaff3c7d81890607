"""The manual tells the truth: its policy loads, its functions are those that exist, its limits are those that hold."""

from __future__ import annotations

import re
from pathlib import Path

from consilience.domains.evidence.definitions import kinds
from consilience.domains.evidence.rules import COMPUTED_KINDS
from consilience.domains.policy.document import load
from consilience.domains.policy.language.check import MAX_QUANTIFIERS
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.functions import FUNCTIONS
from consilience.domains.policy.language.loops import MAX_STEPS
from consilience.domains.policy.language.parser import MAX_DEPTH, MAX_TREE
from consilience.domains.policy.language.tokens import MAX_LENGTH
from consilience.domains.policy.language.types import BOOL
from consilience.domains.policy.schema import fact_schema

MANUAL = (Path(__file__).parents[2] / "docs" / "manual" / "policy-language.md").read_text(encoding="utf-8")

MANUAL_OF_EVIDENCE = Path(__file__).parents[2] / "docs" / "manual" / "evidence.md"


def section(title: str) -> str:
    return re.split(r"\n##+ ", MANUAL.split(f"## {title}\n", 1)[1])[0]


def test_the_policies_in_the_manual_load() -> None:
    texts = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)
    schema = fact_schema(kinds())
    policies = [load(text, schema=schema, functions=("engineering", "product", "legal", "ethics")) for text in texts]
    listed = [requirement for policy in policies for requirement in policy.requirements]
    assert [requirement.id for requirement in listed] == ["enough-power", "inputs-as-in-training"]


def test_the_rules_in_the_manual_of_evidence_fit_its_kinds() -> None:
    page = MANUAL_OF_EVIDENCE.read_text(encoding="utf-8")
    rules = re.findall(r"`(evidence\.[^`]*\))`", page)
    assert len(rules) == 2
    for rule in rules:
        compile_expression(rule, fact_schema(kinds()), expect=BOOL)
    for kind in COMPUTED_KINDS:
        assert f"`{kind}`" in page


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
