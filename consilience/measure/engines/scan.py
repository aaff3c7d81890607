"""One reading of the rows for everything that is counted: parts side by side, each counted where it is read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from consilience.measure.engines.sources import BATCH_ROWS, Part, Source, Want, check_columns
from consilience.measure.threads import threads_for

Progress = Callable[[int], None]
"""Is told how many more rows were counted; from any thread."""

COLUMNS_AT_ONCE, ROWS_OF_COLUMNS = 8, 1 << 17
"""Of a source that is read by columns so many are in memory for each thread, and so many rows of them."""


class Counting(Protocol):
    """A thread's own counts of something."""

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Count a batch; `first_row` is the number of its first row, from 1, for sentences."""
        ...


class Folder(Protocol):
    """Something that can be counted in one reading: which columns it needs, and a place to count for each thread."""

    @property
    def by_column(self) -> bool:
        """Whether each column is counted by itself: a batch may then hold some of the columns only."""
        ...

    def wants(self) -> Mapping[str, Want]: ...

    def start(self) -> Any:
        """A new `Counting`. What several have counted is put together by whoever started the scan."""
        ...


@dataclass(frozen=True)
class Reading:
    """A source, and what is counted in it."""

    source: Source
    folders: Sequence[Folder]


@dataclass(frozen=True)
class _Task:
    """Some columns of a part of a source: which reading it belongs to, whether what counts rows as a whole is counted in it,
    whether it is the first of its part, and whether its rows are told of."""

    reading: int
    part: Part
    whole: bool
    first: bool
    tells: bool

    def is_for(self, folder: Folder) -> bool:
        """Whether a folder counts in it; one that found none of its columns still counts the rows, once."""
        return self.whole or (folder.by_column and (self.first or bool(folder.wants())))


def scan(
    source: Source, folders: Sequence[Folder], *, threads: int | None = None, progress: Progress | None = None
) -> list[list[Any]]:
    """Read all rows once; for each folder the countings that together saw them all, at least one.

    Raises BadInput, of the earliest part in which something is wrong.
    """
    (found,) = scan_all([Reading(source, folders)], threads=threads, progress=progress)
    return found


def scan_all(
    readings: Sequence[Reading], *, threads: int | None = None, progress: Progress | None = None
) -> list[list[list[Any]]]:
    """As `scan`, of several sources: side by side where all can be read so, else one after the other."""
    if len(readings) > 1 and not all(one.source.by_column for one in readings):
        return [scan(one.source, one.folders, threads=threads, progress=progress) for one in readings]
    tasks = [task for number, one in enumerate(readings) for task in _tasks(number, one)]
    workers = threads_for(len(tasks), threads)
    queue = _Queue(tasks)
    if workers == 1:
        found = [_count(queue, readings, progress)]
    else:
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(lambda _: _count(queue, readings, progress), range(workers)))
    queue.raise_first()
    return [[list(countings) for countings in zip(*of, strict=True)] for of in zip(*found, strict=True)]


def _tasks(number: int, reading: Reading) -> list[_Task]:
    """The parts of a source in order, each cut into columns where its folders allow it.

    What counts rows as a whole comes first and gets its columns at once; the others follow a few at a time. So little of a wide part is
    in memory, two threads have work however few parts there are, and what is wrong in a row is found in the order of the rows.
    """
    source, folders = reading.source, reading.folders
    wanted = _together(folders)
    check_columns(source, wanted)
    parts = source.parts(wanted)
    if not source.by_column or not any(one.by_column for one in folders):
        return [_Task(number, part, whole=True, first=True, tells=True) for part in parts]
    of_rows = [one for one in folders if not one.by_column]
    together = [name for name in wanted if name in _together(of_rows)]
    rest = [name for name in wanted if name not in together]
    cuts = [rest[start : start + COLUMNS_AT_ONCE] for start in range(0, len(rest), COLUMNS_AT_ONCE)]
    cuts = [together, *cuts] if of_rows or not cuts else cuts
    cut = [source.parts({name: wanted[name] for name in names}) for names in cuts]
    last = len(cut) - 1
    return [
        _Task(number, part, whole=bool(of_rows) and place == 0, first=place == 0, tells=place == last)
        for of_part in zip(*cut, strict=True)
        for place, part in enumerate(of_part)
    ]


class _Queue:
    """The tasks in order, until they are all taken or something was wrong in one."""

    def __init__(self, tasks: Sequence[_Task]) -> None:
        self._lock = threading.Lock()
        self._waiting = iter(list(enumerate(tasks)))
        self._wrong: dict[int, Exception] = {}

    def __iter__(self) -> Iterator[tuple[int, _Task]]:
        while True:
            with self._lock:
                item = None if self._wrong else next(self._waiting, None)
            if item is None:
                return
            yield item

    def stop(self, number: int, error: Exception) -> None:
        with self._lock:
            self._wrong[number] = error

    def raise_first(self) -> None:
        # Every task before one that is wrong was taken before it and counted to its end: the first is always the same.
        if self._wrong:
            raise self._wrong[min(self._wrong)]


def _count(queue: _Queue, readings: Sequence[Reading], progress: Progress | None) -> list[list[Any]]:
    countings = [[folder.start() for folder in one.folders] for one in readings]
    for number, task in queue:
        row, folders = task.part.first_row, readings[task.reading].folders
        given = [
            counting for counting, folder in zip(countings[task.reading], folders, strict=True) if task.is_for(folder)
        ]
        try:
            for batch in task.part.open(BATCH_ROWS if task.whole else ROWS_OF_COLUMNS):
                for counting in given:
                    counting.add(batch, row)
                row += batch.num_rows
                if progress is not None and task.tells:
                    progress(batch.num_rows)
        except Exception as error:  # noqa: BLE001 - carried to the thread that asked, and raised there
            queue.stop(number, error)
    return countings


def _together(folders: Sequence[Folder]) -> dict[str, Want]:
    """The columns that any folder needs; text where one needs text, since a number can be read from it and not back."""
    wanted: dict[str, Want] = {}
    for folder in folders:
        for column, want in folder.wants().items():
            wanted[column] = Want.TEXT if Want.TEXT in (want, wanted.get(column)) else want
    return wanted
