"""Types as data. A schema is the type of a whole fact document; decisions store the one they used.

Any field may be null or missing, so nullability is never written down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

SCHEMA_FORMAT = 1
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class ScalarType:
    """One of `bool int double timestamp duration null`, or `any`, the item type of the list literal `[]`."""

    name: str


@dataclass(frozen=True, slots=True)
class StringType:
    """Text; with `values` it is one of a closed vocabulary, so a misspelt literal does not load."""

    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListType:
    """A list. An *open* one holds only what is known so far, so nothing follows from its being empty."""

    item: Type
    open: bool = False


@dataclass(frozen=True)
class StructType:
    """Named fields, each with its type; `units` where a field has one."""

    name: str
    fields: Mapping[str, Type] = field(hash=False)
    units: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False)


Type = ScalarType | StringType | ListType | StructType

NULL, BOOL, INT, DOUBLE = (ScalarType("null"), ScalarType("bool"), ScalarType("int"), ScalarType("double"))
TIMESTAMP, DURATION, ANY = (ScalarType("timestamp"), ScalarType("duration"), ScalarType("any"))
STRING = StringType()
SCALARS: Mapping[str, Type] = {
    "bool": BOOL,
    "int": INT,
    "double": DOUBLE,
    "timestamp": TIMESTAMP,
    "duration": DURATION,
    "string": STRING,
}


class Schema:
    """The type of a fact document, with its canonical form and digest."""

    def __init__(self, root: StructType) -> None:
        self.root = root
        self.extends_digests: set[str] = set()

    @cached_property
    def digest(self) -> str:
        return canonical.digest(schema_to_json(self))

    def extends(self, older: Schema) -> bool:
        """Whether facts of this schema can be read by a rule that was checked against `older`: fields were only added."""
        if older is self or older.digest == self.digest or older.digest in self.extends_digests:
            return True
        if not _covers(self.root, older.root):
            return False
        self.extends_digests.add(older.digest)
        return True


def same(one: Type, other: Type) -> bool:
    """Whether two types hold the same kind of value; vocabularies and open marks do not matter."""
    if isinstance(one, StringType) and isinstance(other, StringType):
        return True
    if isinstance(one, ListType) and isinstance(other, ListType):
        return same(one.item, other.item) or ANY in (one.item, other.item)
    return one == other


def comparable(one: Type, other: Type) -> bool:
    """Whether `==` has a meaning: same kinds, or int against double, also inside lists. Structs have no equality."""
    if isinstance(one, ListType) and isinstance(other, ListType):
        return ANY in (one.item, other.item) or comparable(one.item, other.item)
    if isinstance(one, StructType) or isinstance(other, StructType):
        return False
    return same(one, other) or {one, other} == {INT, DOUBLE}


def join(one: Type, other: Type) -> Type | None:
    """The type of a value that is one or the other; None when there is none."""
    if isinstance(one, ListType) and isinstance(other, ListType):
        item = join(one.item, other.item)
        return None if item is None else ListType(item, open=one.open or other.open)
    if ANY in (one, other):
        return other if one == ANY else one
    if isinstance(one, StringType) and isinstance(other, StringType):
        return one if one == other else STRING
    return one if one == other else None


def contains_double(kind: Type) -> bool:
    return kind == DOUBLE or (isinstance(kind, ListType) and contains_double(kind.item))


def describe(kind: Type) -> str:
    """The type in words."""
    if isinstance(kind, StringType):
        return "text"
    if isinstance(kind, ListType):
        return f"{'open list' if kind.open else 'list'} of {describe(kind.item)}"
    if isinstance(kind, StructType):
        return f"record {kind.name!r}"
    return {"int": "whole number (int)", "double": "number (double)", "bool": "truth value", "any": "anything"}.get(
        kind.name, kind.name
    )


def schema_to_json(schema: Schema) -> Json:
    """The canonical form: `{"format": 1, "facts": TYPE}`; see `type_to_json`."""
    return {"format": SCHEMA_FORMAT, "facts": type_to_json(schema.root)}


def schema_from_json(stored: Json) -> Schema:
    """The schema that `schema_to_json` wrote, in any format that was ever written."""
    if not isinstance(stored, dict) or stored.get("format") != SCHEMA_FORMAT:
        raise BadInput("fact schema", f"is not of format {SCHEMA_FORMAT}")
    root = type_from_json(stored.get("facts"), "facts")
    if not isinstance(root, StructType):
        raise BadInput("fact schema", "facts must be a record")
    return Schema(root)


def type_to_json(kind: Type) -> Json:
    """`"int"`, `{"string": [values]}`, `{"list": T}`, `{"open": T}` or `{"struct": name, "fields": {name: T}}`.

    A record whose fields have units also says `"units": {name: unit}`.
    """
    if isinstance(kind, StringType):
        return {"string": list(kind.values)} if kind.values else "string"
    if isinstance(kind, ListType):
        return {"open" if kind.open else "list": type_to_json(kind.item)}
    if isinstance(kind, StructType):
        written = {"struct": kind.name, "fields": {name: type_to_json(part) for name, part in kind.fields.items()}}
        return {**written, "units": dict(kind.units)} if kind.units else written
    return kind.name


def type_from_json(stored: Json, where: str) -> Type:
    if isinstance(stored, str) and stored in SCALARS:
        return SCALARS[stored]
    if isinstance(stored, dict):
        keys = set(stored)
        if keys == {"string"} and _all_strings(stored["string"]):
            return StringType(tuple(stored["string"]))
        if keys in ({"list"}, {"open"}):
            (key,) = keys
            return ListType(type_from_json(stored[key], f"{where}[]"), open=key == "open")
        if keys - {"units"} == {"struct", "fields"} and isinstance(stored["fields"], dict):
            return StructType(str(stored["struct"]), _fields(stored["fields"], where), _units(stored.get("units", {})))
    raise BadInput("fact schema", f"{where}: {stored!r} is not a type")


def _fields(stored: Mapping[str, Any], where: str) -> dict[str, Type]:
    for name in stored:
        if not _NAME.fullmatch(name):
            raise BadInput("fact schema", f"{where}: {name!r} cannot be a field name")
    return {name: type_from_json(part, f"{where}.{name}") for name, part in stored.items()}


def _units(stored: Any) -> dict[str, str]:
    if not isinstance(stored, dict) or not _all_strings(list(stored.values())):
        raise BadInput("fact schema", f"units {stored!r} are not names of units by field")
    return dict(stored)


def _all_strings(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)


def _covers(newer: Type, older: Type) -> bool:
    if isinstance(newer, StructType) and isinstance(older, StructType):
        return all(name in newer.fields and _covers(newer.fields[name], part) for name, part in older.fields.items())
    if isinstance(newer, ListType) and isinstance(older, ListType):
        return newer.open == older.open and _covers(newer.item, older.item)
    return same(newer, older)
