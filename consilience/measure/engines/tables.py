"""What the kernels count into: the cells, and a bounded hash table of scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consilience.measure.engines import kernels
from consilience.measure.engines.columns import Numbers
from consilience.measure.engines.sources import BATCH_ROWS
from consilience.measure.states import scores
from consilience.measure.states.cube import BINS, POINT, Tally
from consilience.measure.states.scores import ScoreCounts

CELLS_AT_FIRST = 144
SMALL_PIECE = 8192


class CellTable:
    """Rows and sums by cell number, growing as new groups are met."""

    def __init__(self) -> None:
        self._rows = np.zeros(CELLS_AT_FIRST, dtype=np.int64)
        self._bin_rows = np.zeros((CELLS_AT_FIRST, BINS), dtype=np.int64)
        self._sums = np.zeros((CELLS_AT_FIRST, kernels.SUMS), dtype=np.int64)
        self._carried = np.zeros((CELLS_AT_FIRST, kernels.SUMS), dtype=np.int64)

    def add(
        self, cell: NDArray[np.int32], score: Numbers | None, *, cells: int, counted: NDArray[np.int64] | None = None
    ) -> None:
        """Count one batch; `cells` is how many cell numbers there are by now, `counted` the rows of each entry, else 1."""
        while len(self._rows) < cells:
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._bin_rows = np.concatenate([self._bin_rows, np.zeros_like(self._bin_rows)])
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
            self._carried = np.concatenate([self._carried, np.zeros_like(self._carried)])
        values = score.values if score is not None else np.zeros(len(cell))
        scored = score.present if score is not None else np.zeros(len(cell), dtype=np.bool_)
        table = (self._rows, self._bin_rows, self._sums)
        if counted is not None:
            kernels.tally_counted(cell, values, scored, counted, *table, self._carried)
            return
        kernels.tally(cell, values, scored, *table)
        kernels.carry(self._sums, self._carried)

    def occupied(self) -> list[int]:
        """The numbers of the cells that have rows."""
        return [int(number) for number in np.flatnonzero(self._rows)]

    def tally(self, number: int) -> Tally:
        """What was added up in one cell."""
        high, low = self._carried[number].tolist(), self._sums[number].tolist()
        sums = [(whole << POINT) + rest for whole, rest in zip(high, low, strict=True)]
        return Tally(
            int(self._rows[number]),
            tuple(self._bin_rows[number].tolist()),
            tuple(sums[:BINS]),
            sums[kernels.SQUARED],
            sums[kernels.LOG_LOSS],
        )


class ScoreTable:
    """Score entries in a hash table, coarsened when there are more than the plan allows. Its size depends on the plan only."""

    def __init__(self, limit: int) -> None:
        self._limit, self._shift, self._used = limit, 0, 0
        self._piece = min(max(limit, SMALL_PIECE), BATCH_ROWS)
        size = 1 << (2 * (limit + self._piece)).bit_length()
        self._cell = np.full(size, kernels.EMPTY, dtype=np.int32)
        self._bin = np.zeros(size, dtype=np.int64)
        self._rows = np.zeros(size, dtype=np.int64)
        self._offset = np.zeros(size, dtype=np.int64)

    def add(
        self, cell: NDArray[np.int32], score: NDArray[np.float64], counted: NDArray[np.int64] | None = None
    ) -> None:
        """Count the scores of one batch; a negative cell is a row without a score. `counted`: rows of each entry, else 1."""
        for start in range(0, len(cell), self._piece):
            piece = slice(start, start + self._piece)
            self._add(cell[piece], score[piece], None if counted is None else counted[piece])

    def _add(self, cell: NDArray[np.int32], score: NDArray[np.float64], counted: NDArray[np.int64] | None) -> None:
        keys = scores.keys_of(np.where(cell < 0, 0.0, score))
        rows = np.ones(len(keys), dtype=np.int64) if counted is None else counted
        self._insert(cell, keys >> self._shift, rows, keys & ((1 << self._shift) - 1))
        if self._used > self._limit:
            fitted = scores.fit(self._entries(), self._limit)
            self._shift, self._used = fitted.shift, 0
            self._cell.fill(kernels.EMPTY)
            self._insert(fitted.cell, fitted.bin, fitted.rows, fitted.offset)

    def counts(self, place: NDArray[np.int32]) -> ScoreCounts:
        """The entries, with each cell number replaced by its place among the sorted cells."""
        cell, bins, rows, offset = self._taken()
        return scores.combine(self._shift, place[cell], bins, rows, offset)

    def _insert(self, cell: NDArray[np.int32], bins: scores.Ints, rows: scores.Ints, offset: scores.Ints) -> None:
        table = (self._cell, self._bin, self._rows, self._offset)
        self._used += kernels.insert(*table, cell, bins, rows, offset)

    def _entries(self) -> ScoreCounts:
        return scores.combine(self._shift, *self._taken())

    def _taken(self) -> tuple[NDArray[np.int32], scores.Ints, scores.Ints, scores.Ints]:
        taken = np.flatnonzero(self._cell != kernels.EMPTY)
        return self._cell[taken], self._bin[taken], self._rows[taken], self._offset[taken]
