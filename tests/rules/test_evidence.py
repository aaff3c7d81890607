"""Kinds and the fields of evidence: checked, written as canonical strings, bound by digest."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.evidence import definitions, rules
from consilience.domains.evidence.rules import KindOf
from consilience.kit import canonical
from consilience.kit.errors import BadInput

UUID = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"


def a_kind(**fields: Any) -> KindOf:
    return KindOf("load_test", 1, "Load test", ("cluster",), fields)


def kept(kind: Any, value: Any) -> Any:
    return rules.checked_fields(a_kind(x=kind), {"x": value})["x"]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("double", 0.1, "0.1"), ("double", 1, "1"), ("double", "0.10", "0.1"), ("double", 1e21, "1e+21"),
        ("double", -0.0, "0"), ("int", 3, 3), ("int", 2**53 - 1, 2**53 - 1), ("bool", True, True),
        ("string", "é", "é"), ("timestamp", "2026-11-23T10:15:00.000000Z", "2026-11-23T10:15:00.000000Z"),
        ("double", None, None), ("int", None, None), (["int"], [1, 2], [1, 2]), (["double"], [], []),
        ({"a": "int", "b": "double"}, {"a": 1}, {"a": 1, "b": None}),
        ([{"a": "double"}], [{"a": 0.5}, {}], [{"a": "0.5"}, {"a": None}]),
    ],
)  # fmt: skip
def test_a_field_is_kept_as_its_type_writes_it(kind: Any, value: Any, expected: Any) -> None:
    assert kept(kind, value) == expected
    canonical.encode(kept(kind, value))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("double", "many"), ("double", float("nan")), ("double", float("inf")), ("double", "1e999"), ("double", True),
        ("double", "nan"), ("int", 1.0), ("int", "3"), ("int", True), ("int", 2**53), ("bool", 1), ("string", 1),
        ("timestamp", "2026-11-23"), (["int"], 1), (["int"], [1, "x"]), ({"a": "int"}, {"b": 1}), ({"a": "int"}, [1]),
        ("figure", {"valeu": 1}),
    ],
)  # fmt: skip
def test_what_is_not_of_the_type_is_refused_with_its_place(kind: Any, value: Any) -> None:
    with pytest.raises(BadInput, match=r"load_test\.x"):
        kept(kind, value)


def test_a_field_that_the_kind_does_not_have_is_refused() -> None:
    with pytest.raises(BadInput, match="'y' is no field of this kind"):
        rules.checked_fields(a_kind(x="int"), {"y": 1})


def test_a_figure_keeps_its_interval_and_its_reason() -> None:
    figure = kept("figure", {"value": None, "rows": 0, "reason": "no rows"})
    assert figure["reason"] == "no rows"
    assert figure["value"] is figure["low"] is None
    assert figure.keys() == {"value", "low", "high", "level", "method", "rows", "reason"}


# What an item's digest covers


def body(**changed: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "kind": "load_test", "kind_version": 1, "subject": "urn:v", "method": "cluster", "dataset": None,
        "grade": "stated", "fields": {"x": 1}, "files": [], "producer": "urn:p",
        "produced_at": "2026-11-23T10:15:00.000000Z", "expires_at": None,
    }  # fmt: skip
    return usual | changed


@pytest.mark.parametrize("name", ["producer", "produced_at", "expires_at"])
def test_an_identical_run_again_by_somebody_else_later_changes_no_digest(name: str) -> None:
    assert rules.item_digest(body(**{name: "other"})) == rules.item_digest(body())


@pytest.mark.parametrize("name", ["kind", "kind_version", "subject", "method", "dataset", "grade", "fields", "files"])
def test_everything_that_a_record_says_is_in_its_digest(name: str) -> None:
    assert rules.item_digest(body(**{name: "other"})) != rules.item_digest(body())


# Kinds


def definition(**changed: Any) -> dict[str, Any]:
    return {"kind": "load_test", "title": "Load", "methods": ["cluster"], "fields": {"x": "int"}} | changed


def test_a_definition_becomes_a_kinds_body() -> None:
    assert rules.kind_body(definition()) == {
        "slug": "load_test", "title": "Load", "methods": ["cluster"], "fields": {"x": "int"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "changed",
    [{"kind": "Load Test"}, {"kind": ""}, {"kind": "a/b"}, {"methods": []}, {"methods": ["a/b"]}, {"methods": [""]},
     {"fields": {"x": "integer"}}, {"fields": {"x": []}}, {"fields": {"x": ["int", "int"]}}, {"fields": {"x": {}}},
     {"fields": {"x": {"y": "float"}}}, {"colour": "red"}],
)  # fmt: skip
def test_a_definition_that_cannot_hold_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="kind"):
        rules.kind_body(definition(**changed))


def test_a_kinds_next_version_only_adds() -> None:
    old = rules.kind_body(definition())
    rules.only_adds(old, rules.kind_body(definition(methods=["cluster", "single"], fields={"x": "int", "y": "double"})))
    for changed in ({"fields": {"y": "int"}}, {"fields": {"x": "double"}}, {"methods": ["single"]}):
        with pytest.raises(BadInput, match="may not be dropped"):
            rules.only_adds(old, rules.kind_body(definition(**changed)))


def test_every_shipped_kind_is_well_formed_and_answered_for() -> None:
    plan = rules.facet_plan(definitions.facets())
    bodies = definitions.kinds()
    assert len({one["slug"] for one in bodies}) == len(bodies)
    for one in bodies:
        for method in one["methods"]:
            assert rules.fits_a_facet(one["slug"], method, plan), (one["slug"], method)


# Facets


@pytest.mark.parametrize(
    ("selector", "key", "selects"),
    [
        ("system", "system/urn:s//", True),
        ("system", "system-x/urn:s//", False),
        ("card_section", "card_section/urn:v/data/", True),
        ("card_section/data", "card_section/urn:v/data/", True),
        ("card_section/data", "card_section/urn:v/value/", False),
        ("evaluation", "evaluation/urn:v/holdout/urn:d", True),
    ],
)
def test_a_selector_chooses_by_noun_or_kind_and_by_method_where_it_names_one(
    selector: str, key: str, selects: bool
) -> None:
    (chosen,) = rules.facet_plan({"ethics": [selector]})["ethics"]
    assert chosen.selects(key) is selects


def test_an_item_belongs_to_every_function_that_selects_it() -> None:
    plan = rules.facet_plan({"ethics": ["system"], "legal": ["system", "dpia"], "product": ["dpia"]})
    assert rules.facets_of("system/urn:s//", plan) == ["ethics", "legal"]
    assert rules.facets_of("load_test/urn:v/cluster/", plan) == []


def test_keys_have_four_parts_whatever_is_in_them() -> None:
    subject, dataset = f"urn:consilience:{UUID}:model-version:{UUID}", f"urn:consilience:{UUID}:dataset-version:{UUID}"
    for kind in definitions.kinds():
        for method in kind["methods"]:
            key = rules.item_key(kind["slug"], subject, method, dataset)
            assert key.split("/") == [kind["slug"], subject, method, dataset]
