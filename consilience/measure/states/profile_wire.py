"""The canonical JSON form of a profile, and the strict way back: what arrives may have been made to deceive."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure import reading
from consilience.measure.states.categories import KEPT_VALUES, CategoryState
from consilience.measure.states.numbers import HASHES, KEPT_HASHES, LARGEST_UNITS, NumberState, Scale, Values
from consilience.measure.states.profile import (
    COUNTED_AS_NUMBERS,
    EXACT_ROWS,
    ColumnPlan,
    ColumnState,
    Kind,
    Profile,
    ProfilePlan,
)

SCHEMA = "urn:consilience:profile:1"
MAX_COLUMNS = 10_000
MAX_EDGES = 4096
_COUNTS = ("missing", "nan", "low_infinite", "high_infinite", "beyond")
_SUMS = ("total", "squares")


def to_json(profile: Profile) -> Json:
    """The one JSON form of this profile, ready for `canonical.encode`."""
    return {
        "schema": SCHEMA,
        "plan": plan_json(profile.plan),
        "rows": profile.rows,
        "types": dict(profile.types),
        "columns": {name: _column_json(state) for name, state in profile.columns.items()},
    }


def plan_json(plan: ProfilePlan) -> Json:
    """The one JSON form of a plan: the stored edges that two sets of rows are compared on."""
    return {
        "exact_rows": plan.exact_rows,
        "columns": [
            {
                "name": one.name,
                "kind": str(one.kind),
                **({} if one.scale is None else {"scale": _scale_json(one.scale)}),
            }
            for one in plan.columns
        ],
    }


def encode(profile: Profile) -> bytes:
    """The canonical bytes of a profile: equal bytes, equal profile."""
    return canonical.encode(to_json(profile))


def digest(profile: Profile) -> str:
    """SHA-256 of the canonical bytes."""
    return canonical.sha256(encode(profile))


def decode(data: bytes | str) -> Profile:
    """A profile from JSON text; the inverse of `encode`."""
    return from_json(canonical.decode(data))


def from_json(given: Json) -> Profile:
    """A profile from parsed JSON. Raises BadInput for anything that `to_json` would not have written.

    Counts that do not add up are refused: every column has the rows of the table, extremes lie in bins that have rows.
    """
    parts = reading.fields(given, "profile", ("schema", "plan", "rows", "types", "columns"))
    if parts["schema"] != SCHEMA:
        raise BadInput("profile.schema", f"{SCHEMA!r} is expected")
    plan = plan_from_json(parts["plan"])
    rows = reading.count(parts["rows"], "profile.rows")
    types = {
        reading.text(name, "profile.types"): reading.text(kind, f"profile.types.{name}")
        for name, kind in _object(parts["types"], "profile.types").items()
    }
    said = _object(parts["columns"], "profile.columns")
    planned = {column.name for column in plan.columns}
    if not set(said) <= planned & set(types):  # a column that was retyped has a type and no state
        raise BadInput("profile.columns", "name a column that plan and types do not share")
    columns: dict[str, ColumnState] = {}
    for column in plan.columns:
        if column.name in said:
            where = f"profile.columns[{column.name!r}]"
            state = _state(said[column.name], column, plan.exact_rows, where)
            if state.rows != rows:
                raise BadInput(where, f"counts {state.rows} rows where the table has {rows}")
            columns[column.name] = state
    profile = Profile(plan, rows, types, columns)
    if to_json(profile) != given:
        raise BadInput("profile", "is not in its canonical form")
    return profile


def plan_from_json(given: Json) -> ProfilePlan:
    """A plan from parsed JSON."""
    parts = reading.fields(given, "profile.plan", ("exact_rows", "columns"))
    exact = reading.count(parts["exact_rows"], "profile.plan.exact_rows", largest=EXACT_ROWS)
    columns = reading.items(parts["columns"], "profile.plan.columns", longest=MAX_COLUMNS)
    plan = ProfilePlan(tuple(_column_plan(one, number) for number, one in enumerate(columns)), exact)
    names = [column.name for column in plan.columns]
    if len(set(names)) != len(names):
        raise BadInput("profile.plan.columns", "name a column twice")
    return plan


def _scale_json(scale: Scale) -> Json:
    return {
        "edges": [canonical.number(edge) for edge in scale.edges],
        "deciles": [canonical.number(edge) for edge in scale.deciles],
        "origin": canonical.number(scale.origin),
        "unit": scale.unit,
    }


def _column_json(state: ColumnState) -> Json:
    if isinstance(state, CategoryState):
        return {"missing": state.missing, "counts": dict(state.counts), "other": state.other}
    made: dict[str, Json] = {name: getattr(state, name) for name in _COUNTS}
    made |= {name: str(getattr(state, name)) for name in _SUMS}
    made["bins"] = " ".join(map(str, state.bins))
    made["minimum"] = None if state.minimum is None else canonical.number(state.minimum)
    made["maximum"] = None if state.maximum is None else canonical.number(state.maximum)
    made["hashes"] = " ".join(map(str, state.hashes))
    if state.values is not None:
        made["values"] = " ".join(canonical.number(value) for value, _ in state.values)
        made["value_rows"] = " ".join(str(rows) for _, rows in state.values)
    return made


def _column_plan(given: Json, number: int) -> ColumnPlan:
    where = f"profile.plan.columns[{number}]"
    parts = reading.fields(given, where, ("name", "kind"), optional=("scale",))
    if parts["kind"] not in list(Kind):
        raise BadInput(f"{where}.kind", f"one of {', '.join(Kind)} is expected")
    kind = Kind(parts["kind"])
    if (kind in COUNTED_AS_NUMBERS) != ("scale" in parts):
        raise BadInput(where, "numbers and times have a scale, categories have none")
    scale = _scale(parts["scale"], f"{where}.scale") if "scale" in parts else None
    return ColumnPlan(reading.text(parts["name"], f"{where}.name"), kind, scale)


def _scale(given: Json, where: str) -> Scale:
    parts = reading.fields(given, where, ("edges", "deciles", "origin", "unit"))
    lists = {
        name: tuple(
            reading.decimal(one, f"{where}.{name}")
            for one in reading.items(parts[name], f"{where}.{name}", longest=MAX_EDGES)
        )
        for name in ("edges", "deciles")
    }
    for name, edges in lists.items():
        if any(not low < high for low, high in itertools.pairwise(edges)):
            raise BadInput(f"{where}.{name}", "are not in rising order")
    if not set(lists["deciles"]) <= set(lists["edges"]):
        raise BadInput(f"{where}.deciles", "are not all edges")
    unit = parts["unit"]
    if type(unit) is not int or not -1100 <= unit <= 1100:
        raise BadInput(f"{where}.unit", "an integer from -1100 to 1100 is expected")
    return Scale(lists["edges"], lists["deciles"], reading.decimal(parts["origin"], f"{where}.origin"), unit)


def _state(given: Json, column: ColumnPlan, exact_rows: int, where: str) -> ColumnState:
    if column.scale is None:
        return _category(given, where)
    names = (*_COUNTS, *_SUMS, "bins", "minimum", "maximum", "hashes")
    parts = reading.fields(given, where, names, optional=("values", "value_rows"))
    state = NumberState(
        **{name: reading.count(parts[name], f"{where}.{name}") for name in _COUNTS},
        **{name: _signed(parts[name], f"{where}.{name}") for name in _SUMS},
        bins=tuple(reading.integers(parts["bins"], f"{where}.bins")),
        minimum=_decimal_or_none(parts["minimum"], f"{where}.minimum"),
        maximum=_decimal_or_none(parts["maximum"], f"{where}.maximum"),
        hashes=tuple(reading.integers(parts["hashes"], f"{where}.hashes")),
        values=_values(parts, where),
    )
    _check_numbers(state, column.scale, exact_rows, where)
    return state


def _category(given: Json, where: str) -> CategoryState:
    parts = reading.fields(given, where, ("missing", "counts", "other"))
    said = _object(parts["counts"], f"{where}.counts")
    if len(said) > KEPT_VALUES:
        raise BadInput(f"{where}.counts", f"at most {KEPT_VALUES} values are expected")
    counts = {
        reading.text(value, f"{where}.counts"): reading.count(rows, f"{where}.counts") for value, rows in said.items()
    }
    if any(rows < 1 for rows in counts.values()):
        raise BadInput(f"{where}.counts", "a listed value has one row at least")
    return CategoryState(
        reading.count(parts["missing"], f"{where}.missing"), counts, reading.count(parts["other"], f"{where}.other")
    )


def _check_numbers(state: NumberState, scale: Scale, exact_rows: int, where: str) -> None:
    """Refuse what no rows can give."""
    if len(state.bins) != len(scale.edges) + 1 or any(rows < 0 for rows in state.bins):
        raise BadInput(f"{where}.bins", f"{len(scale.edges) + 1} counts are expected")
    counted = state.present - state.beyond
    if (
        counted < 0
        or abs(state.total) > counted * LARGEST_UNITS
        or not 0 <= state.squares <= counted * LARGEST_UNITS**2
    ):
        raise BadInput(where, "has sums that so many rows cannot have")
    if state.total**2 > counted * state.squares:
        raise BadInput(f"{where}.squares", "is less than the sum allows")
    if (state.present > 0) != (state.minimum is not None) or (state.minimum is None) != (state.maximum is None):
        raise BadInput(where, "has extremes without rows, or rows without extremes")
    if state.minimum is not None and state.maximum is not None:
        first = next(number for number, rows in enumerate(state.bins) if rows)
        last = max(number for number, rows in enumerate(state.bins) if rows)
        if state.minimum > state.maximum or (_bin(scale, state.minimum), _bin(scale, state.maximum)) != (first, last):
            raise BadInput(where, "has extremes outside the bins that have rows")
    if list(state.hashes) != sorted(set(state.hashes)) or not all(0 <= one < HASHES for one in state.hashes):
        raise BadInput(f"{where}.hashes", "are not different hashes in order")
    if len(state.hashes) > min(KEPT_HASHES, counted) or (counted > 0 and not state.hashes):
        raise BadInput(f"{where}.hashes", "are not as many as the rows can have")
    _check_values(state, scale, exact_rows, where)


def _check_values(state: NumberState, scale: Scale, exact_rows: int, where: str) -> None:
    if (state.values is not None) != (exact_rows > 0 and state.present <= exact_rows):
        raise BadInput(f"{where}.values", f"are expected up to {exact_rows} rows, and only there")
    if state.values is None:
        return
    if (state.values.rows < 1).any():
        raise BadInput(f"{where}.value_rows", "a listed value has one row at least")
    bins = np.zeros(len(state.bins), dtype=np.int64)
    np.add.at(bins, np.searchsorted(np.array(scale.edges), state.values.at, side="right"), state.values.rows)
    if tuple(bins.tolist()) != state.bins or (state.values.at[1:] <= state.values.at[:-1]).any():
        raise BadInput(f"{where}.values", "do not give the counts of the bins")


def _bin(scale: Scale, value: float) -> int:
    from bisect import bisect_right

    return bisect_right(scale.edges, value)


def _values(parts: Mapping[str, Json], where: str) -> Values | None:
    if ("values" in parts) != ("value_rows" in parts):
        raise BadInput(where, "values and value_rows belong together")
    if "values" not in parts:
        return None
    texts = str(parts["values"]).split(" ") if parts["values"] else []
    rows = reading.integers(parts["value_rows"], f"{where}.value_rows")
    if len(texts) != len(rows):
        raise BadInput(where, "values and value_rows differ in length")
    return Values.of((reading.decimal(text, f"{where}.values"), count) for text, count in zip(texts, rows, strict=True))


def _signed(given: Json, where: str) -> int:
    if isinstance(given, str) and given.startswith("-") and given != "-0":
        return -reading.whole(given[1:], where)
    return reading.whole(given, where)


def _decimal_or_none(given: Json, where: str) -> float | None:
    if given is None:
        return None
    value = reading.decimal(given, where)
    if not math.isfinite(value):
        raise BadInput(where, "a finite number is expected")
    return value


def _object(given: Json, where: str) -> dict[str, Json]:
    if not isinstance(given, dict):
        raise BadInput(where, "an object is expected")
    return given
