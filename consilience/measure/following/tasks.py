"""Which model is followed: a task with the roles of its columns, checked."""

from __future__ import annotations

from typing import Unpack

from consilience.kit.errors import WrongUse
from consilience.measure.following.binary import Binary
from consilience.measure.following.multiclass import Multiclass
from consilience.measure.following.regression import Regression
from consilience.measure.following.task import Followed, Roles
from consilience.measure.plan import make_plan
from consilience.measure.regression import filters
from consilience.measure.states import classes_cube, residuals
from consilience.measure.states.classes_cube import ClassesPlan
from consilience.measure.states.residuals import UNKNOWN_SCALE, ResidualPlan
from consilience.measure.task import Task

SCORE_ENTRIES = 16_000
OF_TWO_CLASSES = ("score", "threshold", "positive")


def follow(
    *,
    task: Task | str = Task.BINARY,
    rank: str | None = None,
    score_entries: int = SCORE_ENTRIES,
    **roles: Unpack[Roles],
) -> Followed:
    """The model that is meant. WrongUse for a task that is none, or roles that do not belong to it.

    `score_entries` is how many different (cell, score) pairs of a window of two classes are kept exactly.
    """
    if task not in list(Task):
        raise WrongUse(f"{task!r} is no task: {', '.join(Task)}")
    chosen = Task(task)
    if rank is not None and chosen is not Task.MULTICLASS:
        raise WrongUse(f"a rank belongs to the task {Task.MULTICLASS}")
    plan = make_plan(**roles, score_entries=score_entries)
    if chosen is Task.BINARY:
        return Binary(plan)
    beside = [name for name in OF_TWO_CLASSES if getattr(plan, name) is not None]
    if beside:
        raise WrongUse(f"{', '.join(beside)}: only for two classes; the task {chosen} takes label and prediction")
    if plan.label is None or plan.prediction is None:
        raise WrongUse(f"the task {chosen} needs label and prediction")
    where = filters(plan.where)
    if chosen is Task.REGRESSION:
        numbers = ResidualPlan(plan.label, plan.prediction, UNKNOWN_SCALE, plan.protected, where)
        residuals.check(numbers)
        return Regression(numbers)
    classes = ClassesPlan(plan.label, plan.prediction, plan.protected, rank, where)
    classes_cube.check(classes)
    return Multiclass(classes)
