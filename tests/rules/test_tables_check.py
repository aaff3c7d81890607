"""Gaps, overlaps, silent rows and three-valued answers, held against an enumerator that tries every case."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consilience.domains.policy.fields import Source
from consilience.domains.policy.language.expression import State, compile_expression
from consilience.domains.policy.language.types import BOOL, INT, STRING, ListType, Schema, StructType
from consilience.domains.policy.tables.ask import Given, Known, ask_values, given_value
from consilience.domains.policy.tables.cells import Cell
from consilience.domains.policy.tables.document import read_table
from consilience.domains.policy.tables.findings import AT_MOST, check
from consilience.domains.policy.tables.inputs import Choice, Domain, Line
from consilience.domains.policy.tables.reading import read_cell, write_cell
from consilience.domains.policy.tables.table import Hit, Table
from consilience.domains.policy.tables.words import finding_words

SCHEMA = Schema(
    StructType(
        "facts",
        {
            "color": STRING,
            "name": STRING,
            "yes": BOOL,
            "count": INT,
            "places": ListType(STRING),
            "more": ListType(STRING),
        },
    )
)
INPUTS: dict[str, dict[str, Any]] = {
    "color": {"values": ["red", "green", "blue"]},
    "name": {"values": ["ann", "bob"], "others": True},
    "yes": {},
    "count": {"range": "[0..6]"},
    "places": {"values": ["a", "b", "c"]},
    "more": {"values": ["x", "y"], "others": True},
}
CELLS: dict[str, list[Any]] = {
    "color": ["-", "red", "green", ["red", "blue"], "not(blue)", "not(red, green)"],
    "name": ["-", "ann", "ann, bob", "not(ann)", "not(ann, bob)"],
    "yes": ["-", True, False, "not(true)"],
    "count": ["-", 0, 3, "< 3", ">= 3", "[2..4)", "(2..4]", "0, > 4", "not([1..5])", "!= 2"],
    "places": ["-", "a", "none of a, b", "all of a, b", "only a, b", "empty", "not empty", "not(c)", ["b", "c"]],
    "more": ["-", "x", "only x", "all of x, y", "none of x, y", "empty", "not empty", "only x, y"],
}


def cases_of(domain: Domain) -> list[Any]:
    """Values enough to tell every one of the cells above apart, found the slow way."""
    if isinstance(domain, Choice):
        return [*domain.values, *(["zoe"] if domain.others else [])]
    if isinstance(domain, Line):
        return list(range(7))
    members = [*domain.members, *(["?"] if domain.others else [])]
    return [list(some) for size in range(len(members) + 1) for some in combinations(members, size)]


def a_table(columns: list[str], rows: list[list[Any]], *, hit: str, outputs: list[str], default: bool) -> Table:
    written = {
        "table": "tried", "title": {"en": "Tried"}, "hit": hit,
        "inputs": [{"name": name, "value": name, **INPUTS[name]} for name in columns],
        "outputs": [{"name": "answer", "type": "string"}],
        "rows": [
            {"id": f"r{at}", "when": dict(zip(columns, cells, strict=True)), "then": {"answer": outputs[at]}}
            for at, cells in enumerate(rows)
        ],
    }  # fmt: skip
    if default:
        written["default"] = {"then": {"answer": "default"}}
    return read_table(written, (), Source("tried", {}), lambda text: compile_expression(text, SCHEMA))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = draw(st.lists(st.sampled_from(sorted(INPUTS)), min_size=1, max_size=3, unique=True))
    row = st.tuples(*(st.sampled_from(CELLS[name]) for name in columns)).map(list)
    rows = draw(st.lists(row, min_size=1, max_size=7))
    outputs = draw(st.lists(st.sampled_from("AB"), min_size=len(rows), max_size=len(rows)))
    hit = draw(st.sampled_from(list(Hit)))
    return a_table(columns, rows, hit=hit, outputs=outputs, default=draw(st.booleans()))


def every_case(table: Table) -> list[tuple[Any, ...]]:
    return list(product(*(cases_of(one.domain) for one in table.inputs)))


def matching(table: Table, case: tuple[Any, ...]) -> list[int]:
    return [
        nth
        for nth, row in enumerate(table.rows)
        if all(cell.holds(value) for cell, value in zip(row.cells, case, strict=True))
    ]


def said(table: Table, case: tuple[Any, ...]) -> tuple[str, ...]:
    rows = matching(table, case)
    fired = rows if table.hit is Hit.COLLECT else rows[:1]
    return tuple(table.rows[row].then["answer"] for row in fired) or (("default",) if table.default else ())


@settings(max_examples=250, deadline=None)
@given(tables())
def test_gaps_overlaps_and_silent_rows_are_those_that_trying_every_case_finds(table: Table) -> None:
    found = check(table)
    hits = {tuple(map(repr, case)): matching(table, case) for case in every_case(table)}
    meeting = {pair for rows in hits.values() for pair in combinations(rows, 2)}
    first = {rows[0] for rows in hits.values() if rows}
    assert found.overlapping == len(meeting)
    assert bool(found.overlaps) == (table.hit is Hit.UNIQUE and bool(meeting))
    assert bool(found.gaps) == (table.default is None and not all(hits.values()))
    silent = {nth for nth in range(len(table.rows)) if nth not in first} if table.hit is Hit.FIRST else set()
    assert {one.row for one in found.silent} == set(sorted(silent)[:AT_MOST])
    for overlap in found.overlaps:
        assert {overlap.first, overlap.second} <= set(matching(table, overlap.case))
    for gap in found.gaps:
        assert matching(table, gap.case) == []


@settings(max_examples=250, deadline=None)
@given(tables(), st.data())
def test_an_answer_is_known_exactly_when_every_unknown_value_leads_to_it(table: Table, data: st.DataObject) -> None:
    case = data.draw(st.sampled_from(every_case(table)))
    hidden = data.draw(st.sets(st.integers(0, len(case) - 1)))
    given = [Given(Known.UNKNOWN) if at in hidden else given_value(table, at, value) for at, value in enumerate(case)]
    answer = ask_values(table, given)
    ways = [cases_of(one.domain) if at in hidden else [case[at]] for at, one in enumerate(table.inputs)]
    possible = {said(table, way) for way in product(*ways)}
    assert (answer.state is State.VALUE) == (len(possible) == 1)
    if answer.state is State.VALUE:
        assert {tuple(one["answer"] for one in answer.outputs)} == possible
    else:
        assert set(answer.open) <= hidden


@given(st.data())
def test_a_cell_written_out_reads_as_the_same_cell(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(CELLS)))
    domain = a_table([name], [["-"]], hit="unique", outputs=["A"], default=True).inputs[0].domain
    cell: Cell = read_cell(data.draw(st.sampled_from(CELLS[name])), domain)
    again = read_cell(write_cell(cell, domain), domain)
    assert again == cell


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(0, 4), st.booleans(), st.booleans()), min_size=1, max_size=8))
def test_numbers_with_a_fraction_leave_no_gap_between_neighbours(parts: list[tuple[int, int, bool, bool]]) -> None:
    """Open and closed ends over binary64: the exact complement of some ranges fills their gaps and overlaps nothing."""
    texts = [
        f"{'[' if left else '('}{low}..{low + width}{']' if right else ')'}"
        for low, width, left, right in parts
        if width or (left and right)
    ]
    if not texts:
        return
    schema = Schema(StructType("facts", {"x": compile_expression("1.0", SCHEMA).type}))
    cells = [", ".join(texts), f"not({', '.join(texts)})"]
    written = {
        "table": "tried", "title": {"en": "Tried"}, "inputs": [{"name": "x", "value": "x"}],
        "outputs": [{"name": "answer", "type": "int"}],
        "rows": [{"id": str(at), "when": {"x": cell}, "then": {"answer": at}} for at, cell in enumerate(cells)],
    }  # fmt: skip
    table = read_table(written, (), Source("tried", {}), lambda text: compile_expression(text, schema))
    assert finding_words(table, check(table)) == []


def test_a_search_that_would_take_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consilience.domains.policy.tables.findings.MAX_STEPS", 0)
    table = a_table(
        ["color", "yes"], [["not(blue)", "-"], ["not(red)", True], ["-", False]], hit="collect", outputs=["A"] * 3,
        default=False,
    )  # fmt: skip
    assert check(table).too_hard
