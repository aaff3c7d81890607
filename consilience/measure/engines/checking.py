"""The rules of a contract that are asked of rows, each as something that counts batches and says what it found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from consilience.measure.contract import Monotone, Severity
from consilience.measure.contract_writing import duration
from consilience.measure.engines.cells import Batch, Mask, row_keys
from consilience.measure.engines.tallies import NewestTally, RepeatTally, RowTally, RunTally
from consilience.measure.metrics.figure import Figure, Method, Reason, figure, undefined
from consilience.measure.metrics.intervals import wilson
from consilience.measure.validation import Example, Finding

RowOf = Callable[[int], int]
Asked = tuple[Mask, Mask]
"""Rows that break a rule, among the rows that it was asked of."""


class Check(Protocol):
    """One rule: what it reads, a tally for each thread, how a batch is counted, what all tallies together say."""

    @property
    def asks(self) -> Asks: ...

    @property
    def columns(self) -> tuple[str, ...]: ...

    def start(self) -> Any: ...

    def add(self, tally: Any, batch: Batch, start: int) -> None: ...

    def finish(self, tallies: Sequence[Any], row_of: RowOf) -> Finding: ...


@dataclass(frozen=True)
class Asks:
    """What every check knows of its rule."""

    rule: str
    column: str | None
    words: str
    severity: Severity
    keep: int
    withheld: bool = False
    """Whether values are kept out of the examples."""

    def finding(
        self, tally: RowTally, row_of: RowOf, *, passed: bool | None = None, notes: Sequence[str] = ()
    ) -> Finding:
        """The rule's finding; without a word about it, it is kept when no row breaks it."""
        return Finding(
            self.rule,
            self.column,
            self.words,
            self.severity,
            passed=tally.broken == 0 if passed is None else passed,
            violations=share(tally.broken, tally.rows),
            broken=tally.broken,
            examples=tuple(Example(row_of(place), value) for place, value in tally.examples),
            notes=tuple(notes),
        )


@dataclass(frozen=True)
class RowCheck:
    """A rule that each row keeps or breaks by itself. `limit` is the share that may break it."""

    asks: Asks
    columns: tuple[str, ...]
    broken: Callable[[Batch], Asked]
    shows: tuple[str, ...] = ()
    limit: float = 0.0
    notes: Callable[[Sequence[str]], list[str]] = field(default=lambda _: [])
    """What a person should know about the values of the examples."""

    def start(self) -> RowTally:
        return RowTally(self.asks.keep)

    def add(self, tally: RowTally, batch: Batch, start: int) -> None:
        wrong, asked = self.broken(batch)

        def show(row: int) -> str | None:
            if self.asks.withheld or not self.shows:
                return None
            if len(self.shows) == 1:
                return batch[self.shows[0]].shown(row)
            return ", ".join(f"{name}={batch[name].shown(row)}" for name in self.shows)

        tally.add(wrong & asked, int(asked.sum()), start, show)

    def finish(self, tallies: Sequence[RowTally], row_of: RowOf) -> Finding:
        tally = tallies[0].together(tallies[1:])
        values = [value for _, value in tally.examples if value is not None]
        kept = tally.broken == 0 or tally.broken / tally.rows <= self.limit
        return self.asks.finding(tally, row_of, passed=kept, notes=self.notes(values))


@dataclass(frozen=True)
class MonotoneCheck:
    """Values follow one another in the order of the rows; those that are missing, or not of the type, are passed over."""

    asks: Asks
    name: str
    monotone: Monotone

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,)

    def start(self) -> RunTally:
        return RunTally(self.monotone, RowTally(self.asks.keep))

    def add(self, tally: RunTally, batch: Batch, start: int) -> None:
        cells = batch[self.name]
        rows = np.flatnonzero(cells.ordered & (cells.order == cells.order))  # NaN has no place in an order
        tally.add(cells.order[rows], rows, start, lambda row: None if self.asks.withheld else cells.shown(row))

    def finish(self, tallies: Sequence[RunTally], row_of: RowOf) -> Finding:
        return self.asks.finding(tallies[0].together(tallies[1:]), row_of)


@dataclass(frozen=True)
class RepeatCheck:
    """No value of a column, or no row, occurs twice; the first of each is no violation. `limit` is the share that may."""

    asks: Asks
    columns: tuple[str, ...]
    of_rows: bool
    limit: float = 0.0

    def start(self) -> RepeatTally:
        return RepeatTally(self.asks.keep)

    def add(self, tally: RepeatTally, batch: Batch, start: int) -> None:
        if self.of_rows:
            tally.add(row_keys(batch, self.columns), np.arange(start, start + batch.rows))
            return
        cells = batch[self.columns[0]]
        rows = np.flatnonzero(cells.present)
        tally.add(cells.keys()[rows], start + rows)

    def finish(self, tallies: Sequence[RepeatTally], row_of: RowOf) -> Finding:
        found = tallies[0].together(tallies[1:])
        rows = RowTally(self.asks.keep, found.rows, found.broken, [(place, None) for place in found.repeats])
        kept = found.broken == 0 or found.broken / found.rows <= self.limit
        notes = []
        if found.shift:
            notes.append(
                f"There were too many different values to compare them all: 1 of {2**found.shift} was looked at, chosen by "
                "its hash, with all of its rows. What was found is certain; that nothing was found is not."
            )
        return self.asks.finding(rows, row_of, passed=kept, notes=notes)


@dataclass(frozen=True)
class FreshCheck:
    """The newest value up to a moment is no older than allowed."""

    asks: Asks
    name: str
    within: timedelta
    as_of: datetime

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,)

    def start(self) -> NewestTally:
        since = self.as_of.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return NewestTally(since // timedelta(microseconds=1))

    def add(self, tally: NewestTally, batch: Batch, start: int) -> None:  # noqa: ARG002 - all rows together
        cells = batch[self.name]
        tally.add(cells.order[cells.ordered])

    def finish(self, tallies: Sequence[NewestTally], row_of: RowOf) -> Finding:  # noqa: ARG002 - all rows together
        found = tallies[0].together(tallies[1:])
        notes = (
            [f"{found.later:,} rows have a later time than that moment; they say nothing of its age"]
            if found.later
            else []
        )
        newest = None if found.newest is None else moment_of(found.newest)
        age = None if newest is None else self.as_of.replace(tzinfo=None) - newest
        return Finding(
            self.asks.rule,
            self.name,
            f"{self.asks.words} at {self.as_of.isoformat()}",
            self.asks.severity,
            passed=age is not None and age <= self.within,
            violations=undefined(Reason.ABOUT_ALL_ROWS, rows=found.rows),
            observed="no value" if newest is None or age is None else self._said(newest, age),
            notes=tuple(notes),
        )

    def _said(self, newest: datetime, age: timedelta) -> str:
        return f"{_age(age)} old" if self.asks.withheld else f"newest {newest.isoformat()}, {_age(age)} old"


def share(broken: int, rows: int) -> Figure:
    """Broken rows of those asked, with Wilson's interval for rows to come of the same kind."""
    if not rows:
        return undefined(Reason.NO_ROWS)
    low, high = wilson(broken, rows)
    return figure(broken / rows, low, high, method=Method.WILSON, rows=rows)


def moment_of(micros: int) -> datetime:
    """Microseconds since 1970 as a date and time without a zone."""
    return datetime(1970, 1, 1) + timedelta(microseconds=micros)  # noqa: DTZ001 - in the zone of the column


def _age(length: timedelta) -> str:
    minutes = length // timedelta(minutes=1)
    return duration(timedelta(minutes=minutes)) if minutes < 600 else f"{length / timedelta(hours=1):.1f}h"


def member(accepted: frozenset[str], words: Sequence[str | None], codes: NDArray[np.int32]) -> Mask:
    """Rows whose text is one of these."""
    inside = np.array([word in accepted for word in words] + [False])
    found: Mask = inside[codes]
    return found
