"""The section of the page about growth: tables over rows, over columns, and daily windows, with the bars beside."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from comparing import bars
from comparing.page import machine, table
from comparing.processes import Runs

Size = tuple[int, int]
Growth = dict[tuple[Size, str], Runs]
"""The runs of a job at a size (rows of each file, columns)."""
NO_WINDOWS = "Not there yet: the engine counts no windows, so nothing was measured."


def section(*, by_rows: Growth, by_columns: Growth, windows: Growth | None) -> str:
    """The whole section. `windows` is None where the engine has none yet."""
    rounds = max(len(runs.runs) for runs in by_rows.values())
    return "\n\n".join(
        [
            "## Growth",
            machine(),
            _how(rounds),
            "### In rows (two files of 30 features each)",
            _table(by_rows),
            _bars(by_rows),
            f"### In columns ({next(iter(by_columns))[0][0]:,} rows a file)",
            _table(by_columns),
            _slope(by_columns),
            "### A month of daily windows",
            NO_WINDOWS if windows is None else _windows(windows),
        ]
    )


def _how(rounds: int) -> str:
    return (
        "Everything at once beside the bare DuckDB scan of both files, whole processes in turns after one unmeasured run"
        f" of each, as an ordinary installation runs them (PYTHONDONTWRITEBYTECODE unset). Measured runs: {rounds}; times the scan by their medians, the highest peak of memory."
    )


def _table(found: Growth) -> str:
    rows = []
    for size in _sizes(found):
        ours, scan = found[size, "everything"], found[size, "scan"]
        ratio = ours.seconds[1] / scan.seconds[1]
        sized = [f"{size[0]:,}", f"{size[1]}"]
        rows.append(
            [*sized, ours.shown, f"{ours.cpu:.2f}", f"{ours.mib:.0f}", scan.shown, f"{scan.mib:.0f}", f"{ratio:.2f}"]
        )
    heads = (
        "rows a file:",
        "columns:",
        "min / median / max s:",
        "CPU s:",
        "peak MiB:",
        "scan s:",
        "scan MiB:",
        "times the scan:",
    )
    return table(heads, rows)


def _bars(found: Growth) -> str:
    """The bars at one and at five million rows, each only where it was measured."""
    small, large = (bars.ROWS, 30), (bars.LARGE_ROWS, 30)
    said = []
    if (small, "everything") in found:
        ours = found[small, "everything"]
        said += [
            f"1M + 1M rows: {ours.seconds[1]:.2f} s, {bars.at_most(ours.seconds[1], bars.MOST_SECONDS, 's', judged=True)}",
            f"1M + 1M rows: {ours.mib:.0f} MiB, {bars.at_most(ours.mib, bars.MOST_MIB, 'MiB', judged=True)}",
        ]
    if (large, "everything") in found:
        ours = found[large, "everything"]
        ratio = ours.seconds[1] / found[large, "scan"].seconds[1]
        said += [
            f"5M + 5M rows: {ours.seconds[1]:.2f} s, {bars.at_most(ours.seconds[1], bars.LARGE_SECONDS, 's', judged=True)}",
            f"5M + 5M rows: {ratio:.2f} times the scan, {bars.at_most(ratio, bars.TIMES_SCAN, 'times', judged=True)}",
        ]
    if {(small, "everything"), (large, "everything")} <= found.keys():
        growth = found[large, "everything"].mib / found[small, "everything"].mib
        said.append(
            f"Memory at 5M against 1M: {growth:.2f} times, {bars.at_most(growth, bars.MEMORY_GROWTH, 'times', judged=True)}"
        )
    lines = [*said, _slope(found)] if said else ["No bar was set for these numbers of rows.", _slope(found)]
    return "\n".join(f"- {line}" for line in lines)


def _slope(found: Growth) -> str:
    """The step from size to size: seconds for each further million values, equal at each step where growth is linear."""
    sizes = _sizes(found)
    steps = [
        1e6
        * (found[after, "everything"].seconds[1] - found[before, "everything"].seconds[1])
        / (2 * (after[0] * after[1] - before[0] * before[1]))
        for before, after in pairwise(sizes)
    ]
    if not steps:
        return "One size alone shows no growth."
    return f"Seconds for each further million values, step by step: {', '.join(f'{step:.4f}' for step in steps)}."


def _windows(found: Growth) -> str:
    (size,) = _sizes(found)
    windows, whole = found[size, "windows"], found[size, "everything"]
    return (
        f"{windows.said['notes']['windows']} daily windows of {size[0]:,} rows, each with drift against the reference,"
        f" performance, calibration and fairness: {windows.shown} s (min / median / max), {windows.mib:.0f} MiB. Everything"
        f" at once over the same files as one window: {whole.shown} s, {whole.mib:.0f} MiB."
    )


def _sizes(found: Growth) -> Sequence[Size]:
    return list(dict.fromkeys(size for size, _ in found))
