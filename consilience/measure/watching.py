"""Alarms over the windows of a model: sequences that may be looked at after every window, and since when they sound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consilience.kit.canonical import Json
from consilience.measure.classes import NEGATIVE, POSITIVE
from consilience.measure.metrics.drift import by_value
from consilience.measure.metrics.jumps import LEAST_JUMP
from consilience.measure.metrics.looks import Look, family_alarms, watch_difference, watch_histogram
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import NumberState

if TYPE_CHECKING:
    from consilience.measure.over_time import Window
    from consilience.measure.plan import Plan
    from consilience.measure.states.cube import States

Share = tuple[int, int]
MOST_CATEGORIES = 64


@dataclass(frozen=True)
class Within:
    """Changes that are too small to matter: of a rate, of the share of rows that moved to other bins, of one value's share."""

    rate: float = 0.02
    moved: float = 0.1
    share: float = LEAST_JUMP

    def as_json(self) -> Json:
        return {"rate": self.rate, "moved": self.moved, "share": self.share}


def watch(reference: Window, windows: Sequence[Window], plan: Plan, within: Within) -> dict[str, Json]:
    """The looks at every figure, window by window: `looks` by figure, and which figures stand out of the family (e-BH).

    A look adds all windows up to it: rates against the reference's (performance too, as far as labels are known), and of each
    column the share of rows that moved to other bins. `since` is the start of the window with which the alarm began.
    """
    if not windows or reference.states is None:
        return {"alpha": None, "looks": {}, "family": []}
    family: dict[str, list[Look]] = {}
    for name, base in rates(reference.states, plan).items():
        if base[1] and sum(_rate(one, plan, name)[1] for one in windows) > 0:
            seen = [_rate(one, plan, name) for one in windows]
            family[name] = watch_difference(seen, reference=base, within=within.rate)
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


def rates(states: States, plan: Plan) -> dict[str, Share]:
    """The rates that are looked at: how many rows of how many."""
    rows = [[0] * 3 for _ in range(3)]
    for key, tally in states.cells:
        rows[key.label][key.prediction] += tally.rows
    made: dict[str, Share] = {}
    if plan.predicts:
        chosen = sum(rows[label][POSITIVE] for label in range(3))
        made["selection_rate"] = chosen, chosen + sum(rows[label][NEGATIVE] for label in range(3))
    if plan.label is not None:
        positive = sum(rows[POSITIVE])
        made["prevalence"] = positive, positive + sum(rows[NEGATIVE])
    if plan.predicts and plan.label is not None:
        tn, fp, fn, tp = rows[0][0], rows[0][1], rows[1][0], rows[1][1]
        made |= {
            "accuracy": (tn + tp, tn + fp + fn + tp), "precision": (tp, tp + fp), "recall": (tp, tp + fn), "fpr": (fp, fp + tn),
        }  # fmt: skip
    return made


def _rate(window: Window, plan: Plan, name: str) -> Share:
    return (0, 0) if window.states is None else rates(window.states, plan)[name]


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
