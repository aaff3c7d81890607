"""Resamples of the cube: the bootstrap of rows, drawn from counts alone, at a price that does not depend on the rows.

Drawing rows with replacement changes nothing but how many rows fall into each cell of (group, label, prediction). Here each
cell is drawn as a Poisson number with its count as mean (the Poissonised bootstrap). Given the number of all rows this is
the multinomial resample exactly; left free it makes the cells independent, so any attribute set is drawn by itself, in any
order, and a sum of cells is drawn as one. The figures are ratios of counts, and lose nothing when the number of all
rows varies: what varies with it cancels. A cell without rows is drawn with mean one half, so that what did not happen
in the sample can happen in a resample.

The draws are seeded by the cells that they resample, so whoever holds the states draws the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.kit import canonical
from consilience.measure.metrics import resampling_kernels
from consilience.measure.metrics.counts import Numbering
from consilience.measure.metrics.figure import LEVEL, Z
from consilience.measure.states.cube import States

DRAWS = 1000
NOTHING = 0.5
Floats = NDArray[np.float64]
SHARES = ("accuracy", "precision", "recall", "f1", "selection_rate", "fpr", "fnr", "tnr", "npv")


@dataclass(frozen=True)
class Share:
    """Parts and wholes of the groups, as counted and as drawn (one row a resample)."""

    part: Floats
    whole: Floats
    drawn_part: Floats
    drawn_whole: Floats

    def of(self, kept: NDArray[np.bool_]) -> Share:
        """The same for the groups that are kept."""
        return Share(self.part[kept], self.whole[kept], self.drawn_part[:, kept], self.drawn_whole[:, kept])


def digest_of_cells(states: States) -> str:
    """SHA-256 of the rows of every cell: what is drawn again."""
    cells = [[list(key.values), key.label, key.prediction, tally.rows] for key, tally in states.cells]
    return canonical.sha256(canonical.encode(cells))


def seed_of(digest: str, attributes: Sequence[int]) -> int:
    """The seed of the draws for an attribute set of these cells."""
    return int(canonical.sha256(canonical.encode([digest, list(attributes)]))[:32], 16)


def tables(states: States, numbering: Numbering) -> Floats:
    """Rows by group, label and prediction (0, 1, missing)."""
    made = np.zeros((len(numbering.groups), 3, 3))
    for group, (key, tally) in zip(numbering.of_cell.tolist(), states.cells, strict=True):
        made[group, key.label, key.prediction] += tally.rows
    return made


def shares(table: Floats, *, seed: int, draws: int = DRAWS) -> dict[str, Share]:
    """Every metric that is a share of rows, of the groups of a table, with its resamples. F1 is there as its Jaccard share."""
    decided = table[:, :, :2]
    generator = np.random.Generator(np.random.PCG64(seed))
    column_used = decided.sum(axis=(0, 2), keepdims=True) > 0
    mean = np.where(column_used, np.maximum(decided, NOTHING), 0.0)
    drawn = generator.poisson(mean, (draws, *mean.shape)).astype(np.float64)
    counted, resampled = _parts(decided), _parts(drawn)
    return {name: Share(*counted[name], *resampled[name]) for name in SHARES}


def wilson(part: Floats, whole: Floats, z: float = Z) -> tuple[Floats, Floats]:
    """Wilson's interval of shares at any quantile; wholes must be above 0."""
    share, square = part / whole, z * z
    centre = (share + square / (2 * whole)) / (1 + square / whole)
    half = z / (1 + square / whole) * np.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    low = np.where(part == 0, 0.0, np.maximum(centre - half, 0.0))
    return low, np.where(part == whole, 1.0, np.minimum(centre + half, 1.0))


def quantile(largest: Floats) -> float:
    """The 95 % quantile of resampled maxima; never below the one of a single normal."""
    return max(float(np.quantile(largest, LEVEL, method="higher")), Z)


def largest_single(share: Share) -> Floats:
    """For each resample the largest studentised distance of a group from itself, on the arcsine scale (Anscombe 1948)."""
    made: Floats = (np.abs(_away(share)) * 2 * np.sqrt(share.drawn_whole + 0.5)).max(axis=1)
    return made


def largest_pair(share: Share) -> Floats:
    """For each resample the largest studentised distance of two groups from their own distance, on the arcsine scale."""
    return resampling_kernels.widest(_away(share), 0.25 / (share.drawn_whole + 0.5))


def normals(groups: int, *, seed: int, draws: int = DRAWS) -> Floats:
    """Standard normals, one row a resample."""
    made: Floats = np.random.Generator(np.random.PCG64(seed)).standard_normal((draws, groups))
    return made


def _away(share: Share) -> Floats:
    part, rest = np.maximum(share.part, NOTHING), np.maximum(share.whole - share.part, NOTHING)
    return _angle(share.drawn_part, share.drawn_whole) - _angle(part, part + rest)


def _angle(part: Floats, whole: Floats) -> Floats:
    made: Floats = np.arcsin(np.sqrt((part + 0.375) / (whole + 0.75)))
    return made


def _parts(table: Floats) -> Mapping[str, tuple[Floats, Floats]]:
    tn, fp = table[..., 0, 0], table[..., 0, 1]
    fn, tp = table[..., 1, 0], table[..., 1, 1]
    selected, passed_over = table[..., 1].sum(axis=-1), table[..., 0].sum(axis=-1)
    return {
        "accuracy": (tp + tn, tp + tn + fp + fn),
        "precision": (tp, tp + fp),
        "recall": (tp, tp + fn),
        "f1": (tp, tp + fp + fn),
        "selection_rate": (selected, selected + passed_over),
        "fpr": (fp, fp + tn),
        "fnr": (fn, tp + fn),
        "tnr": (tn, fp + tn),
        "npv": (tn, tn + fn),
    }
