"""From files of predictions to the root of their batch, and to one row with its path: in flat memory, where they lie."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from consilience.domains.monitor import leaves, rows
from consilience.domains.monitor.kinds import Kind, ordered
from consilience.kit.errors import BadInput
from consilience.measure.engines.files import files_named, open_files
from consilience.measure.engines.sources import Source, Want, check_columns
from consilience.measure.threads import threads_for

AHEAD = 4
"""Batches that are written while an earlier one is hashed: Arrow lets go of the interpreter lock, small hashes do not."""


@dataclass(frozen=True)
class Sealed:
    """What a batch is known by."""

    rows: int
    root: bytes


@dataclass(frozen=True)
class Found:
    """One row with what leads from it to the root."""

    index: int
    row: bytes
    salt: bytes
    path: tuple[bytes, ...]
    sealed: Sealed


class Predictions:
    """Files of predictions, read the same way each time: by name, by the columns that a row has."""

    def __init__(self, named: str, columns: Sequence[str] = ()) -> None:
        """`columns` empty: all of them, in every file."""
        self._named, self._source = named, open_files(named)
        chosen = list(columns) or self._source.columns()
        check_columns(self._source, chosen)
        if len(set(chosen)) < len(chosen):
            raise BadInput(named, f"column {_twice(chosen)!r} is named twice")
        types = self._source.types()
        if self._source.untyped and any(path.name.endswith(".parquet") for path in files_named(named)):
            raise BadInput(named, "mixes CSV, where every field is text, with Parquet, whose columns have types")
        # A file without types holds texts: what its first rows look like must not decide what all are written as.
        self.kinds = {
            name: Kind.TEXT if self._source.untyped else rows.kind_of(name, types[name]) for name in ordered(chosen)
        }

    def seal(self, secret: bytes) -> Sealed:
        """The root over all rows; BadInput where there is none."""
        salts, tree = leaves.Salts(secret), leaves.BatchTree()
        for written in self._written():
            tree.add(leaves.leaves(written, tree.count, salts))
        return self._sealed(tree)

    def prove(self, secret: bytes, index: int) -> Found:
        """The row with this index, counted from 0, and its path; BadInput where there are fewer rows."""
        salts, tree, found = leaves.Salts(secret), leaves.BatchTree(index), b""
        for written in self._written():
            if tree.count <= index < tree.count + len(written):
                found = written[index - tree.count]
            tree.add(leaves.leaves(written, tree.count, salts))
        sealed = self._sealed(tree)
        if not 0 <= index < sealed.rows:
            raise BadInput(self._named, f"has {sealed.rows} rows, counted from 0: there is no row {index}")
        return Found(index, found, salts.of(index), tuple(tree.path(index)), sealed)

    def index_of(self, column: str, value: str) -> int:
        """The one row that holds this value, as the bytes of the row say it; BadInput where none or several do."""
        if column not in self.kinds:
            raise BadInput(self._named, f"has no column {column!r} among those of the batch")
        kind, places, first = self.kinds[column], [], 0
        wanted = rows.holding(column, kind, value)
        for batch in _batches(self._source, [column]):
            written = rows.written(batch, {column: kind})
            places += [first + nth for nth, row in enumerate(written) if row in wanted]
            first += len(written)
        if len(places) != 1:
            shown = f"{len(places)} rows, such as {places[0]} and {places[1]}: take --index" if places else "no row"
            raise BadInput(self._named, f"{column} {value!r} stands in {shown}")
        return places[0]

    def _sealed(self, tree: leaves.BatchTree) -> Sealed:
        if tree.count == 0:
            raise BadInput(self._named, "has no rows: there is nothing to log")
        return Sealed(tree.count, tree.root())

    def _written(self) -> Iterator[list[bytes]]:
        """The bytes of the rows, batch by batch, a few batches ahead of who reads them."""
        waiting: deque[Future[list[bytes]]] = deque()
        with ThreadPoolExecutor(threads_for(AHEAD)) as pool:
            for batch in _batches(self._source, list(self.kinds)):
                waiting.append(pool.submit(rows.written, batch, self.kinds))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def digests(named: str) -> list[str]:
    """SHA-256 of each file's bytes, in the order in which they are read."""
    found = []
    for path in files_named(named):
        try:
            with path.open("rb") as stream:
                found.append(hashlib.file_digest(stream, "sha256").hexdigest())
        except OSError as error:
            raise BadInput(str(path), f"cannot be read ({error.strerror})") from error
    return found


def _batches(source: Source, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    for part in source.parts(dict.fromkeys(columns, Want.TEXT)):
        yield from part.open()


def _twice(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)
