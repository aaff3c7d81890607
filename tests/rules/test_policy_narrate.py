"""An explanation in sentences, in two languages: what was looked at, what decided, by how much it was missed."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.document import load, starter_texts
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import BOOL
from consilience.domains.policy.narrate import narrate
from consilience.domains.policy.narrate_words import PHRASES
from consilience.domains.policy.outcome import Outcome
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.rules import outcome_of
from consilience.domains.policy.schema import fact_schema
from consilience.kit import canonical
from tests.rules.test_policy_language2 import POLICY, SCHEMA
from tests.rules.test_policy_language2 import read as read_2

FUNCTIONS = ("engineering", "ethics", "legal", "product")
SHIPPED = fact_schema(kinds())
STARTERS: dict[str, Requirement] = {
    one.id: one
    for text in starter_texts().values()
    for one in load(text, schema=SHIPPED, functions=FUNCTIONS).requirements
}


def outcome(requirement: str, example: str) -> Outcome:
    found = STARTERS[requirement]
    (facts,) = [one.facts for one in found.examples if one.name == example]
    return outcome_of(found, bind(facts, SHIPPED))


def rule(text: str, facts: Any, language: str = "en") -> tuple[str, ...]:
    """The sentences of a rule of language 2 over facts of its test."""
    from dataclasses import replace

    (one,) = read_2(POLICY).requirements
    expression = compile_expression(text, SCHEMA, expect=BOOL, vocabulary=one.satisfied_if.vocabulary)
    asked = replace(one, applies_if=None, satisfied_if=expression, sentences={})
    return narrate(outcome_of(asked, bind(facts, SCHEMA)), language)


@pytest.mark.parametrize(
    ("requirement", "example", "language", "sentences"),
    [
        ("predictive-power", "discrimination just too low", "en", (
            "Looked at evaluation: 1 in all.",
            "Counterexample: evaluation 1: roc auc (lower end) is 0.699, at least 0.7 is asked (0.001 too little).",
        )),
        ("predictive-power", "discrimination just too low", "de", (
            "Angesehen wurde evaluation: insgesamt 1.",
            "Gegenbeispiel: evaluation 1: roc auc (unteres Ende) ist 0,699, verlangt ist mindestens 0,7 (0,001 zu wenig).",
        )),
        ("fast-enough", "too slow", "en", (
            "Looked at performance budget: 1 in all.",
            ("Counterexample: performance budget 1, load test 1: p99 ms is 50.1, at most 50 (p99 ms of performance budget 1)"
             " is allowed (0.1 too much)."),
        )),
        ("engineering-sign-off", "abstained", "en", (
            "Looked at signoffs: 1 in all.",
            "Nearest miss: signoffs 1: verdict is abstain, one of approve, approve_with_conditions is asked.",
        )),
        ("engineering-sign-off", "abstained", "de", (
            "Angesehen wurde signoffs: insgesamt 1.",
            "Am nächsten kam signoffs 1: verdict ist abstain, verlangt ist eines von approve, approve_with_conditions.",
        )),
        ("reproducible-training", "another artefact", "en", (
            "Looked at reproducibility run: 1 in all.",
            "Counterexample: reproducibility run 1: artefact is bb22, aa11 (artefact of model version) is asked.",
        )),
        ("predictive-power", "no test at all", "en", ("There is no evaluation on record.",)),
        ("predictive-power", "no test at all", "de", ("Es liegt kein Nachweis vor: evaluation.",)),
        ("reproducible-training", "a run that has expired", "en", (
            "There is reproducibility run, but none of which this holds: about this version is yes, expired is no.",
        )),
        ("holdout-kept-apart", "lineage was not read", "en", (
            "Nobody has read training datasets yet.", "Nobody has read evaluation datasets yet.",
        )),
        ("predictive-power", "on the way to validation", "en", ("Stage of release is validation, operation is asked.",)),
    ],
)  # fmt: skip
def test_outcomes_of_the_starter_set_are_told(
    requirement: str, example: str, language: str, sentences: tuple[str, ...]
) -> None:
    assert narrate(outcome(requirement, example), language) == sentences


ONE = {"about_this_version": True, "expired": False, "method": "holdout", "rows": 10, "p99_ms": "80.5",
       "roc_auc": {"low": "0.6"}, "recorded_at": "2026-11-01T00:00:00.000000Z"}  # fmt: skip
FACTS = {
    "evidence": {"evaluation": [ONE]},
    "now": "2026-11-23T00:00:00.000000Z",
    "release": {"stage": "data"},
    "system": {},
}


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("current_tests.all(m, m.roc_auc.low >= least_power)",
         "Counterexample: evaluation 1: roc auc (lower end) is 0.6, at least 0.7 is asked (0.1 too little)."),
        ("current_tests.exists(m, 0.7 < m.roc_auc.low)",
         "Nearest miss: evaluation 1: roc auc (lower end) is 0.6, more than 0.7 is asked (0.1 too little)."),
        ("current_tests.all(m, now - m.recorded_at <= duration('480h'))",
         ("Counterexample: evaluation 1: now is 2026-11-23 00:00 UTC, recorded at is 2026-11-01 00:00 UTC, which makes 1900800s,"
          " at most 480h is allowed (2 days too much).")),
        ("now < timestamp('2026-11-01T00:00:00Z')",
         "Now is 2026-11-23 00:00 UTC, less than 2026-11-01T00:00:00Z is allowed (22 days too much)."),
        ("days_between(evidence.evaluation[0].recorded_at, now) <= 20",
         "Recorded at of evaluation 1 is 2026-11-01 00:00 UTC, now is 2026-11-23 00:00 UTC, at most 20 is allowed."),
        ("release.stage in ['operation', 'validation']", "Stage of release is data, one of operation, validation is asked."),
        ("release.stage != 'data'", "Stage of release is data, anything but data is asked."),
        ("!(release.stage == 'data')", "Stage of release is data."),
        ("has(system.sponsor)", "Sponsor of system is not there."),
        ("!has(release.stage)", "Stage of release is there."),
        ("size(evidence.evaluation) > 3", "The number of evaluation is 1, more than 3 is asked (2 too little)."),
        ("1 / (evidence.evaluation[0].rows - 10) > 0",
         "“1 / (evidence.evaluation[0].rows - 10) > 0” cannot be computed (division by zero)."),
        ("release.stage == 'data' ? false : true", "Stage of release is data."),
        ("evidence.evaluation.all(m, m.rows < 1 || m.rows > 20)",
         ("Counterexample: evaluation 1: rows is 10, less than 1 is allowed (9 too much); rows is 10, more than 20 is asked"
          " (10 too little).")),
    ],
)  # fmt: skip
def test_what_was_missed_and_by_how_much(text: str, last: str) -> None:
    assert last in rule(text, FACTS)


def test_of_a_filter_that_leaves_nothing_the_closest_item_is_told() -> None:
    other = {**ONE, "about_this_version": False, "expired": True}
    facts = {"evidence": {"evaluation": [other, {**ONE, "expired": True}]}}
    assert rule("current.all(m, m.rows > 1)", facts) == (
        (
            "There is evaluation, but none of which this holds: about this version is yes, expired is no. "
            "Nearest miss: evaluation 2: expired is yes."
        ),
    )
    (_sentence,) = rule("current.all(m, m.rows > 1)", facts, "de")
    assert _sentence.endswith("Am nächsten kam evaluation 2: expired ist ja.")


def test_more_counterexamples_than_are_shown_are_counted() -> None:
    many = {"evidence": {"evaluation": [{"rows": at} for at in range(9)]}}
    assert rule("evidence.evaluation.all(m, m.rows > 100)", many)[-1] == "And 6 more like it."


def test_no_sentence_of_the_starter_examples_needs_the_expression_to_be_read() -> None:
    """What cannot be said in words is quoted; that stays rare."""
    told = [
        sentence
        for requirement in STARTERS.values()
        for example in requirement.examples
        for language in PHRASES
        for sentence in narrate(outcome_of(requirement, bind(example.facts, SHIPPED)), language)
    ]
    quoted = [sentence for sentence in told if "“" in sentence or "„" in sentence]
    assert all(sentence[0].isupper() or sentence[0] in "“„" for sentence in told)
    assert all(sentence.endswith(".") for sentence in told)
    assert len(quoted) < len(told) // 10


def test_every_example_of_every_starter_is_told_in_both_languages() -> None:
    for requirement in STARTERS.values():
        for example in requirement.examples:
            found = outcome_of(requirement, bind(example.facts, SHIPPED))
            stored = canonical.decode(canonical.encode(found.to_json()))
            assert stored["trace"] == found.trace
            assert narrate(found, "en")
            assert len(narrate(found, "de")) == len(narrate(found, "en"))
            assert narrate(found, "fr") == narrate(found, "en")


def test_every_language_has_every_phrase() -> None:
    for phrases in PHRASES.values():
        for each in fields(phrases):
            assert getattr(phrases, each.name)
        assert set(phrases.asked) == {"<", "<=", ">", ">=", "==", "!=", "in", "contains"}
        assert set(phrases.relation) == {"<", "<=", ">", ">=", "==", "!=", "in"}
