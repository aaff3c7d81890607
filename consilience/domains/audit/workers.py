"""Lines of an archive, read by several processes: pieces of a member, and answers in order in flat memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from consilience.domains.audit.layout import MAX_LINE
from consilience.kit.errors import BadInput

Task = TypeVar("Task")
Answer = TypeVar("Answer")
PIECE = 2**20
"""Bytes of lines that one process takes at a time."""
LARGE = 16 * 2**20
"""Bytes of an archive from which more than one process is worth starting."""


class Piece(NamedTuple):
    """Part of a member of lines: those that begin within [at, to) of a member that lies at [start, end) of the file."""

    path: Path
    name: str
    start: int
    end: int
    at: int
    to: int


def pieces(path: Path, name: str, start: int, size: int) -> Iterator[Piece]:
    end = start + size
    return (Piece(path, name, start, end, at, min(at + PIECE, end)) for at in range(start, end, PIECE))


def lines(piece: Piece) -> Iterator[bytes]:
    """The lines of a piece without their newline; BadInput where one does not end, or is longer than the format allows."""
    at = piece.at
    with piece.path.open("rb", buffering=2**18) as stream:
        if at > piece.start:
            stream.seek(at - 1)  # so that a line which begins exactly here is not taken for the rest of one
            at += len(stream.readline(MAX_LINE + 1)) - 1
        stream.seek(at)
        while at < piece.to:
            line = stream.readline(min(MAX_LINE + 1, piece.end - at))
            if not line.endswith(b"\n"):
                told = f"has a line of more than {MAX_LINE} bytes" if len(line) > MAX_LINE else "ends within a line"
                raise BadInput(piece.name, told)
            at += len(line)
            yield line[:-1]


def cores() -> int:
    """How many processes may run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Workers:
    """Work spread over processes. It stays in this one where one is asked for, or where the machine allows no more."""

    def __init__(self, jobs: int) -> None:
        self.jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            try:
                self._pool = ProcessPoolExecutor(jobs)
            except (OSError, NotImplementedError, ImportError):  # no semaphores, as in some containers
                self.jobs = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, function: Callable[[Task], Answer], task: Task) -> Callable[[], Answer]:
        """Begin a task; what comes back gives its answer when called."""
        if self._pool is not None:
            return self._pool.submit(function, task).result
        answer = function(task)
        return lambda: answer

    def answers(self, function: Callable[[Task], Answer], tasks: Iterable[Task]) -> Iterator[Answer]:
        """What the function says to each task, in order. Few are under way at a time, so that memory stays flat."""
        if self._pool is None:
            yield from map(function, tasks)
            return
        waiting: deque[Future[Answer]] = deque()
        for task in tasks:
            waiting.append(self._pool.submit(function, task))
            if len(waiting) > 2 * self.jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
