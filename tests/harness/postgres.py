"""A throw-away PostgreSQL server for this test process, started when the first test asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "postgres.py"


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    user: str

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}@{self.host}:{self.port}/{database}"

    def run(self, statement: str) -> None:
        """Execute one statement outside any transaction, as CREATE DATABASE needs it."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def server(*, durable: bool = False) -> Iterator[Server]:
    """A server of its own. `durable`: with fsync on, as one that is really used; else faster and not safe."""
    found = _script("find")
    if found.returncode:
        # `make test` installs what is missing first, so there it is a failure; a bare `pytest` may go without.
        report = pytest.fail if os.environ.get("CONSILIENCE_TEST_NEEDS") == "all" else pytest.skip
        report(found.stderr.strip())
    # Not below pytest's own folder: that is closed to the user who runs the server when we are root.
    folder = tempfile.mkdtemp(prefix="consilience-postgres-")
    try:
        started = _script("start", folder, *([] if durable else ["--throw-away"]))
        assert started.returncode == 0, started.stderr
        parts = urlsplit(started.stdout.strip())
        yield Server(str(parts.hostname), int(parts.port or 0), str(parts.username))
    finally:
        _script("stop", folder)
        shutil.rmtree(folder, ignore_errors=True)


def _script(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
