"""The section of the page about peers: what was run, the tables with ratios and bars, whether figures agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from comparing import bars
from comparing.agreement import Agreement
from comparing.page import machine, table
from comparing.processes import Runs
from comparing.programs import OURS, SCAN, TITLES, Program

HEADS = (
    "program",
    "what it does",
    "runs:",
    "min s:",
    "median s:",
    "max s:",
    "CPU s:",
    "peak MiB:",
    "times ours:",
    "bar",
)
COMPARED = """The largest difference between a peer's figures and ours. Figures with one definition have to be equal to
1e-9; the others are estimated from bins, by the peer, by us, or by both."""


def section(rows: int, found: Mapping[Program, Runs], agreements: Sequence[Agreement]) -> str:
    """The whole section. `found` is in the order of a round, and holds the scan."""
    jobs = [job for job in TITLES if any(program.job == job for program in found)]
    (scan,) = (runs for program, runs in found.items() if program.peer == SCAN)
    return "\n\n".join(
        [
            f"## Beside others, {rows:,} + {rows:,} rows",
            _what_was_run(rows, found),
            _bare_scan(scan),
            *(_job(job, rows, found, scan) for job in jobs),
            "### Seconds inside the programs, by part",
            _parts(found),
            "### Whether they computed the same",
            COMPARED,
            _agreements(agreements),
        ]
    )


def _what_was_run(rows: int, found: Mapping[Program, Runs]) -> str:
    versions: dict[str, str] = {}
    for runs in found.values():
        versions |= {name: f"{name} {version}" for name, version in runs.said["versions"].items() if name != "pandas"}
    return (
        f"{machine()}\n\n"
        f"Two Parquet files of {rows:,} rows each (reference and current; `bench/prediction_log.py`: 20 numeric and 10"
        " categorical columns of 2 to 2,000 values, missing values, label, score, prediction, three protected"
        " attributes with 89 groups, time and latency). Every program is a process of its own in an environment of its"
        " own, reads the same files in the same run, and they take turns: a round runs each once. Before the first"
        " round our side and the scan run once unmeasured: files are in memory then, modules compiled"
        " (PYTHONDONTWRITEBYTECODE is unset for all) and our kernels kept. Programs with fewer runs are the slow ones. "
        f"Versions: {', '.join(sorted(versions.values()))}; pandas as each peer needs it."
    )


def _job(job: str, rows: int, found: Mapping[Program, Runs], scan: Runs) -> str:
    ours, our_runs = next(
        (program, runs) for program, runs in found.items() if (program.peer, program.job) == (OURS, job)
    )
    lines = []
    for program, runs in found.items():
        if program.job == job:
            ratio = runs.seconds[1] / our_runs.seconds[1]
            bar = _our_bar(job, rows, runs) if program is ours else _peer_bar(program, rows, ratio)
            least, median, most = (f"{seconds:.2f}" for seconds in runs.seconds)
            used = f"{runs.cpu:.2f}", f"{runs.mib:.0f}"
            shown = "1" if program is ours else f"{ratio:.1f}"
            lines.append([program.peer, program.does, f"{len(runs.runs)}", least, median, most, *used, shown, bar])
    against = our_runs.seconds[1] / scan.seconds[1]
    return f"### {TITLES[job]}\n\n{table(HEADS, lines)}\n\nOurs is {against:.1f} times the bare scan.{_ours_did(job, our_runs)}"


def _our_bar(job: str, rows: int, runs: Runs) -> str:
    if job != "everything":
        return ""
    judged = rows == bars.ROWS
    return (
        bars.at_most(runs.seconds[1], bars.MOST_SECONDS, "s", judged=judged)
        + "; "
        + bars.at_most(runs.mib, bars.MOST_MIB, "MiB", judged=judged)
    )


def _peer_bar(program: Program, rows: int, ratio: float) -> str:
    bar = bars.TIMES_FASTER.get((program.peer, program.job))
    return bars.at_least(ratio, bar, "times", judged=rows == bars.ROWS) if bar else ""


def _ours_did(job: str, runs: Runs) -> str:
    """What our side really did, from what it said itself."""
    notes = runs.said["notes"]
    said = f" Its intervals: {', '.join(notes['intervals'])}; "
    drawn = [name for name in notes["intervals"] if "bootstrap" in name or "resampl" in name]
    said += "the bootstrap's are drawn." if drawn else "all of them calculated, no resample drawn."
    if job in {"fairness", "everything"}:
        said += f" It reported {notes['groups']} of the 89 groups."
    if job == "everything":
        quality = "" if notes["quality"] else " Data quality is not in it yet, beyond missing and unseen values."
        said += f" It told the drift of {notes['features']} columns.{quality}"
    return said


def _parts(found: Mapping[Program, Runs]) -> str:
    rows = []
    for program, runs in found.items():
        inside = ", ".join(f"{part} {seconds:.2f}" for part, seconds in runs.said["seconds"].items())
        rest = runs.runs[-1].seconds - sum(runs.said["seconds"].values())
        rows.append([program.name, inside, f"{rest:.2f}"])
    return table(("program (its last run)", "parts", "start, imports, end:"), rows)


def _agreements(agreements: Sequence[Agreement]) -> str:
    rows = [
        [
            one.peer, one.family, one.metric, f"{one.compared}", f"{one.difference:.2g}", one.where,
            f"{one.ours:.6g}", f"{one.theirs:.6g}",
            ("**differs**" if one.fails else "equal") if one.equal else "its own estimate",
        ]
        for one in agreements
    ]  # fmt: skip
    heads = ("peer", "of", "figure", "compared:", "largest difference:", "at", "ours:", "theirs:", "verdict")
    return table(heads, rows)


def _bare_scan(scan: Runs) -> str:
    return (
        f"The bare scan (DuckDB, every column of both files): {scan.shown} s (min / median / max of {len(scan.runs)}),"
        f" {scan.mib:.0f} MiB."
    )
