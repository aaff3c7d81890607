"""Outcomes of requirements over facts, and what may be published when."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from consilience.domains.policy.document import load
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.outcome import Code, Outcome, Severity, from_json
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.rules import check_publication, evaluate, in_force, in_order, two_people
from consilience.domains.policy.schema import fact_schema
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refusal
from consilience.kit.naming import new_urn
from tests.rules.test_policy_document import FUNCTIONS, KINDS, POLICY, SCHEMA

AT = Instant("2027-06-01T00:00:00.000000Z")
GOOD: dict[str, Any] = {"release": {"stage": "operation"}, "evidence": {"evaluation": [{"roc_auc": {"low": "0.8"}}]}}


def a_policy(**changes: str) -> Policy:
    text = POLICY
    for old, new in changes.items():
        old_text = {"satisfied_if": "e.roc_auc.low >= 0.7)", "applies_if": 'release.stage == "operation"'}.get(old, old)
        assert old_text in text
        text = text.replace(old_text, new)
    return load(text, schema=SCHEMA, functions=FUNCTIONS)


def outcome(facts: dict[str, Any], policy: Policy | None = None) -> Outcome:
    (found,) = evaluate((policy or a_policy()).requirements, facts, SCHEMA, AT)
    return found


def test_facts_that_meet_the_rule_satisfy_it() -> None:
    found = outcome(GOOD)
    assert (found.code, found.severity, found.owner) == (Code.SATISFIED, Severity.BLOCK, "engineering")
    assert (found.policy, found.requirement, found.sentence()) == ("model-quality", "enough-power", "All fine.")
    assert found.reasons == ()


def test_the_sentence_speaks_about_the_item_that_decided_in_every_language() -> None:
    tests = [{"roc_auc": {"low": "0.9"}}, {"roc_auc": {"low": "0.625"}}]
    found = outcome({**GOOD, "evidence": {"evaluation": tests}})
    assert found.code is Code.UNSATISFIED
    assert found.sentences == {"en": "The low end is 0.625.", "de": "Das untere Ende ist 0,625."}
    assert found.sentence("de") == "Das untere Ende ist 0,625."
    assert found.sentence("it") == "The low end is 0.625."


def test_missing_facts_are_no_evidence_with_reasons() -> None:
    found = outcome({**GOOD, "evidence": {"evaluation": []}})
    assert found.code is Code.NO_EVIDENCE
    assert found.reasons == ({"code": "no_evidence", "path": "evidence.evaluation"},)


def test_a_requirement_of_which_nobody_knows_whether_it_applies_is_no_evidence_not_inapplicable() -> None:
    found = outcome({"evidence": GOOD["evidence"]})
    assert (found.code, found.trace["satisfied_if"]) == (Code.NO_EVIDENCE, None)
    assert found.reasons == ({"code": "missing", "path": "release"},)


def test_a_requirement_that_does_not_apply_says_so() -> None:
    found = outcome({"release": {"stage": "validation"}})
    assert (found.code, found.sentence()) == (Code.NOT_APPLICABLE, "Not yet.")


@pytest.mark.parametrize("rule", ["applies_if", "satisfied_if"])
def test_an_error_anywhere_is_an_error(rule: str) -> None:
    broken = {
        "applies_if": 'release.stage == "operation" && (!has(release.proposed_by) || 1 / size(release.proposed_by) > 0)',
        "satisfied_if": "e.roc_auc.low >= 0.7 && (!has(e.rows) || 1 / e.rows >= 0))",
    }
    evaluation = [{"roc_auc": {"low": "0.8"}, "rows": 0}]
    facts = {"release": {"stage": "operation", "proposed_by": ""}, "evidence": {"evaluation": evaluation}}
    found = outcome(facts, a_policy(**{rule: broken[rule]}))
    assert found.code is Code.ERROR
    assert found.sentence() == (
        "This requirement could not be evaluated (division by zero). Until that is repaired it does not count as met."
    )


@pytest.mark.parametrize(
    ("at", "there"),
    [
        ("2026-12-31T23:59:59.999999Z", False),
        ("2027-01-01T00:00:00.000000Z", True),
        ("2027-12-31T23:59:59.999999Z", True),
        ("2028-01-01T00:00:00.000000Z", False),
    ],
)
def test_a_requirement_speaks_only_while_it_is_in_force(at: str, there: bool) -> None:
    requirements = a_policy().requirements
    assert bool(evaluate(requirements, GOOD, SCHEMA, Instant(at))) is there
    assert bool(in_force(requirements, Instant(at))) is there


def test_no_requirement_may_be_in_force_before_its_policy_is_published() -> None:
    policy = a_policy()
    assert check_publication(policy, Instant("2027-01-01T00:00:00.000000Z")) is None
    refused = check_publication(policy, Instant("2027-01-01T00:00:00.000001Z"))
    assert refused is not None
    assert (refused.code, refused.params["requirement"]) == ("policy.effective_before_publication", "enough-power")


ANA, BOB, CI = (new_urn(str(uuid.uuid4()), noun) for noun in ("person", "person", "robot"))


@pytest.mark.parametrize(
    ("proposed_by", "published_by", "code"),
    [
        pytest.param(ANA, BOB, None, id="two people"),
        pytest.param(ANA, ANA, "second_person_publishes", id="one person"),
        pytest.param(CI, ANA, "policy.people_publish", id="a robot proposed"),
        pytest.param(ANA, CI, "policy.people_publish", id="a robot publishes"),
    ],
)
def test_it_takes_two_people_and_a_robot_is_none(proposed_by: str, published_by: str, code: str | None) -> None:
    found = two_people(proposed_by, published_by)
    assert (found.code if found else None) == code


def test_a_requirement_without_dates_may_be_published_at_any_time() -> None:
    policy = a_policy(**{"    effective: {from: 2027-01-01, until: 2027-12-31}\n": ""})
    assert check_publication(policy, AT) is None
    assert in_force(policy.requirements, Instant("1999-01-01T00:00:00.000000Z")) == policy.requirements


def test_an_outcome_is_stored_and_read_again_without_loss() -> None:
    for facts in (GOOD, {}, {**GOOD, "evidence": {"evaluation": [{"roc_auc": {"low": "0.1"}}]}}):
        found = outcome(facts)
        stored = canonical.encode(found.to_json())
        assert from_json(canonical.decode(stored)) == found
        assert canonical.encode(outcome(facts).to_json()) == stored


def test_a_stored_outcome_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="outcome"):
        from_json({"outcome": "satisfied"})


def test_facts_of_a_newer_schema_are_understood_and_of_an_older_one_refused() -> None:
    wider = fact_schema([*KINDS, {"kind": "load_test", "version": 1, "methods": [], "fields": {"p99_ms": "double"}}])
    facts = {**GOOD, "evidence": {**GOOD["evidence"], "load_test": [{"p99_ms": "5"}]}}
    (found,) = evaluate(a_policy().requirements, facts, wider, AT)
    assert found.code is Code.SATISFIED
    with pytest.raises(BadInput, match="lack fields of the schema that requirement enough-power"):
        evaluate(a_policy().requirements, {}, fact_schema([]), AT)


def test_facts_may_be_bound_once_for_many_calls() -> None:
    bound = bind(GOOD, SCHEMA)
    assert evaluate(a_policy().requirements, bound, SCHEMA, AT) == evaluate(a_policy().requirements, GOOD, SCHEMA, AT)


@pytest.mark.parametrize(
    ("rule", "is_sign_off"),
    [
        ('signoffs.exists(s, s.function == "legal")', True),
        ('signoffs.exists(s, s.function == "legal" && s.signed_at < now) && blocks.all(b, b.withdrawn)', True),
        ('signoffs.exists(s, s.function == "legal") && evidence.evaluation.all(e, e.expired)', False),
        ("blocks.all(b, b.withdrawn)", False),
        ("evidence.evaluation.all(e, e.roc_auc.low >= 0.7)", False),
    ],
)
def test_a_requirement_knows_whether_only_people_can_satisfy_it(rule: str, is_sign_off: bool) -> None:
    (requirement,) = a_policy().requirements
    assert replace(requirement, satisfied_if=compile_expression(rule, SCHEMA)).sign_off is is_sign_off


def test_versions_come_into_force_in_the_order_in_which_they_begin() -> None:
    soon, then, last = Instant("2027-01-01"), Instant("2027-06-01"), Instant("2028-01-01")
    scheduled = [(2, then), (4, last)]

    def asked(start: Instant, ahead_of: int | None = None) -> Refusal | None:
        return in_order("ethics", start=start, scheduled=scheduled, ahead_of=ahead_of)

    refused = asked(soon)
    assert refused is not None
    assert (refused.code, refused.params["version"], refused.params["begins"]) == ("policy.scheduled_already", 2, then)
    assert asked(soon, 2) is None
    assert asked(soon, 4) is not None, "version 2 comes before that"
    assert asked(then, 2) is not None
    assert asked(then, 4) is None
    assert asked(last) is None, "it takes the place of version 4"
    assert in_order("ethics", start=soon, scheduled=[], ahead_of=None) is None
