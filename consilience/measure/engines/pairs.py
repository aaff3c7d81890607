"""Two models on the same rows, kept row by row: what a paired comparison needs and counts of one model cannot tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure import classes
from consilience.measure.classes import UNKNOWN
from consilience.measure.engines import roles
from consilience.measure.engines.groups import Filter, Group, Groups, named, refuse_no_rows
from consilience.measure.engines.roles import ClassCodes
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Source, Want
from consilience.measure.plan import Plan

Codes = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Side:
    """What one model said of each row: NaN where there is no score, UNKNOWN where there is no prediction."""

    score: Floats
    prediction: Codes


@dataclass(frozen=True)
class Pairs:
    """The rows that both models spoke about, in the order of the source; about 21 bytes a row are kept.

    `group` is the position of each row's values in `groups`; `left_out` counts the rows where one of the two said nothing.
    """

    label: Codes
    one: Side
    other: Side
    group: NDArray[np.int64]
    groups: list[Group]
    left_out: int

    def part(self, chosen: NDArray[np.bool_]) -> Pairs:
        """Some of the rows."""
        one, other = (Side(side.score[chosen], side.prediction[chosen]) for side in (self.one, self.other))
        return Pairs(self.label[chosen], one, other, self.group[chosen], self.groups, self.left_out)


def pair(source: Source, one: Plan, other: Plan, *, progress: Progress | None = None) -> Pairs:
    """Read what two models said of the same rows; both plans share label, protected attributes and filter."""
    folder = PairFolder(one, other, source)
    (countings,) = scan(source, [folder], progress=progress)
    return folder.pairs(countings)


class PairFolder:
    """Collects pairs in a scan."""

    by_column = False

    def __init__(self, one: Plan, other: Plan, source: Source) -> None:
        self._plans, self.source = (one, other), source

    def wants(self) -> dict[str, Want]:
        one, other = self._plans
        texts = [
            one.label, one.prediction, other.prediction, *one.protected, *(column for column, _ in one.where)
        ]  # fmt: skip
        wanted = {column: Want.TEXT for column in texts if column is not None}
        return wanted | {plan.score: Want.NUMBER for plan in self._plans if plan.score is not None}

    def start(self) -> PairCounting:
        return PairCounting(self._plans, self.source)

    def pairs(self, countings: Sequence[PairCounting]) -> Pairs:
        """What all countings collected, in the order of the rows; BadInput when there was no row."""
        if not any(one.kept for one in countings):
            seen = [one.filter.seen for one in countings]
            refuse_no_rows(self.source, self._plans[0].where, seen, read=any(one.read for one in countings))
        self._check_classes(countings)
        groups = sorted(
            set().union(*(one.groups.met for one in countings)),
            key=lambda group: tuple((value is not None, value or "") for value in group),
        )
        place = {group: number for number, group in enumerate(groups)}
        batches = []
        for counting in countings:
            moved = np.array([place[group] for group in counting.groups.met], dtype=np.int64)
            batches += [(row, [*columns, moved[group]]) for row, columns, group in counting.kept]
        batches.sort(key=lambda item: item[0])
        label, score, prediction, score2, prediction2, group = (
            np.concatenate(parts) for parts in zip(*(columns for _, columns in batches), strict=True)
        )
        if not len(label):
            raise BadInput(self.source.name, "has no row about which both models say something")
        left_out = sum(one.left_out for one in countings)
        return Pairs(label, Side(score, prediction), Side(score2, prediction2), group, groups, left_out)

    def _check_classes(self, countings: Sequence[PairCounting]) -> None:
        positive = self._plans[0].positive
        columns = [self._plans[0].label, self._plans[0].prediction, self._plans[1].prediction]
        seen = [set().union(*(one.classes[number].seen for one in countings)) for number in range(3)]
        with named(self.source):
            for column, values in zip(columns, seen, strict=True):
                if column is not None:
                    classes.codes(values, positive=positive, where=f"column {column!r}")
            for predicted in seen[1:]:
                classes.agree(seen[0], predicted, positive=positive)


class PairCounting:
    """One thread's rows."""

    def __init__(self, plans: tuple[Plan, Plan], source: Source) -> None:
        one, other = self._plans = plans
        self._source = source
        self.groups, self.filter = Groups(one.protected, source), Filter(one.where, source)
        self.classes = [
            ClassCodes(column, one.positive, source) for column in (one.label, one.prediction, other.prediction)
        ]
        self.kept: list[tuple[int, list[NDArray[np.generic]], NDArray[np.int64]]] = []
        self.read = self.left_out = 0

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Keep the rows of a batch about which both models say something."""
        self.read += batch.num_rows
        chosen = self.filter.chosen(batch)
        if not chosen.any():
            return
        label, *predicted = (one.codes(batch, chosen) for one in self.classes)
        columns: list[NDArray[np.generic]] = [label]
        kept = chosen
        for plan, prediction in zip(self._plans, predicted, strict=True):
            score = np.full(batch.num_rows, np.nan)
            if plan.score is not None:
                found = roles.scores(batch, plan.score, chosen, source=self._source, first_row=first_row)
                score = np.where(found.present, found.values, np.nan)
                kept = kept & found.present
            if plan.threshold is not None:
                prediction = (score >= plan.threshold).astype(np.int32)  # noqa: PLW2901 - the prediction that there is
            elif plan.prediction is not None:
                kept = kept & (prediction != UNKNOWN)
            columns += [score, prediction]
        group = self.groups.numbers(batch, chosen)
        self.left_out += int(chosen.sum() - kept.sum())
        self.kept.append((first_row, [column[kept] for column in columns], group[kept]))


def as_table(found: Pairs, plan: Plan, side: Side) -> pa.Table:
    """One model's rows as a table, under the names of its plan; classes are 0 and 1."""
    made: dict[str, pa.Array] = {}
    if plan.label is not None:
        made[plan.label] = _classes(found.label)
    if plan.score is not None:
        made[plan.score] = pa.array(side.score)
    if plan.prediction is not None:
        made[plan.prediction] = _classes(side.prediction)
    for position, name in enumerate(plan.protected):
        values = pa.array([group[position] for group in found.groups], pa.string())
        made[name] = values.take(pa.array(found.group))
    return pa.table(made)


def _classes(codes: Codes) -> pa.Array:
    return pa.array(codes.astype(np.int8), mask=codes == UNKNOWN)
