"""What a change does, over values: outcomes held against each other, facts that moved, words that changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.gate import effects
from consilience.domains.gate.effects import Nature
from consilience.domains.gate.rules import Ground, Verdict
from consilience.domains.policy import document
from consilience.domains.policy.changes import Difference, clause_at, differences
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.tokens import tokens_of
from consilience.domains.policy.outcome import Code, Outcome, Severity
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.rules import bare_outcome, outcome_of
from consilience.domains.policy.schema import fact_schema
from consilience.domains.policy.starter_sets import starter_policy
from consilience.domains.policy.tables import changes as table_changes
from consilience.kit.errors import ExitCode
from tests.harness.policies import fair_treatment

SCHEMA = fact_schema(kinds())
YES, NO = Verdict(True, Ground.ALL_MET, ExitCode.YES), Verdict(False, Ground.UNMET, ExitCode.NO)


def an_outcome(name: str, code: Code, *, severity: Severity = Severity.BLOCK, missing: str = "") -> Outcome:
    reasons = ({"code": "missing", "path": missing},) if missing else ()
    return Outcome("p", name, "ethics", severity, False, code, reasons, {"en": str(code)}, {})


def nothing_lacks(_path: str) -> bool:
    return False


def natures(before: list[Outcome], after: list[Outcome], lacks: object = nothing_lacks) -> dict[str, Nature]:
    found = effects.effect((before, YES), (after, NO), lacks)  # type: ignore[arg-type]
    return {one.outcome.requirement: one.nature for one in found.changed}


def test_what_comes_out_the_same_is_no_change() -> None:
    assert natures([an_outcome("a", Code.SATISFIED)], [an_outcome("a", Code.SATISFIED)]) == {}


def test_another_outcome_is_a_flip_and_so_is_a_new_requirement_that_is_not_met() -> None:
    before = [an_outcome("a", Code.SATISFIED)]
    after = [an_outcome("a", Code.UNSATISFIED), an_outcome("b", Code.UNSATISFIED), an_outcome("c", Code.SATISFIED)]
    assert natures(before, after) == {"a": Nature.FLIP, "b": Nature.FLIP, "c": Nature.QUIET}


def test_a_requirement_that_went_flips_only_where_it_stood_in_the_way() -> None:
    before = [an_outcome("met", Code.SATISFIED), an_outcome("unmet", Code.NO_EVIDENCE)]
    assert natures(before, []) == {"met": Nature.QUIET, "unmet": Nature.FLIP}


def test_severity_alone_is_a_flip() -> None:
    assert natures(
        [an_outcome("a", Code.UNSATISFIED)], [an_outcome("a", Code.UNSATISFIED, severity=Severity.WARN)]
    ) == {"a": Nature.FLIP}


def test_no_evidence_for_what_nobody_could_record_is_told_apart() -> None:
    after = [an_outcome("a", Code.NO_EVIDENCE, missing="system.use")]
    assert natures([], after, lambda path: path == "system.use") == {"a": Nature.LACKING}
    assert natures([], after) == {"a": Nature.FLIP}


def test_a_schema_that_grew_has_places_that_the_older_one_lacks() -> None:
    then = fact_schema([])
    now = fact_schema([{"kind": "load_test", "methods": ["m"], "fields": {"p99_ms": "double"}}])
    lacks = effects.lacking_in(then, now)
    assert lacks("evidence.load_test[0].p99_ms")
    assert lacks("evidence.load_test")
    assert not lacks("system.purpose")
    assert not lacks("size(training_datasets)"), "words of a rule are no place"
    assert effects.widest([then, now]) is now
    other = fact_schema([{"kind": "other", "methods": ["m"], "fields": {"a": "int"}}])
    assert effects.widest([now, other]) is None


def test_a_newer_record_is_held_against_the_one_whose_place_it_took() -> None:
    def facts(urn: str, p99: str, *more: dict[str, object]) -> dict[str, object]:
        one = {
            "urn": urn,
            "method": "m",
            "dataset": None,
            "about_this_version": True,
            "p99_ms": p99,
            "recorded_at": urn,
        }
        return {"now": urn, "evidence": {"load_test": [*more, one]}}

    moved = effects.fact_changes(facts("a", "10"), facts("b", "80"), ["evidence.load_test", "now"])
    assert [(one.path, one.before, one.after) for one in moved] == [("evidence.load_test[0].p99_ms", "10", "80")]
    extra = {"urn": "c", "method": "n", "dataset": None, "about_this_version": True, "p99_ms": "1", "recorded_at": "c"}
    (came,) = effects.fact_changes(facts("a", "10"), facts("a", "10", extra), ["evidence.load_test"])
    assert (came.path, came.before) == ("evidence.load_test[0]", None)


def test_the_code_alone_is_the_code_of_the_whole_outcome() -> None:
    for text in document.starter_texts().values():
        for requirement in load(text).requirements:
            for example in requirement.examples:
                facts = bind(example.facts, SCHEMA)
                assert (
                    bare_outcome(requirement, facts, {}).code is outcome_of(requirement, facts).code is example.expect
                )


# Words of policies


def load(text: str) -> Policy:
    return document.load(text, schema=SCHEMA, functions=["engineering", "product", "legal", "ethics"])


def test_a_changed_threshold_is_told_with_its_clause() -> None:
    found = differences(load(fair_treatment(bound="0.1")), load(fair_treatment(bound="0.08")))
    first = found[0]
    assert (first.what, first.before, first.after) == (Difference.THRESHOLD, "0.1", "0.08")
    assert first.clause == "a.gaps.fpr.high <= 0.08"
    assert {one.what for one in found} == {Difference.THRESHOLD, Difference.WORDS}


def test_the_same_text_differs_in_nothing() -> None:
    assert differences(load(fair_treatment()), load(fair_treatment())) == []


def test_a_new_policy_adds_every_requirement_and_one_that_goes_removes_them() -> None:
    policy = load(fair_treatment())
    assert {one.what for one in differences(None, policy)} == {Difference.ADDED}
    assert len(differences(policy, None)) == len(policy.requirements)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("severity: block", "severity: warn", Difference.SEVERITY),
        ("n.attributes.all(a, a.gaps.fpr.high <= 0.08)", "n.attributes.all(a, a.gaps.fpr.high < 0.08 || a.gaps.fpr.high == 0.08)", Difference.RULE),
        ('release.stage == "operation"', 'release.stage == "validation"', Difference.VALUE),
        ("  - id: equal-chance-for-good-payers\n", '  - id: equal-chance-for-good-payers\n    effective: {from: "2030-01-01"}\n', Difference.STARTS),
    ],
)  # fmt: skip
def test_each_difference_is_told_by_itself(old: str, new: str, what: Difference) -> None:
    text = fair_treatment()
    assert old in text
    after = document.load_published(text.replace(old, new, 1), schema=SCHEMA)
    assert what in {one.what for one in differences(load(text), after)}


def test_what_a_decision_table_answers_otherwise_is_told_row_by_row() -> None:
    text = starter_policy("by-tier", "risk-tiering")
    assert text.count("then: {level: limited}") > 1
    before, after = (
        load(text),
        document.load_published(text.replace("level: limited", "level: minimal", 1), schema=SCHEMA),
    )
    (found,) = differences(before, after)
    assert (found.what, found.clause) == (Difference.TABLE, "tier/advises-on-few-lives")
    assert str(found.before).endswith("→ level limited")
    assert str(found.after).endswith("→ level minimal")
    assert [one.clause for one in differences(None, before) if one.what is Difference.TABLE] == ["tier"]


def test_the_order_of_rows_is_a_difference_where_the_first_that_fits_answers() -> None:
    (table,) = load(starter_policy("by-tier", "risk-tiering")).tables
    moved = replace(table, rows=(table.rows[1], table.rows[0], *table.rows[2:]))
    ((name, before, after),) = table_changes.differences(table, moved)
    assert (name, str(before)[:32], str(after)[:32]) == (
        "tier",
        "annex-iii, decides-over-lives, a",
        "decides-over-lives, annex-iii, a",
    )
    assert not list(table_changes.differences(table, table))
    (head,) = table_changes.differences(table, replace(table, decides=None))
    assert head[0] == "tier"


def test_a_clause_ends_where_its_brackets_do() -> None:
    tokens = tokens_of("x && evidence.all(e, e.a.b >= 0.5 || min(c, 3) < 4)")[:-1]
    at = next(nth for nth, one in enumerate(tokens) if one.text == "4")
    assert clause_at(tokens, at) == "min(c, 3) < 4"
