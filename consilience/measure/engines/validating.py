"""Validating: rows held to a contract in one reading; what breaks a rule is counted, and nothing of it stops the reading."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pyarrow as pa

from consilience.measure.contract import Contract
from consilience.measure.engines.cells import Batch
from consilience.measure.engines.checking import Check
from consilience.measure.engines.checks_of import Asking, answers
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Part, Source, Want
from consilience.measure.engines.tallies import PART_BITS
from consilience.measure.metrics.figure import Reason, undefined
from consilience.measure.validation import Finding, Validation

EXAMPLES = 5
ROWS_AT_LEAST = "rows_at_least"


def validate(
    source: Any,
    contract: Contract,
    *,
    as_of: datetime | None = None,
    protected: Collection[str] = (),
    examples: int = EXAMPLES,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Validation:
    """How the rows of a source keep a contract.

    `as_of` is the moment that ages are counted to, in UTC or another zone for columns with one, without for those
    without. No value of a `protected` column is in the examples. Raises BadInput when the source cannot be read at all
    (a row with too few fields among it), or a rule cannot be asked of its types.
    """
    opened = open_source(source)
    if as_of is not None and as_of.tzinfo is not None:
        as_of = as_of.astimezone(UTC)
    folder = ValidateFolder(Asking(opened, contract, as_of, frozenset(protected), examples))
    (countings,) = scan(Numbered(opened), [folder], threads=threads, progress=progress)
    return folder.result(countings)


class ValidateFolder:
    """The rules of a contract, counted in a scan. Its source must be `Numbered`: some rules look at the order of rows."""

    by_column = False

    def __init__(self, asking: Asking) -> None:
        self._asking, self._answers = asking, list(answers(asking))
        self._checks: list[Check] = [one for one in self._answers if not isinstance(one, Finding)]
        self._types = asking.types()

    def wants(self) -> dict[str, Want]:
        needed = dict.fromkeys(name for check in self._checks for name in check.columns)
        if not needed:  # rows are to be counted all the same
            needed = dict.fromkeys([name for name, can_look in self._asking.readable().items() if can_look][:1])
        return dict.fromkeys(needed, Want.TEXT)

    def start(self) -> ValidateCounting:
        return ValidateCounting(
            self._checks, lambda batch: Batch(batch, self._types, untyped=self._asking.source.untyped)
        )

    def result(self, countings: Sequence[ValidateCounting]) -> Validation:
        """What all countings found together."""
        rows_of: dict[int, int] = {}
        for one in countings:
            rows_of |= one.rows_of
        rows, row_of = sum(rows_of.values()), partial(_row, _rows_before(rows_of))
        tallies = [[counting.tallies[at] for counting in countings] for at in range(len(self._checks))]
        found = iter([check.finish(mine, row_of) for check, mine in zip(self._checks, tallies, strict=True)])
        findings = [one if isinstance(one, Finding) else next(found) for one in self._answers]
        as_of = self._asking.as_of
        return Validation(
            self._asking.source.name,
            rows,
            None if as_of is None else as_of.isoformat().replace("+00:00", "Z"),
            (*enough(self._asking.contract, rows), *findings),
        )


class ValidateCounting:
    """One thread's tallies, one for each check."""

    def __init__(self, checks: Sequence[Check], opened: Callable[[pa.RecordBatch], Batch]) -> None:
        self._checks, self._opened = checks, opened
        self.tallies = [check.start() for check in checks]
        self.rows_of: dict[int, int] = {}

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Count a batch; `first_row` is its position, not its number."""
        part = first_row >> PART_BITS
        self.rows_of[part] = self.rows_of.get(part, 0) + batch.num_rows
        cells = self._opened(batch)
        for check, tally in zip(self._checks, self.tallies, strict=True):
            check.add(tally, cells, first_row)


class Numbered:
    """A source whose parts begin at positions, so that rows keep their order where rows before them are not known yet."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.name, self.untyped, self.by_column = source.name, source.untyped, source.by_column

    def columns(self) -> list[str]:
        return self._source.columns()

    def types(self) -> dict[str, pa.DataType]:
        return self._source.types()

    def rows(self) -> int | None:
        return self._source.rows()

    def parts(self, wanted: Mapping[str, Want]) -> list[Part]:
        return [Part(number << PART_BITS, part.read) for number, part in enumerate(self._source.parts(wanted))]


def enough(contract: Contract, rows: int) -> list[Finding]:
    """The finding about the number of rows; none where the contract asks for no number and there is a row.

    Data without a row keep every rule that is asked of rows. Unless the contract says `rows_at_least: 0` that is no way to keep it.
    """
    least = contract.rows_at_least if contract.rows_at_least is not None or rows else 1
    if least is None:
        return []
    asks, severity = f"at least {least:,} row{'' if least == 1 else 's'}", contract.severity(ROWS_AT_LEAST)
    violations = undefined(Reason.ABOUT_ALL_ROWS, rows=rows)
    return [Finding(ROWS_AT_LEAST, None, asks, severity, rows >= least, violations, observed=f"{rows:,} rows")]


def _rows_before(rows_of: Mapping[int, int]) -> dict[int, int]:
    before, made = 0, {}
    for part in sorted(rows_of):
        made[part] = before
        before += rows_of[part]
    return made


def _row(before: Mapping[int, int], position: int) -> int:
    return before[position >> PART_BITS] + (position & ((1 << PART_BITS) - 1)) + 1
