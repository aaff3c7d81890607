"""Documents of language 2: a condition for the whole policy, constants with units, definitions, tables handed on."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.policy.document import load, load_published
from consilience.domains.policy.language.expression import compile_expression, evaluate
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import BOOL, schema_from_json, schema_to_json
from consilience.domains.policy.language.write import written_out
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.requirement import Policy
from consilience.domains.policy.rules import evaluate as outcomes
from consilience.domains.policy.schema import fact_schema
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput

KINDS: list[dict[str, Any]] = [
    {
        "kind": "evaluation",
        "methods": ["holdout", "out_of_time"],
        "fields": {
            "rows": "int", "roc_auc": "figure", "p99_ms": "double", "limit_s": "double",
            "columns": [{"name": "string", "psi": "double"}],
        },
        "units": {"rows": "rows", "roc_auc": "share", "p99_ms": "milliseconds", "limit_s": "seconds", "columns.psi": "index"},
    }
]  # fmt: skip
SCHEMA = fact_schema(KINDS)
FUNCTIONS = ("engineering", "product", "legal", "ethics")
NOW = Instant("2026-11-23T10:00:00.000000Z")

POLICY = """\
policy: model-quality
title: {en: Model quality}
owner: engineering
language: 2
applies_if: release.stage == "operation"
constants:
  least_power: {value: 0.7, unit: share, title: {en: Least power}, source: "Hosmer and Lemeshow"}
  proper: {value: [holdout, out_of_time], unit: text}
definitions:
  current: evidence.evaluation.filter(e, e.about_this_version && !e.expired)
  current_tests: current.filter(e, e.method in proper)
requirements:
  - id: enough-power
    title: {en: Enough power}
    why: {en: A weak score decides nothing.}
    owner: engineering
    severity: block
    applies_if: system.purpose == "credit"
    satisfied_if: current_tests.all(m, m.roc_auc.low >= least_power)
    obligations: []
    source: Hosmer and Lemeshow, chapter 5
    sentences:
      en:
        satisfied: All of {size(current_tests)} tests reach {least_power}.
        unsatisfied: The low end is {m.roc_auc.low}; {least_power | percent} is needed.
        no_evidence: Nothing is known.
        not_applicable: Not yet.
    examples:
      - {name: good, expect: satisfied, facts: {release: {stage: operation}, system: {purpose: credit}, evidence:
          {evaluation: [{about_this_version: true, expired: false, method: holdout, roc_auc: {low: 0.7}}]}}}
      - {name: bad, expect: unsatisfied, facts: {release: {stage: operation}, system: {purpose: credit}, evidence:
          {evaluation: [{about_this_version: true, expired: false, method: holdout, roc_auc: {low: 0.6}}]}}}
      - {name: none, expect: no_evidence, facts: {release: {stage: operation}, system: {purpose: credit},
          evidence: {evaluation: []}}}
      - {name: early, expect: not_applicable, facts: {release: {stage: data}, system: {purpose: credit}}}
      - {name: another purpose, expect: not_applicable, facts: {release: {stage: operation}, system: {purpose: ads}}}
"""


def read(text: str = POLICY) -> Policy:
    return load(text, schema=SCHEMA, functions=FUNCTIONS, name="quality.yaml")


def changed(old: str, new: str) -> str:
    assert old in POLICY
    return POLICY.replace(old, new, 1)


def refused(old: str, new: str) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read(changed(old, new))
    return caught.value


def test_constants_definitions_and_the_policys_condition_load() -> None:
    policy = read()
    assert policy.language == 2
    assert list(policy.vocabulary) == ["least_power", "proper", "current", "current_tests"]
    (requirement,) = policy.requirements
    assert requirement.applies_if is not None
    assert requirement.applies_if.root.text == 'release.stage == "operation" && system.purpose == "credit"'


def test_a_sentence_prints_constants_and_what_a_definition_holds() -> None:
    policy = read()
    facts = policy.requirements[0].examples[1].facts
    (outcome,) = outcomes(policy.requirements, facts, SCHEMA, NOW)
    assert outcome.code is Code.UNSATISFIED
    assert outcome.sentence() == "The low end is 0.6; 70% is needed."


def test_the_trace_of_a_definition_shows_its_name_and_the_paths_of_the_facts() -> None:
    policy = read()
    (outcome,) = outcomes(policy.requirements, policy.requirements[0].examples[1].facts, SCHEMA, NOW)
    trace = outcome.trace["satisfied_if"]
    assert trace["text"] == "current_tests.all(m, m.roc_auc.low >= least_power)"
    assert trace["over"] == "evidence.evaluation"
    assert trace["cases"][0]["path"] == "evidence.evaluation[0]"


def test_a_rule_written_out_means_the_same_without_names() -> None:
    rule = read().requirements[0].satisfied_if
    text = written_out(rule)
    assert text == (
        "evidence.evaluation.filter(e, (e.about_this_version && !(e.expired)))"
        '.filter(e, (e.method in ["holdout", "out_of_time"])).all(m, (m.roc_auc.low >= 0.7))'
    )
    plain = compile_expression(text, SCHEMA, expect=BOOL)
    for example in read().requirements[0].examples:
        facts = bind(example.facts, SCHEMA)
        assert evaluate(plain, facts) == evaluate(rule, facts)


def test_a_condition_that_is_an_alternative_stays_one_when_joined() -> None:
    text = changed(
        'applies_if: release.stage == "operation"',
        'applies_if: release.stage == "operation" || release.stage == "validation" // both',
    )
    (requirement,) = read(text).requirements
    assert requirement.applies_if is not None
    stage = {"release": {"stage": "validation"}, "system": {"purpose": "ads"}}
    assert evaluate(requirement.applies_if, bind(stage, SCHEMA)).value is False
    assert requirement.applies_if.root.text.startswith("(release.stage")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("current: evidence", "current: current_tests.filter(x, true) //",
         "line 10: definition current: rests on itself: current -> current_tests -> current;"),
        ("  current: evidence", "  one: one\n  current: evidence", "one -> one"),
        ("least_power: {value", "release: {value", "line 7: policy: 'release' is a fact"),
        ("least_power: {value", "size: {value", "'size' is a function"),
        ("least_power: {value", "true: {value", "'true' is a word of the language"),
        ("least_power: {value", "Least: {value", "'Least' must be small letters"),
        ("unit: share", "unit: shares", "line 7: constant least_power: unit: 'shares' is no unit;"),
        ("unit: share", "unit: shares", "did you mean 'share'?"),
        ("value: 0.7, unit: share", "value: abc, unit: share", "value: 'abc' is not a number, which unit share asks for"),
        ("value: 0.7, unit: share", "value: 0.7, unit: rows", "0.7 is not a whole number, which unit rows asks for"),
        ("value: 0.7, unit: share", "value: 12, unit: moment", "12 is not a date or a moment"),
        ("value: 0.7, unit: share", "value: 0.7", "key 'unit' is missing"),
        ("title: {en: Least power}", "tile: {en: Least power}", "did you mean 'title'?"),
        (">= least_power)", ">= leest_power)", "did you mean 'least_power'?"),
        ("{least_power | percent}", "{leest_power}", "did you mean 'least_power'?"),
        ("current_tests: current.filter", "current_tests: curent.filter", "line 11: definition current_tests: line 1, column 1"),
        ("current_tests.all(m,", "current_tests.all(current,", "'current', which already means something"),
        ("applies_if: release.stage", "applies_if: release.stag", "line 5: policy, applies_if: line 1, column 9"),
        ("language: 2\n", "language: 2\nconstant: {}\n", "did you mean 'constants'?"),
        ("language: 2\n", "language: 1\n", "line 5: policy: key 'applies_if' belongs to language 2"),
        ("m.roc_auc.low >= least_power", "m.p99_ms <= m.limit_s",
         "found m.p99_ms (milliseconds) with m.limit_s (seconds); expected two figures of one unit"),
        ("m.roc_auc.low >= least_power", "m.roc_auc.low + m.p99_ms > 1.0", "m.roc_auc.low (a share from 0 to 1) with m.p99_ms"),
        ("m.roc_auc.low >= least_power", "m.columns.all(c, c.psi < least_power)", "c.psi (an index) with least_power"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_place(old: str, new: str, said: str) -> None:
    assert said in str(refused(old, new))


def test_definitions_that_double_cannot_fill_the_memory() -> None:
    lines = ["  d0: evidence.evaluation.map(e, e.rows)"]
    lines += [f"  d{at}: d{at - 1} + d{at - 1}" for at in range(1, 30)]
    text = changed("  current: evidence", "\n".join([*lines, "  current: evidence"]))
    with pytest.raises(BadInput, match="steps, definitions written out; expected at most 4,000"):
        read(text)


def test_a_chain_of_definitions_is_as_high_as_an_expression_may_be() -> None:
    lines = ["  d0: 'true'", *(f"  d{at}: (!d{at - 1})" for at in range(1, 90))]
    with pytest.raises(BadInput, match="too long a chain of steps, definitions written out"):
        read(changed("  current: evidence", "\n".join([*lines, "  current: evidence"])))


def test_units_travel_with_the_stored_schema_and_a_schema_without_them_has_its_old_bytes() -> None:
    stored = schema_to_json(SCHEMA)
    assert schema_to_json(schema_from_json(stored)) == stored
    plain = [{name: part for name, part in kind.items() if name != "units"} for kind in KINDS]
    assert "units" not in str(schema_to_json(fact_schema(plain)))
    assert SCHEMA.extends(fact_schema(plain))


def test_language_1_does_not_ask_for_units() -> None:
    assert compile_expression("evidence.evaluation.all(e, e.p99_ms <= e.limit_s)", SCHEMA, expect=BOOL).type == BOOL


TABLES = """\
requirements: []
tables:
  - table: tier
    title: {en: Tier}
    decides: tier
    inputs: [{name: purpose, value: system.purpose, values: [credit], others: true}]
    outputs: [{name: level, values: [minimal, limited, high]}]
    rows:
      - {id: credit, when: {purpose: credit}, then: {level: high}, reason: {en: Credit decides much.}}
      - {id: others, when: {purpose: not(credit)}, then: {level: minimal}, reason: {en: Nothing else does.}}
"""


def before_tables() -> str:
    return POLICY[: POLICY.index("requirements:")].replace('applies_if: release.stage == "operation"\n', "")


def test_tables_are_read_with_the_names_of_the_document_and_may_stand_alone() -> None:
    start = before_tables()
    (table,) = read(start + TABLES).tables
    assert [row.id for row in table.rows] == ["credit", "others"]
    with pytest.raises(BadInput, match="must hold at least one requirement"):
        read(start + "requirements: []\n")


def test_a_draft_with_a_gap_does_not_load_and_a_published_one_does() -> None:
    text = before_tables() + TABLES.replace("not(credit)", "credit")
    with pytest.raises(BadInput, match="rows credit and others both answer for purpose: credit"):
        read(text)
    assert load_published(text, schema=SCHEMA).tables


def test_a_policy_that_decides_the_tier_applies_by_the_system_alone() -> None:
    with pytest.raises(BadInput, match="a tier follows from the system alone; 'release' belongs to a release"):
        read(POLICY[: POLICY.index("requirements:")] + TABLES)
