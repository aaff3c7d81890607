"""The sets for a use: composed from templates, complete, and at work on a system that passes and on one that fails."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.gate.rules import Ground
from consilience.domains.gate.worked import FAILS, PASSES, STAGES, AtStage, judged, meant, refusing, worked
from consilience.domains.policy.document import load
from consilience.domains.policy.mutation import coverage
from consilience.domains.policy.obligations.shipped import texts
from consilience.domains.policy.outcome import Code, Severity
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.rules import evaluate
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.starter_sets import StarterSet, starter_sets
from consilience.domains.policy.templates.template import template
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import read_yaml

FUNCTIONS = ("engineering", "ethics", "legal", "product")
NOW = Instant("2026-11-23T10:00:00.000000Z")
SCHEMA = fact_schema(kinds())
SETS = tuple(name for name, one in starter_sets().items() if one.worked)
SHARED = {"risk-tiering", "light-track"}
USES = {
    "consumer-credit": "credit_scoring", "hiring": "hiring", "insurance-pricing": "insurance_pricing",
    "health-triage": "health_triage", "marketing": "marketing", "internal-tools": "internal_tool",
    "generative-assistant": "generative_assistant",
}  # fmt: skip
FULL = tuple(name for name in SETS if name not in ("marketing", "internal-tools"))


@cache
def policies(name: str) -> tuple[Policy, ...]:
    """After every rule that a draft must pass."""
    texts = starter_sets()[name].policies.values()
    return tuple(load(text, schema=SCHEMA, functions=FUNCTIONS, obligations=None) for text in texts)


def own(name: str) -> list[Policy]:
    """The policies that are the set's own."""
    return [one for one in policies(name) if one.slug not in SHARED]


def requirements(name: str) -> list[Requirement]:
    return [one for policy in own(name) for one in policy.requirements]


@cache
def passing(name: str) -> list[AtStage]:
    return judged(policies(name), worked(starter_sets()[name], PASSES), SCHEMA, ())


def applying(name: str, stage: str, tier: str) -> list[Requirement]:
    facts = {
        "release": {"stage": stage}, "tier": {"level": tier, "source": "computed"},
        "system": {"tier": tier, "use": USES[name]}, "operation": {"in_use": False},
    }  # fmt: skip
    asked = [one for policy in policies(name) for one in policy.requirements if one.severity is Severity.BLOCK]
    found = evaluate(asked, facts, SCHEMA, NOW)
    return [one for one, came in zip(asked, found, strict=True) if came.code is not Code.NOT_APPLICABLE]


def test_there_is_a_set_for_each_of_the_seven_uses() -> None:
    assert set(SETS) == set(USES)


@pytest.mark.parametrize("name", SETS)
def test_it_is_written_as_filled_in_templates(name: str) -> None:
    """What no template covers is written by hand: two requirements at most."""
    by_hand = [one.id for one in requirements(name) if one.from_template is None]
    assert len(by_hand) <= 2
    assert sum(one.from_template is not None for one in requirements(name)) > len(by_hand)


@pytest.mark.parametrize("name", SETS)
def test_no_change_of_a_rule_goes_unnoticed(name: str) -> None:
    """Since it would be refused at publication."""
    survivors = [
        (each.requirement, mutant.id) for one in own(name) for each in coverage(one) for mutant in each.survivors
    ]
    assert survivors == []


@pytest.mark.parametrize("name", SETS)
def test_each_function_owns_a_part_and_everything_is_said_in_two_languages(name: str) -> None:
    assert {one.owner for one in own(name)} == set(FUNCTIONS)
    for policy in own(name):
        assert set(policy.title) == {"en", "de"}
        for one in policy.requirements:
            assert one.owner == policy.owner
            assert set(one.title) == set(one.why) == set(one.sentences) == {"en", "de"}


@pytest.mark.parametrize("name", SETS)
def test_every_threshold_has_a_reason_and_a_source_of_its_own(name: str) -> None:
    for one in requirements(name):
        assert one.source
        if one.from_template is None:
            continue
        of = template(one.from_template.id)
        assert "filled in when the requirement was made" not in one.source, one.id
        if any(each.numeric for each in of.parameters):
            assert one.why["en"] != str(of.body["why"]["en"]).strip(), one.id


@pytest.mark.parametrize("name", SETS)
def test_what_it_cites_is_in_a_shipped_pack(name: str) -> None:
    known = obligations()
    for one in requirements(name):
        assert one.obligations, one.id
        assert set(one.obligations) <= known, one.id


@cache
def obligations() -> frozenset[str]:
    read = [read_yaml(text, slug)[0] for slug, text in texts().items()]
    return frozenset(one["id"] for pack in read for one in pack.get("obligations", []))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", SETS)
def test_every_stage_asks_something_and_minimal_risk_takes_the_light_track(name: str, stage: str) -> None:
    slugs = {tier: {one.policy for one in applying(name, stage, tier)} for tier in ("minimal", "limited", "high")}
    assert slugs["limited"] == slugs["high"]
    assert slugs["limited"] - SHARED, stage
    assert "light-track" in slugs["minimal"]
    assert len(applying(name, stage, "minimal")) <= 5


@pytest.mark.parametrize("name", FULL)
def test_the_weight_lies_on_validation_and_operation(name: str) -> None:
    asked = {stage: len(applying(name, stage, "high")) for stage in STAGES}
    assert min(asked["validation"], asked["operation"]) > max(
        asked[stage] for stage in STAGES if stage not in ("validation", "operation")
    )


@pytest.mark.parametrize("name", SETS)
def test_the_worked_system_passes_every_stage(name: str) -> None:
    stages = passing(name)
    assert [one.stage for one in stages] == list(STAGES)
    for one in stages:
        assert one.verdict.allowed, (one.stage, one.verdict.unmet)
        assert one.verdict.ground is Ground.ALL_MET


@pytest.mark.parametrize("name", SETS)
def test_the_other_is_refused_for_what_is_wrong_with_it_and_nothing_else(name: str) -> None:
    fails = worked(starter_sets()[name], FAILS)
    assert len(fails.wrong) >= 3
    stages = judged(policies(name), fails, SCHEMA, fails.wrong)
    assert refusing(stages) == meant(fails.wrong)
    refused = {stage for stage, _name in meant(fails.wrong)}
    assert "operation" in refused
    assert {one.stage for one in stages if not one.verdict.allowed} == refused


@pytest.mark.parametrize("name", SETS)
def test_one_thing_mended_leaves_it_refused_for_the_others(name: str) -> None:
    fails = worked(starter_sets()[name], FAILS)
    for mended in fails.wrong:
        others = [one for one in fails.wrong if one is not mended]
        left = refusing(judged(policies(name), fails, SCHEMA, others))
        assert left == meant(others) != set()
    assert refusing(judged(policies(name), fails, SCHEMA, ())) == set()


@pytest.mark.parametrize("name", SETS)
def test_the_sentences_of_a_worked_system_have_no_blank_left(name: str) -> None:
    fails = worked(starter_sets()[name], FAILS)
    for one in [*passing(name), *judged(policies(name), fails, SCHEMA, fails.wrong)]:
        for outcome in one.outcomes:
            if outcome.code in (Code.SATISFIED, Code.UNSATISFIED):
                for language in ("en", "de"):
                    said = outcome.sentence(language)
                    assert not any(mark in said for mark in ("not known", "nicht bekannt", "<<", "{")), said


def test_the_same_bytes_whatever_the_hash_seed() -> None:
    program = (
        "import hashlib;from consilience.domains.policy.starter_sets import starter_sets\n"
        "print(hashlib.sha256(''.join(starter_sets()['hiring'].policies.values()).encode()).hexdigest())"
    )
    here = hashlib.sha256("".join(starter_sets()["hiring"].policies.values()).encode()).hexdigest()
    other = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == here


def test_a_policy_says_of_which_systems_it_asks() -> None:
    text = starter_sets()["hiring"].policies["hiring-ethics"]
    assert read_yaml(text, "policy")[0]["applies_if"] == (
        'tier.level in ["limited", "high"] && system.use in ["hiring", "workforce_management"]'
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"at": ["launch"]}, "launch"),
        ({"refused_by": "hiring-audit"}, "refused_by"),
        ({"but": {"evidence.notice.7.published": False}}, "leads nowhere"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_worked_system_that_is_written_wrongly_is_refused(change: dict[str, Any], said: str) -> None:
    wrong = {
        "said": {"en": "x"}, "at": ["operation"], "but": {"evidence.notice": []}, "refused_by": ["hiring-audit/candidates-told"],
    }  # fmt: skip
    body = {"title": {"en": "x"}, "text": {"en": "x"}, "wrong": [{**wrong, **change}]}
    of = starter_sets()["hiring"]
    broken = StarterSet(of.name, of.title, of.text, of.policies, {**of.worked, FAILS: json.dumps(body)})
    with pytest.raises(BadInput, match=said):
        found = worked(broken, FAILS)
        judged(policies("hiring"), found, SCHEMA, found.wrong)
