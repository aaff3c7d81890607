"""Profiling: each column of each batch into the state of its plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.measure.engines import columns, learning
from consilience.measure.engines import profile_kernels as kernels
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Source, Want
from consilience.measure.states import categories
from consilience.measure.states.categories import KEPT_VALUES, CategoryState
from consilience.measure.states.numbers import NumberState, Scale, Values
from consilience.measure.states.profile import (
    ColumnPlan,
    ColumnState,
    Kind,
    Profile,
    ProfilePlan,
    merge_all,
    nothing,
)


def profile(
    source: Any, plan: ProfilePlan | None = None, *, threads: int | None = None, progress: Progress | None = None
) -> Profile:
    """Count every column of a source by a plan; without one the source is its own reference, and the plan is learned."""
    opened = reopenable(source) if plan is None else open_source(source)
    folder = ProfileFolder(plan or learning.learn(opened), opened)
    (countings,) = scan(opened, [folder], threads=threads, progress=progress)
    return folder.states(countings)


def reopenable(source: Any) -> Source:
    """The source, taken into memory where it could only be read once."""
    opened = open_source(source)
    keep = getattr(opened, "kept", None)
    return keep() if keep is not None else opened


class ProfileFolder:
    """Profiles the columns of a plan in a scan: those that the source has, in a type that can be counted so."""

    def __init__(self, plan: ProfilePlan, source: Source) -> None:
        self._plan = plan
        self._untyped = source.untyped
        self.types = source.types()
        self.columns = [one for one in plan.columns if one.name in self.types and self._fits(one)]

    def wants(self) -> dict[str, Want]:
        return {one.name: learning.want_of(one.kind) for one in self.columns}

    def start(self) -> ProfileCounting:
        return ProfileCounting(self.columns, self._plan.exact_rows, untyped=self._untyped)

    def states(self, countings: Sequence[ProfileCounting]) -> Profile:
        """What all countings counted together."""
        types = {name: str(kind) for name, kind in self.types.items()}
        return merge_all(Profile(self._plan, one.rows, types, one.states()) for one in countings)

    def _fits(self, column: ColumnPlan) -> bool:
        """Whether the source's type can be counted as the plan says; else the column is there, and retyped."""
        type_ = self.types[column.name]
        if not learning.countable(type_):
            return False
        if pa.types.is_null(type_):
            return True
        found = learning.kind_of(type_)
        return (
            column.kind is Kind.CATEGORY
            if found is Kind.CATEGORY
            else found is column.kind or _identifiers(column, type_)
        )


def _identifiers(column: ColumnPlan, type_: pa.DataType) -> bool:
    return column.kind is Kind.CATEGORY and bool(pa.types.is_integer(type_))


class ProfileCounting:
    """One thread's states of the columns."""

    def __init__(self, planned: Sequence[ColumnPlan], exact_rows: int, *, untyped: bool) -> None:
        self.rows = 0
        self._planned, self._exact_rows = planned, exact_rows
        self._tables: Mapping[str, NumberTable | CategoryTable] = {
            one.name: CategoryTable(untyped) if one.scale is None else NumberTable(one.scale, exact_rows)
            for one in planned
        }

    @property
    def some(self) -> bool:
        """Whether a row was counted."""
        return self.rows > 0

    def add(self, batch: pa.RecordBatch, first_row: int | None) -> None:  # noqa: ARG002 - no value of a profile is refused
        self.rows += batch.num_rows
        for name, table in self._tables.items():
            table.add(batch.column(name))

    def states(self) -> dict[str, ColumnState]:
        if not self.rows:
            return {one.name: nothing(one, self._exact_rows) for one in self._planned}
        return {name: table.state() for name, table in self._tables.items()}


class NumberTable:
    """Adds up the numbers of one column."""

    def __init__(self, scale: Scale, exact_rows: int) -> None:
        self._edges = np.array(scale.edges)
        self._starts, self._slice_of = _slices(self._edges)
        self._origin, self._per_unit = scale.origin, 2.0**-scale.unit
        self._bins = np.zeros(len(self._edges) + 1, dtype=np.int64)
        self._tally = np.zeros(kernels.TALLIES, dtype=np.int64)
        self._sums = np.zeros(kernels.SUMS, dtype=np.int64)
        self._total, self._squares = 0, 0
        self._extremes = np.array([np.inf, -np.inf])
        self._table = np.full(kernels.SET_SIZE, -1, dtype=np.int64)
        self._bound = kernels.HASHES
        self._kept: list[NDArray[np.float64]] | None = [] if exact_rows else None
        self._exact_rows = exact_rows

    def add(self, array: Any) -> None:
        """Count the values of a batch."""
        values, valid, offset = columns.raw_numbers(array)
        kernels.count_bins(values, valid, offset, self._edges, self._starts, self._slice_of, self._bins)
        self._sums.fill(0)
        row = 0
        while row < len(values):
            row = kernels.add_up(
                values, valid, offset, row, self._origin, self._per_unit, self._tally, self._sums, self._extremes,
                self._table, self._bound,
            )  # fmt: skip
            if self._tally[kernels.ENTRIES] >= kernels.FULL:
                self._bound = kernels.keep_smallest(self._table, self._tally)
        total, high, mixed, low = self._sums.tolist()
        self._total += total
        self._squares += (high << 2 * kernels.SPLIT) + (mixed << kernels.SPLIT + 1) + low
        if self._kept is not None:
            self._keep(array, self._kept)

    def state(self) -> NumberState:
        """What was counted."""
        kernels.keep_smallest(self._table, self._tally)
        missing, nan, low, high, beyond, _ = self._tally.tolist()
        least, most = self._extremes.tolist()
        some = bool(self._bins.any())
        return NumberState(
            missing, nan, low, high, beyond, tuple(self._bins.tolist()), least + 0.0 if some else None,
            most + 0.0 if some else None, self._total, self._squares,
            tuple(np.sort(self._table[self._table >= 0]).tolist()), self._values(),
        )  # fmt: skip

    def _keep(self, array: Any, kept: list[NDArray[np.float64]]) -> None:
        if int(self._bins.sum()) > self._exact_rows:
            self._kept = None
            return
        kept.append(columns.finite(array))

    def _values(self) -> Values | None:
        if self._kept is None:
            return None
        values, rows = np.unique(np.concatenate([np.zeros(0), *self._kept]), return_counts=True)
        return Values(values, rows.astype(np.int64))


class CategoryTable:
    """Adds up the values of one column. Once there are too many, only those with small hashes are looked at."""

    def __init__(self, untyped: bool) -> None:
        self._untyped = untyped
        self._missing, self._other = 0, 0
        self._counts: dict[str, int] = {}
        self._below = categories.SPACE

    def add(self, array: Any, counted: NDArray[np.int64] | None = None) -> None:
        """Count the values of a batch; with `counted` each stands for so many equal ones."""
        coded = columns.dictionary(array)
        rows = columns.code_counts(coded, counted)
        self._missing += (len(array) if counted is None else int(counted.sum())) - int(rows.sum())
        used = np.flatnonzero(rows)
        if self._below < categories.SPACE or len(used) > KEPT_VALUES:
            used = self._small(coded.dictionary, used, rows)
        words = columns.words(coded.dictionary, used, untyped=self._untyped)
        for word, count in zip(words, rows[used].tolist(), strict=True):
            if word is None:
                self._missing += count
            else:
                key = categories.key_of(word)
                self._counts[key] = self._counts.get(key, 0) + count
        if len(self._counts) > 2 * KEPT_VALUES:
            self._cut()

    def state(self) -> CategoryState:
        """What was counted."""
        self._cut()
        return CategoryState(self._missing, dict(self._counts), self._other)

    def _cut(self) -> None:
        state = categories.kept(CategoryState(0, self._counts, self._other), self._below)
        if state.other:
            self._counts, self._other = dict(state.counts), state.other
            self._below = max(map(categories.hash_of, state.counts), default=0)

    def _small(self, words: Any, used: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of the used values whose hash may still be among the smallest; the rows of the others are added up.

        Where values are spelled anew before they are counted (CSV fields, numbers), or long, all are looked at.
        """
        found = None if self._untyped else columns.text_buffers(words)
        if found is None or not len(used):
            return used
        hashes = kernels.hash_texts(*found)[used]
        # A value is counted by the hash of its key; keys differ from texts where those begin with # or are long.
        special = columns.starting_with("#", *found, used) | columns.longer_than(categories.LONGEST, found[0], used)
        bound = min(self._below, categories.SPACE - 1)
        if len(ordinary := hashes[~special]) > KEPT_VALUES:
            bound = min(bound, int(np.partition(ordinary, KEPT_VALUES - 1)[KEPT_VALUES - 1]))
        plain = hashes <= np.uint64(bound)
        self._other += int(rows[used][~plain & ~special].sum())
        if bound < self._below:
            self._below = bound
            self._drop_above(bound)
        return used[plain | special]

    def _drop_above(self, bound: int) -> None:
        gone = [key for key in self._counts if categories.hash_of(key) > bound]
        self._other += sum(self._counts.pop(key) for key in gone)


def _slices(edges: NDArray[np.float64]) -> tuple[NDArray[np.int16], float]:
    """Where each of SLOTS equal slices of the edges' range begins among them, and slices per unit of the range."""
    width = float(edges[-1]) - float(edges[0]) if len(edges) > 1 else 0.0
    slice_of = kernels.SLOTS / width if 0 < width < np.inf else 0.0
    if not np.isfinite(slice_of) or slice_of == 0.0:
        starts = np.zeros(kernels.SLOTS + 1, dtype=np.int16)
        starts[1:] = len(edges)
        return starts, 0.0
    # The slice of an edge may be off by one for rounding; the kernel looks beyond the ends of a slice where it has to.
    place = np.minimum(np.ceil((edges - edges[0]) * slice_of), kernels.SLOTS).astype(np.int64)
    return np.cumsum(np.bincount(place, minlength=kernels.SLOTS + 1)).astype(np.int16), slice_of
