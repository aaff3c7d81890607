"""How time and memory grow with rows and with columns, and a month of daily windows: `python bench/measure_growth.py`.

Everything at once (as in `measure_peers.py`) beside the bare scan, whole processes in turns. Writes its section of
`docs/performance.md`. Bars: in `comparing/bars.py`, judged at one and five million rows.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from comparing import page
from comparing.environments import python_of
from comparing.growth_section import Growth, section
from comparing.logs import logs
from comparing.processes import BENCH, Run, Runs, run

CATEGORIES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[250_000, 500_000, 1_000_000, 2_000_000, 5_000_000])
    parser.add_argument(
        "--columns", type=int, nargs="+", default=[30, 100, 300], help="features, ten of them categories"
    )
    parser.add_argument("--column-rows", type=int, default=250_000, help="rows of the files of more columns")
    parser.add_argument("--window-rows", type=int, default=5_000_000, help="rows of a month of daily windows")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=BENCH.parent / "docs" / "performance.md")
    asked = parser.parse_args()
    if min(*asked.rows, asked.column_rows, asked.window_rows, asked.rounds) < 1 or min(asked.columns) <= CATEGORIES:
        parser.error("rows and rounds are 1 at least, columns more than ten")
    windows = None
    if find_spec("consilience.measure.over_time") is not None:
        windows = grow([(asked.window_rows, 30)], ["windows", "everything"], rounds=asked.rounds)
    text = section(
        by_rows=grow([(rows, 30) for rows in asked.rows], ["scan", "everything"], rounds=asked.rounds),
        by_columns=grow(
            [(asked.column_rows, wide) for wide in asked.columns], ["scan", "everything"], rounds=asked.rounds
        ),
        windows=windows,
    )
    page.write(asked.out, "growth", text)
    print(f"written: {asked.out}")


def grow(sizes: list[tuple[int, int]], jobs: list[str], *, rounds: int) -> Growth:
    """The runs of each job at each size (rows, columns), all sizes in turns, after one of each unmeasured."""
    files = {size: logs(size[0], numbers=size[1] - CATEGORIES) for size in sizes}
    found = {(size, job): Runs() for size in sizes for job in jobs}
    for number in range(rounds + 1):
        for (size, job), runs in found.items():
            one = once(job, files[size], columns=size[1])
            if number:
                runs.runs.append(one)
                label = f"{job} {size[0]:,} rows, {size[1]} columns"
                print(f"round {number}  {label:44} {one.seconds:8.2f} s {one.mib:7.0f} MiB", flush=True)
    return found


def once(job: str, files: tuple[Path, Path], *, columns: int) -> Run:
    if job == "scan":
        return run([str(python_of("scan")), "-m", "peers.duckdb_scan", "scan", *map(str, files)])
    numbers = str(columns - CATEGORIES)
    return run([sys.executable, "-m", "measure_everything", job, *map(str, files), "--numbers", numbers])


if __name__ == "__main__":
    main()
