"""What verification reports: nine numbered checks and the container, each for itself (docs/formats/archive.md)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from consilience.domains.audit.layout import VERIFICATION
from consilience.kit.errors import ExitCode

MAX_FINDINGS = 200
"""As many findings as a check lists; further ones are counted."""


class Check(IntEnum):
    ARCHIVE = 0
    HEADS = 1
    TREE = 2
    PIN = 3
    SIGNATURES = 4
    KEYS = 5
    ENTITLED = 6
    DECISIONS = 7
    CONTENT = 8
    RECORDS = 9


class Outcome(StrEnum):
    GOOD = "good"
    TAMPERED = "tampered"
    CANNOT_TELL = "cannot_tell"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: a stable code, and what it is about in words."""

    code: str
    about: str


@dataclass
class Checked:
    """One check: what it looked at, and what it found."""

    outcome: Outcome = Outcome.GOOD
    about: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass
class Report:
    size: int = 0
    root: str = ""
    system: str | None = None
    checks: dict[Check, Checked] = field(default_factory=lambda: {check: Checked() for check in Check})
    unlisted: Counter[Check] = field(default_factory=Counter)

    def tampered(self, check: Check, code: str, about: str) -> None:
        self.checks[check].outcome = Outcome.TAMPERED
        self._add(check, code, about)

    def cannot_tell(self, check: Check, code: str, about: str) -> None:
        if self.checks[check].outcome is not Outcome.TAMPERED:
            self.checks[check].outcome = Outcome.CANNOT_TELL
        self._add(check, code, about)

    def nothing(self, check: Check, about: str) -> None:
        """There is nothing of this kind in the archive, which is no pass."""
        if self.checks[check].outcome is Outcome.GOOD:
            self.checks[check].outcome = Outcome.NOTHING
        self.say(check, about)

    def say(self, check: Check, about: str) -> None:
        self.checks[check].about.append(about)

    def _add(self, check: Check, code: str, about: str) -> None:
        if len(self.checks[check].findings) >= MAX_FINDINGS:
            self.unlisted[check] += 1
            return
        printable = about.encode("utf-8", "backslashreplace").decode()
        self.checks[check].findings.append(Finding(code, printable))

    @property
    def outcome(self) -> Outcome:
        """Tampered goes before cannot tell."""
        outcomes = {one.outcome for one in self.checks.values()}
        for worst in (Outcome.TAMPERED, Outcome.CANNOT_TELL):
            if worst in outcomes:
                return worst
        return Outcome.GOOD

    @property
    def exit_code(self) -> ExitCode:
        codes = {Outcome.TAMPERED: ExitCode.NO, Outcome.CANNOT_TELL: ExitCode.CANNOT_TELL}
        return codes.get(self.outcome, ExitCode.YES)

    def as_json(self) -> dict[str, Any]:
        return {
            "format": VERIFICATION,
            "outcome": str(self.outcome),
            "size": self.size,
            "root": self.root,
            "system": self.system,
            "checks": [
                {
                    "number": int(check),
                    "name": check.name.lower(),
                    "outcome": str(one.outcome),
                    "about": [*one.about, *self._more(check)],
                    "findings": [{"code": found.code, "about": found.about} for found in one.findings],
                }
                for check, one in self.checks.items()
            ],
        }

    def _more(self, check: Check) -> list[str]:
        count = self.unlisted[check]
        return [f"{count} more findings are not listed"] if count else []
