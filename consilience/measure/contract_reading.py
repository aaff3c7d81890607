"""Reading a contract from its YAML, strictly: whatever is wrong is said with file, line and what was expected."""

from __future__ import annotations

from collections.abc import Mapping

from consilience.kit.canonical import Json
from consilience.kit.strict_yaml import read_yaml
from consilience.measure.contract import (
    ABOUT_ROWS,
    NUMBERS,
    OF_COLUMNS,
    SCHEMA,
    TIMES,
    ColumnRules,
    Compare,
    Condition,
    Contract,
    Monotone,
    Others,
    RowRule,
    Severity,
    Type,
)
from consilience.measure.contract_fields import Place

TOP = ("schema", *ABOUT_ROWS, "other_columns", "warn", "columns", "rules")
CONDITION = ("left", "compare", "right", "value")


def read_contract(text: str, name: str) -> Contract:
    """The contract that a YAML text says. Raises BadInput with file, line and what was expected."""
    written, lines = read_yaml(text, name)
    place = Place(name, lines, ())
    top = place.mapping(written, TOP, "a contract")
    if top.get("schema") != SCHEMA:
        raise place.wrong(f"schema: {SCHEMA} is expected as the first line, got {top.get('schema')!r}", "schema")
    columns = top.get("columns") or {}
    if not isinstance(columns, Mapping):
        raise place.wrong("columns: a mapping from the name of a column to its rules is expected", "columns")
    rules = top.get("rules") or []
    if not isinstance(rules, list):
        raise place.wrong("rules: a list of rules is expected, each beginning with `- left:`", "rules")
    return Contract(
        tuple(_read_column(key, one, place.below("columns", key)) for key, one in columns.items()),
        tuple(_read_row_rule(one, place.below("rules", at)) for at, one in enumerate(rules)),
        place.count(top, "rows_at_least"),
        place.share(top, "duplicated_rows_at_most"),
        place.choice(top, "other_columns", Others) or Others.ALLOW,
        place.names(top, "warn", ABOUT_ROWS),
    )


def _read_column(name: str, written: Json, place: Place) -> ColumnRules:
    given = place.mapping({} if written is None else written, OF_COLUMNS, f"column {name!r}")
    type_ = place.choice(given, "type", Type)
    rules = ColumnRules(
        name,
        type_,
        place.truth(given, "required", otherwise=True),
        place.share(given, "missing_at_most"),
        place.truth(given, "finite"),
        place.constant(given, "minimum"),
        place.constant(given, "maximum"),
        place.values(given, "values"),
        place.pattern(given, "pattern"),
        place.truth(given, "unique"),
        place.choice(given, "monotone", Monotone),
        place.duration(given, "fresh_within"),
        place.names(given, "warn", [key for key in OF_COLUMNS if key != "warn"]),
    )
    _check_fits(rules, place)
    return rules


def _check_fits(rules: ColumnRules, place: Place) -> None:
    """Refuse rules that the type cannot keep or break."""
    ordered = {"minimum": rules.minimum, "maximum": rules.maximum, "monotone": rules.monotone}
    for key, asked in ordered.items():
        if asked is not None and rules.type not in NUMBERS | TIMES:
            raise place.wrong(f"{key}: needs a type that has an order: number, integer, time, local_time or date", key)
    if rules.finite and rules.type not in NUMBERS:
        raise place.wrong("finite: needs the type number or integer", "finite")
    if rules.fresh_within is not None and rules.type not in TIMES:
        raise place.wrong("fresh_within: needs the type time, local_time or date", "fresh_within")
    if rules.pattern is not None and rules.type not in (Type.TEXT, None):
        raise place.wrong("pattern: needs the type text", "pattern")
    bounds = {}
    for key in ("minimum", "maximum"):
        said = ordered[key]
        if said is not None and rules.type is not None:
            bounds[key] = place.readable(str(said), key, rules.type)
    if len(bounds) == 2 and bounds["minimum"] > bounds["maximum"]:
        raise place.wrong(f"minimum: {rules.minimum} is above the maximum, {rules.maximum}", "minimum")


def _read_row_rule(written: Json, place: Place) -> RowRule:
    given = place.mapping(written, (*CONDITION, "when", "severity"), "a rule")
    when = given.get("when")
    return RowRule(
        _read_condition({key: one for key, one in given.items() if key in CONDITION}, place),
        None if when is None else _read_condition(when, place.below("when")),
        place.choice(given, "severity", Severity) or Severity.FAIL,
    )


def _read_condition(written: Json, place: Place) -> Condition:
    given = place.mapping(written, CONDITION, "a condition")
    left, compare = given.get("left"), place.choice(given, "compare", Compare)
    if not isinstance(left, str) or compare is None:
        raise place.wrong(
            '`left` (a column) and `compare` are expected, as in {left: issued, compare: "<=", right: paid}'
        )
    right, value = given.get("right"), place.constant(given, "value")
    if right is not None and not isinstance(right, str):
        raise place.wrong(f"right: {right!r} is no name of a column; a constant is a `value`", "right")
    if compare.of_one and (right is not None or value is not None):
        raise place.wrong(f"{compare.value} asks about `left` alone; leave `right` and `value` out", "compare")
    if not compare.of_one and (right is None) == (value is None):
        raise place.wrong("either `right` (a column) or `value` (a constant) is expected")
    return Condition(left, compare, right, value)
