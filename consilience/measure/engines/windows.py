"""Counting by window of time, or of rows, in one scan: whatever can be folded is folded window by window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.engines.columns import rows_of
from consilience.measure.engines.groups import Filter, Where, refuse_no_rows
from consilience.measure.engines.learning import SAMPLE_OF_ALL, countable
from consilience.measure.engines.scan import Folder
from consilience.measure.engines.sources import Part, Source, Want, check_columns

NO_TIME = np.iinfo(np.int64).min
MOST_WINDOWS = 10_000
DAY_MICROSECONDS = 86_400_000_000

Ints = NDArray[np.int64]


class Span(StrEnum):
    """How long a window is. A week begins on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True)
class Cut:
    """How rows are cut into windows: by calendar days, weeks or months of a zone, or after every so many rows.

    A time with a zone is an instant; its day is that of `zone`. A time without one is a time of day as written: it is read
    as one of `zone`, whichever that is, and its day is the written one.
    """

    by: Span | int
    time: str | None = None
    zone: str = "UTC"

    def number(self, batch: pa.RecordBatch, first_row: int) -> Ints:
        """The number of each row's window, in the order of the windows; NO_TIME where the row has no time."""
        if self.time is None:
            return (np.arange(batch.num_rows, dtype=np.int64) + (first_row - 1)) // int(self.by)
        microseconds, present = self._local(batch.column(self.time))
        days = np.floor_divide(microseconds, DAY_MICROSECONDS)
        if self.by is Span.WEEK:
            made = np.floor_divide(days + 3, 7)  # day 0 was a Thursday
        elif self.by is Span.MONTH:
            made = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        else:
            made = days
        return np.where(present, made, NO_TIME)

    def start(self, number: int) -> str:
        """Where a window begins: a date, or the number of its first row."""
        if self.time is None:
            return str(number * int(self.by) + 1)
        if self.by is Span.MONTH:
            return str(np.datetime64(number, "M").astype("datetime64[D]"))
        return str(np.datetime64(number * 7 - 3 if self.by is Span.WEEK else number, "D"))

    def _local(self, array: Any) -> tuple[Ints, NDArray[np.bool_]]:
        """Microseconds of local time since 1970, and which rows have a time."""
        import pyarrow.compute as pc

        kind = array.type
        if pa.types.is_date(kind) or pa.types.is_null(kind):
            array = array.cast(pa.timestamp("us"))
        elif not pa.types.is_timestamp(kind):
            raise BadInput(f"column {self.time!r}", _no_times(kind))
        try:
            if array.type.tz is not None:
                array = pc.local_timestamp(array.cast(pa.timestamp("us", self.zone), safe=False))
            array = array.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        except pa.ArrowInvalid as error:
            raise BadInput("zone", f"{self.zone!r} is no time zone that is known here ({error})") from error
        present = np.frombuffer(array.is_valid().cast(pa.uint8()).buffers()[1], dtype=np.uint8)[: len(array)] > 0
        values = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + len(array)]
        return np.where(present, values, 0), present


def make_cut(source: Source, *, by: str | int, time: str | None, zone: str = "UTC") -> Cut:
    """A checked cut. Raises WrongUse for a call that contradicts itself, BadInput for a column that has no times."""
    if isinstance(by, int) and not isinstance(by, bool):
        if by < 1:
            raise WrongUse("a window has one row at least")
        if source.rows() is None and len(source.parts({})) > 1:
            raise BadInput(source.name, "has files whose rows are not numbered before they are read; cut it by time")
        return Cut(by, None, zone)
    if by not in list(Span):
        raise WrongUse(f"{by!r} is none of {', '.join(Span)}, and no number of rows")
    if time is None:
        raise WrongUse("windows of time need the column of the time")
    kind = source.types().get(time)
    if kind is not None and not (pa.types.is_date(kind) or pa.types.is_timestamp(kind) or pa.types.is_null(kind)):
        raise BadInput(f"{source.name}, column {time!r}", _no_times(kind))
    return Cut(Span(by), time, zone)


def _no_times(kind: pa.DataType) -> str:
    said = f"holds {kind}; expected dates or times with a date"
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):  # so is a CSV in which only some times have a zone
        return f"{said}, written alike in all rows: all with a zone (2026-03-31T10:00:00Z) or all without"
    return said


class WindowFolder:
    """Folds several folders window by window; rows that the filter leaves out take no part in any."""

    by_column = False

    def __init__(self, cut: Cut, folders: Sequence[Folder], source: Source, where: Where = ()) -> None:
        self.source, self.cut, self.where = source, cut, where
        self._folders = list(folders)

    def wants(self) -> dict[str, Want]:
        wanted: dict[str, Want] = {}
        for folder in self._folders:
            for column, want in folder.wants().items():
                wanted[column] = Want.TEXT if Want.TEXT in (want, wanted.get(column)) else want
        wanted |= {column: Want.TEXT for column, _ in self.where}
        return wanted | ({} if self.cut.time is None else {self.cut.time: Want.TIME})

    def start(self) -> WindowCounting:
        return WindowCounting(self.cut, self._folders, self.source, self.where)

    def states(self, countings: Sequence[WindowCounting]) -> dict[int, list[Any]]:
        """For each window that has rows, in order, the state of each folder; BadInput when there was no row at all."""
        numbers = sorted(set().union(*(one.windows for one in countings)))
        if not numbers:
            seen = [one.filter.seen for one in countings]
            refuse_no_rows(self.source, self.where, seen, read=any(one.read for one in countings))
        if numbers[0] == NO_TIME and len(numbers) == 1:
            raise BadInput(f"{self.source.name}, column {self.cut.time!r}", "has no time in any row")
        made = {}
        for number in numbers:
            found = [one.windows[number] for one in countings if number in one.windows]
            made[number] = [
                folder.states(list(own))  # type: ignore[attr-defined]
                for folder, own in zip(self._folders, zip(*found, strict=True), strict=True)
            ]
        return made


class WindowCounting:
    """One thread's countings of each window."""

    def __init__(self, cut: Cut, folders: Sequence[Folder], source: Source, where: Where) -> None:
        self._cut, self._folders = cut, folders
        self.filter = Filter(where, source)
        self.windows: dict[int, list[Any]] = {}
        self.read = 0

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Count a batch: as it is where all its rows lie in one window, else window by window."""
        self.read += batch.num_rows
        if not batch.num_rows:
            return
        chosen = self.filter.chosen(batch)
        if not chosen.any():
            return
        number = self._cut.number(batch, first_row)
        if chosen.all() and number.min() == number.max():
            self._count(int(number[0]), batch, first_row)
            return
        rows = np.flatnonzero(chosen)
        rows = rows[np.argsort(number[rows], kind="stable")]
        for place in np.split(rows, np.flatnonzero(np.diff(number[rows])) + 1):
            self._count_some(int(number[place[0]]), batch, place, first_row)

    def _count(self, number: int, batch: pa.RecordBatch, first_row: int) -> None:
        for counting in self._countings(number):
            counting.add(batch, first_row)

    def _count_some(self, number: int, batch: pa.RecordBatch, rows: Ints, first_row: int) -> None:
        first, some = int(rows[0]), len(rows)
        if int(rows[-1]) - first + 1 == some:
            self._count(number, batch.slice(first, some), first_row + first)
            return
        try:
            self._count(number, rows_of(batch, rows), first_row + first)
        except BadInput:
            self._say_which_row(batch, rows, first_row)
            raise

    def _say_which_row(self, batch: pa.RecordBatch, rows: Ints, first_row: int) -> None:
        """Raise BadInput for the first of the rows that is wrong by itself, with its own number."""
        for row in rows.tolist():
            for folder in self._folders:
                folder.start().add(batch.slice(row, 1), first_row + row)

    def _countings(self, number: int) -> list[Any]:
        if number not in self.windows:
            if len(self.windows) >= MOST_WINDOWS:
                raise BadInput("windows", f"are more than {MOST_WINDOWS}; take longer ones")
            self.windows[number] = [folder.start() for folder in self._folders]
        return self.windows[number]


def first_window(source: Source, cut: Cut, where: Where, without: Sequence[str] = ()) -> pa.Table:
    """Rows of the earliest window that has any, at most SAMPLE_OF_ALL: what a reference is learned from.

    Reads the times of all rows, and every column of the parts that hold the earliest. Windows of rows begin with the first
    row that the filter leaves: then nothing behind its window is read.
    """
    from consilience.measure.engines.learning import kind_of, want_of

    narrow = {column: Want.TEXT for column, _ in where} | ({} if cut.time is None else {cut.time: Want.TIME})
    narrow = narrow or {source.columns()[0]: want_of(kind_of(source.types()[source.columns()[0]]))}
    earliest = _earliest_of_parts(source.parts(narrow), cut, where, source)
    known = [one for one in earliest if one is not None]
    if not known:
        raise BadInput(source.name, "has no row with a time that the filter leaves")
    kinds = {name: kind for name, kind in source.types().items() if countable(kind)}
    wide = {name: want_of(kind_of(kind)) for name, kind in kinds.items() if name not in without}
    check_columns(source, wide)
    parts = source.parts(wide | narrow)
    made: list[pa.RecordBatch] = []
    for part, own in zip(parts, earliest, strict=False):  # what lies behind the last one was not looked at
        row = part.first_row
        for batch in filter(len, part.open()) if own == min(known) else ():
            number = cut.number(batch, row)
            if cut.time is None and number[0] > own:
                break
            kept = Filter(where, source).chosen(batch) & (number == own)
            made.append(rows_of(batch, np.flatnonzero(kept)).select(list(wide)))
            row += batch.num_rows
            if sum(one.num_rows for one in made) >= SAMPLE_OF_ALL:
                return pa.Table.from_batches(made)
    return pa.Table.from_batches(made)


def _earliest_of_parts(parts: Sequence[Part], cut: Cut, where: Where, source: Source) -> list[int | None]:
    """The earliest window of each part; of windows of rows only up to the first part that lies behind the earliest of all."""
    found: list[int | None] = []
    for part in parts:
        found.append(_earliest(part.open(), part.first_row, cut, where, source))
        known = [one for one in found if one is not None]
        if cut.time is None and known and found[-1] is not None and found[-1] > known[0]:
            break
    return found


def _earliest(batches: Iterator[pa.RecordBatch], first_row: int, cut: Cut, where: Where, source: Source) -> int | None:
    found: list[int] = []
    for batch in batches:
        if not batch.num_rows:
            continue
        number = cut.number(batch, first_row)[Filter(where, source).chosen(batch)]
        first_row += batch.num_rows
        found.extend(number[number != NO_TIME].min(initial=np.iinfo(np.int64).max, keepdims=True).tolist())
        if cut.time is None and len(number):
            break  # windows of rows only rise
    least = min(found, default=np.iinfo(np.int64).max)
    return None if least == np.iinfo(np.int64).max else int(least)


def how_read(cut: Cut, kind: pa.DataType | None) -> Mapping[str, str | None]:
    """How times were read, for the report: the zone in which windows are cut, and what was assumed of bare times."""
    if cut.time is None:
        return {"zone": None, "times": None}
    aware = kind is not None and pa.types.is_timestamp(kind) and kind.tz is not None
    return {"zone": cut.zone, "times": "instants" if aware else f"without a zone, read as {cut.zone}"}
