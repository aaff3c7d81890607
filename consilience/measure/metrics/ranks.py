"""Positives and negatives in the order of their scores, and the area under the ROC curve from counts alone."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranks:
    """Entries in the order of their scores: bin, whether the entry mixes scores, rows of each class, a score.

    `ln` and `ln_rest` are the logarithms of the score and of 1 less it, both clipped as in the log loss; `unsure_odds` is how far
    the log-odds of a score in the entry can be from theirs.

    Entries of one bin that have single scores stand in order, after the one that mixes.
    """

    bin: Ints
    mixed: NDArray[np.bool_]
    positive: Ints
    negative: Ints
    score: Floats
    ln: Floats
    ln_rest: Floats
    unsure_odds: Floats

    @staticmethod
    def none() -> Ranks:
        empty, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
        return Ranks(empty, np.zeros(0, dtype=np.bool_), empty, empty, nothing, nothing, nothing, nothing)

    def part(self, start: int, end: int) -> Ranks:
        """The entries from start to end."""
        return Ranks(**{field.name: getattr(self, field.name)[start:end] for field in fields(self)})

    @property
    def positives(self) -> int:
        return int(self.positive.sum())

    @property
    def negatives(self) -> int:
        return int(self.negative.sum())


@dataclass(frozen=True)
class Area:
    """The area, the distance by which the bins may hide the exact one, and DeLong's variance of it."""

    value: float
    bracket: float
    variance: float


def area(ranks: Ranks) -> Area:
    """The probability that a positive scores above a negative, ties counted half; both classes must be there.

    Pairs in different bins, and pairs of single scores in one bin, are compared exactly. A pair in which a mixed entry
    takes part is counted half, and half of all such pairs is the bracket: the exact area is at most that far away.
    The variance is DeLong's (DeLong, DeLong and Clarke-Pearson 1988), from the placements, NaN where a class has one row.
    """
    m, n = ranks.positives, ranks.negatives
    below, unknown = _below(ranks.bin, ranks.mixed, ranks.positive, ranks.negative)
    reverse = slice(None, None, -1)
    above, _ = _below(-ranks.bin[reverse], ranks.mixed[reverse], ranks.negative[reverse], ranks.positive[reverse])
    of_positive, of_negative = below / n, above[reverse] / m
    value = float(ranks.positive @ below) / (m * n)
    if m < 2 or n < 2:
        return Area(value, unknown / 2 / (m * n), float("nan"))
    spread_positive = float(ranks.positive @ (of_positive - value) ** 2) / (m - 1)
    spread_negative = float(ranks.negative @ (of_negative - value) ** 2) / (n - 1)
    return Area(value, unknown / 2 / (m * n), spread_positive / m + spread_negative / n)


def _below(bins: Ints, mixed: NDArray[np.bool_], these: Ints, others: Ints) -> tuple[Floats, float]:
    """For each entry, how many of the others lie below it, half of those tied or unknown; and all unknown pairs."""
    starts = np.flatnonzero(np.concatenate(([True], bins[1:] != bins[:-1])))
    number = np.cumsum(np.concatenate(([False], bins[1:] != bins[:-1])))
    in_bin = np.add.reduceat(others, starts)
    before_bin = (np.cumsum(in_bin) - in_bin)[number]
    single = np.where(mixed, 0, others)
    single_in_bin = np.add.reduceat(single, starts)
    before = np.cumsum(single) - single
    before -= before[starts][number]
    unknown = in_bin - single_in_bin
    within = np.where(mixed, in_bin[number] / 2, before + single / 2 + unknown[number] / 2)
    unknown_pairs = np.where(mixed, in_bin[number], unknown[number]) * these
    return before_bin + within, float(unknown_pairs.sum())
