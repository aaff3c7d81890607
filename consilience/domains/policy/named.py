"""Reading the names that a document of language 2 gives: `constants` with units, and `definitions`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.language.check import check_tree
from consilience.domains.policy.language.errors import PolicyError, hint, one_of
from consilience.domains.policy.language.names import (
    Constant,
    Definition,
    Vocabulary,
    cycle,
    define,
    ordered,
    taken,
)
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    ListType,
    Schema,
    Type,
)
from consilience.domains.policy.language.values import read_double, read_duration
from consilience.domains.policy.language.values import read_instant as microseconds
from consilience.kit.canonical import Json
from consilience.kit.clock import read_instant
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Path
from consilience.kit.units import UNITS

_KINDS: Mapping[str, Type] = {"text": STRING, "truth": BOOL, "moment": TIMESTAMP, "duration": DURATION}
"""What a constant is where it is no number: written in the place of a unit."""
_EXAMPLES = {
    "text": "a text",
    "truth": "true or false",
    "moment": "a date or a moment with its zone",
    "duration": "36h",
}


def read_vocabulary(fields: Fields, schema: Schema, zone: str) -> Vocabulary:
    """The constants and definitions of a document, checked. PolicyError and BadInput name line and place."""
    constants = {
        name: _constant(name, part, fields, zone) for name, part in _named(fields, "constants", schema).items()
    }
    texts = _named(fields, "definitions", schema)
    for name, text in texts.items():
        if name in constants:
            raise fields.wrong(("definitions", name), f"{name!r} is a constant already")
        if not isinstance(text, str) or not text.strip():
            raise fields.wrong(("definitions", name), f"{text!r} is not an expression")
    definitions: dict[str, Definition] = {}
    for name, text in texts.items():
        try:
            definitions.update(define({name: text}))
        except PolicyError as error:
            raise error.within(_place(fields.source, name)) from None
    ring = cycle(definitions)
    if ring:
        raise BadInput(
            fields.source.at(("definitions", ring[0]), f"definition {ring[0]}"),
            f"rests on itself: {' -> '.join(ring)}; a definition may rest on others, never on itself",
        )
    vocabulary = Vocabulary(constants, definitions, units=True)
    for name in ordered(definitions):
        try:
            check_tree(definitions[name].text, definitions[name].tree, schema, vocabulary=vocabulary)
        except PolicyError as error:
            raise error.within(_place(fields.source, name)) from None
    return vocabulary


def _named(fields: Fields, key: str, schema: Schema) -> dict[str, Json]:
    found = fields.value.get(key)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise fields.bad(key, "must be a mapping of names")
    for name in found:
        why = taken(name, schema)
        if why is not None:
            raise fields.wrong((key, name), f"{name!r} {why}; give it another name")
    return dict(found)


def _place(source: Source, name: str) -> str:
    return source.at(("definitions", name), f"definition {name}")


def _constant(name: str, value: Json, fields: Fields, zone: str) -> Constant:
    path: Path = ("constants", name)
    optional = ("title", "source")
    part = Fields(value, path, fields.source, what=f"constant {name}", required=("value", "unit"), optional=optional)
    if part.value.get("title") is not None:
        part.words("title")
    if part.value.get("source") is not None:
        part.text("source")
    unit, known = part.text("unit"), [*UNITS, *_KINDS]
    if unit not in known:
        raise part.bad("unit", f"{unit!r} is no unit; expected {one_of(known, at_most=40)}{hint(unit, known)}")
    said = part.value["value"]
    if isinstance(said, list):
        items = [_value(item, unit, part, zone) for item in said]
        if not items:
            raise part.bad("value", "an empty list names nothing")
        kinds = {kind for _item, kind in items}
        kind = DOUBLE if len(kinds) > 1 else kinds.pop()
        values = [float(item) if kind == DOUBLE else item for item, _kind in items]
        return Constant(name, values, ListType(kind), unit if unit in UNITS else None)
    single, kind = _value(said, unit, part, zone)
    return Constant(name, single, kind, unit if unit in UNITS else None)


def _value(said: Json, unit: str, part: Fields, zone: str) -> tuple[Any, Type]:
    kind = _KINDS.get(unit)
    if kind is None:
        return _number(said, unit, part)
    found: Any = None
    if kind == BOOL:
        found = said if isinstance(said, bool) else None
    elif isinstance(said, str):
        found = _moment(said, part, zone) if kind == TIMESTAMP else read_duration(said) if kind == DURATION else said
    if found is None:
        raise part.bad("value", f"{said!r} is not {_EXAMPLES[unit]}, which unit {unit} asks for")
    return found, kind


def _moment(said: str, part: Fields, zone: str) -> int | None:
    try:
        return microseconds(read_instant(said, zone=zone))
    except BadInput as error:
        raise part.bad("value", error.problem) from error


def _number(said: Json, unit: str, part: Fields) -> tuple[Any, Type]:
    """A whole number where the unit counts or allows one and it is written so; else a number."""
    numbers = UNITS[unit].numbers
    if type(said) is int:
        return (float(said), DOUBLE) if numbers == "any" else (said, INT)
    number = read_double(said) if isinstance(said, str) else None
    if number is None:
        raise part.bad("value", f"{said!r} is not a number, which unit {unit} asks for")
    if numbers == "whole":
        raise part.bad("value", f"{said} is not a whole number, which unit {unit} asks for")
    return number, DOUBLE
