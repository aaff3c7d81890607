"""`docs/performance.md`: a page of sections, of which each measurement writes its own anew and leaves the others."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

OPENING = """# Performance

Written by the programs in `bench/`, each its own section; run them again rather than edit this page. Whole processes:
wall seconds, processor seconds and peak resident memory, start-up and reading of the files included.
"""
ORDER = ("peers", "growth")


def write(page: Path, section: str, text: str) -> None:
    """Put a section in its place; the others stay as they are."""
    before = page.read_text() if page.exists() else OPENING
    sections = {name: kept for name in ORDER if (kept := _section(before, name))}
    sections[section] = text.strip()
    parts = [f"<!-- {name} -->\n{sections[name]}\n<!-- end of {name} -->" for name in ORDER if name in sections]
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n\n".join([OPENING.strip(), *parts]) + "\n")


def _section(text: str, name: str) -> str | None:
    start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    if start not in text or end not in text:
        return None
    return text.split(start, 1)[1].split(end, 1)[0].strip()


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns whose head ends in a colon are right-aligned, and lose it."""
    lines = [heads, ["---:" if head.endswith(":") else "---" for head in heads], *rows]
    lines[0] = [head.removesuffix(":") for head in heads]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def machine() -> str:
    """The machine, the load that others put on it, the revision and the day, in two sentences."""
    cores, memory = len(os.sched_getaffinity(0)), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at revision `{_revision()}`. {_processor()}, {cores} cores,"
        f" {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {sys.version.split()[0]};"
        f" load average of the minute at the end: {os.getloadavg()[0]:.1f}."
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def _revision() -> str:
    said = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() or "unknown"
