"""What is run: each program's job, what it does of it, whether it is slow, and how long it takes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from comparing.environments import SILENT, python_of
from comparing.processes import Run, run

OURS, SCAN = "ours", "scan"
JOBS = ("drift", "everything", "performance", "fairness")
TITLES = {
    "drift": "Drift of 30 features",
    "everything": "Everything at once",
    "performance": "Performance",
    "fairness": "Fairness",
}


@dataclass(frozen=True)
class Program:
    """A program of one peer for one job.

    `seconds` are its start and its seconds per million rows a file, measured once on two cores: they only serve to say
    how long all of it will take.
    """

    peer: str
    job: str
    does: str
    module: str
    seconds: tuple[float, float]
    asks: str = ""
    slow: bool = False

    @property
    def name(self) -> str:
        return f"{self.peer} {self.asks or self.job}"

    def expected(self, rows: int) -> float:
        start, per_million = self.seconds
        return start + per_million * rows / 1e6

    def run(self, files: tuple[Path, Path]) -> Run:
        python = sys.executable if self.peer == OURS else str(python_of(self.peer))
        return run([python, "-m", self.module, self.asks or self.job, *map(str, files)], SILENT)


_EVIDENTLY, _NANNYML = "peers.evidently_jobs", "peers.nannyml_jobs"
_OURS = "measure_everything"
PROGRAMS = (
    Program(SCAN, "scan", "DuckDB reads every column of both files", "peers.duckdb_scan", (0.2, 0.3)),
    Program(OURS, "drift", "every drift figure with its interval", _OURS, (1.5, 1.5)),
    Program("evidently", "drift", "DataDriftPreset", _EVIDENTLY, (8, 110), slow=True),
    Program("nannyml", "drift", "JS, Wasserstein, KS; JS, chi-square, L-infinity", _NANNYML, (6, 30)),
    Program(OURS, "everything", "all of it with intervals", _OURS, (2.5, 2)),
    Program(
        "evidently", "everything", "DataDriftPreset, DataSummaryPreset, ClassificationPreset", _EVIDENTLY, (10, 190),
        slow=True,
    ),
    Program("nannyml", "everything", "drift, six quality calculators, performance, CBPE", _NANNYML, (10, 55)),
    Program(OURS, "performance", "performance and calibration with intervals", _OURS, (1, 0.5)),
    Program("evidently", "performance", "ClassificationPreset (no calibration)", _EVIDENTLY, (4, 20), slow=True),
    Program("nannyml", "performance", "seven metrics; it reads the reference, too", _NANNYML, (4, 6)),
    Program("nannyml", "performance", "CBPE: six metrics without the labels of the current rows", _NANNYML, (4, 9), asks="cbpe"),
    Program(OURS, "fairness", "every rate with its interval", _OURS, (1, 0.7)),
    Program("fairlearn", "fairness", "89 groups, five metrics, no interval", "peers.fairlearn_groups", (5, 115), slow=True),
    Program("aequitas", "fairness", "89 groups, crosstabs, no interval", "peers.aequitas_groups", (3, 13)),
)  # fmt: skip


def chosen(jobs: list[str]) -> list[Program]:
    """The programs of these jobs, and the scan, in the order of a round."""
    return [program for program in PROGRAMS if program.job in {*jobs, "scan"}]


def times(program: Program, *, rounds: int, slow_rounds: int) -> int:
    """In how many rounds a program takes part."""
    return min(rounds, slow_rounds) if program.slow else rounds
