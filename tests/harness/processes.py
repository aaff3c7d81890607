"""The command line in a process of its own, as a shell runs it."""

from __future__ import annotations

import os
import subprocess
import sys


def command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "consilience.surfaces.cli.main", *words],
        capture_output=True, text=True, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, check=False, timeout=60,
    )  # fmt: skip
