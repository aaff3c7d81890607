"""Kernels that count: one pass over the rows of a batch, integers only, no allocation inside."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.native.kernel import kernel
from consilience.measure.states import cube, scores

Ints = NDArray[np.int64]

# Written out again, because a compiled kernel is kept until *this* file changes: whoever changes them there is stopped here.
POINT, BINS, CLIP, MIXED, TOP_KEY = 40, 10, 2.0**-52, -1, 2 * 4602678819172646912
EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
assert (POINT, BINS, CLIP, EDGES) == (cube.POINT, cube.BINS, cube.CLIP, cube.EDGES)
assert (MIXED, TOP_KEY) == (scores.MIXED, scores.TOP_KEY)

UNIT = float(1 << POINT)
EDGE = np.array(EDGES)
SQUARED, LOG_LOSS, SUMS = BINS, BINS + 1, BINS + 2
LN2_HIGH = 6.93147180369123816490e-01  # ln 2 in two parts; the product of the first with an exponent is exact
LN2_LOW = 1.90821492927058770002e-10
FRACTION_BITS, EXPONENT, HALF = 52, 0x7FF, 1022  # of a double, and the exponent of the numbers from 1/2 to 1
FRACTION = (1 << FRACTION_BITS) - 1
ROOT_HALF = 0.7071067811865476
EMPTY = -1
CELL, BIN, ROWS, OFFSET = 0, 1, 2, 3
MOST_AT_ONCE = 1 << 16


@kernel("float64 -> float64")
def natural_log(x: float) -> float:
    """ln x for a normal x > 0, from additions, multiplications and divisions only.

    Libraries differ in the last bit of their logarithm; sums that are hashed may not. With x = m 2^k and m near 1,
    ln m = 2 artanh f, f = (m - 1) / (m + 1), by its series up to f^23, which is below 2^-60 here.
    """
    bits = np.float64(x).view(np.int64)
    k = ((bits >> FRACTION_BITS) & EXPONENT) - HALF
    m = np.int64((bits & FRACTION) | (HALF << FRACTION_BITS)).view(np.float64)  # in [1/2, 1), as of math.frexp
    if m < ROOT_HALF:
        m, k = 2.0 * m, k - 1
    f = (m - 1.0) / (m + 1.0)
    square = f * f
    series = 1.0 / 23.0
    for odd in range(21, 0, -2):
        series = series * square + 1.0 / odd
    return k * LN2_HIGH + (k * LN2_LOW + 2.0 * f * series)


@kernel("float64 -> int64")
def calibration_bin(score: float) -> int:
    """The index i with EDGES[i] <= score < EDGES[i + 1], the last bin closed."""
    i = min(int(score * BINS), BINS - 1)
    # The product of an edge and ten never falls short, but just below an edge it may be rounded up to it.
    return i - 1 if score < EDGE[i] else i


@kernel("int32[], float64[], boolean[], mut int64[], mut int64[,], mut int64[,] -> none")
def tally(
    cell: NDArray[np.int32],
    score: NDArray[np.float64],
    scored: NDArray[np.bool_],
    rows: Ints,
    bin_rows: NDArray[np.int64],
    sums: NDArray[np.int64],
) -> None:
    """Add the rows of a batch to their cells; a negative cell is a row that was not chosen.

    The cell number is group * 9 + label * 3 + prediction. `sums` holds, by cell, the scores of each calibration bin,
    the squared errors and the log losses, each term rounded to a multiple of 2^-40.
    """
    for row in range(len(cell)):
        c = cell[row]
        if c < 0:
            continue
        rows[c] += 1
        if not scored[row]:
            continue
        s = score[row]
        b = calibration_bin(s)
        bin_rows[c, b] += 1
        sums[c, b] += np.int64(math.floor(s * UNIT + 0.5))
        label = (c // 3) % 3
        if label == 2:
            continue
        error = s - label
        given = s if label == 1 else 1.0 - s
        given = min(max(given, CLIP), 1.0 - CLIP)
        sums[c, SQUARED] += np.int64(math.floor(error * error * UNIT + 0.5))
        sums[c, LOG_LOSS] += np.int64(math.floor(-natural_log(given) * UNIT + 0.5))


@kernel("int32[], float64[], boolean[], int64[], mut int64[], mut int64[,], mut int64[,], mut int64[,] -> none")
def tally_counted(
    cell: NDArray[np.int32],
    score: NDArray[np.float64],
    scored: NDArray[np.bool_],
    counted: Ints,
    rows: Ints,
    bin_rows: NDArray[np.int64],
    sums: NDArray[np.int64],
    carried: NDArray[np.int64],
) -> None:
    """As `tally`, where each entry stands for `counted` equal rows: each of its terms is added so many times.

    A term is below 2^46 and `sums` below 2^40 after carrying, so 2^16 of them at a time cannot overflow.
    """
    for row in range(len(cell)):
        c, n = cell[row], counted[row]
        if c < 0:
            continue
        rows[c] += n
        if not scored[row]:
            continue
        s = score[row]
        b = calibration_bin(s)
        bin_rows[c, b] += n
        label = (c // 3) % 3
        error = s - label
        given = s if label == 1 else 1.0 - s
        given = min(max(given, CLIP), 1.0 - CLIP)
        scores_term = np.int64(math.floor(s * UNIT + 0.5))
        squared_term = np.int64(math.floor(error * error * UNIT + 0.5)) if label != 2 else np.int64(0)
        log_loss_term = np.int64(math.floor(-natural_log(given) * UNIT + 0.5)) if label != 2 else np.int64(0)
        while n > 0:
            step = min(n, MOST_AT_ONCE)
            n -= step
            sums[c, b] += scores_term * step
            sums[c, SQUARED] += squared_term * step
            sums[c, LOG_LOSS] += log_loss_term * step
            for column in (b, SQUARED, LOG_LOSS):
                carried[c, column] += sums[c, column] >> POINT
                sums[c, column] &= (1 << POINT) - 1


@kernel("mut int64[,], mut int64[,] -> none")
def carry(sums: NDArray[np.int64], carried: NDArray[np.int64]) -> None:
    """Move whole units from `sums` to `carried`, so that `sums` cannot overflow in the next batch."""
    for c in range(sums.shape[0]):
        for column in range(sums.shape[1]):
            carried[c, column] += sums[c, column] >> POINT
            sums[c, column] &= (1 << POINT) - 1


# The tables below are open-addressing ones whose size is a power of two. A slot is a row of four: what is looked for lies together.


@kernel("mut int64[,], int32[], float64[], int64[], int64, int64, int64 -> int64, int64")
def insert_scores(
    slots: Ints, cell: NDArray[np.int32], score: NDArray[np.float64], counted: Ints, shift: int, row: int, used: int
) -> tuple[int, int]:
    """Add the scores of a batch from `row` on, in bins of this shift, until half of the slots are used.

    A negative cell is a row without a score; `counted` are the rows that each stands for, empty where it is one. Gives back
    the row at which it stopped, and how many slots are used.
    """
    mask, most, some_counted = np.uint64(len(slots) - 1), len(slots) // 2, len(counted) > 0
    rows, lost = len(cell), (1 << shift) - 1
    while row < rows and used < most:
        c, s, n = np.int64(cell[row]), score[row] + 0.0, counted[row] if some_counted else 1
        row += 1
        if c < 0:
            continue
        bits = np.float64(s).view(np.int64)
        mirrored = TOP_KEY - np.float64(1.0 - s).view(np.int64)
        key = bits if s < 0.5 else mirrored
        b, rest = key >> shift, key & lost
        mixed = (np.uint64(b) ^ (np.uint64(c) * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
        at = (mixed ^ (mixed >> np.uint64(31))) & mask
        while slots[at, CELL] != EMPTY and (slots[at, CELL] != c or slots[at, BIN] != b):
            at = (at + np.uint64(1)) & mask
        if slots[at, CELL] == EMPTY:
            slots[at, CELL], slots[at, BIN], slots[at, ROWS], slots[at, OFFSET] = c, b, n, rest
            used += 1
        else:
            slots[at, ROWS] += n
            if slots[at, OFFSET] != rest:
                slots[at, OFFSET] = MIXED
    return row, used


@kernel("mut int64[,], int64[,] -> none")
def insert_entries(slots: Ints, entries: Ints) -> None:
    """Put different entries into an empty table, which has room for them; what is EMPTY among them is left out."""
    mask = np.uint64(len(slots) - 1)
    for i in range(len(entries)):
        c, b = entries[i, CELL], entries[i, BIN]
        if c == EMPTY:
            continue
        mixed = (np.uint64(b) ^ (np.uint64(c) * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
        at = (mixed ^ (mixed >> np.uint64(31))) & mask
        while slots[at, CELL] != EMPTY:
            at = (at + np.uint64(1)) & mask
        slots[at, CELL], slots[at, BIN] = c, b
        slots[at, ROWS], slots[at, OFFSET] = entries[i, ROWS], entries[i, OFFSET]


@kernel("int64[,], mut int64[,] -> none")
def take_entries(slots: Ints, made: Ints) -> None:
    """The entries of a table, one in each column of `made`, in the order of their slots."""
    found = 0
    for at in range(len(slots)):
        if slots[at, CELL] != EMPTY:
            for part in range(4):
                made[part, found] = slots[at, part]
            found += 1
