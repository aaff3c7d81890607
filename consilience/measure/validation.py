"""What holding data to a contract found: a finding for each rule, typed and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consilience.kit.canonical import Json
from consilience.measure.contract import Severity
from consilience.measure.metrics.figure import Figure

SCHEMA = "urn:consilience:validate:1"


@dataclass(frozen=True)
class Example:
    """A row that breaks a rule, counted from 1 over all files in order; its value, where it may be shown."""

    row: int
    value: str | None

    def as_json(self) -> Json:
        return {"row": self.row, "value": self.value}


@dataclass(frozen=True)
class Finding:
    """One rule and how it stands.

    `violations` is the share of the rows that it was asked of that break it; `broken` how many. `observed` is what was
    found where a rule is about all rows together, and `notes` what a person should know besides.
    """

    rule: str
    column: str | None
    asks: str
    severity: Severity
    passed: bool
    violations: Figure
    broken: int | None = None
    examples: tuple[Example, ...] = ()
    observed: str | None = None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        return {
            "rule": self.rule,
            "column": self.column,
            "asks": self.asks,
            "severity": self.severity.value,
            "passed": self.passed,
            "violations": self.violations.as_json(),
            "broken": self.broken,
            "rows": self.violations.rows,
            "observed": self.observed,
            "examples": [one.as_json() for one in self.examples],
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Validation:
    """All findings, in the order of the contract. The data pass when every rule that can fail them is kept.

    `quality` is what changed against a reference, where there was one; `quality_problem` why that could not be said.
    """

    source: str
    rows: int
    as_of: str | None
    findings: tuple[Finding, ...]
    quality: Mapping[str, Json] | None = None
    quality_problem: str | None = None

    @property
    def passed(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if not one.passed and one.severity is Severity.FAIL)

    @property
    def warned(self) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if not one.passed and one.severity is Severity.WARN)

    def as_json(self) -> dict[str, Json]:
        return {
            "schema": SCHEMA,
            "source": self.source,
            "rows": self.rows,
            "as_of": self.as_of,
            "passed": self.passed,
            "failed": len(self.failed),
            "warned": len(self.warned),
            "rules": [one.as_json() for one in self.findings],
            "quality": None if self.quality is None else dict(self.quality),
            "quality_problem": self.quality_problem,
        }
