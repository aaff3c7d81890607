"""Values that are nearly the same text: said to a person, never taken for one another."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

_ENDS = " .,;:!?\t\u00a0'\""
LONG_ENOUGH = 5
CLOSE = 0.85
MOST_CANDIDATES = 1000


def look_alike(value: str, known: Collection[str]) -> tuple[str, str] | None:
    """The known value that this one is nearly, and how they differ: space or a mark at an end, capitals, or a few letters."""
    by_core = {one.strip(_ENDS): one for one in _few(known)}
    core = value.strip(_ENDS)
    if core in by_core:
        return by_core[core], "differs by a sign or space at an end"
    by_case = {core.casefold(): one for core, one in by_core.items()}
    if core.casefold() in by_case:
        return by_case[core.casefold()], "differs by capitals"
    if len(value) < LONG_ENOUGH or any(one.isdigit() for one in value):
        return None  # short words and codes are near one another without being meant for one another
    near = get_close_matches(value, list(by_core.values()), n=1, cutoff=CLOSE)
    return (near[0], "differs by few letters") if near else None


def _few(known: Iterable[str]) -> list[str]:
    return sorted(known)[:MOST_CANDIDATES]
