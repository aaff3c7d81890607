"""Asking a table: what it answers, which row fired, why the others did not, what is unknown and whether it matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from weakref import WeakKeyDictionary

from consilience.domains.policy.language.explain import judge
from consilience.domains.policy.language.expression import State, evaluate
from consilience.domains.policy.language.facts import Facts
from consilience.domains.policy.tables.cells import Anything
from consilience.domains.policy.tables.partition import Column, TooManyPieces, bits, columns_of
from consilience.domains.policy.tables.table import Hit, Row, Table
from consilience.kit.canonical import Json

MAX_WAYS = 5_000
"""Ways in which unknown inputs may turn out that are looked at; beyond it the answer stays unknown."""


class Known(StrEnum):
    """What is known of an input: its value, nothing, a value that the table knows nothing of, or an error."""

    VALUE = "value"
    UNKNOWN = "unknown"
    OUTSIDE = "outside"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Given:
    """One input's value, or why there is none."""

    known: Known
    value: Any = None
    reasons: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Miss:
    """A row that did not answer, by number, and the numbers of the inputs that kept it from it."""

    row: int
    failed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a table says. Rows are numbers; the one after the last is the default.

    `outputs` is one answer for each fired row; with hit policy unique or first there is one. Where the state is unknown,
    `possible` are the rows that may turn out to answer, and `open` the inputs that would tell. Where these rows all give
    the same, that is the answer, and none of them fired: whose reason holds is not known.
    """

    state: State
    given: tuple[Given, ...]
    fired: tuple[int, ...] = ()
    outputs: tuple[Mapping[str, Any], ...] = ()
    misses: tuple[Miss, ...] = ()
    nearest: Miss | None = None
    possible: tuple[int, ...] = ()
    open: tuple[int, ...] = ()


def ask(table: Table, facts: Facts) -> Answer:
    """What the table says about these facts."""
    return ask_values(table, [_given(table, at, facts) for at in range(len(table.inputs))])


def given_value(table: Table, at: int, value: Any) -> Given:
    """An input whose value somebody states; None is unknown."""
    if value is None:
        return Given(Known.UNKNOWN)
    inside = table.inputs[at].domain.contains(value)
    return Given(Known.VALUE if inside else Known.OUTSIDE, value)


def _given(table: Table, at: int, facts: Facts) -> Given:
    expression = table.inputs[at].value
    said = evaluate(expression, facts)
    if said.state is State.VALUE:
        return given_value(table, at, said.value)
    if said.state is State.ERROR:
        return Given(Known.ERROR, said.error)
    return Given(Known.UNKNOWN, reasons=judge(expression, facts)[1].reasons)


def ask_values(table: Table, given: Sequence[Given]) -> Answer:
    """What the table says when its inputs are these.

    1. An error of an input is an error, and a value outside its domain leaves the answer unknown: no row was written for it.
    2. With every input known the first matching row answers, all of them, or the default.
    3. An unknown input leaves the answer unknown, unless every value that it may have leads to the same outputs.
    """
    if any(one.known is Known.ERROR for one in given):
        return Answer(State.ERROR, tuple(given))
    strange = tuple(at for at, one in enumerate(given) if one.known is Known.OUTSIDE)
    if strange:
        return Answer(State.UNKNOWN, tuple(given), open=strange)
    unknown = [at for at, one in enumerate(given) if one.known is Known.UNKNOWN]
    misses = {nth: _failed(row, given) for nth, row in enumerate(table.rows)}
    matching = [nth for nth, failed in misses.items() if not failed]
    if not unknown:
        return _told(table, given, _fires(table, matching), misses)
    ways = _ways(table, unknown, matching)
    outputs = {_key(table, fired) for fired in ways}
    if len(ways) == 1:
        return _told(table, given, min(ways), misses)
    possible = tuple(sorted({row for fired in ways for row in fired})) or tuple(matching)
    near = _nearest(misses, possible)
    if len(outputs) == 1:
        same = tuple(table.row(row).then for row in min(ways))
        return Answer(State.VALUE, tuple(given), outputs=same, possible=possible, nearest=near)
    matters = tuple(at for at in unknown if any(not isinstance(_cell(table, row, at), Anything) for row in matching))
    return Answer(State.UNKNOWN, tuple(given), possible=possible, open=matters or tuple(unknown), nearest=near)


def _failed(row: Row, given: Sequence[Given]) -> tuple[int, ...]:
    """The known inputs that a row is not for."""
    return tuple(at for at, one in enumerate(given) if one.known is Known.VALUE and not row.cells[at].holds(one.value))


def _fires(table: Table, matching: Sequence[int]) -> tuple[int, ...]:
    chosen = tuple(matching) if table.hit is Hit.COLLECT else tuple(matching[:1])
    return chosen or ((len(table.rows),) if table.default is not None else ())


def _told(
    table: Table, given: Sequence[Given], fired: tuple[int, ...], misses: Mapping[int, tuple[int, ...]]
) -> Answer:
    """An answer with the rows before it that were not for this case, and the nearest of all that were not."""
    last = max(fired, default=len(table.rows))
    before = tuple(Miss(nth, failed) for nth, failed in misses.items() if failed and nth < last)
    outputs = tuple(table.row(row).then for row in fired)
    return Answer(State.VALUE, tuple(given), fired, outputs, before, _nearest(misses, fired))


def _nearest(misses: Mapping[int, tuple[int, ...]], besides: Sequence[int]) -> Miss | None:
    """The row that the fewest inputs kept from answering; the first of them."""
    others = [Miss(nth, failed) for nth, failed in misses.items() if failed and nth not in besides]
    return min(others, key=lambda miss: (len(miss.failed), miss.row), default=None)


def _cell(table: Table, row: int, at: int) -> Any:
    return table.rows[row].cells[at]


def _key(table: Table, fired: tuple[int, ...]) -> tuple[Any, ...]:
    return tuple(tuple(sorted(table.row(row).then.items())) for row in fired)


_columns: WeakKeyDictionary[Table, list[Column] | None] = WeakKeyDictionary()


def _ways(table: Table, unknown: Sequence[int], matching: Sequence[int]) -> set[tuple[int, ...]]:
    """The sets of rows that may answer, over everything that the unknown inputs may be.

    More ways than can be looked at, or an input that cannot be cut into pieces, give every single row that may.
    """
    if table not in _columns:
        try:
            _columns[table] = columns_of(table)
        except TooManyPieces:
            _columns[table] = None
    columns = _columns[table]
    everything: set[tuple[int, ...]] = {
        (row,) for row in (*matching, *([len(table.rows)] if table.default is not None else []))
    } | {()}
    if columns is None:
        return everything
    alive = {sum(1 << row for row in matching)}
    for at in unknown:
        held = set(columns[at].rows_at)
        alive = {rows & one for rows in alive for one in held}
        if len(alive) > MAX_WAYS:
            return everything
    return {_fires(table, list(bits(rows))) for rows in alive}
