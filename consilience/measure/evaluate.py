"""Evaluate a model on rows: count once, then every figure, for all rows, each group and each intersection of up to three."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure import groups
from consilience.measure.classes import UNKNOWN
from consilience.measure.metrics import thresholds, unlabelled
from consilience.measure.metrics.agreement import balanced_accuracy, cohen_kappa, mcc
from consilience.measure.metrics.calibration import ece
from consilience.measure.metrics.counts import Counts, RollUp
from consilience.measure.metrics.fairness import CALIBRATION, PERFORMANCE, RATES, Metric
from consilience.measure.metrics.precision_curve import average_precision
from consilience.measure.metrics.ranking import ranking
from consilience.measure.metrics.reliability import reliability
from consilience.measure.metrics.thresholds import Costs
from consilience.measure.metrics.withholding import WITHHOLD_NOTHING
from consilience.measure.plan import SCORE_ENTRIES, Plan, make_plan
from consilience.measure.report import Report, report

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.states.cube import States

SCHEMA = "urn:consilience:evaluate:1"

MORE_PERFORMANCE: dict[str, Metric] = {
    "balanced_accuracy": balanced_accuracy,
    "mcc": mcc,
    "cohen_kappa": cohen_kappa,
    "average_precision": average_precision,
}
"""What all rows have and groups have not."""


def evaluate(
    source: Any,
    *,
    label: str | None = None,
    score: str | None = None,
    prediction: str | None = None,
    protected: Iterable[str] = (),
    threshold: float | None = None,
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
    costs: Mapping[str, float] | None = None,
    minimum_group: int = WITHHOLD_NOTHING,
    reference: Any = None,
    columns: Collection[str] | None = None,
    top: Collection[float] = (),
    people: str | None = None,
    progress: Progress | None = None,
) -> Report:
    """The `evaluate` report over the rows of a source.

    `source` is a path to Parquet or CSV (`.csv.gz` too), an Arrow table or reader, or a pandas or polars frame. `label`,
    `score` and `prediction` name columns; what needs a column that is not named is undefined, with the reason. A score
    without predictions needs a `threshold` (predicted positive when score >= threshold); 0.5 is never assumed.
    `positive` is the positive class; it need not be said where the classes are 0 and 1, or false and true. `where` keeps
    the rows whose columns have these values. `costs`, `minimum_group` and `top` are those of `figures`. With a `reference`, such as
    the training rows, the report says under `drift` how far every column (or each of `columns`) moved from it. `people` is an id
    column, where rows repeat people: adds under `by_people` figures with intervals over the people.

    Raises BadInput for data that cannot be used, a column without any value among them, and WrongUse for a call that
    contradicts itself.
    """
    plan = make_plan(
        label=label, score=score, prediction=prediction, protected=protected, threshold=threshold, positive=positive,
        where=where,
    )  # fmt: skip
    opened = source
    if people is not None:
        from consilience.measure import repeated
        from consilience.measure.engines.profiling import reopenable

        repeated.check_people(plan)
        opened = reopenable(source)
    if reference is None:
        states, added = _fold(opened, plan, progress), {}
    else:
        from consilience.measure import referenced

        counted = referenced.count(opened, plan, reference, columns=columns, progress=progress)
        states, added = counted.states, referenced.additions(counted)
    refuse_empty_columns(states, source)
    if people is not None:
        added = {**added, **repeated.additions(opened, plan, people, progress=progress)}
    return report({**figures(states, costs=costs, minimum_group=minimum_group, top=top), **added}, source)


def measure_states(
    source: Any,
    *,
    label: str | None = None,
    score: str | None = None,
    prediction: str | None = None,
    protected: Iterable[str] = (),
    threshold: float | None = None,
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
    score_entries: int = SCORE_ENTRIES,
) -> States:
    """The states of the rows of a source: counts that add up, from which `figures` makes the report anywhere."""
    return _fold(
        source,
        make_plan(
            label=label, score=score, prediction=prediction, protected=protected, threshold=threshold, positive=positive,
            where=where, score_entries=score_entries,
        ),
    )  # fmt: skip


def _fold(source: Any, plan: Plan, progress: Progress | None = None) -> States:
    from consilience.measure.engines.arrow import fold  # Arrow and numba load when rows are read

    return fold(source, plan, progress=progress)


def figures(
    states: States,
    *,
    costs: Mapping[str, float] | None = None,
    minimum_group: int = WITHHOLD_NOTHING,
    top: Collection[float] = (),
) -> dict[str, Json]:
    """The `evaluate` report from states alone, so that a server can calculate again what a client says.

    `costs` says what a false positive and a false negative cost ("fp", "fn"; "tp" and "tn" cost 0 unless said). Groups with
    fewer rows than `minimum_group` (5 is usual; 1, the default, withholds nothing) are withheld, with the groups from
    which they could be got by subtraction. `top` names per cents of the list, the highest scores first: the report says
    under `ranking` how well they find the positives.
    """
    plan = states.plan
    priced = None if costs is None else Costs.given(costs)
    rolled = RollUp(states)
    (everything,) = rolled.groups(()).values()
    performance = _figures({**PERFORMANCE, **MORE_PERFORMANCE}, everything)
    if priced:
        performance["cost"] = thresholds.cost(everything, priced).as_json()
    return {
        "schema": SCHEMA,
        "rows": states.rows,
        "missing": _missing(everything),
        "positive": plan.positive,
        "threshold": plan.threshold,
        "confusion": _confusion(everything),
        "performance": performance,
        "thresholds": thresholds.table(states, everything),
        "least_cost": thresholds.least_cost(states, priced) if priced else None,
        "calibration": {**_figures(CALIBRATION, everything), **groups.calibration_of_all(everything, ece(everything))},
        "reliability": reliability(everything),
        "rates": _figures(RATES, everything),
        "without_labels": unlabelled.estimate(states),
        "minimum_group": minimum_group,
        "fairness": groups.fairness_of(states, rolled, minimum_group=minimum_group),
        **({"ranking": {name: one.as_json() for name, one in ranking(everything, top).items()}} if top else {}),
    }


def as_record(report: Json) -> Json:
    """The report as it is recorded: every number that is not an integer as its canonical decimal string."""
    if isinstance(report, float):
        return canonical.number(report)
    if isinstance(report, dict):
        return {key: as_record(item) for key, item in report.items()}
    if isinstance(report, list):
        return [as_record(item) for item in report]
    return report


def refuse_empty_columns(states: States, source: Any) -> None:
    """Raise BadInput for a named column without a value in any row. Labels that come later are left out until then."""
    plan = states.plan
    cells = [key for key, _ in states.cells]
    empty = {
        plan.label: all(key.label == UNKNOWN for key in cells),
        plan.prediction: all(key.prediction == UNKNOWN for key in cells),
        plan.score: not any(tally.scored for _, tally in states.cells),
    }
    for position, name in enumerate(plan.protected):
        empty[name] = all(key.values[position] is None for key in cells)
    for column, without in empty.items():
        if column is not None and without:
            name = str(source) if isinstance(source, (str, PathLike)) else "data"
            problem = "has no value in any row; leave it out if its values are not known yet"
            raise BadInput(f"{name}, column {column!r}", problem)


def _missing(counts: Counts) -> dict[str, int | None]:
    return {
        "label": sum(counts.confusion[UNKNOWN]) if counts.has_label else None,
        "score": counts.rows - counts.scored if counts.has_score else None,
        "prediction": counts.predicted(UNKNOWN) if counts.has_prediction else None,
    }


def _confusion(counts: Counts) -> dict[str, int] | None:
    if not (counts.has_label and counts.has_prediction):
        return None
    return {"tn": counts.tn, "fp": counts.fp, "fn": counts.fn, "tp": counts.tp}


def _figures(metrics: dict[str, Metric], counts: Counts) -> dict[str, Json]:
    return {name: metric(counts).as_json() for name, metric in metrics.items()}
