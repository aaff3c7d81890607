"""From the rules of a contract to checks of one source: what is asked of rows, and what its columns say already."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np

from consilience.kit import canonical
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.contract import (
    NUMBERS,
    ColumnRules,
    Contract,
    Others,
    RowRule,
    Severity,
    Type,
)
from consilience.measure.contract_learning import type_of
from consilience.measure.contract_writing import duration
from consilience.measure.engines.cells import Batch, readable
from consilience.measure.engines.checking import (
    Asked,
    Asks,
    Check,
    FreshCheck,
    MonotoneCheck,
    RepeatCheck,
    RowCheck,
    member,
)
from consilience.measure.engines.conditions import broken_by
from consilience.measure.engines.parsing import constant
from consilience.measure.engines.sources import Source
from consilience.measure.metrics.figure import Reason, undefined
from consilience.measure.spelling import look_alike
from consilience.measure.validation import Finding
from consilience.measure.values import spellings

Answer = Check | Finding
"""A rule that rows must be asked, or one that the columns of the source have answered."""


@dataclass(frozen=True)
class Asking:
    """What rules are asked of: a source, at a moment, with these columns' values kept out of every example."""

    source: Source
    contract: Contract
    as_of: datetime | None
    withheld: Collection[str]
    keep: int

    def types(self) -> dict[str, Type | None]:
        """What each column is read as: what the contract says it holds, else what the source says."""
        otherwise = Type.TEXT if self.source.untyped else None
        stored = {name: type_of(str(kind)) or otherwise for name, kind in self.source.types().items()}
        return stored | {one.name: one.type for one in self.contract.columns if one.type is not None}

    def readable(self) -> dict[str, bool]:
        """For each column whether rules can look at its values; fields without types are texts whatever they look like."""
        return {name: self.source.untyped or readable(kind) for name, kind in self.source.types().items()}

    def asks(self, rule: str, column: str | None, words: str, severity: Severity, *about: str) -> Asks:
        return Asks(rule, column, words, severity, self.keep, any(one in self.withheld for one in about))


def answers(asking: Asking) -> Iterator[Answer]:
    """Every rule of the contract, in its order. Raises BadInput for rules that this source cannot be asked."""
    there = asking.readable()
    for column in asking.contract.columns:
        if column.name not in there:
            yield from _absent(column)
        else:
            yield from _of_column(asking, column, can_look=there[column.name])
    yield from _others(asking.contract, there)
    for rule in asking.contract.rows:
        yield _of_rows(asking, rule, there)
    limit = asking.contract.duplicated_rows_at_most
    if limit is not None:
        names = tuple(name for name, can_look in there.items() if can_look)
        words = f"at most {_percent(limit)} of rows repeat an earlier one" if limit else "no row repeats an earlier one"
        asks = asking.asks("duplicated_rows_at_most", None, words, asking.contract.severity("duplicated_rows_at_most"))
        yield RepeatCheck(asks, names, of_rows=True, limit=limit)


def _absent(column: ColumnRules) -> Iterator[Finding]:
    if column.required:
        yield _told("required", column.name, "the column is there", column.severity("required"), "the column is absent")


def _others(contract: Contract, there: Collection[str]) -> Iterator[Finding]:
    if contract.other_columns is Others.ALLOW:
        return
    severity = Severity(contract.other_columns.value)
    for name in there:
        if contract.column(name) is None:
            yield _told(
                "other_columns", name, "only columns of the contract", severity, "the contract has no such column"
            )


def _told(rule: str, column: str, words: str, severity: Severity, observed: str | None) -> Finding:
    nobody = undefined(Reason.ABOUT_ALL_ROWS)
    return Finding(rule, column, words, severity, passed=observed is None, violations=nobody, observed=observed)


def _of_column(asking: Asking, column: ColumnRules, *, can_look: bool) -> Iterator[Answer]:
    if column.required:
        yield _told("required", column.name, "the column is there", column.severity("required"), None)
    if can_look:
        yield from _of_values(asking, column)
        yield from _of_all_values(asking, column)
    elif column != ColumnRules(column.name, required=column.required, warn=column.warn):
        said = f"the column holds {asking.source.types()[column.name]}, which no rule can look at"
        words = f"holds {column.type or 'one plain value a row'}"
        yield _told("type", column.name, words, column.severity("type"), said)


def _of_values(asking: Asking, column: ColumnRules) -> Iterator[Answer]:
    """Rules that each value keeps or breaks by itself."""
    name = column.name

    def check(rule: str, words: str, broken: Callable[[Batch], Asked]) -> RowCheck:
        return RowCheck(_asks(asking, column, rule, words), (name,), broken, (name,))

    if column.type is not None:
        yield check("type", f"holds {column.type.value}", partial(_not_of_type, name))
    if column.missing_at_most is not None:
        limit = column.missing_at_most
        words = f"at most {_percent(limit)} of rows without a value" if limit else "every row has a value"
        asks = _asks(asking, column, "missing_at_most", words)
        yield RowCheck(asks, (name,), partial(_missing, name), (), limit)
    if column.finite:
        yield check("finite", "neither NaN nor infinite", partial(_not_finite, name))
    for rule, words, bound in (("minimum", "at least", column.minimum), ("maximum", "at most", column.maximum)):
        if bound is not None:
            yield check(rule, f"{words} {bound}", _beyond(column, rule, bound))
    if column.values is not None:
        yield _listed(asking, column, column.values)
    if column.pattern is not None:
        yield check("pattern", f"fits {column.pattern}", partial(_not_fitting, name, column.pattern))


def _of_all_values(asking: Asking, column: ColumnRules) -> Iterator[Answer]:
    """Rules about the values of a column together."""
    name = column.name
    if column.unique:
        yield RepeatCheck(_asks(asking, column, "unique", "no value occurs twice"), (name,), of_rows=False)
    if column.monotone is not None:
        words = f"values are {column.monotone.value.replace('_', ' ')}"
        yield MonotoneCheck(_asks(asking, column, "monotone", words), name, column.monotone)
    if column.fresh_within is not None:
        words = f"the newest value is at most {duration(column.fresh_within)} old"
        as_of = _moment_for(asking, column)
        yield FreshCheck(_asks(asking, column, "fresh_within", words), name, column.fresh_within, as_of)


def _asks(asking: Asking, column: ColumnRules, rule: str, words: str) -> Asks:
    return asking.asks(rule, column.name, words, column.severity(rule), column.name)


def _of_rows(asking: Asking, rule: RowRule, there: Mapping[str, bool]) -> Answer:
    for name in rule.columns():
        if not there.get(name, False):
            known = asking.contract.column(name)
            absent = "is absent" if name not in there else "holds what no rule can look at"
            severity = Severity.WARN if known is not None and not known.required else rule.severity
            return _told(
                "row_rule", name, str(rule), severity, f"column {name!r} {absent}, so the rule was asked of no row"
            )
    shows = rule.holds.columns()
    asks = asking.asks("row_rule", None, str(rule), rule.severity, *shows)
    return RowCheck(asks, rule.columns(), broken_by(rule, asking.types(), asking.source.name), shows)


def _listed(asking: Asking, column: ColumnRules, values: tuple[str, ...]) -> RowCheck:
    accepted = frozenset().union(*(spellings(value) for value in values))

    def broken(batch: Batch) -> Asked:
        codes, words = batch[column.name].words
        return ~member(accepted, words, codes), batch[column.name].present

    def notes(examples: object) -> list[str]:
        found = []
        for value in dict.fromkeys(examples if isinstance(examples, list) else []):
            near = look_alike(value, values)
            if near is not None:
                found.append(
                    f"{value!r} is not listed; {near[0]!r} is, and {near[1]}. They are not taken for one another."
                )
        return found

    few = ", ".join(values[:6]) + (f" and {len(values) - 6} more" if len(values) > 6 else "")
    return RowCheck(
        _asks(asking, column, "values", f"one of {few}"), (column.name,), broken, (column.name,), notes=notes
    )


def _percent(share: float) -> str:
    return f"{canonical.number(round(share * 100, 9))} %"


def _not_of_type(name: str, batch: Batch) -> Asked:
    return ~batch[name].right, batch[name].present


def _missing(name: str, batch: Batch) -> Asked:
    return ~batch[name].present, np.ones(batch.rows, dtype=np.bool_)


def _not_finite(name: str, batch: Batch) -> Asked:
    return ~np.isfinite(batch[name].order), batch[name].ordered


def _not_fitting(name: str, pattern: str, batch: Batch) -> Asked:
    return ~batch[name].fitting(pattern), batch[name].present


def _beyond(column: ColumnRules, rule: str, said: str) -> Callable[[Batch], Asked]:
    bound = None if column.type is None else constant(said, column.type)
    if bound is None:
        raise BadInput("contract", f"column {column.name!r}, {rule}: {said!r} is not of the type {column.type}")
    name, of_numbers = column.name, column.type in NUMBERS

    def broken(batch: Batch) -> Asked:
        cells = batch[name]
        asked = cells.ordered & ~np.isnan(cells.order) if of_numbers else cells.ordered
        return (cells.order < bound if rule == "minimum" else cells.order > bound), asked

    return broken


def _moment_for(asking: Asking, column: ColumnRules) -> datetime:
    """The moment in the kind of time that the column has; which zone a local time means is not guessed."""
    as_of = asking.as_of
    if as_of is None:
        raise WrongUse(f"column {column.name!r}: fresh_within needs the moment that ages are counted to (as-of)")
    if column.type is Type.TIME and as_of.tzinfo is None:
        raise WrongUse(
            f"column {column.name!r} has times with a zone: give the moment (as-of) with one, as in {as_of.isoformat()}Z"
        )
    if column.type is not Type.TIME and as_of.tzinfo is not None:
        raise WrongUse(
            f"column {column.name!r} has times without a zone: give the moment (as-of) without one, in the zone that the "
            f"column means, as in {as_of.replace(tzinfo=None).isoformat(timespec='seconds')}"
        )
    return as_of
