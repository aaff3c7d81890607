"""Us, a bare scan and four peers on the same files in the same run: `python bench/measure_peers.py [--rows 1000000]`.

Writes the section about peers of `docs/performance.md`. The logs and the peers' environments are made once, in the
user's cache folder. A round runs every program once, in turns; `--slow-rounds` says in how many rounds the slow peers
(Evidently, Fairlearn) take part: the page states the runs of each. Ends with 1 where a figure that has one definition
differs from ours. Bars: in `comparing/bars.py`, judged at a million rows.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from comparing import page, peers_section
from comparing.agreement import Agreement, compare
from comparing.environments import PINNED, python_of
from comparing.logs import logs
from comparing.processes import BENCH, Runs
from comparing.programs import JOBS, OURS, SCAN, Program, chosen, times


def main() -> None:
    asked = arguments()
    programs = chosen(asked.jobs)
    for peer in PINNED:
        if any(program.peer == peer for program in programs):
            python_of(peer)
    files = logs(asked.rows)
    seconds = sum(
        p.expected(asked.rows) * times(p, rounds=asked.rounds, slow_rounds=asked.slow_rounds) for p in programs
    )
    print(f"expected: about {seconds / 60:.0f} minutes on two quiet cores", file=sys.stderr)
    found = measure(programs, files, rounds=asked.rounds, slow_rounds=asked.slow_rounds)
    agreements = agree(found)
    print("\n".join(map(str, agreements)))
    page.write(asked.out, "peers", peers_section.section(asked.rows, found, agreements))
    print(f"written: {asked.out}")
    if any(one.fails for one in agreements):
        sys.exit(1)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of each of the two files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow-rounds", type=int, default=1, help="rounds of Evidently and Fairlearn")
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=list(JOBS))
    parser.add_argument("--out", type=Path, default=BENCH.parent / "docs" / "performance.md")
    asked = parser.parse_args()
    if min(asked.rows, asked.rounds, asked.slow_rounds) < 1:
        parser.error("rows and rounds are 1 at least")
    return asked


def measure(programs: list[Program], files: tuple[Path, Path], *, rounds: int, slow_rounds: int) -> dict[Program, Runs]:
    """The runs of each program. Ours and the scan run once before, unmeasured: kernels compiled, files in memory."""
    for program in programs:
        if program.peer in {OURS, SCAN}:
            program.run(files)
    found = {program: Runs() for program in programs}
    for number in range(rounds):
        for program in programs:
            if number < times(program, rounds=rounds, slow_rounds=slow_rounds):
                one = program.run(files)
                found[program].runs.append(one)
                print(f"round {number + 1}  {program.name:24} {one.seconds:8.2f} s {one.mib:7.0f} MiB", flush=True)
    return found


def agree(found: dict[Program, Runs]) -> list[Agreement]:
    """Each peer's figures against ours of the same job; those of a job that repeats another's are compared once."""
    ours = {program.job: runs.said["figures"] for program, runs in found.items() if program.peer == OURS}
    every: dict[tuple[str, str, str], Agreement] = {}
    for program, runs in found.items():
        if program.peer not in {OURS, SCAN}:
            for one in compare(program.peer, ours[program.job], runs.said["figures"]):
                every.setdefault((one.peer, one.family, one.metric), one)
    return list(every.values())


if __name__ == "__main__":
    main()
