"""What an `evaluate` report says of rows that repeat people: figures with intervals over the people, not the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consilience.kit.canonical import Json
from consilience.kit.errors import WrongUse

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.plan import Plan


def check_people(plan: Plan) -> None:
    """Raise WrongUse for a plan whose figures cannot be counted by person."""
    if plan.label is None or (plan.prediction is None and plan.threshold is None):
        raise WrongUse("intervals over people need a label, and predictions or a score with a threshold")


def additions(source: Any, plan: Plan, people: str, *, progress: Progress | None = None) -> dict[str, Json]:
    """The `by_people` of a report: the figures, and the design effect of each; `people` is the id column."""
    from consilience.measure.samples.clusters import by_people

    found = by_people(
        source, by=people, label=str(plan.label), prediction=plan.prediction, score=plan.score, threshold=plan.threshold,
        positive=plan.positive, where=plan.where, progress=progress,
    )  # fmt: skip
    return {"by_people": {"column": people, **found.as_json()}}
