"""From a fact document (canonical JSON) to typed values, once. A document that contradicts its schema is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from consilience.domains.policy.language.errors import hint
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    DURATION,
    INT,
    ListType,
    Schema,
    StringType,
    StructType,
    Type,
    describe,
)
from consilience.domains.policy.language.values import read_double, read_duration, read_instant
from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

Reader = Callable[[Json], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """A fact document as typed values. Null and missing are the same: the name is simply not there."""

    schema: Schema
    values: Mapping[str, Any]


def bind(document: Json, schema: Schema) -> Facts:
    """The typed values of a fact document. BadInput names the path of the first thing that the schema does not allow."""
    reader = _readers.get(schema)
    if reader is None:
        reader = _readers[schema] = _reader(schema.root)
    try:
        return Facts(schema, reader(document))
    except _Mismatch as mismatch:
        path = "".join(reversed(mismatch.path)).lstrip(".") or "the document"
        raise BadInput("facts", f"{path}: {mismatch.problem}") from None


_readers: WeakKeyDictionary[Schema, Reader] = WeakKeyDictionary()


class _Mismatch(Exception):
    def __init__(self, problem: str) -> None:
        self.problem = problem
        self.path: list[str] = []
        super().__init__(problem)


def _reader(kind: Type) -> Reader:
    if isinstance(kind, StructType):
        return _record(kind)
    if isinstance(kind, ListType):
        return _items(kind)
    if isinstance(kind, StringType):
        return _vocabulary(kind) if kind.values else _text
    if kind == BOOL:
        return _truth
    if kind == INT:
        return _integer
    if kind == DOUBLE:
        return _double
    return _duration if kind == DURATION else _timestamp


def _record(kind: StructType) -> Reader:
    readers = {name: _reader(part) for name, part in kind.fields.items()}

    def read(value: Json) -> dict[str, Any]:
        if type(value) is not dict:
            raise _wrong(value, kind)
        made: dict[str, Any] = {}
        for name, part in value.items():
            if part is None:
                continue
            reader = readers.get(name)
            try:
                if reader is None:
                    raise _Mismatch(f"{kind.name!r} has no such field in this schema{hint(name, kind.fields)}")
                made[name] = reader(part)
            except _Mismatch as mismatch:
                mismatch.path.append(f".{name}")
                raise
        return made

    return read


def _items(kind: ListType) -> Reader:
    reader = _reader(kind.item)

    def read(value: Json) -> list[Any]:
        if type(value) is not list:
            raise _wrong(value, kind)
        made: list[Any] = []
        for position, item in enumerate(value):
            try:
                if item is None:
                    raise _Mismatch("a list holds no null; leave the item out")
                made.append(reader(item))
            except _Mismatch as mismatch:
                mismatch.path.append(f"[{position}]")
                raise
        return made

    return read


def _vocabulary(kind: StringType) -> Reader:
    allowed = frozenset(kind.values)

    def read(value: Json) -> str:
        if _text(value) not in allowed:
            raise _Mismatch(f"{value!r} is not one of {', '.join(kind.values)}{hint(value, kind.values)}")
        return str(value)

    return read


def _text(value: Json) -> str:
    if type(value) is not str:
        raise _wrong(value, StringType())
    return value


def _truth(value: Json) -> bool:
    if type(value) is not bool:
        raise _wrong(value, BOOL)
    return value


def _integer(value: Json) -> int:
    if type(value) is not int or not -canonical.MAX_INTEGER <= value <= canonical.MAX_INTEGER:
        raise _wrong(value, INT)
    return value


def _double(value: Json) -> float:
    if type(value) is str:
        number = read_double(value)
        if number is not None:
            return number
    elif type(value) is int and -canonical.MAX_INTEGER <= value <= canonical.MAX_INTEGER:
        return float(value)
    raise _Mismatch(f'{value!r} is not a number written as a decimal text, such as "0.25"')


def _timestamp(value: Json) -> int:
    moment = read_instant(value) if type(value) is str else None
    if moment is None:
        raise _Mismatch(f'{value!r} is not a moment, such as "2026-11-23T10:15:00.000000Z"')
    return moment


def _duration(value: Json) -> int:
    length = read_duration(value) if type(value) is str else None
    if length is None:
        raise _Mismatch(f'{value!r} is not a length of time, such as "90s"')
    return length


def _wrong(value: Json, kind: Type) -> _Mismatch:
    shown, wanted = repr(value), describe(kind)
    article = "an" if wanted[0] in "aeiou" else "a"
    return _Mismatch(f"{shown if len(shown) <= 60 else shown[:57] + '...'} is not {article} {wanted}")
