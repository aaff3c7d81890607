"""A writer that is killed at a chosen step: `python -m tests.harness.killed KILLS`, on the workspace of the environment.

Again and again a child is forked that acts on the workspace until it kills itself (SIGKILL) at one step: before or
after a statement, before or after a commit, before a file is opened or put in its place. The steps are gone through in
order, over the length of three acts, so that each is the last one of some child. For each child a line of JSON
says at which step it died, and what it had been told was recorded; the next one begins when a line is read.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ACTS = 3


class Steps:
    """Counts what an act does to the disk, and ends the process at the one that was chosen."""

    def __init__(self, last: int | None, tell: Callable[[str], None]) -> None:
        self.count, self._last, self._tell = 0, last, tell
        self.acting = False

    def take(self, what: str) -> None:
        if not self.acting:
            return
        self.count += 1
        if self.count == self._last:
            self._tell(f"died {what}")
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        words = " ".join(sql.split()[:3])
        self.take(f"before {words}")
        result = execute(sql, params, many, context)
        self.take(f"after {words}")
        return result

    def event(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "os.rename":
            self.take("before a file is put in its place")
        elif name == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            self.take("before a file is opened to be written")


def main(kills: int) -> None:
    from consilience.config import workspace

    workspace.set_up_django()
    with child(None) as told:
        (steps,) = [int(line.split()[1]) for line in told if line.startswith("steps")]
    for nth in range(kills):
        with child(1 + nth % (ACTS * steps)) as told:
            died = [line.removeprefix("died ") for line in told if line.startswith("died")]
            positions = [int(line.split()[1]) for line in told if line.startswith("acknowledged")]
        print(json.dumps({"died": died, "acknowledged": positions, "steps": steps}), flush=True)
        sys.stdin.readline()  # whoever looks at what the dead one left says when the next may begin


@contextmanager
def child(last: int | None) -> Iterator[list[str]]:
    """What a child said before it died, or before it ended where nothing was to kill it."""
    reading, writing = os.pipe()
    born = os.fork()
    if born == 0:
        os.close(reading)
        code = 1
        try:
            act_until(last, lambda line: _write(writing, line))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as stream:
        told = stream.read().splitlines()
    _, status = os.waitpid(born, 0)
    if last is None:
        assert os.waitstatus_to_exitcode(status) == 0, told
    else:
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, (last, told)
    yield told


def act_until(last: int | None, tell: Callable[[str], None]) -> None:
    """One act where nothing is to end it, and else as many as it takes."""
    from django.db import connection

    from consilience.config.workspace import operator
    from consilience.domains.ledger.act import act
    from consilience.domains.people.models import Function
    from consilience.kit.clock import now
    from consilience.kit.naming import new_urn

    actor = operator()
    connection.ensure_connection()
    steps = Steps(last, tell)
    commit = connection._commit

    def committed() -> None:
        steps.take("before the commit")
        commit()
        steps.take("after the commit")

    connection._commit = committed
    sys.addaudithook(steps.event)
    with connection.execute_wrapper(steps.statement):
        for _ in range(1 if last is None else 2 * ACTS):
            slug = new_urn("00000000-0000-4000-8000-000000000000", "function").rpartition(":")[2]
            steps.acting = True
            with act(actor, verb="tests.killed", at=now()) as opened:
                row = opened.record(Function, body={"slug": slug, "title": opened.private(slug)})
            steps.acting = False
            tell(f"acknowledged {row.position}")
    tell(f"steps {steps.count}")


def _write(pipe: int, line: str) -> None:
    os.write(pipe, f"{line}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
