"""What differs between two versions of a decision table, as texts that stand against each other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from consilience.domains.policy.tables.cells import Anything, Spans
from consilience.domains.policy.tables.inputs import Choice, Input, Line, Universe
from consilience.domains.policy.tables.reading import write_cell
from consilience.domains.policy.tables.table import Hit, Row, Table

Difference = tuple[str, str | None, str | None]
"""(the table, or table/row; before; after). None is what was or is not there."""


def differences(old: Table | None, new: Table | None) -> Iterator[Difference]:
    """Columns, how rows answer, each row, and the order of rows where the first that fits answers."""
    if old is None or new is None:
        one = new or old
        if one is not None:
            yield one.name, _rows_in_one(old), _rows_in_one(new)
        return
    if _head(old) != _head(new):
        yield new.name, _head(old), _head(new)
    was, now = _rows(old), _rows(new)
    for row in dict.fromkeys([*was, *now]):
        if was.get(row) != now.get(row):
            yield f"{new.name}/{row}", was.get(row), now.get(row)
    before, after = ([one for one in side if one in was and one in now] for side in (was, now))
    if before != after and new.hit is Hit.FIRST:
        yield new.name, ", ".join(before), ", ".join(after)


def _head(table: Table) -> str:
    inputs = [f"{one.name}: {' '.join(one.value.text.split())} ({_domain(one)})" for one in table.inputs]
    outputs = [f"{one.name} ({one.kind})" for one in table.outputs]
    return (
        f"{table.hit}; {'; '.join(inputs)}; {', '.join(outputs)}{f'; decides {table.decides}' if table.decides else ''}"
    )


def _domain(one: Input) -> str:
    """The values that an input may have, as a document writes them."""
    match one.domain:
        case Line(kind=kind, span=span):
            return write_cell(Spans((span,)), Line(kind), one.unit)
        case Choice(values=values, others=others) | Universe(members=values, others=others):
            return ", ".join([*map(str, values), *(["others"] if others else [])])


def _rows(table: Table) -> Mapping[str, str]:
    """Each row by its id, as what it asks and answers."""
    named = {row.id: _row(table, row) for row in table.rows}
    return named | ({"default": _then(table.default)} if table.default else {})


def _rows_in_one(table: Table | None) -> str | None:
    return None if table is None else "; ".join(f"{name}: {said}" for name, said in _rows(table).items())


def _row(table: Table, row: Row) -> str:
    asked = [
        f"{of.name}: {write_cell(cell, of.domain, of.unit)}"
        for cell, of in zip(row.cells, table.inputs, strict=True)
        if not isinstance(cell, Anything)
    ]
    return f"{', '.join(asked) or 'any'} → {_then(row)}"


def _then(row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.then.items())
