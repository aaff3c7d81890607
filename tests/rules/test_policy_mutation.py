"""The mutation check: a changed threshold or operator that no example notices is found, and named with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.mutate import changes
from consilience.domains.policy.language.parser import parse
from consilience.domains.policy.mutation import Coverage, check_noticed, coverage
from consilience.domains.policy.report import check
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.rules import code_of, outcome_of
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.starter_sets import starter_policy
from consilience.kit.errors import BadInput
from tests.rules.test_policy_language2 import FUNCTIONS, POLICY, SCHEMA, changed

Fact = Mapping[str, Any]


def read(text: str) -> Policy:
    return load(text, schema=SCHEMA, functions=FUNCTIONS, name="quality.yaml")


def example(name: str, expect: str, evaluation: str, release: str = "operation", purpose: str = "credit") -> str:
    facts = (
        f"{{release: {{stage: {release}}}, system: {{purpose: {purpose}}}, evidence: {{evaluation: [{evaluation}]}}}}"
    )
    return f"      - {{name: {name}, expect: {expect}, facts: {facts}}}\n"


def a_test(low: str = "0.7", about: str = "true", expired: str = "false", method: str = "holdout") -> str:
    return f"{{about_this_version: {about}, expired: {expired}, method: {method}, roc_auc: {{low: {low}}}}}"


PROOFS = (
    example("a later month", "satisfied", a_test(method="out_of_time"))
    + example("just too little", "unsatisfied", a_test(low="0.69"))
    + example("one of two too little", "unsatisfied", a_test(low="0.9") + ", " + a_test(low="0.5"))
    + example("another version", "no_evidence", a_test(about="false"))
    + example("expired", "no_evidence", a_test(expired="true"))
)
KINDS = SCHEMA


def found(text: str) -> Coverage:
    (only,) = coverage(read(text))
    return only


def test_a_requirement_with_few_examples_leaves_survivors_with_their_places() -> None:
    found_ = found(POLICY)
    assert not found_.complete
    ids = [one.id for one in found_.survivors]
    assert "constants.least_power 0.7 -> 0.665" in ids
    assert "definitions.current 1:55 !e.expired -> nothing" in ids
    assert 'constants.proper a list with "out_of_time" -> a list without "out_of_time"' in ids
    (one,) = [each for each in found_.survivors if each.place == "satisfied_if"]
    assert (one.line, one.column, one.before, one.after) == (1, 15, "all", "exists")


def test_enough_examples_notice_every_change_of_rules_definitions_and_constants() -> None:
    found_ = found(POLICY + PROOFS)
    assert [one.id for one in found_.survivors] == ["definitions.current_tests 1:9 filter -> no filter"]
    assert {one.place for one in found_.mutants} == {
        "applies_if", "satisfied_if", "policy.applies_if", "definitions.current", "definitions.current_tests",
        "constants.least_power", "constants.proper",
    }  # fmt: skip


SURVIVOR = "definitions.current_tests 1:9 filter -> no filter"
DECLARED = f"""\
    equivalent:
      - {{mutant: "{SURVIVOR}", why: A kind has these two methods only.}}
    sentences:
"""


def test_a_change_that_cannot_matter_is_declared_with_its_reason_and_shown_as_such() -> None:
    policy = read((POLICY + PROOFS).replace("    sentences:\n", DECLARED, 1))
    (one,) = coverage(policy)
    assert one.complete
    assert [(each.id, each.declared) for each in one.declared] == [(SURVIVOR, "A kind has these two methods only.")]
    assert check_noticed(policy) is None
    assert check(policy)["requirements"][0]["declared"][0]["why"] == "A kind has these two methods only."


def test_a_declaration_that_an_example_contradicts_is_no_way_out() -> None:
    noticed = "satisfied_if 1:15 all -> exists"
    policy = read((POLICY + PROOFS).replace("    sentences:\n", DECLARED.replace(SURVIVOR, noticed), 1))
    (one,) = coverage(policy)
    assert [each.id for each in one.contradicted] == [noticed]
    refused = check_noticed(policy)
    assert refused is not None
    assert (refused.code, refused.params["count"]) == ("policy.change_unnoticed", 2)


def test_a_declared_change_that_does_not_exist_is_told() -> None:
    policy = read((POLICY + PROOFS).replace("    sentences:\n", DECLARED.replace("1:9", "9:9"), 1))
    (one,) = coverage(policy)
    assert one.unknown == (SURVIVOR.replace("1:9", "9:9"),)
    assert not one.complete


def test_a_change_declared_twice_does_not_load() -> None:
    twice = DECLARED.replace("    sentences:", DECLARED.split("\n")[1] + "\n    sentences:")
    with pytest.raises(BadInput, match="is declared twice"):
        read((POLICY + PROOFS).replace("    sentences:\n", twice, 1))


def test_language_1_is_asked_as_well_and_has_no_way_to_declare() -> None:
    plain = POLICY[: POLICY.index("applies_if")].replace("language: 2", "language: 1")
    plain += POLICY[POLICY.index("requirements:") :].replace("current_tests", "evidence.evaluation")
    plain = plain.replace("least_power | percent", "0.7").replace("least_power", "0.7")
    plain = "\n".join(line for line in plain.split("\n") if "early" not in line)
    policy = read(plain)
    assert not coverage(policy)[0].complete
    assert (refused := check_noticed(policy)) is not None
    assert refused.code == "policy.change_unnoticed"
    with pytest.raises(BadInput, match="key 'equivalent' is unknown"):
        read(plain.replace("    sentences:\n", DECLARED, 1))


def test_what_several_requirements_share_is_noticed_by_an_example_of_any() -> None:
    start = POLICY.index("  - id: enough-power")
    second = POLICY[start:].replace("enough-power", "again")
    one, other = coverage(read(POLICY + PROOFS + second))
    assert "constants.least_power 0.7 -> 0.735" not in [each.id for each in other.survivors]
    assert [each.id for each in other.survivors if each.place == "satisfied_if"] == ["satisfied_if 1:15 all -> exists"]
    assert one.mutants[-1] == other.mutants[-1]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a < 1", {"< -> <=", "< -> >=", "1 -> 2", "1 -> 0"}),
        ("a >= 0.8", {">= -> >", ">= -> <", "0.8 -> 0.84", "0.8 -> 0.76"}),
        ("a == true", {"== -> !=", "true -> false"}),
        ('a == "x"', {"== -> !=", '"x" -> "something else"'}),
        ("a && b && !c", {"&& -> ||", "a -> nothing", "b -> nothing", "!c -> nothing", "!c -> c"}),
        ("a in [1, 2]", {"in -> not in", "a list with 1 -> a list without 1", "a list with 2 -> a list without 2"}),
        ("l.all(x, x)", {"all -> exists"}),
        ("l.exists(x, x)", {"exists -> all"}),
        ("l.exists_one(x, x)", {"exists_one -> exists"}),
        ("l.filter(x, x).map(y, y)", {"filter -> no filter"}),
        ("has(a.b)", {"has(a.b) -> !has(a.b)"}),
        ("a + b * c / d - e % f", {"+ -> -", "* -> /", "/ -> *", "- -> +", "% -> *"}),
        ("min(l) + max(l)", {"min -> max", "max -> min", "+ -> -"}),
        ("distinct(l)", {"distinct -> with repeats"}),
        ("a ? b : c", {"the choice -> the choice the other way round"}),
        ('a < duration("100h")', {"< -> <=", "< -> >=", 'duration("100h") -> duration("378000s")',
                                   'duration("100h") -> duration("342000s")'}),
        ('a < timestamp("2026-01-01T00:00:00Z")', {"< -> <=", "< -> >=",
            'timestamp("2026-01-01T00:00:00Z") -> timestamp("2026-01-02T00:00:00.000000Z")',
            'timestamp("2026-01-01T00:00:00Z") -> timestamp("2025-12-31T00:00:00.000000Z")'}),
        ("-a", {"-a -> a"}),
        ("a > -5", {"> -> >=", "> -> <=", "-5 -> -4", "-5 -> -6"}),
    ],
)  # fmt: skip
def test_every_threshold_and_operator_has_its_changes(text: str, wanted: set[str]) -> None:
    assert {f"{one.before} -> {one.after}" for one in changes(text, parse(text))} == wanted


def test_a_word_of_a_closed_vocabulary_becomes_another_word_of_it() -> None:
    found_ = found(POLICY + PROOFS)
    stage = [one.after for one in found_.mutants if one.place == "policy.applies_if" and one.before == '"operation"']
    assert stage == ['"framing"']


def test_the_quick_answer_is_the_explained_one() -> None:
    for one in read(POLICY + PROOFS).requirements:
        for each in one.examples:
            facts = bind(each.facts, SCHEMA)
            assert code_of(one.applies_if, one.satisfied_if, facts) is outcome_of(one, facts).code is each.expect


def test_a_list_constant_is_written_as_the_list_it_stands_for() -> None:
    assert "constants.proper" in {
        one.place for one in found(changed("value: [holdout, out_of_time]", "value: [holdout]")).mutants
    }


def test_a_policy_too_large_to_be_looked_at_ends_soon_and_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    from consilience.domains.policy import mutation

    monkeypatch.setattr(mutation, "MAX_LOOKED", 600)
    policy = read(POLICY + PROOFS)
    (one,) = coverage(policy)
    assert one.cut
    assert not one.complete
    monkeypatch.setattr(mutation, "MAX_LOOKED", 10_000)
    assert not coverage(policy)[0].cut


def test_no_starter_policy_needs_more_than_a_fiftieth_of_what_is_looked_at() -> None:
    from consilience.domains.evidence.definitions import kinds
    from consilience.domains.policy import mutation
    from consilience.domains.policy.document import starter_texts
    from consilience.domains.policy.schema import fact_schema

    schema = fact_schema(kinds())
    for text in starter_texts().values():
        policy = load(text, schema=schema, functions=FUNCTIONS)
        looked = mutation._Check(policy)
        looked.coverage()
        assert mutation.MAX_LOOKED - looked.left < mutation.MAX_LOOKED // 50


def test_names_that_nothing_uses_are_told() -> None:
    spare = "  spare: {value: 3, unit: days}\n  said: {value: 4, unit: days}\ndefinitions:"
    text = changed("definitions:", spare).replace("satisfied: All of", "satisfied: In {said} days all of")
    assert check(read(text))["unused"] == ["spare"]


def test_a_name_that_only_a_table_needs_is_not_called_unused() -> None:
    text = starter_policy("by-tier", "risk-tiering")
    policy = load(text, schema=fact_schema(kinds()), functions=["legal"])
    assert check(policy)["unused"] == []
