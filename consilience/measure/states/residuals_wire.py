"""The canonical JSON form of residual states, and the strict way back."""

from __future__ import annotations

import itertools

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import reading
from consilience.measure.plan import MAX_GROUPS, MAX_PROTECTED
from consilience.measure.states.cube import check_listed
from consilience.measure.states.residuals import (
    SUMS,
    Group,
    ResidualPlan,
    Residuals,
    ResidualScale,
    ResidualTally,
    check,
)
from consilience.measure.states.residuals_checks import check_tally

SCHEMA = "urn:consilience:residual-states:1"
MAX_EDGES = 4096
LARGEST_UNIT = 960
"""So many units as a state may count are still a double."""
DIGITS = 80
_COUNTS = ("rows", "no_label", "no_prediction", "beyond", "zeros")
_MOST = ("most_over", "most_under")


def to_json(states: Residuals) -> Json:
    """The one JSON form of these states, ready for `canonical.encode`."""
    plan = states.plan
    return {
        "schema": SCHEMA,
        "plan": {
            "label": plan.label,
            "prediction": plan.prediction,
            "protected": list(plan.protected),
            "scale": scale_json(plan.scale),
        },
        "groups": [{"values": list(group), **_tally_json(tally)} for group, tally in states.groups],
    }


def scale_json(scale: ResidualScale) -> Json:
    """The one JSON form of a scale."""
    return {
        "origin": canonical.number(scale.origin),
        "unit": scale.unit,
        "error_bits": scale.error_bits,
        "edges": " ".join(map(str, scale.edges)),
    }


def encode(states: Residuals) -> bytes:
    """The canonical bytes of states: equal bytes, equal states."""
    return canonical.encode(to_json(states))


def digest(states: Residuals) -> str:
    """SHA-256 of the canonical bytes."""
    return canonical.sha256(encode(states))


def decode(data: bytes | str) -> Residuals:
    """States from JSON text; the inverse of `encode`."""
    return from_json(canonical.decode(data))


def from_json(given: Json) -> Residuals:
    """States from parsed JSON. Raises BadInput for anything that `to_json` would not have written, or no rows can give."""
    parts = reading.fields(given, "residuals", ("schema", "plan", "groups"))
    if parts["schema"] != SCHEMA:
        raise BadInput("residuals.schema", f"{SCHEMA!r} is expected")
    plan = _plan(parts["plan"])
    listed = reading.items(parts["groups"], "residuals.groups", longest=MAX_GROUPS)
    groups = tuple(_group(one, plan, f"residuals.groups[{number}]") for number, one in enumerate(listed))
    check_listed("residuals.groups", plan.protected, [group for group, _ in groups])
    states = Residuals(plan, groups)
    if states.rows > canonical.MAX_INTEGER:
        raise BadInput("residuals.groups", "hold more rows than can be counted")
    if to_json(states) != given:
        raise BadInput("residuals", "are not in their canonical form")
    return states


def _tally_json(tally: ResidualTally) -> dict[str, Json]:
    made: dict[str, Json] = {name: getattr(tally, name) for name in _COUNTS}
    made |= {name: str(getattr(tally, name)) for name in (*_MOST, *SUMS)}
    return made | {"over": " ".join(map(str, tally.over)), "under": " ".join(map(str, tally.under))}


def _plan(given: Json) -> ResidualPlan:
    where = "residuals.plan"
    parts = reading.fields(given, where, ("label", "prediction", "protected", "scale"))
    scale = reading.fields(parts["scale"], f"{where}.scale", ("origin", "unit", "error_bits", "edges"))
    unit, bits = scale["unit"], reading.count(scale["error_bits"], f"{where}.scale.error_bits", largest=64)
    if type(unit) is not int or not -1000 <= unit <= LARGEST_UNIT:
        raise BadInput(f"{where}.scale.unit", f"an integer from -1000 to {LARGEST_UNIT} is expected")
    edges = tuple(reading.integers(scale["edges"], f"{where}.scale.edges"))
    rising = all(low < high for low, high in itertools.pairwise(edges))
    if not edges or edges[0] != 1 or not rising or len(edges) > MAX_EDGES:
        raise BadInput(f"{where}.scale.edges", "are not sizes that rise from 1")
    protected = reading.items(parts["protected"], f"{where}.protected", longest=MAX_PROTECTED)
    plan = ResidualPlan(
        reading.text(parts["label"], f"{where}.label"),
        reading.text(parts["prediction"], f"{where}.prediction"),
        ResidualScale(reading.decimal(scale["origin"], f"{where}.scale.origin"), unit, bits, edges),
        tuple(reading.text(name, f"{where}.protected") for name in protected),
    )
    try:
        check(plan)
    except WrongUse as error:  # here it is the data that is wrong, not the call
        raise BadInput(where, str(error)) from error
    return plan


def _group(given: Json, plan: ResidualPlan, where: str) -> tuple[Group, ResidualTally]:
    parts = reading.fields(given, where, ("values", *_COUNTS, *_MOST, *SUMS, "over", "under"))
    values = reading.items(parts["values"], f"{where}.values", longest=MAX_PROTECTED)
    if len(values) != len(plan.protected):
        raise BadInput(f"{where}.values", f"need {len(plan.protected)} values, one for each protected attribute")
    tally = ResidualTally(
        **{name: reading.count(parts[name], f"{where}.{name}") for name in _COUNTS},
        **{name: _signed(parts[name], f"{where}.{name}") for name in (*_MOST, *SUMS)},
        over=tuple(reading.integers(parts["over"], f"{where}.over")),
        under=tuple(reading.integers(parts["under"], f"{where}.under")),
    )
    check_tally(tally, plan.scale, where)
    return tuple(reading.text_or_none(value, f"{where}.values") for value in values), tally


def _signed(given: Json, where: str) -> int:
    """An integer of any size, written as a string of digits."""
    text = given[1:] if isinstance(given, str) and given.startswith("-") and given != "-0" else given
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= DIGITS):
        raise BadInput(where, "a string of decimal digits is expected")
    if str(int(text)) != text:
        raise BadInput(where, "a string of decimal digits is expected")
    return -int(text) if text != given else int(text)
