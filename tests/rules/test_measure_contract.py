"""The file of a contract: what is written is read again; what is wrong is said with its line and what was expected."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.kit.errors import BadInput
from consilience.measure.contract import (
    ColumnRules,
    Compare,
    Condition,
    Contract,
    Monotone,
    Others,
    RowRule,
    Severity,
    Type,
)
from consilience.measure.contract_learning import missing_limit, plain, type_of
from consilience.measure.contract_reading import read_contract
from consilience.measure.contract_writing import write_contract

FIRST = "schema: urn:consilience:contract:1\n"
names = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)


@given(
    name=names,
    values=st.lists(names, min_size=1, max_size=4),
    share=st.floats(0, 1),
    minutes=st.integers(1, 10**6),
    constant=names,
)
def test_what_is_written_is_read_again(name: str, values: list[str], share: float, minutes: int, constant: str) -> None:
    contract = Contract(
        (
            ColumnRules(name, Type.TEXT, False, share, values=tuple(values), unique=True, warn=frozenset({"unique"})),
            ColumnRules(f"{name} n", Type.NUMBER, finite=True, minimum="-1.5", maximum="9007199254740993"),
            ColumnRules(f"{name} t", Type.TIME, monotone=Monotone.RISING, fresh_within=timedelta(minutes=minutes)),
        ),
        (
            RowRule(Condition(name, Compare.EQUAL, value=constant), Condition(name, Compare.PRESENT), Severity.WARN),
            RowRule(Condition(f"{name} n", Compare.AT_MOST, right=name)),
        ),
        7,
        share,
        Others.FAIL,
        frozenset({"rows_at_least"}),
    )
    assert read_contract(write_contract(contract), "c.yaml") == contract


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "c.yaml: is empty"),
        ("columns: {}", "line 1: schema: urn:consilience:contract:1 is expected"),
        (f"{FIRST}colums: {{}}", "line 2: a contract has no key 'colums'; did you mean 'columns'"),
        (f"{FIRST}columns: [a]", "line 2: columns: a mapping"),
        (f"{FIRST}columns:\n  a: {{typ: text}}", "line 3: column 'a' has no key 'typ'; did you mean 'type'"),
        (f"{FIRST}columns:\n  a: {{type: float}}", "type: 'float' is not one of integer, number, text"),
        (f"{FIRST}columns:\n  a:\n    type: text\n    minimum: 3", "line 5: minimum: needs a type that has an order"),
        (f"{FIRST}columns:\n  a: {{type: integer, minimum: x}}", "minimum: 'x' is not of the type integer"),
        (f"{FIRST}columns:\n  a: {{type: time, minimum: 2026-01-01}}", "'2026-01-01' is not of the type time"),
        (f"{FIRST}columns:\n  a: {{type: integer, minimum: 5, maximum: 4}}", "minimum: 5 is above the maximum, 4"),
        (f"{FIRST}columns:\n  a: {{missing_at_most: 5}}", "missing_at_most: 5 is not a share from 0 to 1"),
        (f"{FIRST}columns:\n  a: {{missing_at_most: yes}}", "'yes' is not a share"),
        (f"{FIRST}columns:\n  a: {{required: 'no'}}", "required: 'no' is neither true nor false"),
        (f"{FIRST}columns:\n  a: {{values: a}}", "values: a list of 1 to 10,000 values"),
        (f"{FIRST}columns:\n  a: {{values: [a, null]}}", "a missing value is in no list"),
        (f"{FIRST}columns:\n  a: {{pattern: '('}}", "pattern: is no RE2 expression"),
        (f"{FIRST}columns:\n  a: {{fresh_within: 3h}}", "fresh_within: needs the type time"),
        (f"{FIRST}columns:\n  a: {{type: date, fresh_within: 3 hours}}", "'3 hours' is not a duration such as 30min"),
        (f"{FIRST}columns:\n  a: {{finite: true}}", "finite: needs the type number or integer"),
        (f"{FIRST}columns:\n  a: {{warn: [minimun]}}", "warn: 'minimun' is not one of type"),
        (f"{FIRST}columns:\n  a: {{}}\n  a: {{}}", "line 4: key 'a' stands twice"),
        (f"{FIRST}rules:\n  - {{left: a}}", "line 3: `left` \\(a column\\) and `compare` are expected"),
        (f"{FIRST}rules:\n  - {{left: a, compare: '='}}", "compare: '=' is not one of <, <="),
        (f"{FIRST}rules:\n  - {{left: a, compare: '<'}}", "either `right` \\(a column\\) or `value`"),
        (f"{FIRST}rules:\n  - {{left: a, compare: missing, value: 1}}", "missing asks about `left` alone"),
        (f"{FIRST}rules:\n  - {{left: a, compare: '<', right: 3}}", "right: 3 is no name of a column; a constant is a `value`"),
        (f"{FIRST}rows_at_least: many", "rows_at_least: 'many' is not a number of rows"),
        (f"{FIRST}rows_at_least: true", "rows_at_least: True is not a number of rows"),
        (f"{FIRST}other_columns: no", "other_columns: 'no' is not one of allow, warn, fail"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        read_contract(text, "c.yaml")
    assert refused.value.where.startswith("c.yaml")


def test_how_a_column_is_stored_says_what_it_holds() -> None:
    held = {
        "int8": Type.INTEGER, "uint64": Type.INTEGER, "double": Type.NUMBER, "decimal128(10, 2)": Type.NUMBER, "bool": Type.BOOLEAN,
        "string": Type.TEXT, "large_string": Type.TEXT, "dictionary<values=string, indices=int8, ordered=0>": Type.TEXT,
        "timestamp[us, tz=UTC]": Type.TIME, "timestamp[ns]": Type.LOCAL_TIME, "date32[day]": Type.DATE, "null": None,
        "list<item: int64>": None,
    }  # fmt: skip
    assert {stored: type_of(stored) for stored in held} == held
    assert plain("dictionary<values=large_string, indices=int32, ordered=0>") == "string"


def test_what_was_never_missing_may_not_be_and_what_was_may_be_a_little_more() -> None:
    assert missing_limit(0, 10) == 0.0
    assert missing_limit(100, 1_000) == 0.121
