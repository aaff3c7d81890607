"""Evaluate predictions of one of several classes, for all rows, each group and each pairwise intersection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.classes import same_words
from consilience.measure.metrics import fairness
from consilience.measure.metrics.figure import Figure, Reason
from consilience.measure.metrics.multiclass import MULTICLASS, Matrix, accuracy, balanced_accuracy, of_class
from consilience.measure.metrics.performance import rate
from consilience.measure.regression import filters
from consilience.measure.report import Report, report
from consilience.measure.states import classes_cube
from consilience.measure.states.classes_cube import ClassesPlan, ClassesStates, ClassesTally, Group
from consilience.measure.values import group_key, group_order

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

SCHEMA = "urn:consilience:evaluate-multiclass:1"
TOP = (1, 3, 5, 10)
OF_GROUPS = {"accuracy": accuracy, "balanced_accuracy": balanced_accuracy}


def evaluate_classes(
    source: Any,
    *,
    label: str,
    prediction: str,
    protected: Iterable[str] = (),
    rank: str | None = None,
    where: Iterable[tuple[str, object]] = (),
    progress: Progress | None = None,
) -> Report:
    """The `evaluate-multiclass` report over the rows of a source, which is whatever `evaluate` takes.

    Classes are compared as text; up to 100 are counted. `rank` names a column that says at which place, from 1, the model
    had the true class; from it top-k accuracy is counted. Raises BadInput for data that cannot be used.
    """
    states = measure_classes(
        source, label=label, prediction=prediction, protected=protected, rank=rank, where=where, progress=progress
    )
    return report(figures(states), source)


def measure_classes(
    source: Any,
    *,
    label: str,
    prediction: str,
    protected: Iterable[str] = (),
    rank: str | None = None,
    where: Iterable[tuple[str, object]] = (),
    progress: Progress | None = None,
) -> ClassesStates:
    """The class states of the rows of a source."""
    from consilience.measure.engines.classes import fold
    from consilience.measure.engines.opening import open_source

    if isinstance(protected, str):
        raise WrongUse("protected is a list of column names, not one name")
    plan = ClassesPlan(label, prediction, tuple(protected), rank, filters(where))
    classes_cube.check(plan)
    opened = open_source(source)
    states = fold(opened, plan, progress=progress)
    for place, column in enumerate((label, prediction)):
        if all(pair[place] is None for _, tally in states.groups for pair in tally.pairs):
            raise BadInput(f"{opened.name}, column {column!r}", "has no value in any row")
    pairs = [pair for _, tally in states.groups for pair in tally.pairs]
    words = [{one for one in side if one is not None} for side in zip(*pairs, strict=True)]
    same_words(*words, where=f"{opened.name}, columns {label!r} and {prediction!r}")
    return states


def figures(states: ClassesStates) -> dict[str, Json]:
    """The report from states alone, so that a server can calculate again what a client says."""
    plan, classes = states.plan, states.classes
    everything = together(states, ())[()]
    matrix = confusion(everything, classes)
    singles = [(position,) for position in range(len(plan.protected))]
    return {
        "schema": SCHEMA,
        "rows": states.rows,
        "missing": {
            "label": sum(rows for (label, _), rows in everything.pairs.items() if label is None),
            "prediction": sum(rows for (_, prediction), rows in everything.pairs.items() if prediction is None),
        },
        "classes": list(classes),
        "confusion": matrix.tolist(),
        "performance": {name: metric(matrix).as_json() for name, metric in MULTICLASS.items()},
        "top_k": {str(k): top_k(everything, k).as_json() for k in TOP} if plan.rank is not None else None,
        "per_class": {
            name: {one: found.as_json() for one, found in _of_class(everything, matrix, classes, place).items()}
            for place, name in enumerate(classes)
        },
        "fairness": {
            " x ".join(plan.protected[position] for position in attributes): _fairness(states, attributes)
            for attributes in [*singles, *combinations(range(len(plan.protected)), 2)]
        },
    }


def confusion(tally: ClassesTally, classes: Sequence[str]) -> Matrix:
    """Rows by label (down) and prediction (across), where both are known."""
    place = {name: number for number, name in enumerate(classes)}
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    for (label, prediction), rows in tally.pairs.items():
        if label is not None and prediction is not None:
            matrix[place[label], place[prediction]] = rows
    return matrix


def top_k(tally: ClassesTally, k: int) -> Figure:
    """Top-k accuracy: the share of rows whose true class is among the k first of the model. Wilson's interval; exact.

    Over the rows that have a label and a rank.
    """
    return rate(sum(tally.ranks[:k]), sum(tally.ranks), none=Reason.NO_ROWS)


def selection_rate(tally: ClassesTally, name: str) -> Figure:
    """The share of rows predicted to be of a class, over all rows with a prediction. Wilson's interval; exact."""
    predicted = {prediction: 0 for _, prediction in tally.pairs}
    for (_, prediction), rows in tally.pairs.items():
        predicted[prediction] += rows
    return rate(predicted.get(name, 0), tally.rows - predicted.get(None, 0), none=Reason.NO_ROWS)


def _of_class(tally: ClassesTally, matrix: Matrix, classes: Sequence[str], place: int) -> dict[str, Figure]:
    return {**of_class(matrix, place), "selection_rate": selection_rate(tally, classes[place])}


def _fairness(states: ClassesStates, attributes: Sequence[int]) -> dict[str, Json]:
    """Figures of each group, and the gaps between groups: of accuracy, and of each class the selection rate and recall."""
    tallies, classes = together(states, attributes), states.classes
    whole: dict[Group, dict[str, Figure]] = {}
    by_class: dict[Group, dict[str, dict[str, Figure]]] = {}
    for group, tally in tallies.items():
        matrix = confusion(tally, classes)
        whole[group] = {name: metric(matrix) for name, metric in OF_GROUPS.items()}
        by_class[group] = {
            name: {"selection_rate": selection_rate(tally, name), "tpr": of_class(matrix, place)["recall"]}
            for place, name in enumerate(classes)
        }
    return {
        "attributes": [states.plan.protected[position] for position in attributes],
        "groups": {
            group_key(group): {
                "values": list(group),
                "rows": tally.rows,
                **{name: found.as_json() for name, found in whole[group].items()},
                "classes": {
                    name: {one: found.as_json() for one, found in both.items()}
                    for name, both in by_class[group].items()
                },
            }
            for group, tally in tallies.items()
        },
        "gaps": {
            "accuracy": fairness.gap("accuracy", [one["accuracy"] for one in whole.values()]).as_json(),
            "classes": {
                name: {
                    one: fairness.gap(one, [found[name][one] for found in by_class.values()]).as_json()
                    for one in ("selection_rate", "tpr")
                }
                for name in classes
            },
        },
    }


def together(states: ClassesStates, attributes: Sequence[int]) -> dict[Group, ClassesTally]:
    """The tallies by the values of these attributes; no attribute gives one group, of all rows."""
    made: dict[Group, ClassesTally] = {}
    none = classes_cube.nothing(states.plan)
    for group, tally in states.groups:
        key = tuple(group[position] for position in attributes)
        made[key] = made.get(key, none) + tally
    return dict(sorted(made.items(), key=lambda item: group_order(item[0])))
