"""The fact schema: a closed part that is written down, and the evidence part that follows from the kinds."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.evidence.definitions import kinds
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    ListType,
    StructType,
    schema_from_json,
    schema_to_json,
)
from consilience.domains.policy.schema import FIGURE, fact_schema
from consilience.kit.errors import BadInput


def a_kind(**changes: Any) -> dict[str, Any]:
    return {"kind": "audit", "version": 1, "methods": ["paper", "visit"], "fields": {"score": "double"}, **changes}


def evidence_of(*defined: dict[str, Any]) -> StructType:
    part = fact_schema(defined).root.fields["evidence"]
    assert isinstance(part, StructType)
    return part


def test_a_kind_becomes_an_open_list_of_its_fields_and_the_common_ones() -> None:
    audits = evidence_of(a_kind()).fields["audit"]
    assert isinstance(audits, ListType)
    assert audits.open
    assert isinstance(audits.item, StructType)
    assert {"score": DOUBLE, "expired": BOOL, "about_this_version": BOOL}.items() <= dict(audits.item.fields).items()


def test_nested_fields_lists_and_figures_are_understood() -> None:
    fields = {"findings": [{"title": "string", "figures": [{"rate": "figure"}]}], "tags": ["string"]}
    schema = fact_schema([a_kind(fields=fields)])
    rule = "evidence.audit.all(a, a.findings.all(f, f.figures.all(g, g.rate.low > 0.1)) && 'x' in a.tags)"
    assert compile_expression(rule, schema).type == BOOL
    assert set(FIGURE.fields) == {"value", "low", "high", "level", "method", "rows", "reason"}


def test_the_methods_of_a_kind_are_a_vocabulary() -> None:
    schema = fact_schema([a_kind()])
    assert compile_expression("evidence.audit.all(a, a.method == 'visit')", schema).type == BOOL
    with pytest.raises(BadInput, match="did you mean 'visit'"):
        compile_expression("evidence.audit.all(a, a.method == 'visits')", schema)


def test_of_several_versions_of_a_kind_the_newest_counts() -> None:
    newer = a_kind(version=2, fields={"score": "double", "site": "string"})
    assert "site" in dict(evidence_of(newer, a_kind()).fields["audit"].item.fields)  # type: ignore[union-attr]
    assert fact_schema([newer]).extends(fact_schema([a_kind()]))


def test_a_rule_over_a_kind_that_nobody_defined_does_not_load() -> None:
    with pytest.raises(BadInput, match="'audits', a field that evidence does not have"):
        compile_expression("evidence.audits.all(a, a.expired)", fact_schema([a_kind()]))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "Audit"}, "'Audit' is no name"),
        ({"version": 0}, "version 0 is not a whole number from 1"),
        ({"methods": "paper"}, "methods must be a list"),
        ({"fields": ["score"]}, "fields must name its fields"),
        ({"fields": {"score": "float"}}, "kind field audit.score: 'float' is not a type"),
        ({"fields": {"Score": "double"}}, "kind audit: 'Score' cannot name a field"),
        ({"fields": {"inner": {"a b": "int"}}}, "'a b' cannot name a field"),
        ({"fields": {"attempts": "string"}}, "field 'attempts' already means something else"),
        ({"fields": {"dataset": "string"}}, None),
        ({"colour": "red"}, "key 'colour' is unknown"),
    ],
)
def test_a_kind_that_is_none_is_refused(changes: dict[str, Any], said: str | None) -> None:
    if said is None:
        assert "audit" in evidence_of(a_kind(**changes)).fields
        return
    with pytest.raises(BadInput, match=said):
        fact_schema([a_kind(**changes)])


def test_the_shipped_kinds_make_a_schema_that_is_stored_without_loss() -> None:
    schema = fact_schema(kinds())
    assert schema_from_json(schema_to_json(schema)).digest == schema.digest


@pytest.mark.parametrize(
    "rule",
    [
        "release.stage == 'operation' && release.previous_stage == 'validation' && release.proposed_at < now",
        "system.tier == 'high' && 'DE' in system.jurisdictions && size(system.audience) + size(system.affected_groups) > 0",
        "model_version.number > 1 && 'sex' in model_version.protected_attributes",
        "training_datasets.all(d, d.consent && d.agreement_until > now && d.retained_until > now && d.rows > 0)",
        "evaluation_datasets.all(d, !d.personal_data || d.lawful_basis == 'contract')",
        "signoffs.exists(s, s.distinct && s.verdict == 'approve' && s.standing == 'stands' && s.expires_at > now)",
        "conditions.all(c, c.state != 'overdue' && c.due_at > now) && objections.all(o, o.answered)",
        "blocks.all(b, b.withdrawn || b.since > now)",
        "evidence.fairness_evaluation.all(f, f.attributes.all(a, a.groups.all(g, g.fpr.high < 0.5) && a.gaps.fpr.low < 0.1))",
        "evidence.load_test.all(t, t.p99_ms < 10.0 && t.attempts < 3)",
        "evidence.dpia.exists(d, d.approved) && evidence.card_section.exists(c, c.method == 'limitations')",
    ],
)
def test_the_facts_of_a_release_can_be_asked_for(rule: str) -> None:
    assert compile_expression(rule, fact_schema(kinds())).type == BOOL
