"""Alarms over the windows of a model: sequences that may be looked at after every window, and since when they sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from consilience.kit.canonical import Json
from consilience.measure.metrics.drift import by_value
from consilience.measure.metrics.looks import (
    Look,
    family_alarms,
    watch_difference,
    watch_histogram,
    watch_mean_difference,
)
from consilience.measure.metrics.mean_sequences import Moments
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import NumberState

if TYPE_CHECKING:
    from consilience.measure.following.task import Followed, Within
    from consilience.measure.following.windows import Window

MOST_CATEGORIES = 64


def watch(reference: Window, windows: Sequence[Window], followed: Followed, within: Within) -> dict[str, Json]:
    """The looks at every figure, window by window: `looks` by figure, and which figures stand out of the family (e-BH).

    A look adds all windows up to it: rates and means against the reference's (performance too, as far as labels are known),
    and of each column the share of rows that moved to other bins. `since` is the start of the window with which the alarm began.
    """
    if not windows or reference.states is None:
        return {"alpha": None, "looks": {}, "family": []}
    family = _rates(reference, windows, followed, within) | _means(reference, windows, followed, within)
    for name in reference.columns.columns if reference.columns else ():
        found = _column(name, reference, windows, within)
        if found:
            family[f"drift of {name}"] = found
    names = family_alarms(family) if family else []
    return {
        "alpha": next(iter(family.values()))[0].alpha if family else None,
        "looks": {name: [_look(one, windows) for one in looks] for name, looks in family.items()},
        "family": [{"start": one.start, "figures": out} for one, out in zip(windows, names, strict=False)],
    }


def _rates(reference: Window, windows: Sequence[Window], followed: Followed, within: Within) -> dict[str, list[Look]]:
    seen = [{} if one.states is None else followed.rates(one.states) for one in windows]
    made = {}
    for name, base in followed.rates(reference.states).items():
        rates = [one.get(name, (0, 0)) for one in seen]
        if base[1] and any(rows for _, rows in rates):
            made[name] = watch_difference(rates, reference=base, within=within.rate)
    return made


def _means(reference: Window, windows: Sequence[Window], followed: Followed, within: Within) -> dict[str, list[Look]]:
    """The looks at means, against changes of a share of the reference's mean absolute error."""
    nothing = Moments(0, 0.0, 0.0)
    seen = [{} if one.states is None else followed.means(one.states) for one in windows]
    base = followed.means(reference.states)
    made = {}
    for name, then in base.items():
        now = [one.get(name, nothing) for one in seen]
        if then.rows and any(one.rows for one in now):
            made[name] = watch_mean_difference(now, reference=then, within=within.error * base["mae"].mean)
    return made


def _column(name: str, reference: Window, windows: Sequence[Window], within: Within) -> list[Look]:
    """The looks at one column; none where it has too many values, only one, which cannot move, or no row."""
    base = reference.columns.columns[name] if reference.columns else None
    states = [one.columns.columns.get(name) if one.columns else None for one in windows]
    if isinstance(base, NumberState):
        scale = reference.columns.plan.column(name).scale if reference.columns else None
        if scale is None or not base.present:
            return []
        then = by_value(base, base, scale)[1].tolist()  # tenths alone would hide a flag, or what is mostly 0
        none = [0] * len(then)
        seen = [by_value(base, one, scale)[2].tolist() if isinstance(one, NumberState) else none for one in states]
        return watch_histogram(seen, reference=then, within=within.moved, ordered=True) if len(then) > 1 else []
    if not isinstance(base, CategoryState) or not base.complete or not base.present:
        return []
    counted = [one if isinstance(one, CategoryState) else CategoryState(0) for one in states]
    values = sorted({*base.counts, *(key for one in counted for key in one.counts)})
    if not 1 < len(values) <= MOST_CATEGORIES or not all(one.complete for one in counted):
        return []
    listed = [[one.counts.get(value, 0) for value in values] for one in (base, *counted)]
    return watch_histogram(listed[1:], reference=listed[0], within=within.moved, ordered=False)


def _look(look: Look, windows: Sequence[Window]) -> dict[str, Any]:
    said: dict[str, Any] = look.as_json()
    said["start"] = windows[look.number - 1].start
    said["since"] = None if look.since is None else windows[look.since - 1].start
    return said
