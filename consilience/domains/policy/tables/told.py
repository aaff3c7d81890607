"""A table and its answer as plain data with the words of one language: what pages show and programs read."""

from __future__ import annotations

from typing import Any

from consilience.domains.policy.tables.ask import Answer, Known, Miss
from consilience.domains.policy.tables.inputs import Choice, Input, Line, Universe
from consilience.domains.policy.tables.reading import write_cell
from consilience.domains.policy.tables.table import Row, Table
from consilience.domains.policy.tables.words import cell_words, in_language, value_words

MOST_TOLD = 50
"""Rows whose miss is told one by one."""


def table_told(table: Table, language: str) -> dict[str, Any]:
    """The table: its columns with what each may be, and its rows in words and as written."""
    return {
        "table": table.name,
        "title": in_language(table.title, language),
        "hit": str(table.hit),
        "decides": table.decides,
        "inputs": [_input(one, language) for one in table.inputs],
        "outputs": [
            {"name": one.name, "title": in_language(one.title, language), "type": one.kind, "values": list(one.values)}
            for one in table.outputs
        ],
        "rows": [_row(table, row, language) for row in table.rows],
        "default": _row(table, table.default, language) if table.default else None,
    }


def answer_told(table: Table, answer: Answer, language: str) -> dict[str, Any]:
    """The answer: outputs, the rows that fired with their reasons, what kept the others, and what is unknown."""
    return {
        "state": str(answer.state),
        "outputs": [dict(one) for one in answer.outputs],
        "fired": [_fired(table, row, language) for row in answer.fired],
        "inputs": [
            {
                "input": of.name, "title": in_language(of.title, language), "known": str(given.known),
                "value": _value(given.value) if given.known is not Known.ERROR else None,
                "words": value_words(given.value, of, language) if given.known is Known.VALUE else "",
                "reasons": [given.value] if given.known is Known.ERROR else list(given.reasons),
            }
            for of, given in zip(table.inputs, answer.given, strict=True)
        ],
        "missed": [_miss(table, answer, miss, language) for miss in answer.misses[:MOST_TOLD]],
        "nearest": _miss(table, answer, answer.nearest, language) if answer.nearest else None,
        "possible": [_fired(table, row, language) for row in answer.possible],
        "open": [table.inputs[at].name for at in answer.open],
    }  # fmt: skip


def _input(one: Input, language: str) -> dict[str, Any]:
    domain = one.domain
    kind = "list"
    values: list[Any] = []
    if isinstance(domain, Line):
        kind = domain.kind
    elif isinstance(domain, Choice):
        kind, values = ("bool" if domain.values == (True, False) else "text"), list(domain.values)
    elif isinstance(domain, Universe):
        values = list(domain.members)
    return {
        "name": one.name, "title": in_language(one.title, language), "value": " ".join(one.value.text.split()),
        "kind": kind, "unit": one.unit, "others": getattr(domain, "others", False),
        "values": [{"value": value, "words": value_words(value, one, language)} for value in values],
    }  # fmt: skip


def _row(table: Table, row: Row, language: str) -> dict[str, Any]:
    cells = zip(row.cells, table.inputs, strict=False)
    return {
        "id": row.id,
        "cells": [{"words": cell_words(cell, of, language), "written": write_cell(cell, of.domain, of.unit)} for cell, of in cells],
        "then": dict(row.then),
        "reason": in_language(row.reason, language),
    }  # fmt: skip


def _fired(table: Table, number: int, language: str) -> dict[str, Any]:
    row = table.row(number)
    return {"row": row.id, "then": dict(row.then), "reason": in_language(row.reason, language)}


def _miss(table: Table, answer: Answer, miss: Miss, language: str) -> dict[str, Any]:
    row = table.rows[miss.row]
    return {
        "row": row.id,
        "because": [
            {
                "input": table.inputs[at].name, "title": in_language(table.inputs[at].title, language),
                "asked": cell_words(row.cells[at], table.inputs[at], language),
                "is": value_words(answer.given[at].value, table.inputs[at], language),
            }
            for at in miss.failed
        ],
    }  # fmt: skip


def _value(value: Any) -> Any:
    """The value as JSON has it: numbers with a fraction as text, as everywhere in facts."""
    return str(value) if isinstance(value, float) else value
