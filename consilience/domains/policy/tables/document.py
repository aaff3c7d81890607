"""Reading a table out of a policy document or a file of its own, and refusing one that has gaps or contradicts itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import Expression, compile_expression, roots
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    ListType,
    Schema,
    StringType,
    Type,
    describe,
)
from consilience.domains.policy.language.values import read_double
from consilience.domains.policy.tables.findings import check
from consilience.domains.policy.tables.inputs import Choice, Domain, Input, Line, Universe
from consilience.domains.policy.tables.partition import TooManyPieces
from consilience.domains.policy.tables.reading import Unreadable, read_cell, read_span, unknown_value
from consilience.domains.policy.tables.table import LEVELS, TIER, Hit, Output, Row, Table
from consilience.domains.policy.tables.words import first_finding
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Path, read_yaml

MAX_ROWS, MAX_INPUTS, MAX_OUTPUTS, MAX_CELLS = 5_000, 16, 8, 40_000
_TABLE = ("table", "title", "inputs", "outputs", "rows")
_OPTIONAL = ("hit", "default", "decides")
_KINDS = {INT: "int", DOUBLE: "double", DURATION: "duration"}

Compile = Callable[[str], Expression]
"""How an expression of the document becomes a step over the facts; a policy's own names are known to it."""


def load_table(text: str, *, schema: Schema, name: str = "table", checked: bool = True) -> Table:
    """The table that a YAML text means. BadInput names the line of whatever is wrong."""
    written, lines = read_yaml(text, name)
    return read_table(
        written, (), Source(name, lines), lambda expression: compile_expression(expression, schema), checked=checked
    )


def read_tables(value: Json, path: Path, source: Source, compiled: Compile, *, checked: bool) -> tuple[Table, ...]:
    """The tables of a policy document."""
    if not isinstance(value, list):
        raise BadInput(source.at(path, "policy"), "tables: must be a list")
    tables = tuple(read_table(one, (*path, at), source, compiled, checked=checked) for at, one in enumerate(value))
    for at, table in enumerate(tables):
        if table.name in [one.name for one in tables[:at]]:
            raise BadInput(source.at((*path, at), "policy"), f"two tables have the name {table.name!r}")
        if table.decides and any(one.decides == table.decides for one in tables[:at]):
            raise BadInput(source.at((*path, at), "policy"), f"two tables decide the {table.decides}")
    return tables


def read_table(value: Json, path: Path, source: Source, compiled: Compile, *, checked: bool = True) -> Table:
    """One table. With `checked` it is refused when it has gaps, or rows that contradict or silence one another."""
    named = value.get("table") if isinstance(value, Mapping) else None
    what = f"table {named}" if isinstance(named, str) else "table"
    fields = Fields(value, path, source, what=what, required=_TABLE, optional=_OPTIONAL)
    table = _Reader(fields, compiled).table()
    if checked:
        try:
            wrong = first_finding(table, check(table))
        except TooManyPieces as error:
            wrong = f"the cells of {error.name} tell too many values apart to be checked; split the table"
        if wrong:
            raise BadInput(source.at(path, what), wrong)
    return table


class _Reader:
    def __init__(self, fields: Fields, compiled: Compile) -> None:
        self.fields, self.compiled, self.source, self.what = fields, compiled, fields.source, fields.what

    def table(self) -> Table:
        fields = self.fields
        hit = Hit(fields.one_of("hit", list(Hit))) if fields.value.get("hit") is not None else Hit.UNIQUE
        decides = fields.one_of("decides", [TIER]) if fields.value.get("decides") is not None else None
        listed = self._counted("rows", MAX_ROWS)
        inputs = self.inputs(decides)
        if len(listed) * len(inputs) > MAX_CELLS:
            raise fields.bad("rows", f"{len(listed) * len(inputs):,} cells; at most {MAX_CELLS:,} are read")
        outputs = self.outputs()
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

    def _counted(self, key: str, at_most: int) -> list[Json]:
        listed = self.fields.items(key)
        if not listed:
            raise self.fields.bad(key, f"must hold at least one {key.removesuffix('s')}")
        if len(listed) > at_most:
            raise self.fields.bad(key, f"{len(listed):,} {key}; at most {at_most:,} are read")
        return listed

    def _decides_tier(self, hit: Hit, outputs: Sequence[Output]) -> None:
        level = next((one for one in outputs if one.name == "level"), None)
        if hit is Hit.COLLECT:
            raise self.fields.bad("hit", "a table that decides the tier gives one answer: unique or first")
        if level is None or not level.values or not set(level.values) <= set(LEVELS):
            raise self.fields.bad(
                "outputs", f"a table that decides the tier gives a level with values of {', '.join(LEVELS)}"
            )

    def inputs(self, decides: str | None) -> tuple[Input, ...]:
        made: list[Input] = []
        for at, value in enumerate(self._counted("inputs", MAX_INPUTS)):
            path = (*self.fields.path, "inputs", at)
            part = Fields(
                value, path, self.source, what=f"{self.what}, input {at + 1}", required=("name", "value"),
                optional=("title", "values", "others", "range", "unit", "words"),
            )  # fmt: skip
            one = self.input(part, decides)
            if one.name in [other.name for other in made]:
                raise part.bad("name", f"two inputs are called {one.name!r}")
            made.append(one)
        return tuple(made)

    def input(self, part: Fields, decides: str | None) -> Input:
        name = part.text("name")
        try:
            value = self.compiled(part.text("value"))
        except PolicyError as error:
            raise error.within(self.source.at((*part.path, "value"), f"{self.what}, input {name}")) from None
        if decides == TIER:
            self._about_the_system(part, value)
        unit = part.text("unit") if part.value.get("unit") is not None else ""
        title = part.words("title") if part.value.get("title") is not None else {"en": name.replace("_", " ")}
        return Input(name, title, value, self.domain(part, value.type, unit), unit, self.value_words(part))

    def _about_the_system(self, part: Fields, value: Expression) -> None:
        """A tier is asked for systems without a release too, and never rests on itself."""
        if "tier" in roots(value) or "system.tier" in value.text:
            raise part.bad("value", "the tier cannot follow from the tier")
        strange = sorted(roots(value) - {"system", "now"})
        if strange:
            raise part.bad("value", f"a tier follows from the system alone; {strange[0]!r} belongs to a release")

    def value_words(self, part: Fields) -> Mapping[str, Mapping[str, str]] | None:
        if part.value.get("words") is None:
            return None
        found = part.by_language("words")
        for language, titles in found.items():
            if not isinstance(titles, Mapping) or not all(isinstance(one, str) for one in titles.values()):
                raise part.bad("words", f"{language}: must give a title to each value")
        return found

    def domain(self, part: Fields, kind: Type, unit: str) -> Domain:
        if kind in _KINDS:
            return self.line(part, _KINDS[kind], unit)
        if kind == BOOL:
            self._without(part, "a truth value is true or false", "values", "others", "range")
            return Choice((True, False))
        text = kind.item if isinstance(kind, ListType) else kind
        if not isinstance(text, StringType):
            raise part.bad("value", f"{describe(kind)}; a table can tell apart texts, truth values, numbers, lengths of time and lists of texts")  # fmt: skip
        self._without(part, "texts have values", "range")
        values, others = self.values(part, text), part.value.get("others", False)
        if not isinstance(others, bool):
            raise part.bad("others", f"{others!r} is not true or false")
        if others and text.values:
            raise part.bad("others", "this fact has a closed vocabulary")
        return Universe(values, others) if isinstance(kind, ListType) else Choice(values, others)

    def line(self, part: Fields, kind: str, unit: str) -> Line:
        self._without(part, "numbers have a range", "values", "others")
        if part.value.get("range") is None:
            return Line(kind)
        try:
            line = Line(kind, read_span(part.text("range"), kind, unit))
        except Unreadable as error:
            raise part.bad("range", str(error)) from None
        if not line.holds_any(line.span):
            raise part.bad("range", "holds no value")
        return line

    def _without(self, part: Fields, why: str, *keys: str) -> None:
        for key in keys:
            if part.value.get(key) is not None:
                raise part.bad(key, f"has no meaning here: {why}")

    def values(self, part: Fields, kind: StringType) -> tuple[str, ...]:
        if part.value.get("values") is None:
            if kind.values:
                return kind.values
            raise part.bad("values", "must name the values that this text may have, or the members of this list")
        values = part.texts("values")
        if not values:
            raise part.bad("values", "must name at least one value")
        if len(set(values)) < len(values):
            twice = next(one for one in values if values.count(one) > 1)
            raise part.bad("values", f"{twice!r} stands twice")
        for one in values:
            if kind.values and one not in kind.values:
                raise part.bad("values", f"this fact never is {one!r}: {unknown_value(one, kind.values)}")
        return values

    def outputs(self) -> tuple[Output, ...]:
        made: list[Output] = []
        for at, value in enumerate(self._counted("outputs", MAX_OUTPUTS)):
            path = (*self.fields.path, "outputs", at)
            part = Fields(
                value, path, self.source, what=f"{self.what}, output {at + 1}", required=("name",),
                optional=("title", "values", "type"),
            )  # fmt: skip
            name = part.text("name")
            if name in [one.name for one in made]:
                raise part.bad("name", f"two outputs are called {name!r}")
            title = part.words("title") if part.value.get("title") is not None else {"en": name.replace("_", " ")}
            made.append(Output(name, title, *self.output_kind(part)))
        return tuple(made)

    def output_kind(self, part: Fields) -> tuple[str, tuple[Any, ...]]:
        if part.value.get("values") is not None:
            if part.value.get("type") is not None and part.text("type") != "string":
                raise part.bad("type", "an output with values is a text")
            values = part.texts("values")
            if not values:
                raise part.bad("values", "must name at least one value")
            return "string", values
        if part.value.get("type") is None:
            raise part.bad("type", "is needed where an output names no values")
        return part.one_of("type", ["string", "int", "double", "bool"]), ()

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
