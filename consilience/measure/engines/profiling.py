"""Profiling: each column of each batch into the state of its plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from consilience.measure.engines import learning
from consilience.measure.engines.category_table import CategoryTable
from consilience.measure.engines.number_table import NumberTable, Room
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Source, Want
from consilience.measure.states.profile import (
    ColumnPlan,
    ColumnState,
    Kind,
    Profile,
    ProfilePlan,
    merge_all,
    nothing,
)


def profile(
    source: Any, plan: ProfilePlan | None = None, *, threads: int | None = None, progress: Progress | None = None
) -> Profile:
    """Count every column of a source by a plan; without one the source is its own reference, and the plan is learned."""
    opened = reopenable(source) if plan is None else open_source(source)
    folder = ProfileFolder(plan or learning.learn(opened), opened)
    (countings,) = scan(opened, [folder], threads=threads, progress=progress)
    return folder.states(countings)


def reopenable(source: Any) -> Source:
    """The source, taken into memory where it could only be read once."""
    opened = open_source(source)
    keep = getattr(opened, "kept", None)
    return keep() if keep is not None else opened


class ProfileFolder:
    """Profiles the columns of a plan in a scan: those that the source has, in a type that can be counted so."""

    by_column = True

    def __init__(self, plan: ProfilePlan, source: Source) -> None:
        self.plan = plan
        self._untyped = source.untyped
        self.types = source.types()
        self.columns = [one for one in plan.columns if one.name in self.types and self._fits(one)]

    def wants(self) -> dict[str, Want]:
        return {one.name: learning.want_of(one.kind) for one in self.columns}

    def start(self) -> ProfileCounting:
        return ProfileCounting(self.columns, self.plan.exact_rows, untyped=self._untyped)

    def states(self, countings: Sequence[ProfileCounting]) -> Profile:
        """What all countings counted together."""
        types = {name: str(kind) for name, kind in self.types.items()}
        return merge_all(Profile(self.plan, one.rows, types, one.states()) for one in countings)

    def _fits(self, column: ColumnPlan) -> bool:
        """Whether the source's type can be counted as the plan says; else the column is there, and retyped."""
        type_ = self.types[column.name]
        if not learning.countable(type_):
            return False
        if pa.types.is_null(type_):
            return True
        found = learning.kind_of(type_)
        return (
            column.kind is Kind.CATEGORY
            if found is Kind.CATEGORY
            else found is column.kind or _identifiers(column, type_)
        )


def _identifiers(column: ColumnPlan, type_: pa.DataType) -> bool:
    return column.kind is Kind.CATEGORY and bool(pa.types.is_integer(type_))


class ProfileCounting:
    """One thread's states of the columns, of those whose rows it was given."""

    def __init__(self, planned: Sequence[ColumnPlan], exact_rows: int, *, untyped: bool) -> None:
        self.rows = 0
        """Rows in which the first column was counted: a batch may hold some of the columns only."""
        self._planned, self._exact_rows, self._untyped = planned, exact_rows, untyped
        self._room = Room()
        self._tables: dict[str, NumberTable | CategoryTable] = {}

    def add(self, batch: pa.RecordBatch, first_row: int | None) -> None:  # noqa: ARG002 - no value of a profile is refused
        there = set(batch.schema.names)
        if not self._planned or self._planned[0].name in there:
            self.rows += batch.num_rows
        for column in self._planned:
            if column.name in there and batch.num_rows:
                self._table(column).add(batch.column(column.name))

    def states(self) -> dict[str, ColumnState]:
        counted = {name: table.state() for name, table in self._tables.items()}
        return {one.name: counted.get(one.name) or nothing(one, self._exact_rows) for one in self._planned}

    def _table(self, column: ColumnPlan) -> NumberTable | CategoryTable:
        if column.name not in self._tables:
            scale = column.scale
            made = CategoryTable(self._untyped) if scale is None else NumberTable(scale, self._exact_rows, self._room)
            self._tables[column.name] = made
        return self._tables[column.name]
