"""Kernels of the search for slices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled
def narrowed(codes: Codes, rows: Ints, column: int, code: int) -> Ints:
    """Those of the rows whose column has this code."""
    made = np.empty(len(rows), dtype=np.int64)
    count = 0
    for row in rows:
        if codes[row, column] == code:
            made[count] = row
            count += 1
    return made[:count]


@compiled
def split(codes: Codes, rows: Ints, errors: Floats, first: int, counts: Floats, sums: Floats, largest: Floats) -> None:
    """Rows, sum and largest of the errors by the bin of each column from `first` on, among these rows."""
    counts[first:] = 0.0
    sums[first:] = 0.0
    largest[first:] = 0.0
    for row in rows:
        error = errors[row]
        for column in range(first, codes.shape[1]):
            code = codes[row, column]
            counts[column, code] += 1.0
            sums[column, code] += error
            largest[column, code] = max(largest[column, code], error)
