"""Decimals as doubles, each rounded once to the nearest, as a text or a database gives it.

Arrow multiplies by a power of ten, so that its 59416.13 is 59416.130000000005, and no longer the same value as in a CSV.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

EXACT_INTEGER = 2**53
EXACT_POWER = 22  # 10^22 is the largest power of ten that is a double


def doubles(array: Any) -> Any:
    """A column of decimals of at most 38 digits as a column of doubles."""
    kind = array.type
    if not pa.types.is_decimal128(kind):
        array = array.cast(pa.decimal128(kind.precision, kind.scale))
    valid, data = array.buffers()
    end = array.offset + len(array)
    # Little-endian integers of 16 bytes: the low half alone where the high half is only its sign.
    halves = np.frombuffer(data, dtype=np.int64)[: 2 * end].reshape(-1, 2) if end else np.zeros((0, 2), dtype=np.int64)
    low, high = halves[:, 0], halves[:, 1]
    divided = 0 <= kind.scale <= EXACT_POWER
    made = low / 10.0**kind.scale if divided else np.zeros(len(low))
    small = (high == low >> 63) & (low <= EXACT_INTEGER) & (low >= -EXACT_INTEGER) & divided
    for row in np.flatnonzero(~small).tolist():
        whole = (int(high[row]) << 64) + int(low[row]) % 2**64
        made[row] = whole / 10**kind.scale if kind.scale >= 0 else float(whole * 10**-kind.scale)
    return pa.Array.from_buffers(pa.float64(), len(array), [valid, pa.py_buffer(made.tobytes())], offset=array.offset)
