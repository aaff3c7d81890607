"""Reading the columns of a table: inputs with the values that they may have, outputs with theirs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from consilience.domains.policy.fields import Fields
from consilience.domains.policy.language.errors import PolicyError
from consilience.domains.policy.language.expression import Expression, fact_paths
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    ListType,
    StringType,
    Type,
    describe,
)
from consilience.domains.policy.tables.inputs import Choice, Domain, Input, Line, Universe
from consilience.domains.policy.tables.reading import Unreadable, read_span, unknown_value
from consilience.domains.policy.tables.table import TIER, Output
from consilience.kit.canonical import Json

MAX_INPUTS, MAX_OUTPUTS = 16, 8
_KINDS = {INT: "int", DOUBLE: "double", DURATION: "duration"}

Compile = Callable[[str], Expression]
"""How an expression of the document becomes a step over the facts; a policy's own names are known to it."""


def read_inputs(fields: Fields, compiled: Compile, decides: str | None) -> tuple[Input, ...]:
    made: list[Input] = []
    for at, value in enumerate(counted(fields, "inputs", MAX_INPUTS)):
        path = (*fields.path, "inputs", at)
        part = Fields(
            value, path, fields.source, what=f"{fields.what}, input {at + 1}", required=("name", "value"),
            optional=("title", "values", "others", "range", "unit", "words"),
        )  # fmt: skip
        one = _input(part, compiled, decides, fields.what)
        if one.name in [other.name for other in made]:
            raise part.bad("name", f"two inputs are called {one.name!r}")
        made.append(one)
    return tuple(made)


def _input(part: Fields, compiled: Compile, decides: str | None, table: str) -> Input:
    name = part.text("name")
    try:
        value = compiled(part.text("value"))
    except PolicyError as error:
        raise error.within(part.source.at((*part.path, "value"), f"{table}, input {name}")) from None
    if decides == TIER:
        rest_on_the_system(value, part, "value")
    unit = part.text("unit") if part.value.get("unit") is not None else ""
    title = part.words("title") if part.value.get("title") is not None else {"en": name.replace("_", " ")}
    return Input(name, title, value, _domain(part, value.type, unit), unit, _value_words(part))


def _value_words(part: Fields) -> Mapping[str, Mapping[str, str]] | None:
    if part.value.get("words") is None:
        return None
    found = part.by_language("words")
    for language, titles in found.items():
        if not isinstance(titles, Mapping) or not all(isinstance(one, str) for one in titles.values()):
            raise part.bad("words", f"{language}: must give a title to each value")
    return found


def _domain(part: Fields, kind: Type, unit: str) -> Domain:
    if kind in _KINDS:
        return _line(part, _KINDS[kind], unit)
    if kind == BOOL:
        _without(part, "a truth value is true or false", "values", "others", "range")
        return Choice((True, False))
    text = kind.item if isinstance(kind, ListType) else kind
    if not isinstance(text, StringType):
        raise part.bad("value", f"{describe(kind)}; a table can tell apart texts, truth values, numbers, lengths of time and lists of texts")  # fmt: skip
    _without(part, "texts have values", "range")
    values, others = _values(part, text), part.value.get("others", False)
    if not isinstance(others, bool):
        raise part.bad("others", f"{others!r} is not true or false")
    if others and text.values:
        raise part.bad("others", "this fact has a closed vocabulary")
    return Universe(values, others) if isinstance(kind, ListType) else Choice(values, others)


def _line(part: Fields, kind: str, unit: str) -> Line:
    _without(part, "numbers have a range", "values", "others")
    if part.value.get("range") is None:
        return Line(kind)
    try:
        line = Line(kind, read_span(part.text("range"), kind, unit))
    except Unreadable as error:
        raise part.bad("range", str(error)) from None
    if not line.holds_any(line.span):
        raise part.bad("range", "holds no value")
    return line


def _without(part: Fields, why: str, *keys: str) -> None:
    for key in keys:
        if part.value.get(key) is not None:
            raise part.bad(key, f"has no meaning here: {why}")


def _values(part: Fields, kind: StringType) -> tuple[str, ...]:
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


def read_outputs(fields: Fields) -> tuple[Output, ...]:
    made: list[Output] = []
    for at, value in enumerate(counted(fields, "outputs", MAX_OUTPUTS)):
        path = (*fields.path, "outputs", at)
        part = Fields(
            value, path, fields.source, what=f"{fields.what}, output {at + 1}", required=("name",),
            optional=("title", "values", "type"),
        )  # fmt: skip
        name = part.text("name")
        if name in [one.name for one in made]:
            raise part.bad("name", f"two outputs are called {name!r}")
        title = part.words("title") if part.value.get("title") is not None else {"en": name.replace("_", " ")}
        made.append(Output(name, title, *_output_kind(part)))
    return tuple(made)


def _output_kind(part: Fields) -> tuple[str, tuple[Any, ...]]:
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


def counted(fields: Fields, key: str, at_most: int) -> list[Json]:
    """A list that is not empty and not too long."""
    listed = fields.items(key)
    if not listed:
        raise fields.bad(key, f"must hold at least one {key.removesuffix('s')}")
    if len(listed) > at_most:
        raise fields.bad(key, f"{len(listed):,} {key}; at most {at_most:,} are read")
    return listed


def rest_on_the_system(value: Expression, part: Fields, key: str) -> None:
    """A tier is asked for systems without a release too, and never rests on itself, stated or computed."""
    read = fact_paths(value)
    if any(path[0] == "tier" or path[:2] == ("system", "tier") for path in read):
        raise part.bad(key, "the tier cannot follow from the tier")
    strange = sorted({path[0] for path in read} - {"system", "now"})
    if strange:
        raise part.bad(key, f"a tier follows from the system alone; {strange[0]!r} belongs to a release")
