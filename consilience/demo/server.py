"""The demo's server: `consilience up` in a process of its own, on a free port of 127.0.0.1."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from consilience.demo.desk import DemoFailed

START_S = 30


@dataclass(frozen=True)
class Running:
    url: str
    setup_link: str


def environment(home: Path) -> dict[str, str]:
    return {**os.environ, "CONSILIENCE_HOME": str(home), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "consilience.surfaces.cli.main", *words]


@contextmanager
def running(home: Path) -> Iterator[Running]:
    """A server on this home until the block ends; its first lines hold the address and the one-time link."""
    port = _free_port()
    process = subprocess.Popen(  # noqa: S603 - our own command, our own arguments
        command("up", "--port", str(port), "--no-open"),
        env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        yield Running(f"http://127.0.0.1:{port}", _link_in(process))
    finally:
        process.terminate()
        process.wait(timeout=20)


def _link_in(process: subprocess.Popen[str]) -> str:
    said, until = "", time.monotonic() + START_S
    assert process.stdout is not None
    while time.monotonic() < until:
        line = process.stdout.readline()
        said += line
        found = re.search(r"(http://\S+/setup/\S+)", line)
        if found:
            return found.group(1)
        if not line and process.poll() is not None:
            break
    raise DemoFailed(f"the server did not start:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
