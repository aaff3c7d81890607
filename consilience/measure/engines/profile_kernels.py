"""Kernels that profile columns: one pass over the values of a batch, integers only, nothing allocated inside."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.native.kernel import kernel
from consilience.measure.states import numbers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Written out again, because a compiled kernel is kept until *this* file changes: whoever changes them there is stopped here.
LARGEST_UNITS, KEPT_HASHES, HASHES = 1 << 45, 1024, 1 << 31
assert (LARGEST_UNITS, KEPT_HASHES, HASHES) == (numbers.LARGEST_UNITS, numbers.KEPT_HASHES, numbers.HASHES)

SLOTS = 16_384
SET_SIZE = 8192  # of the table of hashes, a power of two
FULL = 4096  # entries at which the table is cut back to KEPT_HASHES
MISSING, NAN, LOW, HIGH, BEYOND, ENTRIES = 0, 1, 2, 3, 4, 5
TALLIES = 6
TOTAL, HIGH_SQUARES, MIXED_SQUARES, LOW_SQUARES, SUMS = 0, 1, 2, 3, 4
SPLIT = 23
LOW_BITS = (1 << SPLIT) - 1
LOW_31, LOW_14 = (1 << 31) - 1, 1 << 14
K1, K2, K3, K4, K5 = 1_103_515_245, 747_796_405, 362_437_069, 1_057_612_983, 930_145_961


@kernel("int64 -> int64")
def hash_of_units(v: int) -> int:
    """A hash of 31 bits of a whole number below 2^45 in magnitude.

    Products and sums stay below 2^63 and only bits are taken apart, so that any SQL dialect can do the same.
    """
    first = (v & LOW_31) * K1 + ((v >> 31) + LOW_14) * K2 + K3
    second = (first >> 31) * K4 + (first & LOW_31) * K5
    return (second >> 21) & LOW_31


def keep_smallest(table: Ints, tally: Ints) -> int:
    """Cut the table back to the smallest KEPT_HASHES hashes; the bound below which a hash is looked at from now on."""
    found = np.sort(table[table >= 0])[:KEPT_HASHES]
    table.fill(-1)
    tally[ENTRIES] = len(found)
    put(table, found)
    return int(found[-1]) + 1 if len(found) == KEPT_HASHES else HASHES


@kernel("mut int64[], int64[] -> none")
def put(table: Ints, hashes: Ints) -> None:
    """Put different hashes into an empty table."""
    for h in hashes:
        place = h & (SET_SIZE - 1)
        while table[place] >= 0:
            place = (place + 1) & (SET_SIZE - 1)
        table[place] = h


# Nothing is called inside the loops below that takes an array: counting its references would cost more than the work.


@kernel("float64[], uint8[], int64, float64[], int16[], float64, mut int64[] -> none")
def count_bins(
    values: Floats,
    valid: NDArray[np.uint8],
    offset: int,
    edges: Floats,
    starts: NDArray[np.int16],
    slice_of: float,
    bins: Ints,
) -> None:
    """Add the finite values of a batch to the bin of their edges: bins[i] where i edges are at or below the value.

    `valid` is Arrow's bitmap (bit `offset` is the first row), empty where nothing is missing. `starts[i]` is the bin in
    which the i-th of SLOTS equal slices of the edges' range begins.
    """
    last, some_missing = len(edges), len(valid) > 0
    lowest = edges[0] if last else math.inf
    highest = edges[last - 1] if last else math.inf
    for row in range(len(values)):
        if some_missing and not (valid[(offset + row) >> 3] >> ((offset + row) & 7)) & 1:
            continue
        x = values[row]
        if not math.isfinite(x):
            continue
        if not lowest <= x < highest:
            bins[0 if x < lowest else last] += 1
            continue
        place = min(int((x - lowest) * slice_of), SLOTS - 1)
        first, end = starts[place], starts[place + 1]
        # The slice was computed with rounding: widen it where it misses the value.
        while x < edges[first - 1]:
            first -= 1
        while end < last and x >= edges[end]:
            end += 1
        while first < end:
            middle = (first + end) >> 1
            if x >= edges[middle]:
                first = middle + 1
            else:
                end = middle
        bins[first] += 1


@kernel(
    "float64[], uint8[], int64, int64, float64, float64, mut int64[], mut int64[], mut float64[], mut int64[], int64 -> int64"
)
def add_up(
    values: Floats,
    valid: NDArray[np.uint8],
    offset: int,
    row: int,
    origin: float,
    per_unit: float,
    tally: Ints,
    sums: Ints,
    extremes: Floats,
    table: Ints,
    bound: int,
) -> int:
    """Add what is missing, the sums, the extremes and the hashes of a batch of at most 2^17 rows, from `row` on.

    Returns the row at which the table of hashes was full, or the number of rows.
    """
    rows, some_missing = len(values), len(valid) > 0
    least, most = extremes[0], extremes[1]
    total, high, mixed, low = sums[TOTAL], sums[HIGH_SQUARES], sums[MIXED_SQUARES], sums[LOW_SQUARES]
    entries = tally[ENTRIES]
    while row < rows and entries < FULL:
        place = offset + row
        x = values[row]
        row += 1
        if some_missing and not (valid[place >> 3] >> (place & 7)) & 1:
            tally[MISSING] += 1
            continue
        if not math.isfinite(x):
            tally[NAN if math.isnan(x) else LOW if x < 0 else HIGH] += 1
            continue
        least, most = min(x, least), max(x, most)
        scaled = (x - origin) * per_unit
        if not -LARGEST_UNITS < scaled < LARGEST_UNITS:
            tally[BEYOND] += 1
            continue
        v = math.floor(scaled + 0.5)
        total += v
        upper, lower = v >> SPLIT, v & LOW_BITS
        high += upper * upper
        mixed += upper * lower
        low += lower * lower
        h = hash_of_units(v)
        if h < bound:
            place = h & (SET_SIZE - 1)
            while table[place] >= 0 and table[place] != h:
                place = (place + 1) & (SET_SIZE - 1)
            if table[place] < 0:
                table[place] = h
                entries += 1
    extremes[0], extremes[1] = least, most
    sums[TOTAL], sums[HIGH_SQUARES], sums[MIXED_SQUARES], sums[LOW_SQUARES] = total, high, mixed, low
    tally[ENTRIES] = entries
    return row


def hash_texts(offsets: Ints, data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The hash of `categories.hash_of` of each text; offsets[i] to offsets[i + 1] are its UTF-8 bytes."""
    made = np.empty(len(offsets) - 1, dtype=np.uint64)
    hash_each(offsets, data, made)
    return made


@kernel("int64[], uint8[], mut uint64[] -> none")
def hash_each(offsets: Ints, data: NDArray[np.uint8], made: NDArray[np.uint64]) -> None:
    """As `hash_texts`, into `made`."""
    for number in range(len(made)):
        state = np.uint64(0xCBF29CE484222325)
        for place in range(offsets[number], offsets[number + 1]):
            state = (state ^ np.uint64(data[place])) * np.uint64(0x100000001B3)
        state = (state ^ (state >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
        state = (state ^ (state >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
        made[number] = state ^ (state >> np.uint64(33))
