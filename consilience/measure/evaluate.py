"""Evaluate a model on rows: count once, then every figure, for all rows, each group and each pairwise intersection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from os import PathLike
from typing import TYPE_CHECKING, Any

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.classes import UNKNOWN
from consilience.measure.metrics import fairness
from consilience.measure.metrics.counts import Counts, RollUp
from consilience.measure.metrics.fairness import CALIBRATION, OF_GROUPS, PERFORMANCE, RATES, Metric
from consilience.measure.metrics.figure import Figure
from consilience.measure.plan import SCORE_ENTRIES, make_plan
from consilience.measure.values import group_key

if TYPE_CHECKING:
    from consilience.measure.states.cube import States

SCHEMA = "urn:consilience:evaluate:1"


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
) -> dict[str, Json]:
    """The `evaluate` report over the rows of a source.

    `source` is a path to Parquet or CSV (`.csv.gz` too), an Arrow table or reader, or a pandas or polars frame. `label`,
    `score` and `prediction` name columns; what needs a column that is not named is undefined, with the reason. A score
    without predictions needs a `threshold` (predicted positive when score >= threshold); 0.5 is never assumed.
    `positive` is the positive class; it need not be said where the classes are 0 and 1, or false and true. `where` keeps
    the rows whose columns have these values.

    Raises BadInput for data that cannot be used, a column without any value among them, and WrongUse for a call that
    contradicts itself.
    """
    states = measure_states(
        source,
        label=label,
        score=score,
        prediction=prediction,
        protected=protected,
        threshold=threshold,
        positive=positive,
        where=where,
    )
    refuse_empty_columns(states, source)
    return figures(states)


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
    from consilience.measure.engines.arrow import fold  # Arrow and numba load when rows are read

    plan = make_plan(
        label=label,
        score=score,
        prediction=prediction,
        protected=protected,
        threshold=threshold,
        positive=positive,
        where=where,
        score_entries=score_entries,
    )
    return fold(source, plan)


def figures(states: States) -> dict[str, Json]:
    """The `evaluate` report from states alone, so that a server can calculate again what a client says."""
    plan = states.plan
    rolled = RollUp(states)
    (everything,) = rolled.groups(()).values()
    singles = [(position,) for position in range(len(plan.protected))]
    pairs = list(combinations(range(len(plan.protected)), 2))
    return {
        "schema": SCHEMA,
        "rows": states.rows,
        "missing": _missing(everything),
        "positive": plan.positive,
        "threshold": plan.threshold,
        "confusion": _confusion(everything),
        "performance": _figures(PERFORMANCE, everything),
        "calibration": _figures(CALIBRATION, everything),
        "rates": _figures(RATES, everything),
        "fairness": {
            " x ".join(plan.protected[position] for position in attributes): _fairness(
                [plan.protected[position] for position in attributes], rolled.groups(attributes)
            )
            for attributes in [*singles, *pairs]
        },
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


def _fairness(attributes: Sequence[str], groups: dict[tuple[str | None, ...], Counts]) -> dict[str, Json]:
    measured: dict[tuple[str | None, ...], dict[str, Figure]] = {
        values: {name: metric(counts) for name, metric in OF_GROUPS.items()} for values, counts in groups.items()
    }
    return {
        "attributes": list(attributes),
        "groups": {
            group_key(values): {
                "values": list(values),
                "rows": groups[values].rows,
                **{name: found.as_json() for name, found in figures_of.items()},
            }
            for values, figures_of in measured.items()
        },
        "gaps": {name: found.as_json() for name, found in fairness.gaps(measured).items()},
    }
