"""One reading of the rows for everything that is counted: parts side by side, each counted where it is read."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import pyarrow as pa

from consilience.measure.engines.sources import Part, Source, Want, check_columns
from consilience.measure.threads import threads_for

Progress = Callable[[int], None]
"""Is told how many more rows were counted; from any thread."""


class Counting(Protocol):
    """A thread's own counts of something."""

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Count a batch; `first_row` is the number of its first row, from 1, for sentences."""
        ...


class Folder(Protocol):
    """Something that can be counted in one reading: which columns it needs, and a place to count for each thread."""

    def wants(self) -> Mapping[str, Want]: ...

    def start(self) -> Any:
        """A new `Counting`. What several have counted is put together by whoever started the scan."""
        ...


def scan(
    source: Source, folders: Sequence[Folder], *, threads: int | None = None, progress: Progress | None = None
) -> list[list[Any]]:
    """Read all rows once; for each folder the countings that together saw them all, at least one.

    Raises BadInput, of the earliest part in which something is wrong.
    """
    wanted = _together(folders)
    check_columns(source, wanted)
    parts = source.parts(wanted)
    workers = threads_for(len(parts), threads)
    queue = _Queue(parts)
    if workers == 1:
        found = [_count(queue, folders, progress)]
    else:
        with ThreadPoolExecutor(workers) as pool:
            found = list(pool.map(lambda _: _count(queue, folders, progress), range(workers)))
    queue.raise_first()
    return [list(countings) for countings in zip(*found, strict=True)]


class _Queue:
    """The parts in order, until they are all taken or something was wrong in one."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._lock = threading.Lock()
        self._waiting = iter(list(enumerate(parts)))
        self._wrong: dict[int, Exception] = {}

    def __iter__(self) -> Iterator[tuple[int, Part]]:
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
        # Every part before one that is wrong was taken before it and counted to its end: the first is always the same.
        if self._wrong:
            raise self._wrong[min(self._wrong)]


def _count(queue: _Queue, folders: Sequence[Folder], progress: Progress | None) -> list[Any]:
    countings = [folder.start() for folder in folders]
    for number, part in queue:
        row = part.first_row
        try:
            for batch in part.open():
                for counting in countings:
                    counting.add(batch, row)
                row += batch.num_rows
                if progress is not None:
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
