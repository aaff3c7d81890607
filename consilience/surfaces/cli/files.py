"""What the measuring commands share: progress on standard error, and reports written as files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from consilience.kit.errors import BadInput

Progress = Callable[[int], None]


@contextmanager
def counting(what: str, rows: int | None = None) -> Iterator[Progress]:
    """A bar of the rows that were counted, where somebody looks at a terminal; silent in a pipeline."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(what, total=rows)
        yield lambda more: shown.advance(task, more)


def write_page(path: Path, text: str) -> None:
    """Write a report beside the rows; a file is there whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from error
