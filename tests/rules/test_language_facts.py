"""Fact documents and schemas: bound once, refused when they contradict each other, stored for ever."""

from __future__ import annotations

from typing import Any

import pytest

from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    ListType,
    Schema,
    StringType,
    StructType,
    Type,
    schema_from_json,
    schema_to_json,
)
from consilience.kit import canonical
from consilience.kit.errors import BadInput

FIELDS: dict[str, Type] = {
    "n": INT,
    "x": DOUBLE,
    "s": STRING,
    "stage": StringType(("validation", "operation")),
    "ok": BOOL,
    "at": TIMESTAMP,
    "span": DURATION,
    "tags": ListType(STRING),
    "rows": ListType(StructType("row", {"n": INT}), open=True),
}
SCHEMA = Schema(StructType("facts", FIELDS))


def test_a_document_becomes_typed_values() -> None:
    document = {"n": 3, "x": "0.1", "s": "é", "ok": True, "at": "1970-01-01T00:00:01.000002Z", "span": "1h30m"}
    assert bind(document, SCHEMA).values == {
        "n": 3,
        "x": 0.1,
        "s": "é",
        "ok": True,
        "at": 1_000_002,
        "span": 5_400_000_000,
    }


def test_a_whole_number_may_stand_for_a_double() -> None:
    assert bind({"x": 3}, SCHEMA).values == {"x": 3.0}
    assert isinstance(bind({"x": 3}, SCHEMA).values["x"], float)


def test_null_and_missing_are_the_same() -> None:
    assert bind({"n": None, "rows": [{"n": None}]}, SCHEMA).values == {"rows": [{}]}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"n": "3"}, "n: '3' is not a whole number"),
        ({"n": True}, "n: True is not a whole number"),
        ({"n": 2**53}, "n: 9007199254740992 is not a whole number"),
        ({"x": "nan"}, "x: 'nan' is not a number"),
        ({"x": "1e999"}, "x: '1e999' is not a number"),
        ({"x": " 1"}, "x: ' 1' is not a number"),
        ({"x": "0x1"}, "x: '0x1' is not a number"),
        ({"s": 3}, "s: 3 is not a text"),
        ({"ok": "true"}, "ok: 'true' is not a truth value"),
        ({"at": "2026-01-01"}, "at: '2026-01-01' is not a moment"),
        ({"at": "2026-02-30T00:00:00.000000Z"}, "at: '2026-02-30T00:00:00.000000Z' is not a moment"),
        ({"at": "2026-W01-1T00:00:00.000000Z"}, "is not a moment"),
        ({"span": "1 day"}, "span: '1 day' is not a length of time"),
        ({"stage": "operatoin"}, "stage: 'operatoin' is not one of validation, operation"),
        ({"tags": "a"}, "tags: 'a' is not a list of text"),
        ({"tags": ["a", None]}, r"tags\[1\]: a list holds no null"),
        ({"rows": [{"n": 1}, {"m": 1}]}, r"rows\[1\]\.m: 'row' has no such field"),
        ({"rows": [{"n": "x"}]}, r"rows\[0\]\.n: 'x' is not a whole number"),
        ([], r"the document: \[\] is not a record"),
        ({"missing": 1}, "missing: 'facts' has no such field"),
    ],
)
def test_a_document_that_contradicts_its_schema_is_refused_with_the_path(document: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        bind(document, SCHEMA)


def test_a_schema_is_stored_and_read_again_without_loss() -> None:
    stored = canonical.decode(canonical.encode(schema_to_json(SCHEMA)))
    again = schema_from_json(stored)
    assert again.digest == SCHEMA.digest
    assert again.root == SCHEMA.root


@pytest.mark.parametrize(
    "stored",
    [
        *({}, {"format": 2, "facts": {}}, {"format": 1, "facts": "int"}, {"format": 1, "facts": {"struct": "f"}}),
        {"format": 1, "facts": {"struct": "f", "fields": {"a": "float"}}},
        {"format": 1, "facts": {"struct": "f", "fields": {"a b": "int"}}},
        {"format": 1, "facts": {"struct": "f", "fields": {"a": {"list": "int", "open": "int"}}}},
    ],
)
def test_a_stored_schema_that_is_none_is_refused(stored: Any) -> None:
    with pytest.raises(BadInput):
        schema_from_json(stored)


def test_a_schema_that_only_adds_fields_extends_the_older_one() -> None:
    wider = Schema(
        StructType("facts", {**FIELDS, "more": INT, "stage": StringType(("validation", "operation", "retirement"))})
    )
    retyped = Schema(StructType("facts", {**FIELDS, "n": STRING}))
    closed = Schema(StructType("facts", {**FIELDS, "rows": ListType(StructType("row", {"n": INT}))}))
    assert wider.extends(SCHEMA)
    assert not SCHEMA.extends(wider)
    assert not retyped.extends(SCHEMA)
    assert not closed.extends(SCHEMA)
    assert schema_from_json(schema_to_json(SCHEMA)).extends(SCHEMA)
