"""Writing a contract as YAML that a person can edit."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta

from consilience.kit import canonical
from consilience.measure.contract import (
    NUMBERS,
    OF_COLUMNS,
    SCHEMA,
    ColumnRules,
    Condition,
    Contract,
    RowRule,
    Severity,
)

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_ /-]*[A-Za-z0-9_]|[A-Za-z]")
_NOT_PLAIN = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
PLAIN_DIGITS = 15

HEAD = """\
# A contract: what these data are agreed to be like. Edit it; `consilience validate FILE --contract THIS` holds data to it.
#
# Per column, all optional:
#   type              integer, number, text, boolean, time (with a zone), local_time (without), date
#   required          false: the column may be absent
#   missing_at_most   share of rows without a value (null, an empty field), 0 to 1; NaN is not missing
#   finite            true: no NaN and no infinity
#   minimum, maximum  both included; numbers, or for times texts such as "2024-01-31"
#   values            the closed list; pattern: an RE2 expression that the whole text must fit
#   unique            true: no value twice
#   monotone          rising, or not_falling, in the order of the rows
#   fresh_within      30min, 36h, 7d or 2w: how old the newest value may be at the moment of `--as-of`
#   warn              which of these rules only warn: [minimum, maximum]
# Across columns, under `rules`:
#   - {left: issued, compare: "<=", right: paid, when: {left: state, compare: "==", value: closed}, severity: warn}
#     compare: < <= > >= == != missing present; `right` is a column, `value` a constant.
# For all rows: rows_at_least, duplicated_rows_at_most (a share), other_columns (allow, warn, fail), warn.
"""


def write_contract(contract: Contract) -> str:
    """The contract as YAML: the rules in a fixed order, the columns in theirs, under a head that says what can be asked."""
    lines = [HEAD, f"schema: {SCHEMA}"]
    if contract.rows_at_least is not None:
        lines.append(f"rows_at_least: {contract.rows_at_least}")
    if contract.duplicated_rows_at_most is not None:
        lines.append(f"duplicated_rows_at_most: {canonical.number(contract.duplicated_rows_at_most)}")
    lines.append(f"other_columns: {contract.other_columns.value}")
    if contract.warn:
        lines.append(f"warn: {_list(sorted(contract.warn))}")
    lines.append("columns:" if contract.columns else "columns: {}")
    for column in contract.columns:
        rules = _column(column)
        lines.append(f"  {_text(column.name)}:" + ("" if rules else " {}"))
        lines += [f"    {key}: {said}" for key, said in rules]
    lines.append("rules:" if contract.rows else "rules: []")
    lines += [f"  - {_row_rule(rule)}" for rule in contract.rows]
    return "\n".join(lines) + "\n"


def _column(column: ColumnRules) -> list[tuple[str, str]]:
    bare = column.type in NUMBERS
    said = {
        "type": None if column.type is None else column.type.value,
        "required": None if column.required else "false",
        "missing_at_most": None if column.missing_at_most is None else canonical.number(column.missing_at_most),
        "finite": "true" if column.finite else None,
        "minimum": _bound(column.minimum, bare=bare),
        "maximum": _bound(column.maximum, bare=bare),
        "values": None if column.values is None else _list(column.values),
        "pattern": None if column.pattern is None else _quoted(column.pattern),
        "unique": "true" if column.unique else None,
        "monotone": None if column.monotone is None else column.monotone.value,
        "fresh_within": None if column.fresh_within is None else duration(column.fresh_within),
        "warn": _list([key for key in OF_COLUMNS if key in column.warn]) if column.warn else None,
    }
    return [(key, text) for key, text in said.items() if text is not None]


def _row_rule(rule: RowRule) -> str:
    parts = _condition(rule.holds)
    if rule.when is not None:
        parts.append(f"when: {{{', '.join(_condition(rule.when))}}}")
    if rule.severity is not Severity.FAIL:
        parts.append(f"severity: {rule.severity.value}")
    return f"{{{', '.join(parts)}}}"


def _condition(condition: Condition) -> list[str]:
    parts = [f"left: {_text(condition.left)}", f"compare: {_quoted(condition.compare.value)}"]
    if condition.right is not None:
        parts.append(f"right: {_text(condition.right)}")
    if condition.value is not None:
        parts.append(f"value: {_quoted(condition.value)}")
    return parts


def duration(length: timedelta) -> str:
    """A length of time as it is written."""
    minutes = int(length.total_seconds()) // 60
    for unit, size in (("w", 10080), ("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}min"


def _bound(said: str | None, *, bare: bool) -> str | None:
    return None if said is None else said if bare and len(said.lstrip("-")) <= PLAIN_DIGITS else _quoted(said)


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, values))}]"


def _text(text: str) -> str:
    """A plain word as it is, anything else in quotes."""
    return text if _WORD.fullmatch(text) and text.lower() not in _NOT_PLAIN else _quoted(text)


def _quoted(text: str) -> str:
    written = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in written)
