"""Arrow's memory as numpy arrays, and back, without a copy where that can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

# Arrow's own casts and dictionaries are left to what is rare: the first of them imports `pyarrow.compute`, a twentieth of
# a second.


def present(array: Any) -> NDArray[np.bool_]:
    """Which rows have a value; a stored NaN is one."""
    rows = len(array)
    if not array.null_count:
        return np.ones(rows, dtype=np.bool_)
    bits = array.buffers()[0]
    if bits is None:  # of the type that has no values
        return np.zeros(rows, dtype=np.bool_)
    valid = np.unpackbits(np.frombuffer(bits, dtype=np.uint8), bitorder="little", count=array.offset + rows)
    return valid[array.offset :].astype(np.bool_)


def buffer(array: Any, dtype: type[Any]) -> NDArray[Any]:
    """The values of a column of this type as they are stored, any where a row has none."""
    # Straight from Arrow's memory: `to_numpy`, `fill_null` and `pa.scalar` would import pandas where it is installed.
    if not len(array):
        return np.zeros(0, dtype=dtype)
    return np.frombuffer(array.buffers()[1], dtype=dtype)[array.offset : array.offset + len(array)]


def bitmap(array: Any) -> tuple[NDArray[np.uint8], int]:
    """Arrow's bitmap of the rows that have a value, empty where every row has one, and the bit of the first row."""
    if not array.null_count:
        return np.zeros(0, dtype=np.uint8), 0
    bits = array.buffers()[0]
    if bits is None:  # of the type that has no values
        return np.zeros(len(array) // 8 + 1, dtype=np.uint8), 0
    return np.frombuffer(bits, dtype=np.uint8), array.offset


def stored(array: Any) -> NDArray[Any]:
    """The numbers of a column as they are stored, any where a row has none."""
    return buffer(array, array.type.to_pandas_dtype())


def arrow_of(values: NDArray[Any], kind: pa.DataType) -> Any:
    """Numbers without missing ones, as Arrow's."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])
