"""Which rows take part, and to which group each belongs: the same for everything that is counted by group."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure import classes
from consilience.measure.engines import columns
from consilience.measure.engines.columns import Texts
from consilience.measure.engines.sources import Source
from consilience.measure.states.cube import check_groups
from consilience.measure.values import spellings

Group = tuple[str | None, ...]
Where = tuple[tuple[str, str], ...]
FEW = 4096
"""So many combinations of values are numbered outright, however few rows there are."""


class Filter:
    """Rows whose columns have the values that were asked for; remembers some of the values that there are."""

    def __init__(self, where: Where, source: Source) -> None:
        self._where, self._source = where, source
        self.seen: dict[str, set[str]] = {column: set() for column, _ in where}

    def chosen(self, batch: pa.RecordBatch) -> NDArray[np.bool_]:
        chosen = np.ones(batch.num_rows, dtype=np.bool_)
        for column, value in self._where:
            found = texts(self._source, batch, column)
            accepted = spellings(value)
            wanted = np.array([word in accepted for word in found.values] + [False])
            chosen &= wanted[found.codes]
            self.seen[column].update(found.values[:20])
        return chosen


class Groups:
    """Groups numbered as they are met."""

    def __init__(self, protected: Sequence[str], source: Source) -> None:
        self._protected, self._source = tuple(protected), source
        self.met: dict[Group, int] = {}

    def __len__(self) -> int:
        return len(self.met)

    def numbers(self, batch: pa.RecordBatch, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The number of each row's group; rows not chosen get any number."""
        found = [texts(self._source, batch, column) for column in self._protected]
        sizes = [len(attribute.values) + 1 for attribute in found]
        if math.prod(sizes) > batch.num_rows + FEW:
            return self._of_many(found, chosen)
        combined = np.zeros(batch.num_rows, dtype=np.int64)
        for attribute, size in zip(found, sizes, strict=True):
            combined = combined * size + (attribute.codes + 1)
        number = np.zeros(math.prod(sizes), dtype=np.int64)
        there = combined if chosen.all() else combined[chosen]
        for place in np.flatnonzero(np.bincount(there, minlength=len(number))).tolist():
            codes = [place // math.prod(sizes[position + 1 :]) % size - 1 for position, size in enumerate(sizes)]
            number[place] = self._number(found, codes)
        self._check()
        return number[combined]

    def _of_many(self, found: Sequence[Texts], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """As `numbers`, where most combinations of values are those of no row."""
        combined = np.zeros(len(chosen), dtype=np.int64)
        for attribute in found:
            combined = combined * (len(attribute.values) + 1) + attribute.codes + 1
            _, combined = np.unique(combined, return_inverse=True)
        last = np.zeros(int(combined.max(initial=0)) + 1, dtype=np.int64)
        last[combined[chosen]] = np.flatnonzero(chosen)  # some row of each group that is there
        number = np.zeros(len(last), dtype=np.int64)
        for group in np.unique(combined[chosen]):
            row = int(last[group])
            number[group] = self._number(found, [int(attribute.codes[row]) for attribute in found])
        self._check()
        return number[combined]

    def _number(self, found: Sequence[Texts], codes: Sequence[int]) -> int:
        values = (None if code < 0 else one.values[code] for one, code in zip(found, codes, strict=True))
        return self.met.setdefault(tuple(values), len(self.met))

    def _check(self) -> None:
        with named(self._source):
            check_groups(self._protected, self.met)


def texts(source: Source, batch: pa.RecordBatch, column: str) -> Texts:
    """A column of classes or groups; what is wrong with it names the source and the column."""
    with named(source, f"column {column!r}"):
        return columns.texts(batch.column(column), untyped=source.untyped)


def refuse_no_rows(source: Source, where: Where, seen: Sequence[Mapping[str, set[str]]], *, read: bool) -> None:
    """Raise BadInput for a source without rows, or without one that the filter leaves."""
    raise no_rows(source.name, where, seen, read=read)


def no_rows(name: str, where: Where, seen: Sequence[Mapping[str, set[str]]], *, read: bool) -> BadInput:
    """What is wrong with a source that gave no row: `seen` holds some values of the filter's columns."""
    if not where or not read:
        return BadInput(name, "has no rows")
    asked = " and ".join(f"{column!r} = {value!r}" for column, value in where)
    column = where[0][0]
    there = classes.shown(set().union(*(one[column] for one in seen)))
    return BadInput(name, f"has no row with {asked}; the values of {column!r} are {there or 'all missing'}")


@contextmanager
def named(source: Source, column: str | None = None) -> Iterator[None]:
    """Say which source it is that a sentence speaks about."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{source.name}, {column or error.where}", error.problem) from error
