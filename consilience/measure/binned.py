"""The bins behind a comparison of two sets of rows, for whoever draws them."""

from __future__ import annotations

from itertools import pairwise

from consilience.kit.canonical import Json
from consilience.measure.metrics.edge_words import of_whole, stretch, whole
from consilience.measure.states.categories import CategoryState, value_of
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import ColumnPlan, Kind, Profile

MOST_SHOWN = 12
"""So many categories are listed in a report; the others are one more."""


def bins(reference: Profile, current: Profile) -> dict[str, Json]:
    """For each column the rows in its bins, then and now: `{"kind", "labels", "reference", "current", "missing"}`.

    Of numbers the tenths of the reference and its common values, of categories the most frequent.
    """
    found: dict[str, Json] = {}
    for column in reference.plan.columns:
        then, now = reference.columns.get(column.name), current.columns.get(column.name)
        if isinstance(then, NumberState) and isinstance(now, NumberState):
            found[column.name] = _tenths(column, then, now)
        elif isinstance(then, CategoryState) and isinstance(now, CategoryState):
            found[column.name] = _categories(then, now)
    return found


def _tenths(column: ColumnPlan, then: NumberState, now: NumberState) -> dict[str, Json]:
    from consilience.measure.metrics.drift import by_value

    cuts, before, after = by_value(then, now, column.scale or Scale((), (), 0.0, 0))
    name = whole if column.kind is Kind.NUMBER and all(of_whole(cut) for cut in cuts) else stretch
    labels = [name(low, high, column.kind) for low, high in pairwise([None, *cuts, None])]
    kept = [place for place in range(len(labels)) if before[place] or after[place]]
    return {
        "kind": str(column.kind),
        "labels": [labels[place] for place in kept],
        "reference": [int(before[place]) for place in kept],
        "current": [int(after[place]) for place in kept],
        "missing": [then.missing + then.nan, now.missing + now.nan],
    }


def _categories(then: CategoryState, now: CategoryState) -> dict[str, Json]:
    shown: list[str] = []
    if then.complete and now.complete:
        together = {key: then.counts.get(key, 0) + now.counts.get(key, 0) for key in {*then.counts, *now.counts}}
        shown = [key for key, _ in most(together)]
    sides = [[*(state.counts.get(key, 0) for key in shown)] for state in (then, now)]
    rest = [state.present - sum(rows) for state, rows in zip((then, now), sides, strict=True)]
    others = ["all others"] if any(rest) else []
    return {
        "kind": str(Kind.CATEGORY),
        "labels": [*(value_of(key) for key in shown), *others],
        "reference": [*sides[0], *rest[: len(others)]],
        "current": [*sides[1], *rest[1 : 1 + len(others)]],
        "missing": [then.missing, now.missing],
    }


def most(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_SHOWN]
