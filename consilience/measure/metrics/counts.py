"""The counts of one group: what every metric is calculated from. A roll-up of the cube, never a second look at rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from consilience.measure.classes import NEGATIVE, POSITIVE, UNKNOWN
from consilience.measure.metrics.ranks import Floats, Ranks
from consilience.measure.states import scores
from consilience.measure.states.cube import BINS, CLIP, UNIT, States, Tally

Group = tuple[str | None, ...]


@dataclass
class Counts:
    """Rows of one group, counted.

    `confusion[label][prediction]` counts rows by class, UNKNOWN where one is missing. The bins of the calibration error,
    the loss sums and `ranks` cover the rows that have a label and a score. The `has_` flags tell "no such column" from
    "no such row".
    """

    has_label: bool
    has_score: bool
    has_prediction: bool
    rows: int = 0
    confusion: list[list[int]] = field(default_factory=lambda: [[0] * 3 for _ in range(3)])
    bin_rows: list[int] = field(default_factory=lambda: [0] * BINS)
    bin_positives: list[int] = field(default_factory=lambda: [0] * BINS)
    bin_scores: list[int] = field(default_factory=lambda: [0] * BINS)
    positive_scores: int = 0
    squared: int = 0
    log_loss: int = 0
    scored: int = 0
    ranks: Ranks = field(default_factory=Ranks.none)

    @property
    def tn(self) -> int:
        return self.confusion[NEGATIVE][NEGATIVE]

    @property
    def fp(self) -> int:
        return self.confusion[NEGATIVE][POSITIVE]

    @property
    def fn(self) -> int:
        return self.confusion[POSITIVE][NEGATIVE]

    @property
    def tp(self) -> int:
        return self.confusion[POSITIVE][POSITIVE]

    @property
    def both(self) -> int:
        """Rows with a label and a prediction."""
        return self.tn + self.fp + self.fn + self.tp

    def predicted(self, code: int) -> int:
        """Rows predicted so, whether or not their label is known."""
        return sum(row[code] for row in self.confusion)

    @property
    def measured(self) -> int:
        """Rows with a label and a score."""
        return sum(self.bin_rows)

    @property
    def mean_squared_error(self) -> float:
        return self.squared / UNIT / self.measured

    @property
    def mean_log_loss(self) -> float:
        return self.log_loss / UNIT / self.measured

    def add(self, label: int, prediction: int, tally: Tally) -> None:
        """Take in one cell."""
        self.rows += tally.rows
        self.scored += tally.scored
        self.confusion[label][prediction] += tally.rows
        if label == UNKNOWN:
            return
        for number, (rows, total) in enumerate(zip(tally.bin_rows, tally.bin_scores, strict=True)):
            self.bin_rows[number] += rows
            self.bin_positives[number] += rows * label
            self.bin_scores[number] += total
            self.positive_scores += total * label
        self.squared += tally.squared
        self.log_loss += tally.log_loss


@dataclass(frozen=True)
class Numbering:
    """Groups in order, and the number of the group of each cell of the states."""

    groups: list[Group]
    of_cell: NDArray[np.int32]


class RollUp:
    """Counts of the groups of any attributes. The score entries are put in order once, and then only picked."""

    def __init__(self, states: States) -> None:
        self._states = states
        own = states.scores
        label = np.array([key.label for key, _ in states.cells], dtype=np.int64)[own.cell]
        order = scores.in_order(own)
        order = order[label[order] != UNKNOWN]
        self._cell, self._bin, self._offset = own.cell[order], own.bin[order], own.offset[order]
        self._positive = own.rows[order] * label[order]
        self._negative = own.rows[order] - self._positive
        low, high = (side[order] for side in scores.bounds(own))
        self._score = (low + high) / 2
        self._ln, self._ln_rest = _logs(self._score)
        odds = self._ln - self._ln_rest
        ends = [logs[0] - logs[1] for logs in (_logs(low), _logs(high))]
        self._unsure_odds = np.maximum(odds - ends[0], ends[1] - odds)
        self._numbered: dict[tuple[int, ...], Numbering] = {}

    def groups(self, attributes: Sequence[int]) -> dict[Group, Counts]:
        """The counts by the values of these attributes (positions in the plan), in the order of the cells.

        No attribute at all gives one group, of all rows.
        """
        plan = self._states.plan
        numbering = self.numbering(attributes)
        made = [Counts(plan.label is not None, plan.score is not None, plan.predicts) for _ in numbering.groups]
        for number, (key, tally) in zip(numbering.of_cell.tolist(), self._states.cells, strict=True):
            made[number].add(key.label, key.prediction, tally)
        for counts, ranks in zip(made, self._ranks(numbering.of_cell, len(made)), strict=True):
            counts.ranks = ranks
        return dict(zip(numbering.groups, made, strict=True))

    def numbering(self, attributes: Sequence[int]) -> Numbering:
        """The groups by the values of these attributes in their order, and the group of each cell."""
        chosen = tuple(attributes)
        if chosen not in self._numbered:
            of_cell = [tuple(key.values[position] for position in chosen) for key, _ in self._states.cells]
            groups = sorted(set(of_cell), key=lambda group: tuple((value is not None, value or "") for value in group))
            place = {group: number for number, group in enumerate(groups)}
            self._numbered[chosen] = Numbering(groups, np.array([place[group] for group in of_cell], dtype=np.int32))
        return self._numbered[chosen]

    def _ranks(self, cell_group: NDArray[np.int32], groups: int) -> list[Ranks]:
        group = cell_group[self._cell]
        small = group.astype(np.int16) if groups < 2**15 else group  # a stable sort of small integers is a radix sort
        order = np.argsort(small, kind="stable")
        group, bins, offset = group[order], self._bin[order], self._offset[order]
        if not len(group):
            return [Ranks.none()] * groups
        new = (group[1:] != group[:-1]) | (bins[1:] != bins[:-1]) | (offset[1:] != offset[:-1])
        first = np.flatnonzero(np.concatenate(([True], new)))
        positive = np.add.reduceat(self._positive[order], first)
        negative = np.add.reduceat(self._negative[order], first)
        ends = np.searchsorted(group[first], np.arange(groups + 1))
        score = self._score[order][first]
        logs = [each[order][first] for each in (self._ln, self._ln_rest, self._unsure_odds)]
        whole = Ranks(bins[first], offset[first] == scores.MIXED, positive, negative, score, *logs)
        return [whole.part(int(start), int(end)) for start, end in pairwise(ends)]


def _logs(score: Floats) -> tuple[Floats, Floats]:
    clipped = np.clip(score, CLIP, 1 - CLIP)
    return np.log(clipped), np.log1p(-clipped)
