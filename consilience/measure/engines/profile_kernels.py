"""Kernels that profile columns: one pass over the values of a batch, integers only, nothing allocated inside."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from consilience.measure.native.kernel import kernel
from consilience.measure.states import numbers

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Hashes = NDArray[np.int32]

# Written out again, because a compiled kernel is kept until *this* file changes: whoever changes them there is stopped here.
LARGEST_UNITS, KEPT_HASHES, HASHES = 1 << 45, 1024, 1 << 31
assert (LARGEST_UNITS, KEPT_HASHES, HASHES) == (numbers.LARGEST_UNITS, numbers.KEPT_HASHES, numbers.HASHES)

SLOTS = 16_384
FEW = 3  # edges in a slot that are compared one by one
BLOCK = 1024
MOST_ROWS = 1 << 17  # counted at once, so that no sum of squares leaves 64 bits
SET_SIZE = 8192  # of the table of hashes, a power of two
FULL = 4096  # entries at which the table is cut back to KEPT_HASHES
MISSING, NAN, LOW, HIGH, BEYOND, ENTRIES, LEAST, MOST, TOTAL, HIGH_SQUARES, MIXED_SQUARES, LOW_SQUARES = range(12)
TALLIES = 12
LOW_63 = (1 << 63) - 1
NO_LEAST, NO_MOST = 0x7FF << 52, ~(0x7FF << 52)  # of the infinities, which are no extremes
SPLIT = 23
LOW_BITS = (1 << SPLIT) - 1
LOW_31, LOW_32, LOW_14 = (1 << 31) - 1, (1 << 32) - 1, 1 << 14
K1, K2, K3, K4, K5 = 1_103_515_245, 747_796_405, 362_437_069, 1_057_612_983, 930_145_961


@kernel("int64 -> int64")
def hash_of_units(v: int) -> int:
    """A hash of 31 bits of a whole number below 2^45 in magnitude.

    Products and sums stay below 2^63 and only bits are taken apart, so that any SQL dialect can do the same.
    """
    # The masks of 32 bits take nothing away; they tell the compiler that the products are of 32 bits each.
    first = (v & LOW_31) * K1 + (((v >> 31) + LOW_14) & LOW_32) * K2 + K3
    second = ((first >> 31) & LOW_32) * K4 + (first & LOW_31) * K5
    return (second >> 21) & LOW_31


def keep_smallest(table: Hashes, tally: Ints) -> int:
    """Cut the table back to the smallest KEPT_HASHES hashes; the bound below which a hash is looked at from now on."""
    found = np.sort(table[table >= 0])[:KEPT_HASHES]
    table.fill(-1)
    tally[ENTRIES] = len(found)
    put(table, found)
    return int(found[-1]) + 1 if len(found) == KEPT_HASHES else HASHES


@kernel("mut int32[], int32[] -> none")
def put(table: Hashes, hashes: Hashes) -> None:
    """Put different hashes into an empty table."""
    for h in hashes:
        place = h & (SET_SIZE - 1)
        while table[place] >= 0:
            place = (place + 1) & (SET_SIZE - 1)
        table[place] = h


def extreme(key: int) -> float:
    """The double of which `key` is the place in the order of all doubles, as LEAST and MOST of a tally are."""
    return float(np.int64(key ^ ((key >> 63) & LOW_63)).view(np.float64))


# Each loop below does one thing to a block of rows, without a branch that the data decide, so that the compiler can do several
# rows at once. None calls what takes an array: counting its references would cost more than the work.


@kernel("float64[], uint8[], int64, int64, int64, mut float64[] -> int64")
def take_block(values: Floats, valid: NDArray[np.uint8], offset: int, row: int, size: int, block: Floats) -> int:
    """Copy values from `row` on, NaN where the row has none; how many have none."""
    missing = 0
    if len(valid) > 0:
        for i in range(size):
            place = offset + row + i
            there = (valid[place >> 3] >> (place & 7)) & 1
            missing += 1 - int(there)
            block[i] = values[row + i] if there else math.nan
    else:
        for i in range(size):
            block[i] = values[row + i]
    return missing


@kernel("float64[], int64, float64, float64, mut int64[], mut int64[,] -> none")
def sum_block(block: Floats, size: int, origin: float, per_unit: float, tally: Ints, room: Ints) -> None:
    """Add up NaNs, infinities, extremes and sums of a block; leaves each row's hash in room[1], HASHES where it has none."""
    nan, low, high, beyond = 0, 0, 0, 0
    least, most = tally[LEAST], tally[MOST]
    total, high_squares, mixed_squares, low_squares = 0, 0, 0, 0
    for i in range(size):
        x = block[i]
        nan += int(x != x)  # noqa: PLR0124 - so is only NaN
        low += int(x == -math.inf)
        high += int(x == math.inf)
        bits = int(np.float64(x).view(np.int64))
        finite = (bits & LOW_63) < NO_LEAST
        key = bits ^ ((bits >> 63) & LOW_63)  # in the order of the numbers
        least = min(least, key if finite else NO_LEAST)
        most = max(most, key if finite else NO_MOST)
        scaled = (x - origin) * per_unit
        inside = abs(scaled) < LARGEST_UNITS
        beyond += int(finite) - int(inside)
        v = math.floor((scaled if inside else 0.0) + 0.5)
        total += v
        upper, lower = v >> SPLIT, v & LOW_BITS
        high_squares += upper * upper
        mixed_squares += upper * lower
        low_squares += lower * lower
        h = hash_of_units(v)
        room[1, i] = h if inside else HASHES
    tally[NAN] += nan
    tally[LOW] += low
    tally[HIGH] += high
    tally[BEYOND] += beyond
    tally[LEAST], tally[MOST] = least, most
    tally[TOTAL] += total
    tally[HIGH_SQUARES] += high_squares
    tally[MIXED_SQUARES] += mixed_squares
    tally[LOW_SQUARES] += low_squares


@kernel("float64[], int64, float64, int64, float64[], int16[], mut int64[,], mut int64[,] -> none")
def bin_block(
    block: Floats,
    size: int,
    slot_of: float,
    steps: int,
    edges: Floats,
    starts: NDArray[np.int16],
    room: Ints,
    bins: Ints,
) -> None:
    """Add a block to its bins: row i of `bins` where i edges are at or below the value, the last row for what is no number."""
    lowest, top, without = edges[0], SLOTS - 1.0, len(bins) - 1
    for i in range(size):
        slot = (block[i] - lowest) * slot_of
        slot = max(0.0, slot)
        room[0, i] = np.int64(min(top, slot))
    if steps:
        for i in range(size):
            x, at, step = block[i], int(starts[room[0, i]]), steps
            while step:
                at = at + step if x >= edges[at + step - 1] else at
                step >>= 1
            bins[at if abs(x) < math.inf else without, i & 3] += 1
    else:
        for i in range(size):
            x, first = block[i], int(starts[room[0, i]])
            at = first + int(x >= edges[first]) + int(x >= edges[first + 1])
            at += int(x >= edges[first + 2])
            bins[at if abs(x) < math.inf else without, i & 3] += 1


@kernel("mut int64[,], int64, int64, mut int32[] -> int64")
def keep_block(room: Ints, size: int, bound: int, table: Hashes) -> int:
    """Put the hashes of a block that are below the bound into the table; how many were new."""
    looked_at, new = 0, 0
    for i in range(size):
        h = room[1, i]
        room[0, looked_at] = h
        looked_at += int(h < bound)
    for i in range(looked_at):
        h = room[0, i]
        place = h & (SET_SIZE - 1)
        while table[place] >= 0 and table[place] != h:
            place = (place + 1) & (SET_SIZE - 1)
        if table[place] < 0:
            table[place] = h
            new += 1
    return new


@kernel(
    "float64[], uint8[], int64, int64, float64, float64, float64, int64, float64[], int16[], mut int64[,], mut int64[], "
    "mut int32[], int64, mut float64[], mut int64[,] -> int64"
)
def count_numbers(
    values: Floats,
    valid: NDArray[np.uint8],
    offset: int,
    row: int,
    origin: float,
    per_unit: float,
    slot_of: float,
    steps: int,
    edges: Floats,
    starts: NDArray[np.int16],
    bins: Ints,
    tally: Ints,
    table: Hashes,
    bound: int,
    block: Floats,
    room: Ints,
) -> int:
    """Count a batch from `row` on: what is missing, sums, extremes, bins, hashes. Returns the row at which it stopped.

    It stops after MOST_ROWS, or when the table of hashes is full. `valid` is Arrow's bitmap (bit `offset` is the first row),
    empty where nothing is missing. The range of the edges is cut into SLOTS of equal width, `slot_of` per unit: `starts` has the
    first bin of each, and `steps` the first step of a search among the edges of one slot, 0 where none has more than FEW. Behind
    the last edge stand as many infinities as a search may overrun. `bins` has four columns, to be added up: neighbours
    that fall into one bin would wait for each other.
    """
    rows, entries, missing = min(len(values), row + MOST_ROWS), tally[ENTRIES], 0
    for place in range(TOTAL, TALLIES):
        tally[place] = 0
    while row < rows and entries < FULL:
        size = min(rows - row, BLOCK)
        missing += take_block(values, valid, offset, row, size, block)
        sum_block(block, size, origin, per_unit, tally, room)
        bin_block(block, size, slot_of, steps, edges, starts, room, bins)
        entries += keep_block(room, size, bound, table)
        row += size
    tally[MISSING] += missing
    tally[NAN] -= missing
    tally[ENTRIES] = entries
    return row


@kernel("int32[], uint8[], int64, mut int64[,] -> none")
def count_codes(codes: NDArray[np.int32], valid: NDArray[np.uint8], offset: int, counts: Ints) -> None:
    """Add up how often each code comes, in the columns of `counts` by turns (a power of two): see `count_numbers`.

    The last row but one is for rows without a value by Arrow's bitmap, the last for codes that there are not.
    """
    known, turns, some_missing = len(counts) - 2, counts.shape[1] - 1, len(valid) > 0
    for row in range(len(codes)):
        code = codes[row]
        place = code if 0 <= code < known else known + 1
        if some_missing:
            bit = offset + row
            place = place if (valid[bit >> 3] >> (bit & 7)) & 1 else known
        counts[place, row & turns] += 1


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
