"""Counting only the rows that a filter keeps, whatever is counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from consilience.measure.engines import columns, groups
from consilience.measure.engines.scan import Counting, Folder, Progress
from consilience.measure.engines.sources import Source, Want, batches
from consilience.measure.values import spellings

Where = Sequence[tuple[str, str]]


class FilteredFolder:
    """A folder that is given only the rows whose columns have these values; rows keep no number of their own then."""

    by_column = False

    def __init__(self, folder: Folder, where: Where, source: Source) -> None:
        self._folder, self._where, self._untyped = folder, tuple(where), source.untyped

    def wants(self) -> Mapping[str, Want]:
        return {**self._folder.wants(), **{column: Want.TEXT for column, _ in self._where}}

    def start(self) -> FilteredCounting:
        return FilteredCounting(self._folder.start(), self._where, untyped=self._untyped)


class FilteredCounting:
    """Passes the chosen rows of each batch on."""

    def __init__(self, counting: Counting, where: Where, *, untyped: bool) -> None:
        self.inner: Any = counting
        self._where, self._untyped = where, untyped

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        chosen = np.ones(batch.num_rows, dtype=np.bool_)
        for column, value in self._where:
            found = columns.texts(batch.column(column), untyped=self._untyped)
            accepted = spellings(value)
            chosen &= np.array([word in accepted for word in found.values] + [False])[found.codes]
        self.inner.add(batch if chosen.all() else columns.rows_of(batch, np.flatnonzero(chosen)), first_row)


def kept_batches(
    source: Source, wants: Mapping[str, Want], where: groups.Where, progress: Progress | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows of a source that a filter keeps, one batch after the other; BadInput where it keeps none of those that there are.

    `progress` is told how many rows were read, kept or not.
    """
    chosen, read, kept = groups.Filter(where, source), 0, 0
    for batch in batches(source, {**{column: Want.TEXT for column, _ in where}, **wants}):
        read += batch.num_rows
        rows = np.flatnonzero(chosen.chosen(batch)) if where else None
        left = batch if rows is None or len(rows) == batch.num_rows else columns.rows_of(batch, rows)
        kept += left.num_rows
        if left.num_rows:
            yield left
        if progress is not None:
            progress(batch.num_rows)
    if read and not kept:
        groups.refuse_no_rows(source, where, [chosen.seen], read=True)
