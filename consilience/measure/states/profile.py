"""The profile of a table: every column counted by a stored plan, so that two sets of rows can be compared or added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce

from consilience.kit.errors import BadInput
from consilience.measure.states.categories import CategoryState, merge_categories
from consilience.measure.states.numbers import NumberState, Scale, merge_numbers, no_numbers

EXACT_ROWS = 131_072


class Kind(StrEnum):
    """What a column is counted as. Times are counted as numbers: microseconds since 1970 in UTC, or without a zone."""

    NUMBER = "number"
    TIME = "time"
    LOCAL_TIME = "local_time"
    CATEGORY = "category"


COUNTED_AS_NUMBERS = (Kind.NUMBER, Kind.TIME, Kind.LOCAL_TIME)


@dataclass(frozen=True)
class ColumnPlan:
    """How one column is counted; only numbers and times have a scale."""

    name: str
    kind: Kind
    scale: Scale | None = None


@dataclass(frozen=True)
class ProfilePlan:
    """How the columns are counted, learned once from the reference. Two profiles compare only under one plan.

    While a column has at most `exact_rows` numbers all its values are kept, and what is calculated from them is exact.
    0 keeps none: then no single value leaves the place where the rows lie, the extremes aside.
    """

    columns: tuple[ColumnPlan, ...]
    exact_rows: int = EXACT_ROWS

    def column(self, name: str) -> ColumnPlan:
        for column in self.columns:
            if column.name == name:
                return column
        raise BadInput(f"column {name!r}", "is not in the profile")


ColumnState = NumberState | CategoryState


@dataclass(frozen=True)
class Profile:
    """What was counted: rows, and a state for each column of the plan that the data had.

    `types` says how the data wrote each column (e.g. "double", "string"); a column of the plan that was not there is in
    no mapping, one that was there and is in no plan is in `types` only.
    """

    plan: ProfilePlan
    rows: int
    types: Mapping[str, str]
    columns: Mapping[str, ColumnState]

    def number(self, name: str) -> NumberState | None:
        found = self.columns.get(name)
        return found if isinstance(found, NumberState) else None

    def category(self, name: str) -> CategoryState | None:
        found = self.columns.get(name)
        return found if isinstance(found, CategoryState) else None


def merge(one: Profile, other: Profile) -> Profile:
    """The profile of both sets of rows. Associative and commutative, byte for byte.

    Raises BadInput when they were counted by different plans, or from different columns.
    """
    if one.plan != other.plan:
        raise BadInput("profiles", "cannot be added: they were counted by different plans")
    if one.types != other.types:
        raise BadInput("profiles", f"cannot be added: {_difference(one.types, other.types)}")
    columns = {
        column.name: _merged(column, one.columns[column.name], other.columns[column.name], one.plan.exact_rows)
        for column in one.plan.columns
        if column.name in one.columns
    }
    return Profile(one.plan, one.rows + other.rows, one.types, columns)


def merge_all(profiles: Iterable[Profile]) -> Profile:
    """The profile of all the sets of rows together; at least one is expected."""
    return reduce(merge, profiles)


def nothing(column: ColumnPlan, exact_rows: int) -> ColumnState:
    """The state of a column before the first row."""
    return CategoryState(0) if column.scale is None else no_numbers(column.scale, exact_rows)


def _merged(column: ColumnPlan, one: ColumnState, other: ColumnState, exact_rows: int) -> ColumnState:
    if isinstance(one, NumberState) and isinstance(other, NumberState):
        return merge_numbers(one, other, exact_rows)
    if isinstance(one, CategoryState) and isinstance(other, CategoryState):
        return merge_categories(one, other)
    raise BadInput(f"column {column.name!r}", "is numbers in one profile and categories in the other")


def _difference(one: Mapping[str, str], other: Mapping[str, str]) -> str:
    for name in sorted({*one, *other}):
        if one.get(name) != other.get(name):
            return f"column {name!r} is {one.get(name, 'absent')} in one and {other.get(name, 'absent')} in the other"
    return "their columns differ"
