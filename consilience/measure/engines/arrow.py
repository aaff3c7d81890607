"""The default engine, and the one that the others are held against: Arrow batches into numba kernels.

Memory stays flat: for each thread one batch of the wanted columns, the cells, and a bounded table of scores.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.measure.classes import UNKNOWN
from consilience.measure.engines import roles
from consilience.measure.engines.columns import Numbers
from consilience.measure.engines.groups import Filter, Groups, named, refuse_no_rows
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.roles import ClassCodes
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Source, Want
from consilience.measure.engines.tables import CellTable, ScoreTable
from consilience.measure.plan import Plan
from consilience.measure.states.cube import CellKey, States, check_classes, merge_all


class Scorer(Protocol):
    """Something that computes the score of each row from other columns, e.g. a model artefact."""

    def wants(self) -> Mapping[str, Want]:
        """The columns it reads."""
        ...

    def scores(
        self, batch: pa.RecordBatch, chosen: NDArray[np.bool_], *, untyped: bool, first_row: int, where: str
    ) -> NDArray[np.float64]:
        """One score a row, any for rows that are not chosen. `first_row` is the number of the first row, for sentences."""
        ...


def fold(source: Any, plan: Plan, scorer: Scorer | None = None, *, progress: Progress | None = None) -> States:
    """Count the rows of a source: a path to Parquet or CSV, an Arrow table or reader, a pandas or polars frame.

    With a scorer the plan's score is what the scorer computes, not a column. Raises BadInput when the source, a column
    or a value cannot be used.
    """
    folder = CubeFolder(plan, open_source(source), scorer)
    (countings,) = scan(folder.source, [folder], progress=progress)
    return folder.states(countings)


class CubeFolder:
    """Counts the cube of a plan in a scan."""

    by_column = False

    def __init__(self, plan: Plan, source: Source, scorer: Scorer | None = None) -> None:
        self.source = source
        self._plan, self._scorer = plan, scorer

    def wants(self) -> dict[str, Want]:
        return wanted_columns(self._plan, self._scorer)

    def start(self) -> CubeCounting:
        return CubeCounting(self._plan, self.source, self._scorer)

    def states(self, countings: Sequence[CubeCounting]) -> States:
        """What all countings counted together; BadInput when there was no row."""
        counted = [one.states() for one in countings if one.some]
        if not counted:
            seen = [one.filter.seen for one in countings]
            refuse_no_rows(self.source, self._plan.where, seen, read=any(one.read for one in countings))
        with named(self.source):
            return merge_all(counted)


def wanted_columns(plan: Plan, scorer: Scorer | None = None) -> dict[str, Want]:
    """The columns that are read for a plan."""
    texts = [plan.label, plan.prediction, *plan.protected, *(column for column, _ in plan.where)]
    wanted = {column: Want.TEXT for column in texts if column is not None}
    if scorer is not None:
        return wanted | {
            column: want for column, want in scorer.wants().items() if want is Want.NUMBER or column not in wanted
        }
    return wanted | ({plan.score: Want.NUMBER} if plan.score is not None else {})


class CubeCounting:
    """Adds batches up; `states` gives what was counted."""

    def __init__(self, plan: Plan, source: Source, scorer: Scorer | None) -> None:
        self._plan, self._source, self._scorer = plan, source, scorer
        self._row: int | None = 1  # the number of the batch's first row, counted from 1 below the header
        self.read = 0
        self._groups = Groups(plan.protected, source)
        self.filter = Filter(plan.where, source)
        self._labels = ClassCodes(plan.label, plan.positive, source)
        self._predictions = ClassCodes(plan.prediction, plan.positive, source)
        self._cells = CellTable()
        self._scores = ScoreTable(plan.score_entries)

    @property
    def some(self) -> bool:
        """Whether a row was counted."""
        return len(self._groups) > 0

    def add(self, batch: pa.RecordBatch, first_row: int | None, counted: NDArray[np.int64] | None = None) -> None:
        """Count a batch, whose first row has this number; None where rows have none.

        With `counted` each row of the batch stands for so many equal ones.
        """
        plan, self._row = self._plan, first_row
        chosen = self.filter.chosen(batch)
        if chosen.any():
            score = self._score(batch, chosen)
            label = self._labels.codes(batch, chosen)
            if plan.threshold is not None and score is not None:
                prediction = np.where(score.present, score.values >= plan.threshold, UNKNOWN).astype(np.int32)
            else:
                prediction = self._predictions.codes(batch, chosen)
            cell = np.where(chosen, self._groups.numbers(batch, chosen) * 9 + label * 3 + prediction, -1).astype(
                np.int32
            )
            self._cells.add(cell, score, cells=len(self._groups) * 9, counted=counted)
            if score is not None:
                self._scores.add(np.where(score.present, cell, np.int32(-1)), score.values, counted)
        self.read += batch.num_rows

    def states(self) -> States:
        """What was counted; at least one row is expected."""
        groups = list(self._groups.met)
        keyed = [
            (CellKey(groups[number // 9], number // 3 % 3, number % 3), number) for number in self._cells.occupied()
        ]
        keyed.sort(key=lambda item: item[0].order())
        place = np.zeros(len(groups) * 9, dtype=np.int32)
        for position, (_, number) in enumerate(keyed):
            place[number] = position
        states = States(
            self._plan.without_filter(),
            tuple(sorted(self._labels.seen)),
            tuple(sorted(self._predictions.seen)),
            tuple((key, self._cells.tally(number)) for key, number in keyed),
            self._scores.counts(place),
        )
        with named(self._source):
            check_classes(states)
        return states

    def _score(self, batch: pa.RecordBatch, chosen: NDArray[np.bool_]) -> Numbers | None:
        if self._scorer is not None:
            values = self._scorer.scores(
                batch, chosen, untyped=self._source.untyped, first_row=self._row or 1, where=self._source.name
            )
            return Numbers(values, np.ones(len(values), dtype=np.bool_))
        if self._plan.score is None:
            return None
        return roles.scores(batch, self._plan.score, chosen, source=self._source, first_row=self._row)
