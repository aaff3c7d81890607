"""What of a validation may leave the place where the rows lie: the contract, and for each rule how many rows break it.

No row, no value of a row and no example is in it. A number of broken rows that is above 0 and below the minimum is not told
either, only whether the rule is kept. Whoever reads the counts asks the contract again which rules there are, what they ask
and what breaking one means, so only numbers of rows are the sender's word (and whether the newest time is new enough).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import reading
from consilience.measure.contract import Contract, Type
from consilience.measure.contract_learning import type_of
from consilience.measure.contract_reading import read_contract
from consilience.measure.engines.checking import RepeatCheck, RowCheck, share
from consilience.measure.engines.checks_of import Answer, Asking, answers
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.validating import enough
from consilience.measure.metrics.figure import Reason, undefined
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.validation import Finding, Validation

SCHEMA = "urn:consilience:validation-counts:1"
MOST_TEXT, MOST_RULES, MOST_COLUMNS = 1_000_000, 20_000, 10_000
STAND_INS: dict[str, pa.DataType] = {
    Type.INTEGER: pa.int64(), Type.NUMBER: pa.float64(), Type.TEXT: pa.string(), Type.BOOLEAN: pa.bool_(),
    Type.TIME: pa.timestamp("us", "UTC"), Type.LOCAL_TIME: pa.timestamp("us"), Type.DATE: pa.date32(),
    "nothing": pa.null(), "unreadable": pa.list_(pa.int8()),
}  # fmt: skip
"""A column type for each thing that a rule can see of one."""


@dataclass(frozen=True)
class Counted:
    """The counts of a rule. `broken` is None where it is withheld, and with `rows` where the rule is about all rows together."""

    rule: str
    column: str | None
    passed: bool
    broken: int | None
    rows: int | None


@dataclass(frozen=True)
class ValidationCounts:
    """A contract as text, what a source's columns hold, and the counts of every rule, in the order of the findings."""

    contract: str
    as_of: str | None
    minimum: int
    columns: Mapping[str, str]
    rows: int
    rules: tuple[Counted, ...]


def counts_of(
    found: Validation, source: Any, *, contract: str, as_of: datetime | None, minimum: int = USUAL_MINIMUM
) -> ValidationCounts:
    """The counts of a validation of a source by a contract that `contract` is the text of."""
    if minimum < 1:
        raise WrongUse("the smallest group has one row at least")
    rules = [
        Counted(one.rule, one.column, one.passed, _told(one.broken, minimum), _rows(one)) for one in found.findings
    ]
    said = None if as_of is None else as_of.isoformat()
    return ValidationCounts(contract, said, minimum, _columns(source), found.rows, tuple(rules))


def of_counts(counts: ValidationCounts, *, columns: Collection[str] | None = None) -> Validation:
    """The validation again, from counts alone: shares, intervals, severities and verdict are calculated here.

    `columns` are those that the source is known to have. Raises BadInput where the counts are not those of the contract's rules,
    or contradict them.
    """
    if columns is not None and set(columns) != set(counts.columns):
        raise BadInput("counts.columns", "are not those of the registered data")
    contract = read_contract(counts.contract, "contract")
    stand_in = open_source(pa.table({name: pa.array([], STAND_INS[kind]) for name, kind in counts.columns.items()}))
    as_of = None if counts.as_of is None else _moment(counts.as_of)
    try:
        asked: list[Answer] = [*enough(contract, counts.rows), *answers(_asking(stand_in, contract, as_of))]
    except WrongUse as error:
        raise BadInput("counts.as_of", str(error)) from error
    if len(asked) != len(counts.rules):
        raise BadInput(
            "counts.rules", f"{len(asked)} rules are asked by the contract, counts of {len(counts.rules)} are here"
        )
    findings = [
        _finding(answer, said, counts, f"counts.rules[{place}]")
        for place, (answer, said) in enumerate(zip(asked, counts.rules, strict=True))
    ]
    return Validation("data", counts.rows, counts.as_of, tuple(findings))


def to_json(counts: ValidationCounts) -> Json:
    """The one JSON form of these counts, ready for `canonical.encode`."""
    return {
        "schema": SCHEMA,
        "contract": counts.contract,
        "as_of": counts.as_of,
        "minimum": counts.minimum,
        "columns": dict(counts.columns),
        "rows": counts.rows,
        "rules": [
            {"rule": one.rule, "column": one.column, "passed": one.passed, "broken": one.broken, "rows": one.rows}
            for one in counts.rules
        ],
    }


def encode(counts: ValidationCounts) -> bytes:
    """The canonical bytes: equal bytes, equal counts."""
    return canonical.encode(to_json(counts))


def from_json(given: Json) -> ValidationCounts:
    """Counts from parsed JSON. Raises BadInput for anything that `to_json` would not have written."""
    names = ("schema", "contract", "as_of", "minimum", "columns", "rows", "rules")
    parts = reading.fields(given, "counts", names)
    if parts["schema"] != SCHEMA:
        raise BadInput("counts.schema", f"{SCHEMA!r} is expected")
    contract, columns = parts["contract"], parts["columns"]
    if not isinstance(contract, str) or len(contract) > MOST_TEXT:
        raise BadInput("counts.contract", f"a contract of at most {MOST_TEXT} characters is expected")
    if not isinstance(columns, dict) or len(columns) > MOST_COLUMNS:
        raise BadInput("counts.columns", f"at most {MOST_COLUMNS} columns with what they hold are expected")
    for name, kind in columns.items():
        if kind not in STAND_INS:
            raise BadInput(f"counts.columns.{name}", f"one of {', '.join(STAND_INS)} is expected")
    listed = reading.items(parts["rules"], "counts.rules", longest=MOST_RULES)
    return ValidationCounts(
        contract,
        reading.text_or_none(parts["as_of"], "counts.as_of"),
        reading.count(parts["minimum"], "counts.minimum"),
        {name: str(kind) for name, kind in columns.items()},
        reading.count(parts["rows"], "counts.rows"),
        tuple(_counted(one, f"counts.rules[{place}]") for place, one in enumerate(listed)),
    )


def _counted(given: Json, where: str) -> Counted:
    parts = reading.fields(given, where, ("rule", "column", "passed", "broken", "rows"))
    if not isinstance(parts["passed"], bool):
        raise BadInput(f"{where}.passed", "true or false is expected")
    broken, rows = (
        None if parts[name] is None else reading.count(parts[name], f"{where}.{name}") for name in ("broken", "rows")
    )
    column = reading.text_or_none(parts["column"], f"{where}.column")
    return Counted(reading.text(parts["rule"], f"{where}.rule"), column, parts["passed"], broken, rows)


def _finding(answer: Answer, said: Counted, counts: ValidationCounts, where: str) -> Finding:
    """The finding of a rule from its counts, held against one another and against what the rule allows."""
    rule, column = (
        (answer.rule, answer.column) if isinstance(answer, Finding) else (answer.asks.rule, answer.asks.column)
    )
    if (rule, column) != (said.rule, said.column):
        raise BadInput(where, f"the contract asks {rule} of {column or 'all rows'} here")
    if isinstance(answer, Finding):  # the columns, or the number of rows, have answered it
        if (said.broken, said.rows, said.passed) != (None, None, answer.passed):
            raise BadInput(where, "is not what the columns and the number of rows say")
        return answer
    asks = answer.asks
    if rule == "fresh_within":
        if (said.broken, said.rows) != (None, None):
            raise BadInput(where, "is about all rows together and has no counts")
        words = f"{asks.words} at {counts.as_of}"
        return Finding(rule, column, words, asks.severity, said.passed, undefined(Reason.ABOUT_ALL_ROWS))
    if said.rows is None or said.rows > counts.rows or (said.broken or 0) > said.rows:
        raise BadInput(where, "more rows break the rule than were asked, or more were asked than there are")
    limit = answer.limit if isinstance(answer, RowCheck | RepeatCheck) else 0.0
    if said.broken is None:
        if counts.minimum < 2 or not said.rows or (said.passed and 1 / said.rows > limit):
            raise BadInput(where, "withholds what cannot be withheld, or keeps a rule that one row breaks")
        violations = undefined(Reason.SMALL_GROUP_WITHHELD, rows=said.rows)
        return Finding(rule, column, asks.words, asks.severity, said.passed, violations)
    if said.passed != (said.broken == 0 or said.broken / said.rows <= limit):
        raise BadInput(f"{where}.passed", "does not follow from the rows that break the rule")
    violations = share(said.broken, said.rows)
    return Finding(rule, column, asks.words, asks.severity, said.passed, violations, broken=said.broken)


def _told(broken: int | None, minimum: int) -> int | None:
    return None if broken is None or 0 < broken < minimum else broken


def _rows(one: Finding) -> int | None:
    return None if one.broken is None else one.violations.rows


def _columns(source: Any) -> dict[str, str]:
    """What rules can see of each column of a source: the type that it is read as."""
    opened = open_source(source)
    readable = _asking(opened, Contract(), None).readable()
    otherwise = Type.TEXT if opened.untyped else None
    kinds = {name: type_of(str(kind)) or otherwise for name, kind in opened.types().items()}
    return {name: (str(kinds[name] or "nothing") if look else "unreadable") for name, look in readable.items()}


def _asking(source: Any, contract: Contract, as_of: datetime | None) -> Asking:
    return Asking(source, contract, as_of, withheld=(), keep=0)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("counts.as_of", f"{text!r} is no moment") from error
