"""Evaluate predictions of a number: how far off they are, for all rows, each group and each pairwise intersection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.metrics import regression as metrics
from consilience.measure.metrics.regression import OF_GROUPS, REGRESSION, Off
from consilience.measure.report import Report, report
from consilience.measure.states import residuals
from consilience.measure.states.residuals import ResidualPlan, Residuals, ResidualTally, nothing
from consilience.measure.values import group_key, group_order, text_of

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.states.residuals import ResidualScale

SCHEMA = "urn:consilience:evaluate-regression:1"


def evaluate_regression(
    source: Any,
    *,
    label: str,
    prediction: str,
    protected: Iterable[str] = (),
    where: Iterable[tuple[str, object]] = (),
    scale: ResidualScale | None = None,
    progress: Progress | None = None,
) -> Report:
    """The `evaluate-regression` report over the rows of a source, which is whatever `evaluate` takes.

    `scale` is how residuals are counted; without one it is learned from the source. States add up only under one scale.
    Raises BadInput for data that cannot be used: an infinite label, a prediction that is no finite number.
    """
    states = measure_residuals(
        source, label=label, prediction=prediction, protected=protected, where=where, scale=scale, progress=progress
    )
    return report(figures(states), source)


def measure_residuals(
    source: Any,
    *,
    label: str,
    prediction: str,
    protected: Iterable[str] = (),
    where: Iterable[tuple[str, object]] = (),
    scale: ResidualScale | None = None,
    progress: Progress | None = None,
) -> Residuals:
    """The residual states of the rows of a source."""
    from consilience.measure.engines import residuals as engine
    from consilience.measure.engines.profiling import reopenable

    if isinstance(protected, str):
        raise WrongUse("protected is a list of column names, not one name")
    opened = reopenable(source)
    found = scale or engine.learn_scale(opened, label, prediction)
    plan = ResidualPlan(label, prediction, found, tuple(protected), filters(where))
    residuals.check(plan)
    return engine.fold(opened, plan, progress=progress)


def figures(states: Residuals) -> dict[str, Json]:
    """The report from states alone, so that a server can calculate again what a client says."""
    from consilience.measure.states import residuals_wire

    plan = states.plan
    everything = Off(together(states, ())[()], plan.scale)
    singles = [(position,) for position in range(len(plan.protected))]
    pairs = list(combinations(range(len(plan.protected)), 2))
    return {
        "schema": SCHEMA,
        "rows": states.rows,
        "missing": {"label": everything.tally.no_label, "prediction": everything.tally.no_prediction},
        "beyond_scale": everything.tally.beyond,
        "scale": canonical.digest(residuals_wire.scale_json(plan.scale)),
        "performance": {name: metric(everything).as_json() for name, metric in REGRESSION.items()},
        "residuals": {name: one.as_json() for name, one in metrics.residual_quantiles(everything).items()},
        "fairness": {
            " x ".join(plan.protected[position] for position in attributes): _fairness(states, attributes)
            for attributes in [*singles, *pairs]
        },
    }


def _fairness(states: Residuals, attributes: Sequence[int]) -> dict[str, Json]:
    groups = {group: Off(tally, states.plan.scale) for group, tally in together(states, attributes).items()}
    return {
        "attributes": [states.plan.protected[position] for position in attributes],
        "groups": {
            group_key(values): {
                "values": list(values),
                "rows": off.tally.rows,
                **{name: metric(off).as_json() for name, metric in OF_GROUPS.items()},
            }
            for values, off in groups.items()
        },
        "gaps": {name: one.as_json() for name, one in metrics.gaps(groups).items()},
    }


def together(states: Residuals, attributes: Sequence[int]) -> dict[residuals.Group, ResidualTally]:
    """The tallies by the values of these attributes; no attribute gives one group, of all rows."""
    made: dict[residuals.Group, ResidualTally] = {}
    none = nothing(len(states.plan.scale.edges) + 1)
    for group, tally in states.groups:
        key = tuple(group[position] for position in attributes)
        made[key] = made.get(key, none) + tally
    return dict(sorted(made.items(), key=lambda item: group_order(item[0])))


def filters(where: Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    """The filters of a plan: columns and the text of their values."""
    made = []
    for column, value in where:
        text = text_of(value)
        if text is None:
            raise BadInput(f"column {column!r}", "a filter needs a value; a missing value cannot be chosen")
        made.append((column, text))
    return tuple(made)
