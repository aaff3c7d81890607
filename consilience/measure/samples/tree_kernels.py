"""Kernels that grow and apply boosted trees on binned columns. Only additions, multiplications and divisions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure.kernels import compiled

Codes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Masks = NDArray[np.uint64]

BINS = 64
EVERY = np.uint64(0xFFFFFFFFFFFFFFFF)


@compiled
def tally(codes: Codes, rest: Floats, node: Ints, nodes: int, sums: Floats, rows: Floats) -> None:
    """Add the residuals and the rows of each bin of each column, by node."""
    sums[:nodes] = 0.0
    rows[:nodes] = 0.0
    for row in range(len(rest)):
        at, value = node[row], rest[row]
        for column in range(codes.shape[1]):
            code = codes[row, column]
            sums[at, column, code] += value
            rows[at, column, code] += 1.0


@compiled
def best_split(
    sums: Floats, rows: Floats, sizes: Ints, categorical: NDArray[np.bool_], least: float, ridge: float
) -> tuple[int, np.uint64]:
    """The column and the set of bins that go left (as bits) which lessen the squared error of a node most.

    Bins of a number stand in their order, those of a category in the order of their means, which finds the best set
    (Fisher 1958). Without a split that helps, column 0 and every bin.
    """
    best, best_column, best_mask = 1e-12, 0, EVERY
    for column in range(len(sizes)):
        size = sizes[column]
        total = sums[column, :size].sum()
        count = rows[column, :size].sum()
        order = np.arange(size)
        if categorical[column]:
            order = np.argsort(sums[column, :size] / (rows[column, :size] + 10.0), kind="mergesort")
        left, left_rows, mask = 0.0, 0.0, np.uint64(0)
        for place in range(size - 1):
            code = order[place]
            left += sums[column, code]
            left_rows += rows[column, code]
            mask |= np.uint64(1) << np.uint64(code)
            right_rows = count - left_rows
            if left_rows < least or right_rows < least:
                continue
            right = total - left
            gain = left * left / (left_rows + ridge) + right * right / (right_rows + ridge)
            gain -= total * total / (count + ridge)
            if gain > best:
                best, best_column, best_mask = gain, column, mask
    return best_column, best_mask


@compiled
def middle_split(rows: Floats, size: int) -> np.uint64:
    """The first bins of a column that together have half of the rows, as nearly as can be."""
    count, left, mask, best, best_mask = rows[:size].sum(), 0.0, np.uint64(0), np.inf, EVERY
    for code in range(size - 1):
        left += rows[code]
        mask |= np.uint64(1) << np.uint64(code)
        if abs(left - count / 2) < best:
            best, best_mask = abs(left - count / 2), mask
    return best_mask


@compiled
def grow(
    codes: Codes,
    target: Floats,
    sizes: Ints,
    categorical: NDArray[np.bool_],
    roots: Ints,
    depth: int,
    rate: float,
    least: float,
    ridge: float,
    columns: Ints,
    masks: Masks,
    leaves: Floats,
) -> float:
    """Fit trees to the target one after the other, each to what the others left over; the mean that they start from.

    Tree t asks about `columns[t, node]` and goes left where the bit of the bin is in `masks[t, node]`; the children of
    node i are 2 i + 1 and 2 i + 2. `roots[t]` is the column that the tree must ask first, -1 for the best.
    """
    start: float = target.mean()
    rest = target - start
    widest = 1 << (depth - 1)
    sums, rows = np.empty((widest, len(sizes), BINS)), np.empty((widest, len(sizes), BINS))
    for tree in range(len(roots)):
        node = np.zeros(len(target), dtype=np.int64)
        for level in range(depth):
            first = (1 << level) - 1
            tally(codes, rest, node, 1 << level, sums, rows)
            for at in range(1 << level):
                if level == 0 and roots[tree] >= 0:
                    column, mask = roots[tree], middle_split(rows[0, roots[tree]], sizes[roots[tree]])
                else:
                    column, mask = best_split(sums[at], rows[at], sizes, categorical, least, ridge)
                columns[tree, first + at], masks[tree, first + at] = column, mask
            for row in range(len(target)):
                at = first + node[row]
                bit = (masks[tree, at] >> np.uint64(codes[row, columns[tree, at]])) & np.uint64(1)
                node[row] = 2 * node[row] + (0 if bit else 1)
        total, count = np.zeros(1 << depth), np.zeros(1 << depth)
        for row in range(len(target)):
            total[node[row]] += rest[row]
            count[node[row]] += 1.0
        leaves[tree] = rate * total / (count + ridge)
        for row in range(len(target)):
            rest[row] -= leaves[tree, node[row]]
    return start


@compiled
def apply(codes: Codes, start: float, depth: int, columns: Ints, masks: Masks, leaves: Floats) -> Floats:
    """The sum of all trees for each row."""
    made = np.full(len(codes), start)
    for tree in range(len(columns)):
        for row in range(len(codes)):
            node = 0
            for _ in range(depth):
                bit = (masks[tree, node] >> np.uint64(codes[row, columns[tree, node]])) & np.uint64(1)
                node = 2 * node + (1 if bit else 2)
            made[row] += leaves[tree, node - (1 << depth) + 1]
    return made
