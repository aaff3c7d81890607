"""What the project is held to, judged only at the rows that a bar was set for."""

from __future__ import annotations

ROWS = 1_000_000
MOST_SECONDS, MOST_MIB = 2.0, 500.0
"""Everything at once, 1M + 1M rows."""
TIMES_FASTER = {
    ("evidently", "everything"): 100.0,
    ("nannyml", "everything"): 20.0,
    ("evidently", "drift"): 60.0,
    ("nannyml", "drift"): 20.0,
}
"""How many times our wall seconds a peer's have to be."""
LARGE_ROWS = 5_000_000
LARGE_SECONDS, TIMES_SCAN, MEMORY_GROWTH = 4.0, 2.5, 1.2
"""At 5M + 5M rows: seconds, at most so many times the bare scan, and memory against the run at 1M."""


def at_most(value: float, bar: float, unit: str, *, judged: bool) -> str:
    return _said(f"at most {bar:g} {unit}".strip(), value <= bar, judged=judged)


def at_least(value: float, bar: float, unit: str, *, judged: bool) -> str:
    return _said(f"at least {bar:g} {unit}".strip(), value >= bar, judged=judged)


def _said(bar: str, holds: bool, *, judged: bool) -> str:
    return f"{bar}: {'met' if holds else '**missed**'}" if judged else f"{bar} (not judged at these rows)"
