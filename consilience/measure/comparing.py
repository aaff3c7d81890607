"""Comparing two models on the same rows, or one model on two sets of rows: the `compare` report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from consilience.kit.canonical import Json
from consilience.kit.errors import WrongUse
from consilience.measure.metrics import change, paired
from consilience.measure.metrics.counts import Counts, RollUp
from consilience.measure.metrics.fairness import CALIBRATION, PERFORMANCE, RATES
from consilience.measure.metrics.paired import PAIRED, Two
from consilience.measure.plan import Plan, make_plan
from consilience.measure.report import Report, report
from consilience.measure.values import group_key

if TYPE_CHECKING:
    from consilience.measure.engines.pairs import Pairs
    from consilience.measure.engines.scan import Progress
    from consilience.measure.states.cube import States
    from consilience.measure.states.pairs import PairStates

SCHEMA = "urn:consilience:compare:1"
FIGURES = {name: {**PERFORMANCE, **CALIBRATION, **RATES}[name] for name in PAIRED}


def compare(
    one: Any,
    other: Any = None,
    *,
    label: str | None = None,
    score: str | None = None,
    score_other: str | None = None,
    prediction: str | None = None,
    prediction_other: str | None = None,
    protected: Iterable[str] = (),
    threshold: float | None = None,
    threshold_other: float | None = None,
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
    progress: Progress | None = None,
) -> Report:
    """The `compare` report: every figure of both, and the other less the one, for all rows and each group.

    With one source two models are compared on the same rows: name the second one's `score_other`, `prediction_other`, or a
    `threshold_other` for the same score. A second model with a score or predictions of its own takes neither from the first:
    with `prediction_other` alone it has no score, and what needs one is undefined. With two sources the rows are different ones; the columns of the second are called
    as those of the first unless they are named. `threshold_other` is the same as `threshold` unless it is said.

    Raises BadInput for data that cannot be used, and WrongUse for a call that compares a model with itself.
    """
    said: dict[str, Any] = {
        "label": label, "score": score, "score_other": score_other, "prediction": prediction,
        "prediction_other": prediction_other, "protected": protected, "threshold": threshold,
        "threshold_other": threshold_other, "positive": positive, "where": tuple(where),
    }  # fmt: skip
    if other is not None:
        return report(_of_two_sources((one, other), _plans(**said), progress), one)
    return report(_of_two_models(one, plans_of_two(**said), progress), one)


def plans_of_two(**said: Any) -> tuple[Plan, Plan]:
    """The plans of two models on the same rows; `said` are arguments of `compare`. WrongUse where they are one model."""
    if all(said.get(name) is None for name in ("score_other", "prediction_other", "threshold_other")):
        raise WrongUse("name what to compare with: a second source, or a second score, prediction or threshold")
    plans = _plans(**_of_its_own(said))
    if plans[0] == plans[1]:
        raise WrongUse("both are the same model: name a second score, prediction or threshold that differs")
    return plans


def _of_its_own(said: dict[str, Any]) -> dict[str, Any]:
    """What the second of two models says is its own: it never takes over a score or predictions of the first beside its own.

    Where only another threshold is named, both have one score.
    """
    if said.get("score_other") is None and said.get("prediction_other") is None:
        return said
    return {"own": True, **said}


def _plans(
    *,
    label: str | None = None,
    score: str | None = None,
    score_other: str | None = None,
    prediction: str | None = None,
    prediction_other: str | None = None,
    protected: Iterable[str] = (),
    threshold: float | None = None,
    threshold_other: float | None = None,
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
    own: bool = False,
) -> tuple[Plan, Plan]:
    if isinstance(protected, str):
        raise WrongUse("protected is a list of column names, not one name")
    attributes, filters = tuple(protected), tuple(where)

    def plan(of_score: str | None, of_prediction: str | None, at: float | None) -> Plan:
        return make_plan(
            label=label, score=of_score, prediction=of_prediction, protected=attributes, threshold=at,
            positive=positive, where=filters,
        )  # fmt: skip

    at_other = threshold if threshold_other is None and prediction_other is None else threshold_other
    taken_over = (None, None) if own else (score, None if at_other is not None else prediction)
    return (
        plan(score, prediction, threshold),
        plan(score_other or taken_over[0], prediction_other or taken_over[1], at_other),
    )


def pair_states(source: Any, *, progress: Progress | None = None, **said: Any) -> PairStates:
    """What two models said of the rows of one source, as counts that add up; `said` are arguments of `compare`."""
    from consilience.measure.engines.opening import open_source
    from consilience.measure.engines.pairs import pair
    from consilience.measure.states.pairs import counted

    plans = plans_of_two(**said)
    return counted(pair(open_source(source), *plans, progress=progress), plans)


def of_pair_states(states: PairStates) -> dict[str, Json]:
    """The `compare` report from counts alone, so that a server can calculate again what a client says."""
    from consilience.measure.states.pairs import rows_of

    return _of_pairs(rows_of(states), states.plans)


def _of_two_models(source: Any, plans: tuple[Plan, Plan], progress: Progress | None) -> dict[str, Json]:
    from consilience.measure.engines.opening import open_source
    from consilience.measure.engines.pairs import pair

    return _of_pairs(pair(open_source(source), *plans, progress=progress), plans)


def _of_pairs(found: Pairs, plans: tuple[Plan, Plan]) -> dict[str, Json]:
    states = [_states(found, plan, side) for plan, side in zip(plans, (found.one, found.other), strict=True)]
    two = _two(found, plans)
    agreed = paired.right(two) if two.has_label and two.has_prediction else None
    return {
        "schema": SCHEMA,
        "paired": True,
        "rows": len(found.label),
        "left_out": found.left_out,
        "sides": [_side(plan, state) for plan, state in zip(plans, states, strict=True)],
        "mcnemar": None
        if agreed is None
        else {
            "only_one_right": agreed[1],
            "only_other_right": agreed[2],
            "p_value": paired.mcnemar(agreed[1], agreed[2]),
        },
        "figures": _compared([_everything(state) for state in states], two),
        "groups": {
            name: _paired_groups(found, plans, states, position) for position, name in enumerate(plans[0].protected)
        },
    }


def _of_two_sources(sources: tuple[Any, Any], plans: tuple[Plan, Plan], progress: Progress | None) -> dict[str, Json]:
    from consilience.measure.engines.arrow import CubeFolder
    from consilience.measure.engines.opening import open_source
    from consilience.measure.engines.scan import Reading, scan_all

    folders = [CubeFolder(plan, open_source(given)) for given, plan in zip(sources, plans, strict=True)]
    found = scan_all([Reading(one.source, [one]) for one in folders], progress=progress)
    states = [one.states(countings) for one, (countings,) in zip(folders, found, strict=True)]
    return of_states(states[0], states[1])


def of_states(one: States, other: States) -> dict[str, Json]:
    """The `compare` report of different rows, from states alone: two windows, files or places."""
    states = (one, other)
    return {
        "schema": SCHEMA,
        "paired": False,
        "rows": None,
        "left_out": None,
        "sides": [_side(state.plan, state) for state in states],
        "mcnemar": None,
        "figures": _compared([_everything(state) for state in states], None),
        "groups": {
            name: _groups([RollUp(state).groups((position,)) for state in states])
            for position, name in enumerate(one.plan.protected)
        },
    }


def _side(plan: Plan, states: States) -> dict[str, Json]:
    return {"score": plan.score, "prediction": plan.prediction, "threshold": plan.threshold, "rows": states.rows}


def _everything(states: States) -> Counts:
    (counts,) = RollUp(states).groups(()).values()
    return counts


def _compared(counts: Sequence[Counts], two: Two | None) -> dict[str, Json]:
    """Each figure of the one, of the other, and the difference: paired where the rows are the same."""
    made: dict[str, Json] = {}
    for name, metric in FIGURES.items():
        one, other = (metric(side) for side in counts)
        difference = change.difference(one, other) if two is None else PAIRED[name](two)
        made[name] = {"one": one.as_json(), "other": other.as_json(), "difference": difference.as_json()}
    return made


def _groups(sides: Sequence[dict[tuple[str | None, ...], Counts]]) -> dict[str, Json]:
    none = [next(iter(side.values())) for side in sides]
    keys = sorted({*sides[0], *sides[1]}, key=lambda group: tuple((value is not None, value or "") for value in group))
    made: dict[str, Json] = {}
    for group in keys:
        counts = [
            side.get(group) or Counts(empty.has_label, empty.has_score, empty.has_prediction)
            for side, empty in zip(sides, none, strict=True)
        ]
        made[group_key(group)] = {
            "values": list(group),
            "rows": [side.rows for side in counts],
            "figures": _compared(counts, None),
        }
    return made


def _paired_groups(found: Pairs, plans: tuple[Plan, Plan], states: Sequence[States], position: int) -> dict[str, Json]:
    sides = [RollUp(state).groups((position,)) for state in states]
    value = [group[position] for group in found.groups]
    made: dict[str, Json] = {}
    for group in sides[0]:
        chosen = np.array([one == group[0] for one in value])[found.group]
        counts = [side[group] for side in sides]
        made[group_key(group)] = {
            "values": list(group),
            "rows": [side.rows for side in counts],
            "figures": _compared(counts, _two(found.part(chosen), plans)),
        }
    return made


def _two(found: Pairs, plans: tuple[Plan, Plan]) -> Two:
    return Two(
        found.label, (found.one.score, found.other.score), (found.one.prediction, found.other.prediction),
        has_label=plans[0].label is not None, has_score=all(plan.score is not None for plan in plans),
        has_prediction=all(plan.predicts for plan in plans),
    )  # fmt: skip


def _states(found: Pairs, plan: Plan, side: Any) -> States:
    """The states of one model on the rows that both spoke about."""
    from consilience.measure.engines.arrow import fold
    from consilience.measure.engines.pairs import as_table

    return fold(as_table(found, plan, side), as_read(plan))


def as_read(plan: Plan) -> Plan:
    """The plan for rows whose classes are codes already, and which the filter has left."""
    from dataclasses import replace

    return replace(plan.without_filter(), positive=None)
