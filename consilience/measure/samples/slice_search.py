"""The search for slices in which a model errs most: every slice up to a depth, without looking at all of them.

SliceLine (Sagadeeva and Boehm, SIGMOD 2021). A slice is a set of predicates `column is in bin`, at most one a column. Its
score weighs how much larger its mean error is against how small it is:

    weight (mean error of the slice / mean error of all - 1) - (1 - weight) (rows of all / rows of the slice - 1)

A slice whose narrower slices cannot score more than the best found so far, by the bound of the paper, is not opened.
So the result is exactly that of looking at all of them.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.measure.samples import slice_kernels as kernels
from consilience.measure.samples.binning import MOST_BINS, Codes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Predicates = tuple[tuple[int, int], ...]
"""Columns with the bin that each must have, columns in rising order."""


@dataclass(frozen=True)
class Found:
    """A slice with its score, its rows and the sum of their errors."""

    predicates: Predicates
    score: float
    rows: int
    error: float


@dataclass(frozen=True)
class Searched:
    """The best slices, best first, and how many were looked at."""

    best: tuple[Found, ...]
    looked_at: int


@dataclass(frozen=True)
class Terms:
    """What a score depends on besides the slice: rows, errors and mean of all, the weight, the fewest rows of a slice."""

    rows: int
    error: float
    weight: float
    least: int

    def score(self, rows: float, error: float) -> float:
        """The score of a slice; at least one row and an error above 0 in all are expected."""
        relative = error / rows / (self.error / self.rows)
        return self.weight * (relative - 1) - (1 - self.weight) * (self.rows / rows - 1)

    def bound(self, rows: float, error: float, largest: float) -> float:
        """The score that no slice within one of so many rows, this sum and this largest error can exceed.

        A narrower slice of s rows errs at most min(error, s largest). Between its ends and the point where the two are
        equal, the score only rises or only falls with s, so the best is at one of the three.
        """
        if rows < self.least or error <= 0 or largest <= 0:
            return -np.inf
        sizes = (float(self.least), min(max(error / largest, self.least), rows), rows)
        return max(self.score(size, min(error, size * largest)) for size in sizes)


def search(
    codes: Codes,
    errors: Floats,
    *,
    depth: int,
    least: int,
    weight: float,
    wanted: int,
    allowed: NDArray[np.bool_] | None = None,
) -> Searched:
    """The `wanted` slices with the highest scores above 0, of at most `depth` predicates and at least `least` rows.

    `errors` are from 0. Slices of one score are in the order of their predicates. Only bins that are `allowed` (by
    column and bin) are asked for.
    """
    terms = Terms(len(errors), float(errors.sum()), weight, least)
    if not terms.error > 0:
        return Searched((), 0)
    looking = _Search(np.ascontiguousarray(codes), errors, terms, wanted, allowed)
    level: list[tuple[Predicates, Ints]] = [((), np.arange(len(errors), dtype=np.int64))]
    for step in range(depth):
        level = looking.opened(level, last=step == depth - 1)
    return looking.found()


class _Search:
    def __init__(
        self, codes: Codes, errors: Floats, terms: Terms, wanted: int, allowed: NDArray[np.bool_] | None
    ) -> None:
        self._codes, self._errors, self._terms, self._wanted = codes, errors, terms, wanted
        self._allowed = np.ones((codes.shape[1], MOST_BINS), np.bool_) if allowed is None else allowed
        self._best: list[tuple[float, tuple[int, ...], Found]] = []
        self._looked_at = 0
        shape = (codes.shape[1], MOST_BINS)
        self._counts, self._sums, self._largest = np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def found(self) -> Searched:
        return Searched(
            tuple(item[2] for item in sorted(self._best, key=lambda item: item[:2], reverse=True)), self._looked_at
        )

    def opened(self, level: list[tuple[Predicates, Ints]], *, last: bool) -> list[tuple[Predicates, Ints]]:
        """Look at the slices with one predicate more; those that may hold better ones, with their rows."""
        # The slices that promise most come first, so that those that promise less are soon not worth a look.
        further: list[tuple[float, Predicates, Ints, int, int]] = []
        for predicates, rows in level:
            first = predicates[-1][0] + 1 if predicates else 0
            if first == self._codes.shape[1]:
                continue
            kernels.split(self._codes, rows, self._errors, first, self._counts, self._sums, self._largest)
            for column, code in zip(*np.nonzero((self._counts >= self._terms.least) & self._allowed), strict=True):
                if column < first:
                    continue
                made = (*predicates, (int(column), int(code)))
                count, error = float(self._counts[column, code]), float(self._sums[column, code])
                self._look(made, count, error)
                bound = self._terms.bound(count, error, float(self._largest[column, code]))
                if not last and bound >= self._floor():
                    further.append((bound, made, rows, int(column), int(code)))
        further.sort(key=lambda item: (-item[0], item[1]))
        floor = self._floor()
        return [
            (made, kernels.narrowed(self._codes, rows, column, code))
            for bound, made, rows, column, code in further
            if bound >= floor
        ]

    def _floor(self) -> float:
        """The score below which nothing gets among the best any more."""
        return self._best[0][0] if len(self._best) == self._wanted else 0.0

    def _look(self, predicates: Predicates, rows: float, error: float) -> None:
        self._looked_at += 1
        score = self._terms.score(rows, error)
        if score <= 0 or score < self._floor():
            return
        # Fewer predicates and smaller numbers are greater here, so that they stand first among equal scores.
        order = (-len(predicates), *(-number for pair in predicates for number in pair))
        entry = (score, order, Found(predicates, score, int(rows), error))
        if len(self._best) < self._wanted:
            heapq.heappush(self._best, entry)
        else:
            heapq.heappushpop(self._best, entry)
