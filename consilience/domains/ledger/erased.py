"""Which texts are gone for a reason: what the erasures of a log explain, as verification reads them. Values only.

A workspace whose first record says that erasures are `recorded`, or that has an erasure, explains every text that is gone. One
that an earlier version made does not yet: there a text that is gone breaks nothing, and its first erasure lists what was gone before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

RECORDED = "recorded"
NOUNS = ("workspace", "erasure")


@dataclass
class Explained:
    """What was erased, by which entry."""

    by: dict[str, int] = field(default_factory=dict)
    """Position of the last entry that erased this commitment or digest."""
    strict: bool = False
    """Whether the log says that every erasure is an entry."""

    def notice(self, noun: str, position: int, body: Mapping[str, Any]) -> None:
        """A record of one of NOUNS. KeyError and the like where it has not the form of its noun."""
        if noun == "workspace":
            self.strict = self.strict or body.get("erasures") == RECORDED
        if noun == "erasure":
            self.strict = True
            for what in (*body["texts"], *body["files"], *body["gone_before"]):
                self.by[str(what)] = max(position, self.by.get(str(what), -1))

    def unexplained(self, gone: Iterable[str]) -> list[str]:
        return sorted(set(gone) - self.by.keys())

    def told(self, gone: Iterable[str]) -> str:
        """By which entries these were erased: `by entry 12: 3, by entry 15: 1`; empty where by none."""
        counts = Counter(self.by[what] for what in gone if what in self.by)
        return ", ".join(f"by entry {position}: {count}" for position, count in sorted(counts.items()))
