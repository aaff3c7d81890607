"""Starter sets: every policy loads, no change of a rule goes unnoticed, every stage asks something of every tier."""

from __future__ import annotations

from functools import cache

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.inventory.rules import AUTONOMY, DATA_CATEGORIES, USES
from consilience.domains.policy.document import load
from consilience.domains.policy.language.expression import State
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.mutation import coverage
from consilience.domains.policy.outcome import Severity
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.rules import evaluate
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.starter_sets import starter_policy, starter_set, starter_sets
from consilience.domains.policy.tables.tiering import tier_of
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound

FUNCTIONS = ("engineering", "ethics", "legal", "product")
STAGES = ("framing", "data", "development", "validation", "operation", "retirement")
NOW = Instant("2026-11-23T10:00:00.000000Z")
SCHEMA = fact_schema(kinds())
BY_TIER = tuple(starter_sets()["by-tier"].policies)


@cache
def policy(name: str) -> Policy:
    return load(starter_policy("by-tier", name), schema=SCHEMA, functions=FUNCTIONS, name=name)


def level(**system: object) -> str | None:
    usual = {"use": "internal_tool", "autonomy": "informs", "people_affected": 5, "jurisdictions": ["US"]}
    facts = {"system": {**usual, "data_categories": ["not_personal"], **system}}
    return tier_of([policy("risk-tiering")], bind(facts, SCHEMA)).level


def test_a_set_is_found_by_name_and_an_unknown_one_is_not() -> None:
    assert {"by-tier", "four-functions"} <= set(starter_sets())
    for name in ("none", "by-tiers"):
        with pytest.raises(NotFound):
            starter_set(name)
    with pytest.raises(NotFound):
        starter_policy("by-tier", "none")


@pytest.mark.parametrize("name", BY_TIER)
def test_a_changed_threshold_sign_or_word_fails_an_example(name: str) -> None:
    survivors = [(one.requirement, mutant.id) for one in coverage(policy(name)) for mutant in one.survivors]
    assert survivors == []


@pytest.mark.parametrize("name", BY_TIER)
def test_everything_is_said_in_english_and_german(name: str) -> None:
    said = policy(name)
    assert set(said.title) == {"en", "de"}
    for one in said.requirements:
        assert set(one.title) == set(one.why) == set(one.sentences) == {"en", "de"}
        assert one.source
        assert one.obligations
    for table in said.tables:
        assert all(set(row.reason) == {"en", "de"} for row in (*table.rows, table.default) if row is not None)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("tier", ["minimal", "limited", "high"])
def test_every_stage_asks_something_of_every_tier(stage: str, tier: str) -> None:
    facts = {"release": {"stage": stage}, "tier": {"level": tier, "source": "computed"}, "system": {"tier": tier}}
    asked = [one for name in BY_TIER for one in policy(name).requirements if one.severity is Severity.BLOCK]
    applying = {one.policy for one in evaluate(asked, facts, SCHEMA, NOW) if one.code != "not_applicable"}
    assert applying == {"light-track" if tier == "minimal" else f"stage-{stage}"}


LISTED = ("credit_scoring", "insurance_pricing", "hiring", "workforce_management", "education", "health_triage",
          "essential_services", "critical_infrastructure", "biometrics", "law_enforcement", "migration", "justice")  # fmt: skip


@pytest.mark.parametrize("use", LISTED)
def test_what_annex_iii_lists_is_high_in_the_union_whatever_else_is_known(use: str) -> None:
    facts = {"system": {"use": use, "jurisdictions": ["US", "DE"]}}
    assert tier_of([policy("risk-tiering")], bind(facts, SCHEMA)).level == "high"


@pytest.mark.parametrize(
    ("expected", "system"),
    [
        ("minimal", {}),
        ("minimal", {"people_affected": 99_999, "data_categories": ["personal"]}),
        ("limited", {"people_affected": 100_000, "data_categories": ["personal"]}),
        ("limited", {"use": "generative_assistant"}),
        ("limited", {"use": "hiring", "people_affected": 999}),
        ("high", {"use": "hiring", "people_affected": 1_000}),
        ("high", {"use": "hiring", "autonomy": "decides_with_review"}),
        ("limited", {"use": "fraud_detection"}),
        ("minimal", {"use": "fraud_detection", "people_affected": 0}),
        ("limited", {"autonomy": "decides_alone"}),
        ("high", {"autonomy": "decides_alone", "data_categories": ["public", "health"]}),
        ("limited", {"data_categories": ["children"]}),
        (None, {"use": None}),
        (None, {"autonomy": None}),
        ("minimal", {"people_affected": None}),
    ],
)
def test_the_tier_of_a_system_outside_the_union(expected: str | None, system: dict[str, object]) -> None:
    assert level(**system) == expected


def test_every_combination_of_the_vocabularies_has_a_tier() -> None:
    (table,) = policy("risk-tiering").tables
    assert {one.name: getattr(one.domain, "values", ()) for one in table.inputs}["use"] == USES
    for use in USES:
        for autonomy in AUTONOMY:
            for category in DATA_CATEGORIES:
                facts = {"use": use, "autonomy": autonomy, "data_categories": [category]}
                assert level(**facts) in ("minimal", "limited", "high")


def test_a_tier_that_nobody_can_tell_is_unknown_and_names_what_would_tell() -> None:
    found = tier_of([policy("risk-tiering")], bind({"system": {"jurisdictions": ["US"]}}, SCHEMA))
    assert found.fact()["level"] is None
    assert found.decided is not None
    assert found.decided.answer is not None
    assert found.decided.answer.state is State.UNKNOWN
    assert found.decided.unknown == ("use", "autonomy", "people", "data")
