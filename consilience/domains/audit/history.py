"""What was in force when, by the records of an archive alone: the same rule as `as_of`, without a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consilience.kit.clock import Instant


@dataclass(frozen=True)
class Recorded:
    """A version of something as its record says it."""

    noun: str
    urn: str
    digest: str
    valid_from: str
    position: int
    ordinal: int
    body: Mapping[str, Any]

    @property
    def withdrawn(self) -> bool:
        return self.body.get("withdrawn") is True


@dataclass(frozen=True)
class Moment:
    """The instant of an act, and the position it stands at: it sees what was recorded before."""

    at: Instant
    position: int


OWNED = {"grant": "principal", "holding": "person"}
"""Nouns that are looked up by whom they belong to, and the field that says so."""


class History:
    """Versions by URN. A row in force has the greatest (valid_from, position, ordinal) among those true and known by then."""

    def __init__(self) -> None:
        self._versions: dict[str, list[Recorded]] = {}
        self._nouns: dict[str, dict[str, None]] = {}
        self._owned: dict[tuple[str, str], dict[str, None]] = {}

    def add(self, row: Recorded) -> None:
        self._versions.setdefault(row.urn, []).append(row)
        self._nouns.setdefault(row.noun, {})[row.urn] = None
        if row.noun in OWNED:
            self._owned.setdefault((row.noun, str(row.body.get(OWNED[row.noun]))), {})[row.urn] = None

    def versions(self, urn: str) -> list[Recorded]:
        """All versions that were recorded, in the order of the log."""
        return self._versions.get(urn, [])

    def in_force(self, urn: str, moment: Moment) -> Recorded | None:
        seen = (
            one for one in self._versions.get(urn, ()) if one.valid_from <= moment.at and one.position < moment.position
        )
        found = max(seen, key=lambda one: (one.valid_from, one.position, one.ordinal), default=None)
        return None if found is None or found.withdrawn else found

    def all(self, noun: str, moment: Moment) -> Iterator[Recorded]:
        """Everything of a noun that was in force."""
        for urn in self._nouns.get(noun, ()):
            found = self.in_force(urn, moment)
            if found is not None:
                yield found

    def of(self, noun: str, owner: str, moment: Moment) -> Iterator[Recorded]:
        """What was in force of a noun and belonged to somebody: their grants, the functions they held."""
        for urn in self._owned.get((noun, owner), ()):
            found = self.in_force(urn, moment)
            if found is not None and found.body[OWNED[noun]] == owner:
                yield found
