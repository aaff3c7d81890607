"""The canonical JSON form of class states, and the strict way back."""

from __future__ import annotations

from itertools import pairwise

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import reading
from consilience.measure.plan import MAX_GROUPS, MAX_PROTECTED
from consilience.measure.states.classes_cube import (
    LARGEST_RANK,
    MAX_CLASSES,
    ClassesPlan,
    ClassesStates,
    ClassesTally,
    Group,
    Pair,
    check,
    check_classes,
)
from consilience.measure.states.cube import check_listed
from consilience.measure.values import group_order

SCHEMA = "urn:consilience:class-states:1"


def to_json(states: ClassesStates) -> Json:
    """The one JSON form of these states, ready for `canonical.encode`."""
    plan = states.plan
    return {
        "schema": SCHEMA,
        "plan": {
            "label": plan.label,
            "prediction": plan.prediction,
            "protected": list(plan.protected),
            "rank": plan.rank,
        },
        "groups": [
            {
                "values": list(group),
                "pairs": [[label, prediction, rows] for (label, prediction), rows in tally.pairs.items()],
                "ranks": " ".join(map(str, tally.ranks)),
            }
            for group, tally in states.groups
        ],
    }


def encode(states: ClassesStates) -> bytes:
    """The canonical bytes of states: equal bytes, equal states."""
    return canonical.encode(to_json(states))


def digest(states: ClassesStates) -> str:
    """SHA-256 of the canonical bytes."""
    return canonical.sha256(encode(states))


def decode(data: bytes | str) -> ClassesStates:
    """States from JSON text; the inverse of `encode`."""
    return from_json(canonical.decode(data))


def from_json(given: Json) -> ClassesStates:
    """States from parsed JSON. Raises BadInput for anything that `to_json` would not have written, or no rows can give."""
    parts = reading.fields(given, "classes", ("schema", "plan", "groups"))
    if parts["schema"] != SCHEMA:
        raise BadInput("classes.schema", f"{SCHEMA!r} is expected")
    plan = _plan(parts["plan"])
    listed = reading.items(parts["groups"], "classes.groups", longest=MAX_GROUPS)
    groups = tuple(_group(one, plan, f"classes.groups[{number}]") for number, one in enumerate(listed))
    check_listed("classes.groups", plan.protected, [group for group, _ in groups])
    states = ClassesStates(plan, groups)
    check_classes(states.classes, plan)
    if states.rows > canonical.MAX_INTEGER:
        raise BadInput("classes.groups", "hold more rows than can be counted")
    if to_json(states) != given:
        raise BadInput("classes", "are not in their canonical form")
    return states


def _plan(given: Json) -> ClassesPlan:
    where = "classes.plan"
    parts = reading.fields(given, where, ("label", "prediction", "protected", "rank"))
    protected = reading.items(parts["protected"], f"{where}.protected", longest=MAX_PROTECTED)
    plan = ClassesPlan(
        reading.text(parts["label"], f"{where}.label"),
        reading.text(parts["prediction"], f"{where}.prediction"),
        tuple(reading.text(name, f"{where}.protected") for name in protected),
        reading.text_or_none(parts["rank"], f"{where}.rank"),
    )
    try:
        check(plan)
    except WrongUse as error:  # here it is the data that is wrong, not the call
        raise BadInput(where, str(error)) from error
    return plan


def _group(given: Json, plan: ClassesPlan, where: str) -> tuple[Group, ClassesTally]:
    parts = reading.fields(given, where, ("values", "pairs", "ranks"))
    values = reading.items(parts["values"], f"{where}.values", longest=MAX_PROTECTED)
    if len(values) != len(plan.protected):
        raise BadInput(f"{where}.values", f"need {len(plan.protected)} values, one for each protected attribute")
    listed = reading.items(parts["pairs"], f"{where}.pairs", longest=(MAX_CLASSES + 1) ** 2)
    pairs = [_pair(one, f"{where}.pairs") for one in listed]
    if not pairs or any(group_order(after) <= group_order(before) for (before, _), (after, _) in pairwise(pairs)):
        raise BadInput(f"{where}.pairs", "are none, not in rising order, or one stands there twice")
    ranks = tuple(reading.integers(parts["ranks"], f"{where}.ranks"))
    tally = ClassesTally(dict(pairs), ranks)
    if len(ranks) != (LARGEST_RANK + 1 if plan.rank is not None else 0) or any(rows < 0 for rows in ranks):
        raise BadInput(f"{where}.ranks", f"{LARGEST_RANK + 1} counts are expected where ranks were counted, else none")
    if sum(ranks) > sum(rows for (label, _), rows in pairs if label is not None):
        raise BadInput(f"{where}.ranks", "are more than the rows with a label")
    return tuple(reading.text_or_none(value, f"{where}.values") for value in values), tally


def _pair(given: Json, where: str) -> tuple[Pair, int]:
    parts = reading.items(given, where, longest=3)
    if len(parts) != 3:
        raise BadInput(where, "label, prediction and rows are expected")
    rows = reading.count(parts[2], where)
    if rows < 1:
        raise BadInput(where, "a pair stands for one row at least")
    return (reading.text_or_none(parts[0], where), reading.text_or_none(parts[1], where)), rows
