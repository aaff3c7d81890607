"""A sparse histogram of scores by cell: exact while it is small, and in bins of the same relative width beyond.

A score in [0, 1] has a *key*, an integer in the order of the scores: the bits of the double below 0.5, and above it the
mirror image by way of the bits of 1 - score. So resolution is finest near 0 and near 1, where scores of rare and of
sure cases crowd. A *bin* is the key without its lowest `shift` bits. At shift 0 nothing is lost: every double has a
key of its own. When there are more than `limit` (cell, bin) entries the shift grows by the least that helps. That
shift depends on the rows alone, not on the order in which they came, so merging is associative and commutative.

An entry whose rows all have one score keeps it (`offset` within the bin); otherwise its offset is MIXED. Ties stay
ties, however coarse the bins are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consilience.measure.states import score_kernels

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MIXED = score_kernels.SEVERAL
MAX_SHIFT = 62
HALF_KEY = 4602678819172646912  # the bits of 0.5
TOP_KEY = 2 * HALF_KEY  # the key of 1


@dataclass(frozen=True)
class ScoreCounts:
    """Entries sorted by (cell, bin): how many rows of the cell have a score in the bin."""

    shift: int
    cell: NDArray[np.int32]
    bin: Ints
    rows: Ints
    offset: Ints

    def __len__(self) -> int:
        return len(self.bin)


def none() -> ScoreCounts:
    empty = np.zeros(0, dtype=np.int64)
    return ScoreCounts(0, np.zeros(0, dtype=np.int32), empty, empty, empty)


def keys_of(scores: Floats) -> Ints:
    """The keys of scores from 0 to 1, in the order of the scores."""
    positive_zero = scores + 0.0  # the bits of -0.0 would be negative
    mirrored = TOP_KEY - (1.0 - positive_zero).view(np.int64)
    return np.where(positive_zero < 0.5, positive_zero.view(np.int64), mirrored)


def scores_of(keys: Ints) -> Floats:
    """The scores that have these keys."""
    low = np.minimum(keys, HALF_KEY).view(np.float64)
    high = 1.0 - (TOP_KEY - np.maximum(keys, HALF_KEY)).view(np.float64)
    return np.where(keys < HALF_KEY, low, high)


def bounds(counts: ScoreCounts) -> tuple[Floats, Floats]:
    """The lowest and the highest score that each entry can stand for; one score where the entry has one."""
    start = counts.bin << counts.shift
    end = np.minimum(start + ((1 << counts.shift) - 1), TOP_KEY)
    mixed, single = counts.offset == MIXED, start + np.maximum(counts.offset, 0)
    return scores_of(np.where(mixed, start, single)), scores_of(np.where(mixed, end, single))


def representatives(counts: ScoreCounts) -> Floats:
    """One score for each entry: the score itself where the entry has one, else the middle of its bin."""
    low, high = bounds(counts)
    return (low + high) / 2


def combine(shift: int, cell: NDArray[np.int32], bins: Ints, rows: Ints, offset: Ints) -> ScoreCounts:
    """Sort entries by (cell, bin) and add up those that share both."""
    if not len(bins):
        return ScoreCounts(shift, cell.astype(np.int32), bins, rows, offset)
    order = _by_cell_and_bin(cell, bins)
    return _joined(shift, cell[order].astype(np.int32, copy=False), bins[order], rows[order], offset[order])


def in_order(counts: ScoreCounts) -> NDArray[np.intp]:
    """The entries in the order of their scores: by bin, in a bin the mixed ones first, then by score."""
    start = (counts.bin << counts.shift).view(np.uint64)  # twice the largest key and one more still fits 64 bits
    single = counts.offset != MIXED
    return np.argsort((start + np.maximum(counts.offset, 0).view(np.uint64)) * np.uint64(2) + single)


def coarsen(counts: ScoreCounts, shift: int) -> ScoreCounts:
    """The same counts in bins of a larger shift."""
    drop = shift - counts.shift
    if drop <= 0 or not len(counts):
        return ScoreCounts(max(shift, counts.shift), counts.cell, counts.bin, counts.rows, counts.offset)
    return _joined(counts.shift, counts.cell, counts.bin, counts.rows, counts.offset, drop)


def fit(counts: ScoreCounts, limit: int) -> ScoreCounts:
    """The same counts at the smallest shift that leaves at most `limit` entries."""
    if len(counts) <= limit:
        return counts
    same_cell = counts.cell[1:] == counts.cell[:-1]
    joins_at = _bit_length(counts.bin[1:] ^ counts.bin[:-1])[same_cell]
    entries = len(counts) - np.cumsum(np.bincount(joins_at, minlength=MAX_SHIFT + 2))
    enough = np.flatnonzero(entries <= limit)
    drop = int(enough[0]) if len(enough) else MAX_SHIFT
    return coarsen(counts, min(counts.shift + drop, MAX_SHIFT))


def merge(one: ScoreCounts, other: ScoreCounts, limit: int) -> ScoreCounts:
    """The sum of two histograms over the same cells."""
    shift = max(one.shift, other.shift)
    parts = [coarsen(one, shift), coarsen(other, shift)]
    joined: list[Any] = [
        np.concatenate([getattr(part, name) for part in parts]) for name in ("cell", "bin", "rows", "offset")
    ]
    return fit(combine(shift, *joined), limit)


def _joined(shift: int, cell: NDArray[np.int32], bins: Ints, rows: Ints, offset: Ints, drop: int = 0) -> ScoreCounts:
    """Sorted entries at a larger shift, which leaves them in order; those that share cell and bin are added up."""
    made_cell, made = np.empty(len(cell), dtype=np.int32), np.empty((3, len(cell)), dtype=np.int64)
    kept = [np.ascontiguousarray(one) for one in (bins, rows, offset)]
    entries = score_kernels.join(np.ascontiguousarray(cell), kept[0], kept[1], kept[2], shift, drop, made_cell, made)
    return ScoreCounts(shift + drop, made_cell[:entries].copy(), *(one[:entries].copy() for one in made))


def _by_cell_and_bin(cell: NDArray[np.int32], bins: Ints) -> NDArray[np.intp]:
    # Four times as fast as one lexical sort: by bin in whatever order of ties, then by the few cells, which are counted.
    order = np.argsort(bins)
    cells = cell[order]
    small = cells.astype(np.int16) if int(cells.max()) < 2**15 else cells
    made: NDArray[np.intp] = order[np.argsort(small, kind="stable")]
    return made


def _bit_length(numbers: Ints) -> Ints:
    # frexp is exact below 2^53 only, so the two halves are taken one by one.
    high, low = numbers >> 32, numbers & 0xFFFFFFFF
    return np.where(high > 0, np.frexp(high.astype(np.float64))[1] + 32, np.frexp(low.astype(np.float64))[1]).astype(
        np.int64
    )
