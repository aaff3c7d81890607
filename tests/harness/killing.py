"""Killing a process between any two of its steps, without a step of its own knowing of it.

`killed_before` runs work in a child process that ends itself with SIGKILL before its nth step. Steps are what outlives a process: a
file opened for writing, renamed or removed (as Python's audit events tell), a statement that writes, a commit; and the moment after
a commit. The process dies, not the machine: what it handed to the operating system stays.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection, connections

_FILES = {"os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.mkdir", "os.truncate"}
_WRITING = os.O_WRONLY | os.O_RDWR
MOST = 2000
"""More steps than any work that is killed here takes."""


def every_step(work: Callable[[], object]) -> Iterator[int]:
    """Runs the work killed before its first step, then before its second, until it ends by itself; after each, the step."""
    for nth in range(1, MOST):
        if not killed_before(nth, work):
            return
        yield nth
    raise AssertionError("the work never ended")


def how_many(work: Callable[[], object]) -> int:
    """How many steps the work takes; it is done once, in a child."""
    reading, writing = os.pipe()
    connections.close_all()
    child = os.fork()
    if not child:
        os.close(reading)
        left = _watch(10**9)
        work()
        os.write(writing, str(10**9 - left()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        steps = int(said.read() or -1)
    os.waitpid(child, 0)
    assert steps >= 0, "the work failed; its traceback stands on standard error"
    return steps


def killed_before(nth: int, work: Callable[[], object]) -> bool:
    """Whether the child was killed before its nth step; False when the work ended before. AssertionError when it failed."""
    connections.close_all()
    child = os.fork()
    if not child:
        _run(nth, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the work failed; its traceback stands on standard error"
    return False


def _run(nth: int, work: Callable[[], object]) -> None:
    try:
        _watch(nth)
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - nothing may leave the child but its exit code
        traceback.print_exc()
        os._exit(1)


def _watch(nth: int) -> Callable[[], int]:
    """Ends this process before its nth step; gives how many are left."""
    left = nth

    def step() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FILES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING):
            step()

    def statement(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if not sql.lstrip().upper().startswith(("SELECT", "SAVEPOINT", "RELEASE", "SET ")):
            step()
        return execute(sql, parameters, many, context)

    committing = connection._commit

    def commit() -> None:
        step()
        committing()
        step()

    connection.execute_wrappers.append(statement)
    connection._commit = commit  # type: ignore[method-assign]
    sys.addaudithook(hook)
    return lambda: left
