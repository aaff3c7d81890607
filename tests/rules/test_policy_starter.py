"""The four policies that a workspace may begin with: they load, and every threshold in them is nailed down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load, starter_texts
from consilience.domains.policy.examples import check_example
from consilience.domains.policy.language.expression import compile_expression, roots
from consilience.domains.policy.language.tokens import tokens_of
from consilience.domains.policy.outcome import Code, Severity
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.schema import fact_schema
from consilience.kit.errors import BadInput

FUNCTIONS = ("engineering", "ethics", "legal", "product")
STAGES = ("framing", "data", "development", "validation", "operation", "retirement")
OTHER_SIGN = {"==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"], "<": ["<=", ">"], "<=": ["<", ">"]}
OTHER_SIGN |= {">": [">=", "<"], ">=": [">", "<"], "*": ["/"], "/": ["*"], "-": ["+"], "!": [""]}


@cache
def policies() -> dict[str, Policy]:
    schema = fact_schema(kinds())
    return {name: load(text, schema=schema, functions=FUNCTIONS, name=name) for name, text in starter_texts().items()}


def requirements() -> list[Requirement]:
    return [requirement for policy in policies().values() for requirement in policy.requirements]


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """Every text with one number, word, sign or truth value changed, and what was changed."""
    for token in tokens_of(text):
        changed: list[str] = []
        if token.kind == "int":
            changed = [str(int(token.text) + 1), str(int(token.text) - 1)]
        elif token.kind == "double":
            changed = [repr(float(token.text) * 1.05), repr(float(token.text) * 0.95)]
        elif token.kind == "string":
            changed = ['"something else"']
        elif token.text in OTHER_SIGN:
            changed = OTHER_SIGN[token.text]
        elif token.text in ("all", "exists"):
            changed = ["exists" if token.text == "all" else "all"]
        for other in changed:
            line = text[: token.start].rsplit("\n", 1)[-1] + f"[{token.text} -> {other}]"
            yield text[: token.start] + other + text[token.end :], line.strip()


def caught(requirement: Requirement, **changed: str) -> bool:
    """Whether a changed rule no longer loads, or fails one of the requirement's own examples."""
    try:
        rules: dict[str, Any] = {
            name: compile_expression(text, requirement.satisfied_if.schema) for name, text in changed.items()
        }
        for example in requirement.examples:
            check_example(replace(requirement, **rules), example, "mutant")
    except BadInput:
        return True
    return False


def test_there_are_four_policies_and_each_function_owns_one() -> None:
    assert sorted(policy.owner for policy in policies().values()) == sorted(FUNCTIONS)


def test_there_are_ten_requirements_and_a_sign_off_for_each_function() -> None:
    sign_offs = [requirement for requirement in requirements() if requirement.sign_off]
    assert sorted(requirement.owner for requirement in sign_offs) == sorted(FUNCTIONS)
    assert len(requirements()) == 14


def test_at_least_seven_read_computed_figures_lineage_or_consent() -> None:
    measured = [one for one in requirements() if roots(one.satisfied_if) & {"evidence", "training_datasets"}]
    assert len(measured) >= 7


@pytest.mark.parametrize("stage", STAGES)
def test_some_requirement_applies_before_every_stage(stage: str) -> None:
    applying = [one for one in requirements() if one.applies_if is not None and f'"{stage}"' in one.applies_if.text]
    assert any(one.severity is Severity.BLOCK for one in applying)


def test_every_threshold_cites_a_source_and_an_obligation() -> None:
    assert all(requirement.source and requirement.obligations for requirement in requirements())


@pytest.mark.parametrize("requirement", requirements(), ids=lambda one: one.id)
def test_a_changed_threshold_sign_or_word_fails_an_example(requirement: Requirement) -> None:
    assert requirement.applies_if is not None
    rules = {"satisfied_if": requirement.satisfied_if.text, "applies_if": requirement.applies_if.text}
    survivors = [
        what
        for name, text in rules.items()
        for mutant, what in mutants(text)
        if not caught(requirement, **{name: mutant})
    ]
    assert survivors == []


@pytest.mark.parametrize("requirement", requirements(), ids=lambda one: one.id)
def test_every_outcome_is_shown_by_an_example(requirement: Requirement) -> None:
    stated = {example.expect for example in requirement.examples}
    assert stated == {Code.SATISFIED, Code.UNSATISFIED, Code.NO_EVIDENCE, Code.NOT_APPLICABLE}
