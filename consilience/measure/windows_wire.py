"""The windows of a model as they may leave the place where the rows lie, as canonical JSON, and the strict way back.

Each window has the states of all its rows, in the form of its task: no protected attribute, no other column. A window with fewer rows than a minimum
is sent as a number of rows alone. What is calculated from the others is what whoever sends them sees of the same windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import reading
from consilience.measure.engines.windows import Cut, Span
from consilience.measure.following.binary import Binary
from consilience.measure.following.multiclass import Multiclass
from consilience.measure.following.regression import Regression
from consilience.measure.following.task import Followed, Within
from consilience.measure.following.windows import OverTime, Window
from consilience.measure.over_time import measure_over_time, report
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.states import classes_wire, residuals_wire, wire
from consilience.measure.states.classes_cube import ClassesPlan, ClassesStates
from consilience.measure.states.cube import States
from consilience.measure.states.residuals import ResidualPlan, Residuals

SCHEMA = "urn:consilience:window-states:1"
MOST_WINDOWS = 200
SCORE_ENTRIES = 1_000
MOST_WITHHELD = 1_000
"""The largest minimum: windows with as many rows may not be left out."""
OF_SCHEMA: Mapping[str, Any] = {
    wire.SCHEMA: wire,
    residuals_wire.SCHEMA: residuals_wire,
    classes_wire.SCHEMA: classes_wire,
}
"""The states that windows may hold, by their own schema: it says which task they are of."""


def windows_to_send(source: Any, *, minimum_group: int = USUAL_MINIMUM, **said: Any) -> Json:
    """The windows of a source as they may leave; `said` are arguments of `over_time` but `protected`, `reference` and `where`.

    Raises BadInput for data that cannot be used, WrongUse for a call that contradicts itself.
    """
    if not 1 <= minimum_group <= MOST_WITHHELD:
        raise WrongUse(f"the smallest window that is sent has 1 to {MOST_WITHHELD} rows")
    measured = measure_over_time(source, **said, score_entries=SCORE_ENTRIES)
    if len(measured.windows) > MOST_WINDOWS:
        raise BadInput(
            "windows", f"are {len(measured.windows):,}; at most {MOST_WINDOWS} are sent, so take longer ones"
        )
    return to_json(measured, minimum=minimum_group)


def to_json(measured: OverTime, *, minimum: int) -> Json:
    """The one JSON form of these windows."""
    return {
        "schema": SCHEMA,
        "by": measured.cut.by if isinstance(measured.cut.by, int) else str(measured.cut.by),
        "time": measured.cut.time,
        "zone": measured.cut.zone,
        "times": measured.times,
        "minimum": minimum,
        "without_time": _kept(measured.without_time, minimum),
        "windows": [_window_json(one, minimum) for one in measured.windows],
    }


def encode(given: Json) -> bytes:
    """The canonical bytes of windows in their JSON form."""
    return canonical.encode(given)


def windows_report(given: Json) -> dict[str, Any]:
    """The `over-time` report of windows in their JSON form, with `withheld` among the windows whose rows alone are known.

    Raises BadInput for anything that `to_json` would not have written.
    """
    measured = from_json(given)
    found: dict[str, Any] = report(measured, within=Within())
    withheld = {one["start"]: one["rows"] for one in _items(given) if one["states"] is None and one["rows"]}
    for window in found["windows"]:
        window["withheld"] = window["start"] in withheld
        window["rows"] = withheld.get(window["start"], window["rows"])
    found["rows"] += sum(withheld.values())
    return found


def from_json(given: Json) -> OverTime:
    """Windows from parsed JSON: one after the other without a hole, counted by one plan. The first that has states is the reference."""
    names = ("schema", "by", "time", "zone", "times", "minimum", "without_time", "windows")
    parts = reading.fields(given, "windows", names)
    if parts["schema"] != SCHEMA:
        raise BadInput("windows.schema", f"{SCHEMA!r} is expected")
    minimum = reading.count(parts["minimum"], "windows.minimum", largest=MOST_WITHHELD)
    cut = _cut(parts)
    listed = reading.items(parts["windows"], "windows.windows", longest=MOST_WINDOWS)
    windows = [_window(one, minimum, f"windows.windows[{place}]") for place, one in enumerate(listed)]
    counted = [one for one in windows if one.states is not None]
    if not counted:
        raise BadInput("windows.windows", "no window has as many rows as may be sent")
    _check_order(cut, windows)
    plan = counted[0].states.plan
    if plan.protected or any(one.states.plan != plan for one in counted):
        raise BadInput("windows.windows", "were counted by different plans, or by protected attributes")
    without_time = reading.count(parts["without_time"], "windows.without_time")
    times = reading.text_or_none(parts["times"], "windows.times")
    followed = _followed(plan).knowing([one.states for one in counted])
    measured = OverTime(followed, cut, times, windows, without_time, counted[0])
    if to_json(measured, minimum=minimum) != _emptied(given):
        raise BadInput("windows", "are not in their canonical form")
    return measured


def _window_json(window: Window, minimum: int) -> Json:
    rows = 0 if window.states is None else window.states.rows
    sent = window.states is not None and rows >= minimum
    return {
        "start": window.start,
        "end": window.end,
        "rows": rows,
        "states": _wire_of(window.states).to_json(window.states) if sent else None,
    }


def _wire_of(states: Any) -> Any:
    """The module that writes these states."""
    return {States: wire, Residuals: residuals_wire, ClassesStates: classes_wire}[type(states)]


def _states(given: Json, where: str) -> Any:
    """The states of a window, read strictly by the schema that they name."""
    schema = given.get("schema") if isinstance(given, dict) else None
    if not isinstance(schema, str) or schema not in OF_SCHEMA:
        raise BadInput(f"{where}.schema", f"one of {', '.join(OF_SCHEMA)} is expected")
    return OF_SCHEMA[schema].from_json(given)


def _followed(plan: Any) -> Followed:
    """The model that states of this plan are of."""
    if isinstance(plan, ResidualPlan):
        return Regression(plan)
    return Multiclass(plan) if isinstance(plan, ClassesPlan) else Binary(plan)


def _kept(rows: int, minimum: int) -> int:
    """Rows without a time; so few that they tell of single people are counted as none."""
    return rows if rows >= minimum else 0


def _window(given: Json, minimum: int, where: str) -> Window:
    parts = reading.fields(given, where, ("start", "end", "rows", "states"))
    rows = reading.count(parts["rows"], f"{where}.rows")
    states = None if parts["states"] is None else _states(parts["states"], f"{where}.states")
    if states is None and rows and rows >= minimum:
        raise BadInput(where, "has rows enough and no states")
    if states is not None and (states.rows != rows or rows < minimum):
        raise BadInput(f"{where}.rows", "are not those of the states, or fewer than the minimum")
    start, end = (reading.text(parts[name], f"{where}.{name}") for name in ("start", "end"))
    return Window(0, start, end, states, None)


def _cut(parts: Mapping[str, Json]) -> Cut:
    by, zone = parts["by"], reading.text(parts["zone"], "windows.zone")
    time = reading.text_or_none(parts["time"], "windows.time")
    if isinstance(by, int) and not isinstance(by, bool) and by >= 1 and time is None:
        return Cut(by, None, zone)
    if isinstance(by, str) and by in list(Span) and time is not None:
        return Cut(Span(by), time, zone)
    raise BadInput("windows.by", "day, week or month of a time is expected, or a number of rows")


def _check_order(cut: Cut, windows: list[Window]) -> None:
    first = _number(cut, windows[0].start)
    for place, one in enumerate(windows):
        if (one.start, one.end) != (cut.start(first + place), cut.start(first + place + 1)):
            raise BadInput(f"windows.windows[{place}]", "does not begin where the one before ends")


def _number(cut: Cut, start: str) -> int:
    try:
        if cut.time is None:
            return (int(start) - 1) // int(cut.by)
        day = int(np.datetime64(start, "D").astype(np.int64))
        if cut.by is Span.MONTH:
            return int(np.datetime64(start, "M").astype(np.int64))
        return (day + 3) // 7 if cut.by is Span.WEEK else day
    except ValueError as error:
        raise BadInput("windows.windows[0].start", f"{start!r} is no start of a window") from error


def _items(given: Json) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = given["windows"]
    return listed


def _emptied(given: Json) -> Json:
    """The JSON with windows that are withheld as `to_json` writes them: it knows nothing of their rows."""
    return {**given, "windows": [one if one["states"] is not None else {**one, "rows": 0} for one in _items(given)]}
