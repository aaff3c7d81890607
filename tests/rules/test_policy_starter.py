"""The four policies that a workspace may begin with: they load, and every threshold in them is nailed down."""

from __future__ import annotations

from functools import cache

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load, starter_texts
from consilience.domains.policy.language.expression import roots
from consilience.domains.policy.mutation import coverage
from consilience.domains.policy.outcome import Code, Severity
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.schema import fact_schema

FUNCTIONS = ("engineering", "ethics", "legal", "product")
STAGES = ("framing", "data", "development", "validation", "operation", "retirement")


@cache
def policies() -> dict[str, Policy]:
    schema = fact_schema(kinds())
    return {name: load(text, schema=schema, functions=FUNCTIONS, name=name) for name, text in starter_texts().items()}


def requirements() -> list[Requirement]:
    return [requirement for policy in policies().values() for requirement in policy.requirements]


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


@pytest.mark.parametrize("name", sorted(starter_texts()))
def test_a_changed_threshold_sign_or_word_fails_an_example(name: str) -> None:
    for found in coverage(policies()[name]):
        assert len(found.mutants) > 10
        assert [one.id for one in found.survivors] == []


@pytest.mark.parametrize("requirement", requirements(), ids=lambda one: one.id)
def test_every_outcome_is_shown_by_an_example(requirement: Requirement) -> None:
    stated = {example.expect for example in requirement.examples}
    assert stated == {Code.SATISFIED, Code.UNSATISFIED, Code.NO_EVIDENCE, Code.NOT_APPLICABLE}
