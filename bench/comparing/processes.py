"""Whole processes: wall seconds and peak memory of each run, programs in turns.

The kernel starts a child's peak at that of the process that spawned it, so this program itself stays small: it
imports neither numpy nor Arrow, and the logs are written by a child.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent.parent
OF_THE_SHELL = frozenset(
    {"PYTHONDONTWRITEBYTECODE", "PYTHONPROFILEIMPORTTIME", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}
)
"""Left out of the environment of every program: an ordinary installation keeps its compiled modules and knows its processor."""


@dataclass(frozen=True)
class Run:
    """One run of a whole process: wall seconds, processor seconds of all threads, peak memory, what it said."""

    seconds: float
    cpu: float
    mib: float
    said: dict[str, Any]


@dataclass
class Runs:
    """The runs of one program, in their order."""

    runs: list[Run] = field(default_factory=list)

    @property
    def seconds(self) -> tuple[float, float, float]:
        """Least, median, most."""
        taken = [run.seconds for run in self.runs]
        return min(taken), statistics.median(taken), max(taken)

    @property
    def cpu(self) -> float:
        """The median of the processor seconds, which other work on the machine moves less than wall seconds."""
        return statistics.median(run.cpu for run in self.runs)

    @property
    def mib(self) -> float:
        """The highest peak."""
        return max(run.mib for run in self.runs)

    @property
    def shown(self) -> str:
        """Least, median and most seconds, as a page shows them."""
        return " / ".join(f"{seconds:.2f}" for seconds in self.seconds)

    @property
    def said(self) -> dict[str, Any]:
        return self.runs[-1].said


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Run a program in the folder of the benches; its last line of output is what it found, as JSON.

    Peak memory is the largest resident set of the process or of any child that it waited for. A program that fails
    ends the measurement, with what it wrote.
    """
    own = {name: value for name, value in os.environ.items() if name not in OF_THE_SHELL}
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            list(command), cwd=BENCH, env={**own, **(environment or {})}, stdout=output, stderr=errors
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{errors.read().decode()[-4000:]}")
        lines = output.read().decode().strip().splitlines()
    return Run(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(lines[-1]) if lines else {})
