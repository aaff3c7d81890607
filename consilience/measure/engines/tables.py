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
SLOTS_AT_FIRST = 1 << 14
NOT_COUNTED = np.zeros(0, dtype=np.int64)


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
    """Score entries in a hash table that grows up to what the plan allows; then they are coarsened."""

    def __init__(self, limit: int) -> None:
        self._limit, self._shift, self._used = limit, 0, 0
        self._most = 1 << (2 * (limit + min(max(limit, SMALL_PIECE), BATCH_ROWS))).bit_length()
        self._slots = _empty(min(SLOTS_AT_FIRST, self._most))

    def add(
        self, cell: NDArray[np.int32], score: NDArray[np.float64], counted: NDArray[np.int64] | None = None
    ) -> None:
        """Count the scores of one batch; a negative cell is a row without a score. `counted`: rows of each entry, else 1."""
        each, row = NOT_COUNTED if counted is None else counted, 0
        while row < len(cell):
            row, self._used = kernels.insert_scores(self._slots, cell, score, each, self._shift, row, self._used)
            if 2 * self._used >= len(self._slots):
                self._make_room()
        if self._used > self._limit:
            self._coarsen()

    def counts(self, place: NDArray[np.int32]) -> ScoreCounts:
        """The entries, with each cell number replaced by its place among the sorted cells."""
        cell, *rest = self._taken()
        return scores.combine(self._shift, place[cell], *rest)

    def _make_room(self) -> None:
        if len(self._slots) == self._most:
            self._coarsen()
            return
        entries, self._slots = self._slots, _empty(min(4 * len(self._slots), self._most))
        kernels.insert_entries(self._slots, entries)

    def _coarsen(self) -> None:
        fitted = scores.fit(scores.combine(self._shift, *self._taken()), self._limit)
        self._shift, self._used = fitted.shift, len(fitted)
        self._slots.fill(kernels.EMPTY)
        kernels.insert_entries(self._slots, np.column_stack((fitted.cell, fitted.bin, fitted.rows, fitted.offset)))

    def _taken(self) -> tuple[NDArray[np.int32], scores.Ints, scores.Ints, scores.Ints]:
        made = np.empty((4, self._used), dtype=np.int64)
        kernels.take_entries(self._slots, made)
        cell, bins, rows, offset = made
        return cell.astype(np.int32), bins, rows, offset


def _empty(slots: int) -> scores.Ints:
    return np.full((slots, 4), kernels.EMPTY, dtype=np.int64)
