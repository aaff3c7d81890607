"""A sample of the rows of a source in one pass, the same whatever order the rows come in.

Every row has a hash of its values, and the rows with the smallest hashes are the sample. A row that is there several times
has a new hash each time, so that a common row is as common in the sample. With an id column the people with the smallest
hashes of their ids are the sample, each with all of their rows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.engines import columns, profile_kernels
from consilience.measure.engines.filtered import kept_batches
from consilience.measure.engines.groups import Where, named
from consilience.measure.engines.learning import countable, kind_of, want_of
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.sources import Source, check_columns
from consilience.measure.samples import hash_kernels as kernels
from consilience.measure.states.categories import hash_of
from consilience.measure.states.profile import Kind

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

ROWS = 20_000
LARGEST_KEY = 2**64 - 1
KNOWN_ROWS = 1 << 22
"""So many different rows are remembered to count them; of the others all copies or none are in the sample."""


@dataclass(frozen=True)
class NumberColumn:
    """Numbers, NaN where there is none; `missing` tells a missing value from a stored NaN. Times are microseconds since 1970."""

    values: Floats
    missing: Bools


@dataclass(frozen=True)
class CategoryColumn:
    """Categories: `values[codes[row]]`, in order of their text; -1 where missing."""

    codes: NDArray[np.int32]
    values: tuple[str, ...]


Column = NumberColumn | CategoryColumn


@dataclass(frozen=True)
class Sample:
    """Some rows of a source, in the order of their hashes.

    `table` has them as they were read; `columns` as numbers and codes. `hashes` are of the values of a row, so equal rows
    have the same. `people` numbers the ids of a sample by id. `of_rows` counts the rows of the source, `seed` is made of
    the values of all of them, in any order.
    """

    table: pa.Table
    columns: Mapping[str, Column]
    hashes: Hashes
    people: Ints | None
    of_rows: int
    seed: int
    name: str

    @property
    def rows(self) -> int:
        return len(self.hashes)

    def part(self, rows: Ints) -> Sample:
        """The sample of these rows only."""
        return Sample(
            taken(self.table, rows),
            {name: _part(column, rows) for name, column in self.columns.items()},
            self.hashes[rows],
            None if self.people is None else self.people[rows],
            self.of_rows,
            self.seed,
            self.name,
        )

    def column(self, name: str) -> Column:
        """A column of the sample. Raises BadInput where it is not there."""
        if name not in self.columns:
            held = f"; it has {', '.join(map(repr, self.columns))}" if self.columns else ""
            raise BadInput(
                self.name,
                f"has no column {name!r} in the sample{held}. Lists, structures and bytes that are no text in UTF-8 are not sampled",
            )
        return self.columns[name]

    def numbers(self, name: str) -> Floats:
        """A column that must be numbers."""
        found = self.column(name)
        if not isinstance(found, NumberColumn):
            raise BadInput(f"{self.name}, column {name!r}", "holds categories; expected numbers")
        return found.values


def draw(
    source: Any,
    *,
    rows: int = ROWS,
    only: Collection[str] | None = None,
    without: Collection[str] = (),
    by: str | None = None,
    where: Where = (),
    salt: str = "",
    progress: Progress | None = None,
) -> Sample:
    """The sample of at most `rows` rows: all of them where there are no more.

    `where` are columns with the value that rows must have: the others take no part, and are not counted in `of_rows`. `by` is an id column: then whole people are drawn, and rows without an id are left out. Samples of one source with
    different salts are drawn independently. `progress` is told how many rows were read. Raises BadInput for data that cannot be used.
    """
    if rows < 1:
        raise BadInput("rows", f"{rows} is not a number of rows from 1")
    opened = open_source(source)
    wanted = [*(only or ()), *without, *([by] if by else []), *(column for column, _ in where)]
    check_columns(opened, wanted)
    kinds = {
        name: kind_of(kind)
        for name, kind in opened.types().items()
        if countable(kind) and name not in without and (only is None or name in only) and name != by
    }
    check_columns(opened, kinds)
    drawing = _Drawing(opened, kinds, by, rows, hash_of(salt))
    wants = {name: want_of(kind) for name, kind in kinds.items()} | ({by: want_of(Kind.CATEGORY)} if by else {})
    for batch in kept_batches(opened, wants, where, progress):
        drawing.add(batch)
    return drawing.sample()


def present(source: Source, names: Collection[str] | None) -> list[str] | None:
    """Those of the names that are columns of a source; None for None."""
    return None if names is None else [name for name in names if name in source.columns()]


def sampled(source: Any, *, rows: int = ROWS, only: Collection[str] | None = None, by: str | None = None) -> Sample:
    """The source itself where it is a sample already, else a sample of it."""
    return source if isinstance(source, Sample) else draw(source, rows=rows, only=only, by=by)


def taken(table: Any, rows: Ints) -> Any:
    """These rows of a table or batch, in this order."""
    ordered = np.ascontiguousarray(rows, dtype=np.int64)
    return table.take(pa.Array.from_buffers(pa.int64(), len(ordered), [None, pa.py_buffer(ordered.tobytes())]))


class _Drawing:
    """The rows with the smallest keys so far. A key is the hash of the row and of how often it was met, or of the id."""

    def __init__(self, source: Source, kinds: Mapping[str, Kind], by: str | None, rows: int, salt: int) -> None:
        self._source, self._kinds, self._by, self._limit = source, kinds, by, rows
        self._salt = np.uint64(salt)
        self._bound = LARGEST_KEY
        self._kept: list[tuple[Hashes, Hashes, pa.Table]] = []
        self._waiting, self._of_rows, self._content = 0, 0, 0
        self._table, self._met, self._known = np.zeros(1 << 12, np.uint64), np.zeros(1 << 12, np.int32), 0

    def add(self, batch: pa.RecordBatch) -> None:
        hashes = self._hashes(batch)
        self._of_rows += batch.num_rows
        self._content = (self._content + int(hashes.sum(dtype=np.uint64))) % 2**64
        keys, usable = self._keys(batch, hashes)
        chosen = np.flatnonzero(usable & (keys <= np.uint64(self._bound)))
        if not len(chosen):
            return
        self._kept.append((keys[chosen], hashes[chosen], _plain(taken(batch, chosen), list(self._kinds))))
        self._waiting += len(chosen)
        if self._waiting > 2 * self._limit + 4096:
            self._cut()

    def sample(self) -> Sample:
        if not self._of_rows:
            raise BadInput(self._source.name, "has no rows")
        if not self._kept:
            raise BadInput(self._source.name, f"column {self._by!r} has no value in any row")
        self._cut()
        ((keys, hashes, table),) = self._kept
        people = None if self._by is None else np.unique(keys, return_inverse=True)[1].astype(np.int64)
        return Sample(
            table,
            {name: self._column(table, name) for name in self._kinds},
            hashes,
            people,
            self._of_rows,
            int(kernels.mixed(np.array([(self._content + self._of_rows) % 2**64], dtype=np.uint64))[0]) >> 11,
            self._source.name,
        )

    def _cut(self) -> None:
        keys, hashes = (np.concatenate([kept[part] for kept in self._kept]) for part in (0, 1))
        table = pa.concat_tables([kept[2] for kept in self._kept], promote_options="permissive").combine_chunks()
        order = np.lexsort((hashes, keys))
        if len(order) > self._limit:
            order = order[: self._cut_at(keys[order])]
            self._bound = int(keys[order[-1]])
        self._kept = [(keys[order], hashes[order], taken(table, order))]
        self._waiting = len(order)

    def _cut_at(self, keys: Hashes) -> int:
        """How many of the ordered keys are kept: the limit, or the last whole person within it; at least one person."""
        if self._by is None:
            return self._limit
        starts = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1], [True])))
        whole = int(starts[np.searchsorted(starts, self._limit, side="right") - 1])
        return whole or int(starts[1])

    def _keys(self, batch: pa.RecordBatch, hashes: Hashes) -> tuple[Hashes, Bools]:
        if self._by is not None:
            found = self._texts(batch.column(self._by), self._by)
            return kernels.mixed(found[0] ^ self._salt), found[1]
        if 2 * (self._known + len(hashes)) > len(self._table) and len(self._table) < 2 * KNOWN_ROWS:
            self._grow(min(2 * (self._known + len(hashes)), 2 * KNOWN_ROWS))
        met, self._known = kernels.occurrences(hashes, self._table, self._met, KNOWN_ROWS, self._known)
        keys = kernels.mixed(hashes + (met + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15) ^ self._salt)
        return keys, np.ones(len(keys), dtype=np.bool_)

    def _grow(self, places: int) -> None:
        size = 1 << max(places - 1, 1).bit_length()
        table, met = np.zeros(size, np.uint64), np.zeros(size, np.int32)
        kernels.moved(self._table, self._met, table, met)
        self._table, self._met = table, met

    def _hashes(self, batch: pa.RecordBatch) -> Hashes:
        """A hash of the values of each row, whatever order the columns are in."""
        made = np.zeros(batch.num_rows, dtype=np.uint64)
        for name, kind in self._kinds.items():
            array = batch.column(name)
            if kind is Kind.CATEGORY:
                of_values = self._texts(array, name)[0]
            else:
                with named(self._source, f"column {name!r}"):
                    found = _numbers(array)
                of_values = np.where(np.isnan(found.values), np.nan, found.values + 0.0).view(np.uint64)
                of_values = of_values ^ found.missing.astype(np.uint64)
            made += kernels.mixed(of_values ^ np.uint64(hash_of(name)))
        return kernels.mixed(made)

    def _texts(self, array: Any, name: str) -> tuple[Hashes, Bools]:
        """The hash of each text of a column, and where there is one."""
        with named(self._source, f"column {name!r}"):
            found = columns.texts(array, untyped=self._source.untyped)
        buffers = columns.text_buffers(pa.array([*found.values, "(missing)"], pa.string()))
        assert buffers is not None
        return profile_kernels.hash_texts(*buffers)[found.codes], found.codes >= 0

    def _column(self, table: Any, name: str) -> Column:
        array = table.column(name).combine_chunks()
        if self._kinds[name] is not Kind.CATEGORY:
            return _numbers(array)
        with named(self._source, f"column {name!r}"):
            found = columns.texts(array, untyped=self._source.untyped)
        order = sorted(found.used(np.ones(len(array), dtype=np.bool_)), key=found.values.__getitem__)
        place = np.full(len(found.values) + 1, -1, dtype=np.int32)
        place[order] = np.arange(len(order), dtype=np.int32)
        return CategoryColumn(place[found.codes], tuple(found.values[code] for code in order))


def _numbers(array: Any) -> NumberColumn:
    values, valid, offset = columns.raw_numbers(array)
    missing = np.zeros(len(values), dtype=np.bool_)
    if len(valid):
        missing = ~np.unpackbits(valid, bitorder="little")[offset : offset + len(values)].astype(np.bool_)
    return NumberColumn(np.where(missing, np.nan, values), missing)


def _plain(batch: Any, names: list[str]) -> pa.Table:
    """The batch without dictionaries, which differ from batch to batch."""
    arrays = [batch.column(name) for name in names]
    return pa.table(
        [one.dictionary_decode() if pa.types.is_dictionary(one.type) else one for one in arrays], names=names
    )


def _part(column: Column, rows: Ints) -> Column:
    if isinstance(column, NumberColumn):
        return NumberColumn(column.values[rows], column.missing[rows])
    return CategoryColumn(column.codes[rows], column.values)
