"""A first contract from a reference: what holds there, as rules that a person then edits."""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Decimal

from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.measure.contract import NUMBERS, ColumnRules, Contract, Others, Type
from consilience.measure.metrics.intervals import wilson
from consilience.measure.states.categories import CategoryState, value_of
from consilience.measure.states.numbers import NumberState
from consilience.measure.states.profile import Profile

CLOSED_LIST = 50
"""Up to so many different texts, they are taken for a closed list."""
ROWS_PER_VALUE = 5
"""A list is taken for closed when there are at least so many rows for each value."""
ROWS_OF_AN_IDENTIFIER = 100
_STORED = re.compile(r"dictionary<values=(.*?), indices=.*>|(.*)")


def learn_contract(profile: Profile) -> Contract:
    """The rules that the rows of a profile keep.

    Columns are required, and of their type; what was never missing, NaN or infinite may not be; short lists of texts are
    closed. Extremes and uniqueness hold of these rows but may not be meant, so they only warn, as do other columns.
    The order of rows and what holds between columns are in no profile: those rules are written by hand. Raises BadInput
    for a profile without rows, which keeps every rule.
    """
    if not profile.rows:
        raise BadInput("reference", "has no rows, so no contract can be learned from it")
    columns = tuple(_learned(profile, name, type_) for name, type_ in profile.types.items())
    return Contract(columns, other_columns=Others.WARN)


def type_of(stored: str) -> Type | None:
    """What a column of this Arrow type holds; None where nothing can be said, or no rule be asked of it."""
    stored = plain(stored)
    if stored.startswith(("int", "uint")):
        return Type.INTEGER
    if stored in ("halffloat", "float", "double") or stored.startswith("decimal"):
        return Type.NUMBER
    if stored.startswith("timestamp"):
        return Type.TIME if "tz=" in stored else Type.LOCAL_TIME
    if stored.startswith("date"):
        return Type.DATE
    if stored == "bool":
        return Type.BOOLEAN
    return Type.TEXT if stored == "string" else None


def plain(stored: str) -> str:
    """An Arrow type without what only says how values are stored: a dictionary is its values, all texts are one."""
    found = _STORED.fullmatch(stored)
    made = stored if found is None else found[1] or found[2]
    return "string" if made in ("large_string", "string_view") else made


def _learned(profile: Profile, name: str, stored: str) -> ColumnRules:
    state, type_ = profile.columns.get(name), type_of(stored)
    if state is None or type_ is None or not state.rows:
        return ColumnRules(name, type_)
    minimum = maximum = None
    if isinstance(state, NumberState) and type_ in NUMBERS:
        minimum, maximum = _extremes(state)
    values, unique = _closed_list(state, type_), _identifies(state, type_)
    warn = [
        *(("minimum",) if minimum is not None else ()),
        *(("maximum",) if maximum is not None else ()),
        *(("unique",) if unique else ()),
    ]
    return ColumnRules(
        name,
        type_,
        missing_at_most=None if state.missing == state.rows else missing_limit(state.missing, state.rows),
        finite=isinstance(state, NumberState) and type_ in NUMBERS and not _not_finite(state),
        minimum=minimum,
        maximum=maximum,
        values=values,
        unique=unique,
        warn=frozenset(warn),
    )


def _extremes(state: NumberState) -> tuple[str | None, str | None]:
    """The least and the largest value; None where an infinity lies beyond it."""
    minimum = None if state.minimum is None or state.low_infinite else canonical.number(state.minimum)
    maximum = None if state.maximum is None or state.high_infinite else canonical.number(state.maximum)
    return minimum, maximum


def missing_limit(missing: int, rows: int) -> float:
    """0 where nothing was missing, else the upper end of the share's interval, rounded up to thousandths."""
    if not missing:
        return 0.0
    return float(Decimal(repr(wilson(missing, rows)[1])).quantize(Decimal("0.001"), rounding=ROUND_CEILING))


def _not_finite(state: NumberState) -> int:
    return state.nan + state.low_infinite + state.high_infinite


def _closed_list(state: NumberState | CategoryState, type_: Type | None) -> tuple[str, ...] | None:
    if not isinstance(state, CategoryState) or type_ is not Type.TEXT or not state.complete or not state.counts:
        return None
    if len(state.counts) > CLOSED_LIST or state.present < ROWS_PER_VALUE * len(state.counts):
        return None
    if any("… #" in key for key in state.counts):  # too long to be listed as they are
        return None
    return tuple(sorted(map(value_of, state.counts)))


def _identifies(state: NumberState | CategoryState, type_: Type | None) -> bool:
    """Whether every value is known to occur once, in a column that could be an identifier."""
    if type_ not in (Type.INTEGER, Type.TEXT) or state.present < ROWS_OF_AN_IDENTIFIER:
        return False
    if isinstance(state, CategoryState):
        return state.complete and len(state.counts) == state.present
    return state.values is not None and len(state.values) == state.present
