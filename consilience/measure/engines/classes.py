"""Counting classes in a scan: labels and predictions of one of several classes, by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.engines import columns
from consilience.measure.engines.groups import Filter, Groups, named, refuse_no_rows, texts
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Source, Want
from consilience.measure.states.classes_cube import (
    LARGEST_RANK,
    MAX_CLASSES,
    ClassesPlan,
    ClassesStates,
    ClassesTally,
    Pair,
    check_classes,
    in_order,
    merge_all,
)
from consilience.measure.values import group_order

SPACE = MAX_CLASSES + 2
"""Numbers of a class in a batch: 0 is missing, and there may be one too many before it is refused."""


def fold(
    source: Source, plan: ClassesPlan, *, threads: int | None = None, progress: Progress | None = None
) -> ClassesStates:
    """Count the rows of a source."""
    folder = ClassesFolder(plan, source)
    (countings,) = scan(source, [folder], threads=threads, progress=progress)
    return folder.states(countings)


class ClassesFolder:
    """Counts classes in a scan."""

    by_column = False

    def __init__(self, plan: ClassesPlan, source: Source) -> None:
        self.plan, self.source = plan, source

    def wants(self) -> dict[str, Want]:
        named_columns = [
            self.plan.label, self.plan.prediction, *self.plan.protected, *(column for column, _ in self.plan.where)
        ]  # fmt: skip
        wanted = dict.fromkeys(named_columns, Want.TEXT)
        return wanted | ({} if self.plan.rank is None else {self.plan.rank: Want.NUMBER})

    def start(self) -> ClassesCounting:
        return ClassesCounting(self.plan, self.source)

    def states(self, countings: Sequence[ClassesCounting]) -> ClassesStates:
        """What all countings counted together; BadInput when there was no row."""
        counted = [one.states() for one in countings if one.some]
        if not counted:
            seen = [one.filter.seen for one in countings]
            refuse_no_rows(self.source, self.plan.where, seen, read=any(one.read for one in countings))
        with named(self.source):
            return merge_all(counted)


class ClassesCounting:
    """Adds batches up."""

    def __init__(self, plan: ClassesPlan, source: Source) -> None:
        self._plan, self._source = plan, source
        self._groups, self.filter = Groups(plan.protected, source), Filter(plan.where, source)
        self._classes: dict[str, int] = {}
        self._rows: dict[int, int] = {}
        self._ranks: dict[int, int] = {}
        self.read = 0

    @property
    def some(self) -> bool:
        """Whether a row was counted."""
        return len(self._groups) > 0

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Count a batch, whose first row has this number."""
        chosen = self.filter.chosen(batch)
        self.read += batch.num_rows
        if not chosen.any():
            return
        label = self._codes(batch, self._plan.label, chosen)
        prediction = self._codes(batch, self._plan.prediction, chosen)
        group = self._groups.numbers(batch, chosen)
        _add(self._rows, ((group * SPACE + label) * SPACE + prediction)[chosen])
        if self._plan.rank is not None:
            self._add_ranks(batch, self._plan.rank, chosen & (label > 0), group, first_row)

    def states(self) -> ClassesStates:
        """What was counted; at least one row is expected."""
        words: list[str | None] = [None, *self._classes]
        groups = list(self._groups.met)
        pairs: list[dict[Pair, int]] = [{} for _ in groups]
        for key, rows in self._rows.items():
            pairs[key // SPACE**2][words[key // SPACE % SPACE], words[key % SPACE]] = rows
        made = []
        for number, group in enumerate(groups):
            ranks: tuple[int, ...] = ()
            if self._plan.rank is not None:
                ranks = tuple(self._ranks.get(number * SPACE + rank, 0) for rank in range(LARGEST_RANK + 1))
            made.append((group, ClassesTally(in_order(pairs[number]), ranks)))
        made.sort(key=lambda item: group_order(item[0]))
        return ClassesStates(replace(self._plan, where=()), tuple(made))

    def _codes(self, batch: pa.RecordBatch, column: str, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        found = texts(self._source, batch, column)
        code = np.zeros(len(found.values) + 1, dtype=np.int64)
        for position in found.used(chosen):
            code[position] = self._classes.setdefault(found.values[position], len(self._classes) + 1)
        with named(self._source):
            check_classes(self._classes, self._plan)
        return code[found.codes]

    def _add_ranks(
        self, batch: pa.RecordBatch, column: str, chosen: NDArray[np.bool_], group: NDArray[np.int64], first_row: int
    ) -> None:
        rank = columns.numbers(batch.column(column))
        known = chosen & rank.present
        wrong = np.flatnonzero(known & ~((rank.values >= 1) & (rank.values == np.floor(rank.values))))
        if len(wrong):
            where = f"{self._source.name}, row {first_row + int(wrong[0])}, column {column!r}"
            raise BadInput(where, f"{rank.values[wrong[0]]} is no rank: 1, 2, 3, ... are expected")
        place = np.minimum(rank.values[known], LARGEST_RANK + 1).astype(np.int64) - 1
        _add(self._ranks, group[known] * SPACE + place)


def _add(counted: dict[int, int], keys: NDArray[np.int64]) -> None:
    found, rows = np.unique(keys, return_counts=True)
    for key, count in zip(found.tolist(), rows.tolist(), strict=True):
        counted[key] = counted.get(key, 0) + count
