"""Where rows come from: a Parquet or CSV file, or anything that speaks the Arrow C stream interface.

A source knows its name for sentences, its columns, and gives the wanted ones batch by batch in bounded memory. Files
are told apart by their ending; pandas and polars frames, Arrow tables and readers by `__arrow_c_stream__`, so none of
those libraries is imported here.
"""

from __future__ import annotations

import csv
import gzip
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from consilience.kit.errors import BadInput

BATCH_ROWS = 131_072
CSV_BLOCK = 4 << 20
ENDINGS = (".parquet", ".csv", ".csv.gz")


class Want(StrEnum):
    """What a column is read as: classes, groups and filters are text, scores and features are numbers."""

    TEXT = "text"
    NUMBER = "number"


class Source(Protocol):
    """Rows to measure."""

    name: str
    untyped: bool  # fields are text without a type, as in CSV

    def columns(self) -> list[str]:
        """The names of all columns, in order."""
        ...

    def batches(self, wanted: Mapping[str, Want]) -> Iterator[pa.RecordBatch]:
        """The wanted columns, in batches of at most BATCH_ROWS rows."""
        ...


def open_source(source: Any) -> Source:
    """The rows at a path, or in a frame, table or reader. Raises BadInput when they cannot be read at all."""
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        if not path.is_file():
            raise BadInput(str(path), "is a folder; a file is expected" if path.is_dir() else "was not found")
        if path.stat().st_size == 0:
            raise BadInput(str(path), "is empty")
        if path.name.endswith(".parquet"):
            return ParquetSource(path)
        if path.name.endswith((".csv", ".csv.gz")):
            return CsvSource(path)
        raise BadInput(str(path), f"has an unknown ending; expected one of {', '.join(ENDINGS)}")
    if isinstance(source, pa.RecordBatch):
        source = pa.Table.from_batches([source])
    if hasattr(source, "__arrow_c_stream__"):
        return StreamSource(source)
    raise BadInput("source", f"a {type(source).__name__} cannot be read; give a path, an Arrow table or a data frame")


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


class ParquetSource:
    """A Parquet file, read row group by row group."""

    untyped = False

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self.name, self._path = str(path), path
        try:
            with pq.ParquetFile(path) as file:
                self._schema = file.schema_arrow
        except (pa.ArrowException, OSError) as error:
            raise BadInput(self.name, _parquet_problem(path)) from error

    def columns(self) -> list[str]:
        return list(self._schema.names)

    def batches(self, wanted: Mapping[str, Want]) -> Iterator[pa.RecordBatch]:
        import pyarrow.parquet as pq

        _refuse_types(self.name, self._schema, wanted)
        texts = [
            name for name, want in wanted.items() if want is Want.TEXT and _is_string(self._schema.field(name).type)
        ]
        try:
            with pq.ParquetFile(self._path, read_dictionary=texts) as file:
                yield from file.iter_batches(batch_size=BATCH_ROWS, columns=list(wanted))
        except (pa.ArrowException, OSError) as error:
            raise BadInput(self.name, f"is damaged and cannot be read to its end ({_short(error)})") from error


class CsvSource:
    """A comma-separated file in UTF-8 with a header, perhaps compressed with gzip."""

    untyped = True

    def __init__(self, path: Path) -> None:
        self.name, self._path = str(path), path
        opened: Any = gzip.open if path.name.endswith(".gz") else open
        try:
            with opened(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
                self._names = next(csv.reader(stream))
        except StopIteration as error:
            raise BadInput(self.name, "is empty") from error
        except (OSError, EOFError, zlib.error, csv.Error) as error:
            raise BadInput(self.name, f"cannot be read ({_short(error)})") from error
        if any(re.search("[\ud800-\udfff]", name) for name in self._names):
            raise BadInput(self.name, "is not text in UTF-8")
        if len(self._names) == 1 and re.search(r"[;\t|]", self._names[0]):
            raise BadInput(self.name, f"has one column, {self._names[0][:80]!r}; expected columns separated by commas")

    def columns(self) -> list[str]:
        return self._names

    def batches(self, wanted: Mapping[str, Want]) -> Iterator[pa.RecordBatch]:
        import pyarrow.csv as pc

        types = {Want.TEXT: pa.dictionary(pa.int32(), pa.string()), Want.NUMBER: pa.float64()}
        convert = pc.ConvertOptions(
            column_types={name: types[want] for name, want in wanted.items()},
            include_columns=list(wanted),
            null_values=[""],
            strings_can_be_null=True,
        )
        try:
            # One thread: only then does Arrow say in which row a field is wrong.
            reader = pc.open_csv(
                self._path,
                read_options=pc.ReadOptions(use_threads=False, block_size=CSV_BLOCK),
                parse_options=pc.ParseOptions(newlines_in_values=True),
                convert_options=convert,
            )
            with closing(reader):
                for batch in reader:
                    yield from _sliced(batch)
        except (pa.ArrowException, OSError, EOFError) as error:
            raise BadInput(self.name, _csv_problem(str(error), self._names)) from error


@dataclass
class StreamSource:
    """A table, reader or data frame in memory."""

    given: Any
    name: str = "data"
    untyped: bool = False

    def __post_init__(self) -> None:
        try:
            self._reader = pa.RecordBatchReader.from_stream(self.given)
        except (pa.ArrowException, ValueError, TypeError) as error:
            raise BadInput(self.name, f"cannot be read as Arrow ({_short(error)})") from error

    def columns(self) -> list[str]:
        return list(self._reader.schema.names)

    def batches(self, wanted: Mapping[str, Want]) -> Iterator[pa.RecordBatch]:
        _refuse_types(self.name, self._reader.schema, wanted)
        try:
            for batch in self._reader:
                yield from _sliced(batch.select(list(wanted)))
        except (pa.ArrowException, OSError) as error:
            raise BadInput(self.name, f"cannot be read to its end ({_short(error)})") from error


def _sliced(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for start in range(0, batch.num_rows, BATCH_ROWS):
        yield batch.slice(start, BATCH_ROWS)


def _refuse_types(name: str, schema: pa.Schema, wanted: Mapping[str, Want]) -> None:
    for column, want in wanted.items():
        kind = schema.field(column).type
        if pa.types.is_nested(kind):
            raise BadInput(name, f"column {column!r} is nested ({_short(kind)}); expected one plain value a row")
        number = (
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or pa.types.is_decimal(kind)
            or pa.types.is_null(kind)
        )
        if want is Want.NUMBER and not number:
            raise BadInput(name, f"column {column!r} holds {_short(kind)}; expected numbers")
        if want is Want.TEXT and _is_binary(kind.value_type if pa.types.is_dictionary(kind) else kind):
            raise BadInput(name, f"column {column!r} holds {_short(kind)}; expected text, numbers, booleans or dates")


def _is_string(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _parquet_problem(path: Path) -> str:
    with path.open("rb") as stream:
        start = stream.read(4)
        stream.seek(-min(4, path.stat().st_size), os.SEEK_END)
        end = stream.read(4)
    if start != b"PAR1":
        return "is not a Parquet file"
    return "is a damaged Parquet file" if end == b"PAR1" else "is a Parquet file that was cut off before its end"


def _csv_problem(message: str, names: list[str]) -> str:
    row = re.search(r"Row #(\d+)", message)
    column = re.search(r"column #(\d+)", message)
    place = f"row {int(row[1]) - 1}" if row else "a row"  # Arrow counts the header as row 1
    if column:
        place += f", column {names[int(column[1])]!r}"
    value = re.search(r"invalid value '(.*)'", message, re.DOTALL)
    ragged = re.search(r"Expected (\d+) columns, got (\d+)", message)
    if "invalid UTF8" in message:
        return f"{place} is not text in UTF-8"
    if value:
        return f"{place} has {value[1][:80]!r} where a number is expected (an empty field is a missing value)"
    if ragged:
        return f"{place} has {ragged[2]} fields where {ragged[1]} are expected"
    return f"cannot be read to its end ({_short(message)})"


def _some(names: list[str]) -> str:
    return ", ".join(map(repr, names[:8])) + (", ..." if len(names) > 8 else "")


def _short(thing: object) -> str:
    lines = str(thing).splitlines()
    return lines[0][:160] if lines else type(thing).__name__
