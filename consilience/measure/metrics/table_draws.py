"""Intervals of what is calculated from a table of labels and predictions, by drawing the table again from what was seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DRAWS = 1_000
RIGHT, WRONG = 0.5, 0.5
"""What each cell is thought to hold before a row is seen: so many rows for right ones, so many for each class for wrong ones.

Chosen by simulation (docs/manual/measure.md): tables with rare classes, and with next to no errors, are then covered as others are.
"""
CELLS_AT_ONCE = 1 << 22
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True)
class Drawn:
    """Of each draw the shares of all rows that are right, have the label, have the prediction; by class."""

    right: Floats
    label: Floats
    predicted: Floats


Statistic = Callable[[Drawn], Floats]


def limits(matrix: NDArray[np.int64], statistic: Statistic) -> tuple[float, float]:
    """The middle 95 % of a statistic over the draws.

    The shares of the cells are drawn from a Dirichlet distribution whose weights are the rows of a cell and what was
    thought before. The draws are seeded by the table, so whoever holds it draws the same.
    """
    values = statistic(_drawn(np.ascontiguousarray(matrix, dtype=np.int64).tobytes(), len(matrix)))
    low, high = np.quantile(values, QUANTILES)
    return float(low), float(high)


@lru_cache(maxsize=4)
def _drawn(table: bytes, classes: int) -> Drawn:
    """The draws of a table; those of the last few are kept, since several figures are made of each."""
    weights = np.frombuffer(table, dtype=np.int64).reshape(classes, classes) + WRONG / classes
    weights[np.diag_indices(classes)] += RIGHT - WRONG / classes
    seed = int.from_bytes(hashlib.sha256(table).digest()[:16], "big")
    generator = np.random.Generator(np.random.PCG64(seed))
    step = max(CELLS_AT_ONCE // classes**2, 1)
    parts = []
    for start in range(0, DRAWS, step):
        cells = generator.standard_gamma(weights, size=(min(step, DRAWS - start), classes, classes))
        cells /= cells.sum(axis=(1, 2), keepdims=True)
        parts.append((np.diagonal(cells, axis1=1, axis2=2).copy(), cells.sum(axis=2), cells.sum(axis=1)))
    return Drawn(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def mean_f1(drawn: Drawn) -> Floats:
    """F1 of the classes, every class weighing alike."""
    made: Floats = (2 * drawn.right / (drawn.label + drawn.predicted)).mean(axis=1)
    return made


def weighted_f1(drawn: Drawn) -> Floats:
    """F1 of the classes, weighted by their rows."""
    made: Floats = (drawn.label * 2 * drawn.right / (drawn.label + drawn.predicted)).sum(axis=1)
    return made


def weighted_precision(drawn: Drawn) -> Floats:
    """Precision of the classes, weighted by their rows."""
    made: Floats = (drawn.label * drawn.right / drawn.predicted).sum(axis=1)
    return made


def kappa(drawn: Drawn) -> Floats:
    """Agreement beyond chance."""
    chance = (drawn.label * drawn.predicted).sum(axis=1)
    made: Floats = (drawn.right.sum(axis=1) - chance) / (1 - chance)
    return made


def mcc(drawn: Drawn) -> Floats:
    """Correlation of label and prediction."""
    chance = (drawn.label * drawn.predicted).sum(axis=1)
    spread = (1 - (drawn.label**2).sum(axis=1)) * (1 - (drawn.predicted**2).sum(axis=1))
    made: Floats = (drawn.right.sum(axis=1) - chance) / np.sqrt(spread)
    return made
