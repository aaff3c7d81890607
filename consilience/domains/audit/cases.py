"""One act as check 6 judges it: what it says, when, and what stood before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from consilience.domains.audit.history import History, Moment, Recorded
from consilience.domains.audit.report import Check, Report
from consilience.domains.ledger.rules import Entry


@dataclass(frozen=True)
class Case:
    """An act, the records it wrote, and everything that was recorded before it."""

    report: Report
    history: History
    entry: Entry
    moment: Moment
    rows: Sequence[Recorded]
    whole: bool
    """Whether the archive is one of everything, so that what is missing was taken away."""

    @property
    def where(self) -> str:
        return f"entry {self.moment.position} ({self.entry.verb})"

    @property
    def actor(self) -> str:
        return self.entry.actor

    def bad(self, code: str, about: str) -> None:
        self.report.tampered(Check.ENTITLED, code, f"{self.where}: {about}")

    def cannot(self, code: str, about: str) -> None:
        self.report.cannot_tell(Check.ENTITLED, code, f"{self.where}: {about}")

    def absent(self, code: str, about: str) -> None:
        """Something that the act rests on is not in the archive: in one of everything somebody took it away."""
        (self.bad if self.whole else self.cannot)(code, about)

    def done_by(self, said: str) -> None:
        """The record names somebody who did it: the actor of the entry, and nobody else."""
        if said != self.actor:
            self.bad("actor_differs", f"its record says that {said} did it, the entry that {self.actor} did")

    def in_force(self, urn: str) -> Recorded | None:
        return self.history.in_force(urn, self.moment)

    def functions(self, person: str) -> frozenset[str]:
        """The functions that somebody held at this moment."""
        held = self.history.of("holding", person, self.moment)
        return frozenset(row.body["function"] for row in held if not _ended(row.body.get("until"), self.moment.at))


def _ended(until: str | None, at: str) -> bool:
    return until is not None and at >= until
