"""Areas under the ROC curve from single scores: with DeLong's variance, over blocks, and the difference of two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.measure.metrics import intervals
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure, undefined

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

FEW = 10


@dataclass(frozen=True)
class Placements:
    """For each positive the share of negatives that score below it, for each negative that of positives above; ties half."""

    of_positives: Floats
    of_negatives: Floats

    @property
    def area(self) -> float:
        return float(self.of_positives.mean())

    @property
    def variance(self) -> float:
        """DeLong's (DeLong, DeLong and Clarke-Pearson 1988); the variances are those of samples."""
        return sum(float(part.var(ddof=1)) / len(part) for part in (self.of_positives, self.of_negatives))

    def less(self, other: Placements) -> Placements:
        """The differences: their mean is the difference of the areas, and their variance that of the difference."""
        return Placements(self.of_positives - other.of_positives, self.of_negatives - other.of_negatives)


def placements(scores: Floats, positive: Bools) -> Placements:
    """The placements of scores; both classes must be there."""
    _, place = np.unique(scores, return_inverse=True)
    positives = np.bincount(place[positive], minlength=int(place.max()) + 1)
    negatives = np.bincount(place[~positive], minlength=int(place.max()) + 1)
    below = np.cumsum(negatives) - negatives / 2
    above = positives.sum() - np.cumsum(positives) + positives / 2
    return Placements(below[place[positive]] / negatives.sum(), above[place[~positive]] / positives.sum())


def area(blocks: Sequence[Placements]) -> Figure:
    """The mean of the areas of blocks of rows; of one block simply its area.

    Each block must be scored by a model of earlier blocks only: then the errors of the areas add up as if independent.
    """
    positives, negatives = (sum(len(getattr(block, part)) for block in blocks) for part in Placements.__annotations__)
    if not blocks or positives == 0 or negatives == 0:
        return undefined(Reason.NO_ROWS if not blocks else Reason.FEW_OF_A_CLASS)
    value, variance = _mean(blocks)
    rows = positives + negatives
    if min(positives, negatives) < FEW or not 0 < value < 1 or not variance > 0:
        low, high = intervals.newcombe_area(value, positives, negatives)
        return figure(value, low, high, method=Method.NEWCOMBE_RANK, rows=rows)
    low, high = intervals.delong_logit(value, variance)
    return figure(value, low, high, method=Method.DELONG, rows=rows)


def difference(blocks: Sequence[Placements]) -> Figure:
    """The difference of two areas on the same rows, from the differences of their placements."""
    rows = sum(len(block.of_positives) + len(block.of_negatives) for block in blocks)
    if not blocks:
        return undefined(Reason.NO_ROWS)
    value, variance = _mean(blocks)
    if min(min(len(block.of_positives), len(block.of_negatives)) for block in blocks) < FEW:
        return bare(value, rows=rows, reason=Reason.FEW_OF_A_CLASS)
    half = Z * math.sqrt(variance)
    return figure(value, value - half, value + half, method=Method.PAIRED_DELONG, rows=rows)


def chance_error(blocks: Sequence[Placements]) -> float:
    """The standard error that the mean of the areas has where scores tell nothing (Mann and Whitney 1947)."""
    variances = []
    for block in blocks:
        m, n = len(block.of_positives), len(block.of_negatives)
        variances.append((m + n + 1) / (12 * m * n))
    return math.sqrt(sum(variances)) / len(blocks)


def _mean(blocks: Sequence[Placements]) -> tuple[float, float]:
    """The mean of the areas of blocks of about equal size, and its variance."""
    value = sum(block.area for block in blocks) / len(blocks)
    return value, sum(block.variance for block in blocks) / len(blocks) ** 2
