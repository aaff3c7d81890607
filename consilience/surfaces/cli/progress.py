"""How far a reading is, on standard error, where somebody sits and watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

EVERY_SECONDS = 0.2


@contextmanager
def counting_rows() -> Iterator[Callable[[int], None] | None]:
    """A place to say how many more rows were read; None where standard error is no terminal. The line goes when done."""
    if not sys.stderr.isatty():
        yield None
        return
    lock, read, said_at = Lock(), 0, monotonic()

    def more(rows: int) -> None:
        nonlocal read, said_at
        with lock:
            read += rows
            if monotonic() - said_at >= EVERY_SECONDS:
                said_at = monotonic()
                sys.stderr.write(f"\r{read:,} rows read")
                sys.stderr.flush()

    try:
        yield more
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
