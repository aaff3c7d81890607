"""Where rows come from: Parquet or CSV files, folders of them, or anything that speaks the Arrow C stream interface.

A source knows its name for sentences, its columns and their types, and gives the wanted columns in parts that can be
read side by side, batch by batch in bounded memory. Files are told apart by their ending; pandas and polars frames, Arrow
tables and readers by `__arrow_c_stream__`, so none of those libraries is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Protocol, runtime_checkable

import pyarrow as pa

from consilience.kit.errors import BadInput

BATCH_ROWS = 32_768


class Want(StrEnum):
    """What a column is read as: classes, groups and filters are text, scores and features numbers, moments times."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True)
class Part:
    """Rows that are read in order, beginning with row `first_row` of the source (counted from 1)."""

    first_row: int
    read: Callable[[int], Iterator[pa.RecordBatch]]

    def open(self, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
        """Batches of at most so many rows. Who needs the first few only asks for small ones: the rest is not decoded."""
        return self.read(batch_rows)


@runtime_checkable
class Source(Protocol):
    """Rows to measure."""

    name: str
    untyped: bool  # fields are text without a type, as in CSV
    by_column: bool  # some columns can be read without the others, again and side by side, always in the same parts

    def columns(self) -> list[str]:
        """The names of all columns, in order."""
        ...

    def types(self) -> dict[str, pa.DataType]:
        """The type of each column; of a file without types what its first rows look like."""
        ...

    def rows(self) -> int | None:
        """How many rows there are, where that is known before they are read."""
        ...

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        """The wanted columns of all rows, in parts that can be read at the same time."""
        ...


def batches(source: Source, wanted: Mapping[str, Want]) -> Iterator[pa.RecordBatch]:
    """All rows in order, one batch after the other."""
    for part in source.parts(wanted):
        yield from part.open()


def check_columns(source: Source, wanted: Iterable[str]) -> None:
    """Refuse names that stand for no column or for two, with the nearest ones that there are."""
    names = source.columns()
    for column in wanted:
        if names.count(column) > 1:
            raise BadInput(source.name, f"has {names.count(column)} columns called {column!r}; names must be unique")
        if column not in names:
            near = get_close_matches(column, names, n=3, cutoff=0.5)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else f"; it has {_some(names)}"
            raise BadInput(source.name, f"has no column {column!r}{hint}")


def sliced(batch: pa.RecordBatch, rows: int) -> Iterator[pa.RecordBatch]:
    """The rows of a batch in batches of at most so many."""
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def refuse_types(name: str, schema: pa.Schema, wanted: Mapping[str, Want]) -> None:
    """Refuse columns that cannot be read as what is wanted."""
    for column, want in wanted.items():
        kind = schema.field(column).type
        if pa.types.is_nested(kind):
            raise BadInput(name, f"column {column!r} is nested ({short(kind)}); expected one plain value a row")
        number = (
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or pa.types.is_decimal(kind)
            or pa.types.is_null(kind)
        )
        if want is Want.NUMBER and not number:
            raise BadInput(name, f"column {column!r} holds {short(kind)}; expected numbers")
        if want is Want.TIME and not (pa.types.is_temporal(kind) or pa.types.is_null(kind)):
            raise BadInput(name, f"column {column!r} holds {short(kind)}; expected dates or times")
        if want is Want.TEXT and _is_binary(kind.value_type if pa.types.is_dictionary(kind) else kind):
            raise BadInput(name, f"column {column!r} holds {short(kind)}; expected text, numbers, booleans or dates")


def is_string(kind: pa.DataType) -> bool:
    """Whether these are texts that are not a dictionary already."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _some(names: list[str]) -> str:
    return ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")


def short(thing: object) -> str:
    """The first line of what a library said."""
    lines = str(thing).splitlines()
    return lines[0][:160] if lines else type(thing).__name__
