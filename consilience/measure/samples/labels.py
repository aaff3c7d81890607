"""Columns of a sample as labels: text of any kind, or 1 and 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure import classes
from consilience.measure.samples.sampling import CategoryColumn, Sample
from consilience.measure.values import text_of

Floats = NDArray[np.float64]


def words(sample: Sample, name: str) -> tuple[NDArray[np.int64], list[str]]:
    """A column as codes into texts, in the one form that values have; -1 where missing."""
    column = sample.column(name)
    if isinstance(column, CategoryColumn):
        return column.codes.astype(np.int64), list(column.values)
    there = ~np.isnan(column.values)
    different, place = np.unique(column.values[there], return_inverse=True)
    codes = np.full(sample.rows, -1, dtype=np.int64)
    codes[there] = place
    return codes, [str(text_of(value)) for value in different.tolist()]


def binary(sample: Sample, name: str, positive: object = None) -> Floats:
    """A label as 1 (positive), 0 and NaN where missing. Raises BadInput where the classes are not two that can be told apart."""
    codes, values = words(sample, name)
    where = f"{sample.name}, column {name!r}"
    code_of = classes.codes(set(values), positive=text_of(positive), where=where)
    as_number = np.array([*(float(code_of[value]) for value in values), np.nan])
    return np.asarray(as_number[codes])
