"""Conditions of cross-column rules, asked of a batch: rows that hold, among the rows that can be asked."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from consilience.kit.errors import BadInput
from consilience.measure.contract import NUMBERS, TIMES, Compare, Condition, RowRule, Type
from consilience.measure.engines.cells import Batch, Mask
from consilience.measure.engines.checking import Asked, member
from consilience.measure.engines.parsing import constant
from consilience.measure.values import spellings

_OPERATORS: Mapping[Compare, Callable[[Any, Any], Any]] = {
    Compare.LESS: operator.lt,
    Compare.AT_MOST: operator.le,
    Compare.MORE: operator.gt,
    Compare.AT_LEAST: operator.ge,
    Compare.EQUAL: operator.eq,
    Compare.DIFFERENT: operator.ne,
}


@dataclass(frozen=True)
class Question:
    """A rule over rows, with both of its conditions made ready."""

    holds: Callable[[Batch], Asked]
    when: Callable[[Batch], Asked] | None

    def __call__(self, batch: Batch) -> Asked:
        """Rows that break the rule, among those that fit `when` and have the values that are compared."""
        kept, asked = self.holds(batch)
        if self.when is not None:
            fits, known = self.when(batch)
            asked = asked & fits & known
        return ~kept, asked


def broken_by(rule: RowRule, types: Mapping[str, Type | None], where: str) -> Question:
    """The rule as a question to batches. Raises BadInput where the types of its columns cannot be compared so."""
    return Question(
        prepared(rule.holds, types, where), None if rule.when is None else prepared(rule.when, types, where)
    )


def prepared(condition: Condition, types: Mapping[str, Type | None], where: str) -> Callable[[Batch], Asked]:
    """Rows for which a condition holds, among the rows that have what it compares."""
    left, compare = condition.left, condition.compare
    if compare.of_one:
        return lambda batch: (batch[left].present == (compare is Compare.PRESENT), np.ones(batch.rows, dtype=np.bool_))
    kind = types.get(left)
    ordered = kind in NUMBERS | TIMES
    if compare.of_order and not ordered:
        raise BadInput(where, f"rule {str(condition)!r}: column {left!r} holds {_said(kind)}, which has no order")
    compares = _OPERATORS[compare]
    if condition.right is not None:
        _check_alike(condition, kind, types.get(condition.right), where)
        return _columns(left, condition.right, compares) if ordered else _texts(left, condition.right, compares)
    return _against(condition, kind, where) if ordered else _member(left, str(condition.value), compare)


def _columns(left: str, right: str, compares: Callable[[Any, Any], Any]) -> Callable[[Batch], Asked]:
    def asked(batch: Batch) -> Asked:
        one, other = batch[left], batch[right]
        return compares(one.order, other.order), _comparable(batch, left) & _comparable(batch, right)

    return asked


def _texts(left: str, right: str, compares: Callable[[Any, Any], Any]) -> Callable[[Batch], Asked]:
    def asked(batch: Batch) -> Asked:
        words = [
            np.array([*listed, None], dtype=object)[codes] for codes, listed in (batch[left].words, batch[right].words)
        ]
        return compares(*words).astype(np.bool_), batch[left].present & batch[right].present

    return asked


def _against(condition: Condition, kind: Type | None, where: str) -> Callable[[Batch], Asked]:
    said = str(condition.value)
    value = None if kind is None else constant(said, kind)
    if value is None:
        raise BadInput(
            where, f"rule {str(condition)!r}: {said!r} is not of the type of {condition.left!r}, {_said(kind)}"
        )
    compares = _OPERATORS[condition.compare]
    return lambda batch: (compares(batch[condition.left].order, value), _comparable(batch, condition.left))


def _member(left: str, value: str, compare: Compare) -> Callable[[Batch], Asked]:
    accepted = spellings(value)

    def asked(batch: Batch) -> Asked:
        codes, words = batch[left].words
        inside = member(accepted, words, codes)
        return inside if compare is Compare.EQUAL else ~inside, batch[left].present

    return asked


def _comparable(batch: Batch, name: str) -> Mask:
    cells = batch[name]
    known: Mask = cells.order == cells.order  # NaN is neither below nor above anything
    return cells.ordered & known


def _check_alike(condition: Condition, left: Type | None, right: Type | None, where: str) -> None:
    families = [_family(kind) for kind in (left, right)]
    if families[0] != families[1]:
        raise BadInput(
            where,
            f"rule {str(condition)!r}: {condition.left!r} holds {_said(left)} and {condition.right!r} {_said(right)}; "
            "they cannot be compared",
        )


def _family(kind: Type | None) -> str:
    if kind in NUMBERS:
        return "number"
    if kind is Type.TIME:
        return "time"
    return "local time" if kind in TIMES else "text"


def _said(kind: Type | None) -> str:
    if kind is None:
        return "values of no type that a rule knows"
    words = {Type.TIME: "times with a zone", Type.LOCAL_TIME: "times without a zone", Type.TEXT: "texts"}
    return words.get(kind, f"{kind.value}s")
