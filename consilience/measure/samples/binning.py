"""Columns of a sample as small whole numbers: bins of numbers, codes of categories, missing in a bin of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.measure.samples.sampling import CategoryColumn, Column, NumberColumn, Sample

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]

MISSING, ODD, FIRST = 0, 1, 2
"""The bins of what has no value; of NaN and of values that are not listed; and the first bin of the others."""
MOST_BINS = 64
MOST_VALUES = MOST_BINS - FIRST


@dataclass(frozen=True)
class NumberBins:
    """Bin FIRST + i has the values from edges[i - 1] to below edges[i]. `single` where each bin has one value, `values[i]`."""

    edges: Floats
    single: Floats | None

    @property
    def bins(self) -> int:
        return FIRST + len(self.edges) + 1

    def codes(self, column: Column) -> Codes:
        assert isinstance(column, NumberColumn)
        found = FIRST + np.searchsorted(self.edges, column.values, side="right")
        found[np.isnan(column.values)] = ODD
        found[column.missing] = MISSING
        return found.astype(np.uint8)

    def said(self, name: str, code: int) -> str:
        """A bin in words."""
        if code < FIRST:
            return f"{name} is {'missing' if code == MISSING else 'not a number'}"
        place = code - FIRST
        if self.single is not None:
            return f"{name} is {self.single[place]:.6g}"
        if place == 0:
            return f"{name} is below {self.edges[0]:.6g}"
        if place == len(self.edges):
            return f"{name} is {self.edges[-1]:.6g} or more"
        return f"{name} is from {self.edges[place - 1]:.6g} to below {self.edges[place]:.6g}"


@dataclass(frozen=True)
class CategoryBins:
    """Bin FIRST + i is values[i]: the most frequent ones."""

    values: tuple[str, ...]

    @property
    def bins(self) -> int:
        return FIRST + len(self.values)

    def codes(self, column: Column) -> Codes:
        assert isinstance(column, CategoryColumn)
        place = {value: FIRST + number for number, value in enumerate(self.values)}
        bins = np.array([*(place.get(value, ODD) for value in column.values), MISSING], dtype=np.uint8)
        return bins[column.codes]

    def said(self, name: str, code: int) -> str:
        """A bin in words."""
        if code < FIRST:
            return f"{name} is {'missing' if code == MISSING else 'one of its rare values'}"
        return f"{name} is {self.values[code - FIRST]}"


@dataclass(frozen=True)
class Binning:
    """How the columns are binned, in their order."""

    columns: dict[str, NumberBins | CategoryBins]

    def codes(self, sample: Sample) -> Codes:
        """The bins of a sample: a row of the result for each row, a column for each column."""
        made = np.zeros((sample.rows, len(self.columns)), dtype=np.uint8)
        for number, (name, bins) in enumerate(self.columns.items()):
            column = sample.column(name)
            made[:, number] = bins.codes(column)
        return made

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.array([bins.bins for bins in self.columns.values()], dtype=np.int64)

    @property
    def categorical(self) -> NDArray[np.bool_]:
        return np.array([isinstance(bins, CategoryBins) for bins in self.columns.values()], dtype=np.bool_)


def learn_bins(samples: Iterable[Sample], names: Iterable[str], *, steps: int = 32) -> Binning:
    """Bins of the rows of all samples together: quantiles in so many steps, the values themselves where they are few."""
    given = list(samples)
    made: dict[str, NumberBins | CategoryBins] = {}
    for name in names:
        found = [sample.column(name) for sample in given]
        numbers = [column for column in found if isinstance(column, NumberColumn)]
        if len(numbers) == len(found):
            made[name] = _of_numbers(np.concatenate([column.values for column in numbers]), steps)
        else:
            made[name] = _of_categories([column for column in found if isinstance(column, CategoryColumn)], steps)
    return Binning(made)


def same_kind(one: Sample, other: Sample) -> tuple[list[str], list[str]]:
    """The names of the columns that both samples have as the same kind, and of all others."""
    common = [name for name, column in one.columns.items() if type(column) is type(other.columns.get(name))]
    return common, sorted({*one.columns, *other.columns} - set(common))


def _of_numbers(values: Floats, steps: int) -> NumberBins:
    values = np.sort(values[~np.isnan(values)]) + 0.0
    if not len(values):
        return NumberBins(np.zeros(0), None)
    different = values[np.concatenate(([True], values[1:] != values[:-1]))]
    if len(different) <= steps:
        return NumberBins(different[1:], different)
    # An edge is a value that is there, so an atom begins a bin.
    edges = np.unique(values[(np.arange(1, steps) * len(values)) // steps])
    return NumberBins(edges[edges > values[0]], None)


def _of_categories(columns: list[CategoryColumn], steps: int) -> CategoryBins:
    rows: dict[str, int] = {}
    for column in columns:
        counts = np.bincount(column.codes + 1, minlength=len(column.values) + 1)[1:]
        for value, count in zip(column.values, counts.tolist(), strict=True):
            rows[value] = rows.get(value, 0) + count
    most = sorted(rows, key=lambda value: (-rows[value], value))[: min(MOST_VALUES, max(2 * steps, 20))]
    return CategoryBins(tuple(most))
