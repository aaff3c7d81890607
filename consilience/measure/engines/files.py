"""Parquet and CSV files, one or many: a glob, or a folder whose sub-folders name values (`year=2024/month=01`)."""

from __future__ import annotations

import csv
import glob
import gzip
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from consilience.kit.errors import BadInput
from consilience.measure.engines.sources import Part, Source, Want, is_string, refuse_types, short, sliced

CSV_BLOCK = 4 << 20
CSV_GLANCE = 1 << 20
ENDINGS = (".parquet", ".csv", ".csv.gz")


def open_files(named: str) -> Source:
    """The rows of a file, of all files that a glob fits, or of all files in a folder and below."""
    found = files_named(named)
    if Path(named).is_dir():
        return FilesSource(named, found, root=Path(named))
    return FilesSource(named, found) if len(found) > 1 else open_file(found[0])


def files_named(named: str) -> list[Path]:
    """A file, all files that a glob fits, or all files in a folder and below, in the order in which they are read."""
    path = Path(named)
    if path.is_file():
        return [path]
    if path.is_dir():
        found = sorted(one for one in path.rglob("*") if one.is_file() and one.name.endswith(ENDINGS))
        if not found:
            raise BadInput(named, f"is a folder without a file that ends in {', '.join(ENDINGS)}")
        return found
    if glob.has_magic(named):
        matches = glob.glob(named, recursive=True)  # noqa: PTH207 - Path.glob knows no absolute pattern
        found = sorted(Path(one) for one in matches if Path(one).is_file())
        if not found:
            raise BadInput(named, "fits no file")
        return found
    raise BadInput(named, "was not found")


def open_file(path: Path) -> Source:
    """The rows of one file, by its ending."""
    if path.stat().st_size == 0:
        raise BadInput(str(path), "is empty")
    if path.name.endswith(".parquet"):
        return ParquetSource(path)
    if path.name.endswith((".csv", ".csv.gz")):
        return CsvSource(path)
    raise BadInput(str(path), f"has an unknown ending; expected one of {', '.join(ENDINGS)}")


class ParquetSource:
    """A Parquet file, read row group by row group."""

    untyped, by_column = False, True

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self.name, self._path = str(path), path
        try:
            with pq.ParquetFile(path) as file:
                self._schema, self._metadata = file.schema_arrow, file.metadata
        except (pa.ArrowException, OSError) as error:
            raise BadInput(self.name, _parquet_problem(path)) from error

    def columns(self) -> list[str]:
        return list(self._schema.names)

    def types(self) -> dict[str, pa.DataType]:
        return dict(zip(self._schema.names, self._schema.types, strict=True))

    def rows(self) -> int | None:
        return int(self._metadata.num_rows)

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        refuse_types(self.name, self._schema, wanted)
        made, row = [], 1
        for group in range(self._metadata.num_row_groups):
            made.append(Part(row, partial(self._read, group, dict(wanted))))
            row += self._metadata.row_group(group).num_rows
        return made

    def _read(self, group: int, wanted: Mapping[str, Want], batch_rows: int) -> Iterator[pa.RecordBatch]:
        import pyarrow.parquet as pq

        texts = [
            name for name, want in wanted.items() if want is Want.TEXT and is_string(self._schema.field(name).type)
        ]
        try:
            with pq.ParquetFile(self._path, metadata=self._metadata, read_dictionary=texts, pre_buffer=False) as file:
                for batch in file.iter_batches(
                    batch_size=batch_rows, row_groups=[group], columns=list(wanted), use_threads=False
                ):
                    yield from sliced(batch, batch_rows)
        except (pa.ArrowException, OSError) as error:
            raise BadInput(self.name, f"is damaged and cannot be read to its end ({short(error)})") from error


class CsvSource:
    """A comma-separated file in UTF-8 with a header, perhaps compressed with gzip."""

    untyped, by_column = True, False

    def __init__(self, path: Path) -> None:
        self.name, self._path = str(path), path
        opened: Any = gzip.open if path.name.endswith(".gz") else open
        try:
            with opened(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
                self._names = next(csv.reader(stream))
        except StopIteration as error:
            raise BadInput(self.name, "is empty") from error
        except (OSError, EOFError, zlib.error, csv.Error) as error:
            raise BadInput(self.name, f"cannot be read ({short(error)})") from error
        if any(re.search("[\ud800-\udfff]", name) for name in self._names):
            raise BadInput(self.name, "is not text in UTF-8")
        if len(self._names) == 1 and re.search(r"[;\t|]", self._names[0]):
            raise BadInput(self.name, f"has one column, {self._names[0][:80]!r}; expected columns separated by commas")

    def columns(self) -> list[str]:
        return self._names

    def types(self) -> dict[str, pa.DataType]:
        return dict(self._types)

    def rows(self) -> int | None:
        return None

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        return [Part(1, partial(self._read, dict(wanted)))]

    @cached_property
    def _types(self) -> dict[str, pa.DataType]:
        """What the first megabyte looks like."""
        import pyarrow.csv as pc

        try:
            with closing(
                pc.open_csv(
                    self._path,
                    read_options=pc.ReadOptions(use_threads=False, block_size=CSV_GLANCE),
                    parse_options=pc.ParseOptions(newlines_in_values=True),
                    convert_options=pc.ConvertOptions(null_values=[""], strings_can_be_null=True),
                )
            ) as reader:
                return dict(zip(reader.schema.names, reader.schema.types, strict=True))
        except (pa.ArrowException, OSError, EOFError) as error:
            raise BadInput(self.name, _csv_problem(str(error), self._names)) from error

    def _read(self, wanted: Mapping[str, Want], batch_rows: int) -> Iterator[pa.RecordBatch]:
        import pyarrow.csv as pc

        types = {Want.TEXT: pa.dictionary(pa.int32(), pa.string()), Want.NUMBER: pa.float64()}
        convert = pc.ConvertOptions(
            column_types={
                name: self._types[name] if want is Want.TIME else types[want] for name, want in wanted.items()
            },
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
                    yield from sliced(batch, batch_rows)
        except (pa.ArrowException, OSError, EOFError) as error:
            raise BadInput(self.name, _csv_problem(str(error), self._names)) from error


class FilesSource:
    """Several files with the same columns, one after the other in the order of their names.

    Names of folders below `root` that say `column=value` add those columns, as texts.
    """

    def __init__(self, name: str, paths: list[Path], root: Path | None = None) -> None:
        self.name = name
        self._files = [open_file(path) for path in paths]
        self.untyped = any(one.untyped for one in self._files)
        self.by_column = all(one.by_column for one in self._files)
        self._folders = [_folder_values(path, root) for path in paths]
        self._check_same()

    def columns(self) -> list[str]:
        return [*self._files[0].columns(), *self._folders[0]]

    def types(self) -> dict[str, pa.DataType]:
        return self._files[0].types() | dict.fromkeys(self._folders[0], pa.string())

    def rows(self) -> int | None:
        known = [one.rows() for one in self._files]
        return None if None in known else sum(rows for rows in known if rows is not None)

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        made, row = [], 1
        for source, folder in zip(self._files, self._folders, strict=True):
            own = {name: want for name, want in wanted.items() if name not in folder}
            added = {name: folder[name] for name in wanted if name in folder}
            for name in added:
                if wanted[name] is not Want.TEXT:
                    raise BadInput(self.name, f"column {name!r} comes from the names of folders; it holds text")
            for part in source.parts(own):
                made.append(Part(row + part.first_row - 1, partial(_with_folder, part, added, list(wanted))))
            row += source.rows() or 0
        return made

    def _check_same(self) -> None:
        first, names = self._files[0], set(self._files[0].columns())
        for source, folder in zip(self._files, self._folders, strict=True):
            if set(folder) != set(self._folders[0]):
                raise BadInput(source.name, f"does not lie in folders for {', '.join(self._folders[0]) or 'nothing'}")
            for column in sorted(names.symmetric_difference(source.columns())):
                has, lacks = (first, source) if column in names else (source, first)
                raise BadInput(
                    lacks.name, f"has no column {column!r}, which {has.name} has; files of one source need the same"
                )
            if source.untyped:
                continue
            own = source.types()
            for column, kind in first.types().items():
                if not _same_type(kind, own[column]):
                    raise BadInput(
                        source.name, f"column {column!r} holds {short(own[column])}, and {short(kind)} in {first.name}"
                    )


def _with_folder(part: Part, added: Mapping[str, str], order: list[str], batch_rows: int) -> Iterator[pa.RecordBatch]:
    for batch in part.open(batch_rows):
        if added:
            arrays = [_repeated(added[name], batch.num_rows) if name in added else batch.column(name) for name in order]
            yield pa.RecordBatch.from_arrays(arrays, names=order)
        else:
            yield batch


def _repeated(value: str, rows: int) -> Any:
    indices = pa.Array.from_buffers(pa.int32(), rows, [None, pa.py_buffer(bytes(4 * rows))])  # all 0
    return pa.DictionaryArray.from_arrays(indices, pa.array([value]))


def _folder_values(path: Path, root: Path | None) -> dict[str, str]:
    folders = path.relative_to(root).parent.parts if root is not None else ()
    pairs = [folder.partition("=") for folder in folders if "=" in folder]
    return {name: value for name, _, value in pairs}


def _same_type(one: pa.DataType, other: pa.DataType) -> bool:
    """Whether two files may differ so: a dictionary is its values, and a column without any value fits all."""
    plain = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in (one, other)]
    return plain[0] == plain[1] or any(pa.types.is_null(kind) for kind in plain) or all(map(is_string, plain))


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
    return f"cannot be read to its end ({short(message)})"
