"""How many threads work side by side, where the work lets go of the interpreter lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

MOST_THREADS = 8
_Task = TypeVar("_Task")
_Done = TypeVar("_Done")


def threads_for(tasks: int, wanted: int | None = None) -> int:
    """How many threads work on so many tasks: one a core, or as many as wanted."""
    return max(1, min(wanted or os.cpu_count() or 1, MOST_THREADS, tasks))


def side_by_side(work: Callable[[_Task], _Done], tasks: Iterable[_Task]) -> list[_Done]:
    """The results in the order of the tasks; they are begun in that order too, so the longest stands first."""
    listed = list(tasks)
    workers = threads_for(len(listed))
    if workers == 1:
        return [work(task) for task in listed]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, listed))
