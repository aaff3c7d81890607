"""The states of a model that predicts a number, or one of several classes, as they travel; and the report that they give.

What is read says by its schema which task it is of. States of two classes have a module of their own (`states.wire`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import multiclass, regression
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.states import classes_wire, residuals_wire
from consilience.measure.states.masked_groups import masked_classes, masked_residuals
from consilience.measure.task import Task

TASKS = {residuals_wire.SCHEMA: Task.REGRESSION, classes_wire.SCHEMA: Task.MULTICLASS}


@dataclass(frozen=True)
class Counted:
    """Which task states are of, their canonical bytes, and the report that they give."""

    task: Task
    data: bytes
    report: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical bytes."""
        return canonical.sha256(self.data)


def states_to_send(source: Any, *, task: Task | str, minimum_group: int = USUAL_MINIMUM, **said: Any) -> Json:
    """The states of the rows of a source as they may leave; `said` are arguments of `evaluate_regression` or `evaluate_classes`.

    Groups with fewer rows than `minimum_group` are withheld (`states.masking`). Raises BadInput for data that cannot be used.
    """
    if minimum_group < 1:
        raise WrongUse("the smallest group has one row at least")
    if task == Task.REGRESSION:
        numbers = regression.measure_residuals(source, **said)
        return residuals_wire.to_json(masked_residuals(numbers, minimum=minimum_group))
    if task == Task.MULTICLASS:
        classes = multiclass.measure_classes(source, **said)
        return classes_wire.to_json(masked_classes(classes, minimum=minimum_group))
    raise WrongUse(f"{task!r} is none of {Task.REGRESSION}, {Task.MULTICLASS}")


def is_of_task(given: Mapping[str, Json]) -> bool:
    """Whether states, as parsed JSON, say that they are of one of the tasks here."""
    schema = given.get("schema")
    return isinstance(schema, str) and schema in TASKS


def counted(given: Mapping[str, Json]) -> Counted:
    """What states say, read strictly, with groups of fewer than `USUAL_MINIMUM` rows withheld whatever the sender's own minimum was.

    Raises BadInput for anything that `states_to_send` would not have written.
    """
    if not is_of_task(given):
        raise BadInput("states.schema", f"one of {', '.join(TASKS)} is expected")
    task = TASKS[str(given["schema"])]
    if task is Task.REGRESSION:
        numbers = masked_residuals(residuals_wire.from_json(dict(given)), minimum=USUAL_MINIMUM)
        return Counted(task, residuals_wire.encode(numbers), regression.figures(numbers))
    classes = masked_classes(classes_wire.from_json(dict(given)), minimum=USUAL_MINIMUM)
    return Counted(task, classes_wire.encode(classes), multiclass.figures(classes))
