"""A column of categories, counted: rows of each value, exactly, while there are not too many values."""

from __future__ import annotations

import heapq
import re
from dataclasses import dataclass, field

KEPT_VALUES = 4096
SPACE = 2**64
LONGEST = 200
_HASHED = re.compile("#[0-9a-f]{16}")


@dataclass(frozen=True)
class CategoryState:
    """Rows by value (`key_of` it). Where there are more than KEPT_VALUES, those with the smallest hashes are kept, with exact counts.

    Which values are kept depends on the values alone, not on the order of the rows: so states add up, and two columns
    with many values keep the same ones. `other` counts the rows of all values that are not kept.
    """

    missing: int
    counts: dict[str, int] = field(default_factory=dict)
    other: int = 0

    @property
    def present(self) -> int:
        return sum(self.counts.values()) + self.other

    @property
    def rows(self) -> int:
        return self.present + self.missing

    @property
    def complete(self) -> bool:
        """Whether every value is listed."""
        return self.other == 0


def merge_categories(one: CategoryState, other: CategoryState) -> CategoryState:
    """The state of both sets of rows."""
    added = dict(one.counts)
    for value, rows in other.counts.items():
        added[value] = added.get(value, 0) + rows
    limit = min(_limit(one), _limit(other))
    return kept(CategoryState(one.missing + other.missing, added, one.other + other.other), limit)


def kept(state: CategoryState, below: int = SPACE) -> CategoryState:
    """The same rows with at most KEPT_VALUES values listed, all with hashes up to `below`; the rest is `other`.

    Once values are left out, the column holds names or identifiers rather than categories: those listed are then known by
    their hashes only.
    """
    if below == SPACE and len(state.counts) <= KEPT_VALUES:
        return state
    by_hash: dict[int, int] = {}
    for key, rows in state.counts.items():
        hashed = hash_of(key)
        by_hash[hashed] = by_hash.get(hashed, 0) + rows
    listed = heapq.nsmallest(KEPT_VALUES, (hashed for hashed in by_hash if hashed <= below))
    counts = {f"#{hashed:016x}": by_hash[hashed] for hashed in listed}
    return CategoryState(state.missing, counts, state.present - sum(counts.values()))


def key_of(value: str) -> str:
    """How a value is listed: as it is, or shortened where it is long."""
    if len(value) > LONGEST:
        return f"{value[: LONGEST - 40]}… #{hash_of(value):016x}"
    return f"#{value}" if value.startswith("#") else value


def value_of(key: str) -> str:
    """The value that a key stands for, as far as the key tells."""
    return key[1:] if key.startswith("##") else key


def hash_of(key: str) -> int:
    """A 64-bit hash of a key: FNV-1a over its UTF-8 bytes, then mixed so that all bits matter (MurmurHash3's finaliser).

    A key that is a hash already stands for it.
    """
    if _HASHED.fullmatch(key):
        return int(key[1:], 16)
    state = 0xCBF29CE484222325
    for byte in key.encode():
        state = ((state ^ byte) * 0x100000001B3) % SPACE
    state = ((state ^ (state >> 33)) * 0xFF51AFD7ED558CCD) % SPACE
    state = ((state ^ (state >> 33)) * 0xC4CEB9FE1A85EC53) % SPACE
    return state ^ (state >> 33)


def _limit(state: CategoryState) -> int:
    """The largest hash whose value surely kept its exact count: once values were left out, the largest listed one."""
    return SPACE if state.complete else max(map(hash_of, state.counts), default=0)
