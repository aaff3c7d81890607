"""Policy documents: strict YAML, complete requirements, examples that come out as their authors say."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from consilience.domains.policy.document import load, load_published
from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.outcome import Code, Severity
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.schema import fact_schema
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import read_yaml

KINDS: list[dict[str, Any]] = [
    {"kind": "evaluation", "version": 1, "methods": ["holdout"], "fields": {"rows": "int", "roc_auc": "figure"}}
]
SCHEMA = fact_schema(KINDS)
FUNCTIONS = ("engineering", "product", "legal", "ethics")

POLICY = """\
policy: model-quality
title: {en: Model quality}
owner: engineering
language: 1
requirements:
  - id: enough-power
    title: {en: Enough power, de: Genug Trennschärfe}
    why: {en: A weak score decides nothing.}
    owner: engineering
    severity: block
    applies_if: release.stage == "operation"
    satisfied_if: |
      evidence.evaluation.all(e,
        e.roc_auc.low >= 0.7)
    obligations: [sr262-validate]
    source: Hosmer and Lemeshow, chapter 5
    effective: {from: 2027-01-01, until: 2027-12-31}
    sentences:
      en:
        satisfied: All fine.
        unsatisfied: The low end is {e.roc_auc.low}.
        no_evidence: Nothing is known.
        not_applicable: Not yet.
      de:
        satisfied: Alles gut.
        unsatisfied: Das untere Ende ist {e.roc_auc.low}.
        no_evidence: Nichts ist bekannt.
        not_applicable: Noch nicht.
    examples:
      - {name: good, expect: satisfied,
         facts: {release: {stage: operation}, evidence: {evaluation: [{roc_auc: {low: 0.7}}]}}}
      - {name: bad, expect: unsatisfied,
         facts: {release: {stage: operation}, evidence: {evaluation: [{roc_auc: {low: 0.65}}]}}}
      - {name: none, expect: no_evidence, facts: {release: {stage: operation}, evidence: {evaluation: []}}}
      - {name: early, expect: not_applicable, facts: {release: {stage: validation}, now: 2026-11-23}}
"""


def read(text: str = POLICY, **options: Any) -> Policy:
    return load(text, schema=SCHEMA, functions=FUNCTIONS, name="quality.yaml", **options)


def refused(text: str, **options: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(text, **options)
    return caught.value


def changed(old: str, new: str) -> str:
    assert POLICY.count(old) >= 1
    return POLICY.replace(old, new, 1)


def test_a_complete_policy_loads() -> None:
    policy = read()
    (requirement,) = policy.requirements
    assert (policy.slug, policy.owner, policy.language) == ("model-quality", "engineering", 1)
    assert (requirement.id, requirement.severity, requirement.policy) == (
        "enough-power",
        Severity.BLOCK,
        "model-quality",
    )
    assert requirement.title == {"en": "Enough power", "de": "Genug Trennschärfe"}
    assert requirement.obligations == ("sr262-validate",)
    assert [example.expect for example in requirement.examples] == [
        *(Code.SATISFIED, Code.UNSATISFIED, Code.NO_EVIDENCE, Code.NOT_APPLICABLE)
    ]


def test_a_bare_date_is_read_in_the_zone_and_an_end_date_includes_its_day() -> None:
    (requirement,) = read(zone="Europe/Zurich").requirements
    assert requirement.effective.start == "2026-12-31T23:00:00.000000Z"
    assert requirement.effective.until == "2027-12-31T23:00:00.000000Z"


def test_a_bare_date_in_an_example_is_its_first_moment() -> None:
    (requirement,) = read().requirements
    assert requirement.examples[3].facts["now"] == "2026-11-23T00:00:00.000000Z"


def test_numbers_in_examples_become_facts() -> None:
    (requirement,) = read().requirements
    assert requirement.examples[0].facts["evidence"]["evaluation"] == [{"roc_auc": {"low": "0.7"}}]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("policy: model-quality", "policy: Model_quality", "line 1: policy: policy: 'Model_quality' must be 1 to 63"),
        ("owner: engineering", "owner: security", "line 3: owner: 'security' is not one of engineering, ethics"),
        ("language: 1", "language: 3", "line 4: policy: language: version 3 is unknown"),
        ("language: 1", "language: one", "line 4: policy: language: 'one' is not a whole number"),
        ("language: 1", "languag: 1", "line 4: policy: key 'languag' is unknown; .* did you mean 'language'"),
        ("    why: {en: A weak score decides nothing.}\n", "", "requirement enough-power: key 'why' is missing"),
        ("    source: Hosmer and Lemeshow, chapter 5\n", "", "key 'source' is missing"),
        (
            "severity: block",
            "severity: blok",
            "line 10: requirement enough-power: severity: 'blok' is not block or warn",
        ),
        ("id: enough-power", "id: Enough power", "id: 'Enough power' must be 1 to 63"),
        ("title: {en: Enough power, de", "title: {fr: Enough power, de", "must name at least its English form"),
        ("title: {en: Enough power, de", "title: {en: Enough power, german", "'german' is not a language"),
        ("        not_applicable: Not yet.\n", "", "sentences in en: key 'not_applicable' is missing"),
        ("        not_applicable: Noch nicht.\n", "", "sentences in de: key 'not_applicable' is missing"),
        ("satisfied: All fine.", "satisfied: ''", "satisfied: '' is not a text"),
        ("obligations: [sr262-validate]", "obligations: sr262-validate", "obligations: must be a list"),
        ("obligations: [sr262-validate]", "obligations: [26]", "obligations: 26 is not a text"),
        ("until: 2027-12-31", "until: 2026-12-31", "line 17: .*until: must lie after 'from'"),
        ("from: 2027-01-01", "from: soon", "line 17: .*from: 'soon' is not a moment"),
        ("from: 2027-01-01", "starts: 2027-01-01", "key 'starts' is unknown"),
        ("expect: satisfied", "expect: waived", "expect: 'waived' is not no_evidence"),
        (
            "expect: satisfied",
            "expect: unsatisfied",
            "example 'good' is stated to be unsatisfied, but comes out satisfied",
        ),
        ("{low: 0.65}", "{low: 0.75}", "example 'bad' is stated to be unsatisfied, but comes out satisfied: All fine"),
        ("name: bad", "name: good", "two examples are called 'good'"),
        (
            "{low: 0.65}",
            "{lo: 0.65}",
            r"example 'bad': facts: evidence.evaluation\[0\].roc_auc.lo: 'figure' has no such",
        ),
        (
            "{stage: validation}",
            "{stage: validaton}",
            "example 'early': facts: release.stage: 'validaton' is not one of",
        ),
        ("now: 2026-11-23", "now: today", "example 'early': facts: now: 'today' is not a moment"),
        ("requirements:", "requirements: []\nx:", "key 'x' is unknown"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(old: str, new: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(changed(old, new))


@pytest.mark.parametrize("expect", ["satisfied", "unsatisfied", "no_evidence"])
def test_each_outcome_needs_an_example(expect: str) -> None:
    written = yaml.safe_load(POLICY)
    examples = written["requirements"][0]["examples"]
    written["requirements"][0]["examples"] = [one for one in examples if one["expect"] != expect]
    assert f"has no example that is {expect}" in str(refused(yaml.safe_dump(written)))


def test_an_expression_that_does_not_fit_is_told_with_both_places() -> None:
    error = refused(changed("e.roc_auc.low >= 0.7", "e.roc_auc.lo >= 0.7"))
    assert isinstance(error, PolicyError)
    assert (error.line, error.column, error.suggestion) == (2, 13, "low")
    assert str(error).startswith("quality.yaml, line 12: requirement enough-power, satisfied_if: line 2, column 13:")


def test_a_rule_must_be_true_or_false() -> None:
    assert "expected truth value" in str(refused(changed('release.stage == "operation"', "release.stage")))


def test_a_sentence_that_nothing_can_fill_does_not_load() -> None:
    error = refused(changed("is {e.roc_auc.low}", "is {e.roc_auc.lowest}"))
    assert isinstance(error, PolicyError)
    assert str(error).startswith(
        "quality.yaml, line 21: requirement enough-power, sentences in en, unsatisfied: line 1,"
    )


def test_two_requirements_with_one_id_are_refused() -> None:
    second = POLICY[POLICY.index("  - id: enough-power") :]
    assert "two requirements have the id 'enough-power'" in str(refused(POLICY + second))


def test_obligations_are_checked_when_their_ids_are_known() -> None:
    assert read(obligations={"sr262-validate"}).slug == "model-quality"
    assert "obligation 'sr262-validate' is unknown" in str(refused(POLICY, obligations={"gdpr-6"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("- a\n- b", "policy: must be a mapping"),
        ("a: 1\na: 2", "line 2: key 'a' stands twice"),
        ("a: {b: 1, b: 2}", "line 1: key 'b' stands twice"),
        ("a: &x 1\nb: *x", "line 2: an alias; write the value out"),
        ("a: !!python/object:os.system 1", "line 1: tag .* is not allowed"),
        ("a: !mine 1", "line 1: tag '!mine' is not allowed"),
        ("a: [1, 2", "line 2: did not find"),
        ("a: 1\n---\nb: 2", "line 2: expected a single document in the stream but found another"),
        ("? [a]\n: 1", "line 1: a key must be a word"),
        ("a: 9999999999999999999", "line 1: 9999999999999999999 is too large"),
        ("a: " + "[" * 3000, "quality.yaml"),
        ("a: 1\nb: \x00", r"line 2: '\\x00' is no character of a text"),
    ],
)
def test_yaml_that_means_two_things_or_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read(text)


def test_only_true_false_and_null_are_words_of_the_language() -> None:
    value, lines = read_yaml(
        "a: [NO, yes, on, True, true, null, 2026-11-23, 010, 1:30, 0.50, 1e3, '1', -4]\nb:\n  c: 1", "t"
    )
    assert value["a"] == ["NO", "yes", "on", "True", True, None, "2026-11-23", "010", "1:30", "0.5", "1000", "1", -4]
    assert (lines[("a",)], lines[("b",)], lines[("b", "c")]) == (1, 2, 3)


def test_a_published_text_loads_without_its_load_rules() -> None:
    # A later product may judge an example differently, or know other functions; what was published stays readable.
    text = changed("expect: satisfied", "expect: unsatisfied")
    assert load_published(text, schema=SCHEMA).requirements[0].id == "enough-power"
    with pytest.raises(BadInput):
        read(text)


def test_a_published_text_is_still_checked_against_the_schema_stored_with_it() -> None:
    with pytest.raises(PolicyError):
        load_published(POLICY, schema=fact_schema([]))
