"""Reading a table out of a policy document or a file of its own, and refusing one that has gaps or contradicts itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.language.expression import compile_expression
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.language.values import read_double
from consilience.domains.policy.tables.columns import Compile, counted, read_inputs, read_outputs
from consilience.domains.policy.tables.findings import check
from consilience.domains.policy.tables.inputs import Input
from consilience.domains.policy.tables.partition import TooManyPieces
from consilience.domains.policy.tables.reading import Unreadable, read_cell, unknown_value
from consilience.domains.policy.tables.table import LEVELS, TIER, Hit, Output, Row, Table
from consilience.domains.policy.tables.words import first_finding
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Path, read_yaml

MAX_ROWS, MAX_CELLS = 5_000, 40_000
_TABLE = ("table", "title", "inputs", "outputs", "rows")
_OPTIONAL = ("hit", "default", "decides")


def load_table(text: str, *, schema: Schema, name: str = "table", checked: bool = True) -> Table:
    """The table that a YAML text means. BadInput names the line of whatever is wrong."""
    written, lines = read_yaml(text, name)
    source = Source(name, lines)
    table = read_table(written, (), source, lambda expression: compile_expression(expression, schema))
    if checked:
        ensure_whole(table, source.at((), f"table {table.name}"))
    return table


def read_tables(value: Json, path: Path, source: Source, compiled: Compile) -> tuple[Table, ...]:
    """The tables of a policy document."""
    if not isinstance(value, list):
        raise BadInput(source.at(path, "policy"), "tables: must be a list")
    tables = tuple(read_table(one, (*path, at), source, compiled) for at, one in enumerate(value))
    for at, table in enumerate(tables):
        if table.name in [one.name for one in tables[:at]]:
            raise BadInput(source.at((*path, at), "policy"), f"two tables have the name {table.name!r}")
        if table.decides and any(one.decides == table.decides for one in tables[:at]):
            raise BadInput(source.at((*path, at), "policy"), f"two tables decide the {table.decides}")
    return tables


def read_table(value: Json, path: Path, source: Source, compiled: Compile) -> Table:
    """One table: every part is what it must be. Whether its rows fit one another, `ensure_whole` asks."""
    named = value.get("table") if isinstance(value, Mapping) else None
    what = f"table {named}" if isinstance(named, str) else "table"
    fields = Fields(value, path, source, what=what, required=_TABLE, optional=_OPTIONAL)
    return _Reader(fields, compiled).table()


def ensure_whole(table: Table, where: str) -> None:
    """BadInput when a table has gaps, or rows that contradict or silence one another."""
    try:
        wrong = first_finding(table, check(table))
    except TooManyPieces as error:
        wrong = f"the cells of {error.name} tell too many values apart to be checked; split the table"
    if wrong:
        raise BadInput(where, wrong)


class _Reader:
    def __init__(self, fields: Fields, compiled: Compile) -> None:
        self.fields, self.compiled, self.source, self.what = fields, compiled, fields.source, fields.what

    def table(self) -> Table:
        fields = self.fields
        hit = Hit(fields.one_of("hit", list(Hit))) if fields.value.get("hit") is not None else Hit.UNIQUE
        decides = fields.one_of("decides", [TIER]) if fields.value.get("decides") is not None else None
        listed = counted(fields, "rows", MAX_ROWS)
        inputs = read_inputs(fields, self.compiled, decides)
        if len(listed) * len(inputs) > MAX_CELLS:
            raise fields.bad("rows", f"{len(listed) * len(inputs):,} cells; at most {MAX_CELLS:,} are read")
        outputs = read_outputs(fields)
        if decides == TIER:
            self._decides_tier(hit, outputs)
        rows = tuple(self.row(one, ("rows", at), inputs, outputs, decides) for at, one in enumerate(listed))
        seen: dict[str, int] = {}
        for at, row in enumerate(rows):
            if row.id in seen:
                raise fields.wrong(
                    (*fields.path, "rows", at), f"rows {seen[row.id] + 1} and {at + 1} have the id {row.id!r}"
                )
            seen[row.id] = at
        default = None
        if fields.value.get("default") is not None:
            default = self.default(outputs, decides)
        return Table(fields.slug("table"), fields.words("title"), hit, inputs, outputs, rows, default, decides)

    def _decides_tier(self, hit: Hit, outputs: Sequence[Output]) -> None:
        level = next((one for one in outputs if one.name == "level"), None)
        if hit is Hit.COLLECT:
            raise self.fields.bad("hit", "a table that decides the tier gives one answer: unique or first")
        if level is None or not level.values or not set(level.values) <= set(LEVELS):
            raise self.fields.bad(
                "outputs", f"a table that decides the tier gives a level with values of {', '.join(LEVELS)}"
            )

    def row(
        self, value: Json, path: Path, inputs: Sequence[Input], outputs: Sequence[Output], decides: str | None
    ) -> Row:
        where = (*self.fields.path, *path)
        named = value.get("id") if isinstance(value, Mapping) else None
        what = f"{self.what}, row {named if isinstance(named, str) else int(path[-1]) + 1}"
        part = Fields(value, where, self.source, what=what, required=("id", "then"), optional=("when", "reason"))
        asked = part.value.get("when") or {}
        self._unquoted(part, asked, inputs)
        when = Fields(
            asked, (*where, "when"), self.source, what=what, required=(), optional=[one.name for one in inputs]
        )
        cells = []
        for one in inputs:
            try:
                cells.append(read_cell(when.value.get(one.name), one.domain, one.unit))
            except Unreadable as error:
                raise when.bad(one.name, str(error)) from None
        reason = self.reason(part, decides)
        return Row(part.text("id"), tuple(cells), self.then(part, outputs), reason, self._line(where))

    def _unquoted(self, part: Fields, asked: Json, inputs: Sequence[Input]) -> None:
        """In braces YAML takes what follows a comma for a key of its own."""
        names = {one.name for one in inputs}
        for key, value in asked.items() if isinstance(asked, Mapping) else ():
            if value is None and key not in names:
                raise part.bad("when", f"{key!r} is no input; a cell with a comma stands in quotes or brackets")

    def default(self, outputs: Sequence[Output], decides: str | None) -> Row:
        path = (*self.fields.path, "default")
        what = f"{self.what}, default"
        part = Fields(
            self.fields.value["default"], path, self.source, what=what, required=("then",), optional=("reason",)
        )
        return Row("default", (), self.then(part, outputs), self.reason(part, decides), self._line(path))

    def reason(self, part: Fields, decides: str | None) -> Mapping[str, str]:
        if part.value.get("reason") is not None:
            return part.words("reason")
        if decides == TIER:
            raise part.bad("reason", "is missing; a tier is given with its reason")
        return {}

    def then(self, part: Fields, outputs: Sequence[Output]) -> Mapping[str, Any]:
        names = [one.name for one in outputs]
        given = Fields(part.value["then"], (*part.path, "then"), self.source, what=part.what, required=names)
        made = {}
        for one in outputs:
            value = given.value[one.name]
            fits = {
                "string": isinstance(value, str),
                "bool": isinstance(value, bool),
                "int": type(value) is int,
                "double": type(value) is int or (isinstance(value, str) and read_double(value) is not None),
            }[one.kind]
            if not fits:
                raise given.bad(one.name, f"{value!r} is no {one.kind}")
            if one.values and value not in one.values:
                raise given.bad(one.name, unknown_value(value, one.values))
            made[one.name] = value
        return made

    def _line(self, path: Path) -> int | None:
        return self.source.lines.get(path)
