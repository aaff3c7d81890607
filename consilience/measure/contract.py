"""What data are agreed to be like: per column, across columns, and as a whole; learned from a reference, edited by people.

A rule that is broken fails the data or only warns. `contract_reading` and `contract_writing` know the file, `engines/validating` counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

SCHEMA = "urn:consilience:contract:1"
ABOUT_ROWS = ("rows_at_least", "duplicated_rows_at_most")
OF_COLUMNS = (
    "type", "required", "missing_at_most", "finite", "minimum", "maximum", "values", "pattern", "unique", "monotone",
    "fresh_within", "warn",
)  # fmt: skip
"""What can be asked of a column, in the order in which it is written."""


class Type(StrEnum):
    """What a column holds. A whole number that is stored with a fraction of 0 is an integer; 0 and 1 are no booleans."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"
    TIME = "time"
    """A moment: a date and time with its zone."""
    LOCAL_TIME = "local_time"
    """A date, perhaps with a time, without a zone."""
    DATE = "date"


NUMBERS = frozenset({Type.INTEGER, Type.NUMBER})
TIMES = frozenset({Type.TIME, Type.LOCAL_TIME, Type.DATE})


class Severity(StrEnum):
    """What a broken rule means for the data."""

    FAIL = "fail"
    WARN = "warn"


class Monotone(StrEnum):
    """How the values of a column follow one another in the order of the rows, those that are missing left out."""

    RISING = "rising"
    """Each is above the one before."""
    NOT_FALLING = "not_falling"
    """None is below the one before."""


class Compare(StrEnum):
    """How two values are compared, or what is asked of one."""

    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    EQUAL = "=="
    DIFFERENT = "!="
    MISSING = "missing"
    PRESENT = "present"

    @property
    def of_one(self) -> bool:
        """Whether it asks something of the left column alone."""
        return self in (Compare.MISSING, Compare.PRESENT)

    @property
    def of_order(self) -> bool:
        """Whether it needs values that have an order."""
        return self in (Compare.LESS, Compare.AT_MOST, Compare.MORE, Compare.AT_LEAST)


class Others(StrEnum):
    """What columns that no rule names mean."""

    ALLOW = "allow"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class ColumnRules:
    """What is asked of one column. A value that is missing (null, an empty field) breaks no rule but `missing_at_most`.

    NaN is no missing value: `finite` refuses it, and infinities. `warn` names the rules that only warn.
    """

    name: str
    type: Type | None = None
    required: bool = True
    missing_at_most: float | None = None
    finite: bool = False
    minimum: str | None = None
    maximum: str | None = None
    values: tuple[str, ...] | None = None
    pattern: str | None = None
    unique: bool = False
    monotone: Monotone | None = None
    fresh_within: timedelta | None = None
    warn: frozenset[str] = frozenset()

    def severity(self, rule: str) -> Severity:
        return Severity.WARN if rule in self.warn else Severity.FAIL


@dataclass(frozen=True)
class Condition:
    """`left` compared with a column (`right`) or a constant (`value`); neither where one column alone is asked."""

    left: str
    compare: Compare
    right: str | None = None
    value: str | None = None

    def columns(self) -> tuple[str, ...]:
        return (self.left,) if self.right is None else (self.left, self.right)

    def __str__(self) -> str:
        if self.compare.of_one:
            return f"{self.left} is {self.compare.value}"
        other = self.right if self.right is not None else f'"{self.value}"'
        return f"{self.left} {self.compare.value} {other}"


@dataclass(frozen=True)
class RowRule:
    """A condition that each row keeps, or each row that fits `when`."""

    holds: Condition
    when: Condition | None = None
    severity: Severity = Severity.FAIL

    def columns(self) -> tuple[str, ...]:
        return self.holds.columns() + (() if self.when is None else self.when.columns())

    def __str__(self) -> str:
        return f"{self.holds}" if self.when is None else f"{self.holds}, when {self.when}"


@dataclass(frozen=True)
class Contract:
    """All rules, in the order in which they were written."""

    columns: tuple[ColumnRules, ...] = ()
    rows: tuple[RowRule, ...] = ()
    rows_at_least: int | None = None
    duplicated_rows_at_most: float | None = None
    other_columns: Others = Others.ALLOW
    warn: frozenset[str] = frozenset()

    def column(self, name: str) -> ColumnRules | None:
        return next((one for one in self.columns if one.name == name), None)

    def severity(self, rule: str) -> Severity:
        return Severity.WARN if rule in self.warn else Severity.FAIL
