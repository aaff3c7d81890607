"""A small learner of our own: boosted regression trees on binned columns, the same result on every machine.

Least-squares boosting (Friedman 2001): each tree fits what the others left over. Every second tree asks first about a
column drawn by lot, at its middle, so that a relation between two columns is found where neither alone tells anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.measure.samples import tree_kernels as kernels
from consilience.measure.samples.binning import Binning, Codes

Floats = NDArray[np.float64]

TREES = 60
DEPTH = 4
RATE = 0.1
LEAST_ROWS = 20
RIDGE = 10.0


@dataclass(frozen=True)
class Trees:
    """What was fitted; `scores` are higher where the target is."""

    start: float
    columns: NDArray[np.int64]
    masks: NDArray[np.uint64]
    leaves: Floats

    def scores(self, codes: Codes) -> Floats:
        """The score of each row of binned columns."""
        return kernels.apply(np.ascontiguousarray(codes), self.start, DEPTH, self.columns, self.masks, self.leaves)


def fit(codes: Codes, target: Floats, binning: Binning, *, seed: int, trees: int = TREES) -> Trees:
    """Trees for a target, e.g. 1 and 0. Deterministic given the seed."""
    generator = np.random.Generator(np.random.PCG64(seed))
    roots = np.full(trees, -1, dtype=np.int64)
    roots[1::2] = generator.integers(0, codes.shape[1], len(roots[1::2]))
    nodes = (1 << DEPTH) - 1
    columns = np.zeros((trees, nodes), dtype=np.int64)
    masks = np.zeros((trees, nodes), dtype=np.uint64)
    leaves = np.zeros((trees, nodes + 1))
    start = kernels.grow(
        np.ascontiguousarray(codes), target.astype(np.float64), binning.sizes, binning.categorical, roots, DEPTH, RATE,
        float(LEAST_ROWS), RIDGE, columns, masks, leaves,
    )  # fmt: skip
    return Trees(start, columns, masks, leaves)
