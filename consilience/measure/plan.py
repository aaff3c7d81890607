"""What to count: the columns that play a part, and the choices that nobody may guess."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.values import text_of

SCORE_ENTRIES = 131_072
MAX_VALUES = 1_000
MAX_GROUPS = 10_000
MAX_PROTECTED = 12
USUAL_MINIMUM = 5
"""The smallest group about which counts leave a machine, unless another is said; what publishers of small counts usually ask for."""


@dataclass(frozen=True)
class Plan:
    """Columns of the label, the score, the prediction, the protected attributes; the threshold; the positive class.

    `where` keeps the rows whose columns have these values. `score_entries` bounds the size of the score histogram:
    scores are kept exactly up to that many different (cell, score) pairs, and in finer or coarser bins beyond.
    """

    label: str | None = None
    score: str | None = None
    prediction: str | None = None
    protected: tuple[str, ...] = ()
    threshold: float | None = None
    positive: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    score_entries: int = SCORE_ENTRIES

    @property
    def predicts(self) -> bool:
        """Whether rows can have a prediction: a column, or a threshold for the score."""
        return self.prediction is not None or self.threshold is not None

    def without_filter(self) -> Plan:
        """The part of the plan that two states must share to be added: a filter only says which rows were read."""
        return replace(self, where=())


def make_plan(
    *,
    label: str | None = None,
    score: str | None = None,
    prediction: str | None = None,
    protected: Iterable[str] = (),
    threshold: float | None = None,
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
    score_entries: int = SCORE_ENTRIES,
) -> Plan:
    """A checked plan. Raises WrongUse for a call that contradicts itself, BadInput for names and values that cannot be."""
    if isinstance(protected, str):
        raise WrongUse("protected is a list of column names, not one name")
    plan = Plan(
        label=label,
        score=score,
        prediction=prediction,
        protected=tuple(protected),
        threshold=None if threshold is None else float(threshold),
        positive=text_of(positive),
        where=tuple((column, _filter_value(column, value)) for column, value in where),
        score_entries=score_entries,
    )
    check(plan)
    return plan


def check(plan: Plan) -> None:
    """Refuse a plan that cannot be meant. States that come from elsewhere are held against the same rules."""
    if plan.label is None and plan.score is None and plan.prediction is None:
        raise WrongUse("name a label, a score or a prediction column: without them there is nothing to measure")
    if plan.threshold is not None and plan.prediction is not None:
        raise WrongUse("give a prediction column or a threshold, not both: they could contradict each other")
    if plan.threshold is not None and plan.score is None:
        raise WrongUse("a threshold needs a score column")
    if plan.threshold is not None and not (math.isfinite(plan.threshold) and 0 <= plan.threshold <= 1):
        raise BadInput("threshold", f"{plan.threshold!r} is not a number from 0 to 1")
    if not 1 <= plan.score_entries <= 2**20:
        raise BadInput("score_entries", f"{plan.score_entries} is not a count from 1 to {2**20}")
    _check_names(plan)


def _check_names(plan: Plan) -> None:
    parts = {"label": plan.label, "score": plan.score, "prediction": plan.prediction}
    if len(plan.protected) > MAX_PROTECTED:
        raise BadInput("protected", f"names {len(plan.protected)} columns; at most {MAX_PROTECTED} can be crossed")
    for name in plan.protected:
        if " x " in name:
            raise BadInput(
                f"column {name!r}", "the name of a protected attribute may not contain ' x '; rename the column"
            )
        for part, column in parts.items():
            if name == column:
                raise BadInput(f"column {name!r}", f"is named both as {part} and as protected attribute; it can be one")
    if len(set(plan.protected)) != len(plan.protected):
        raise BadInput("protected", f"a column is named twice in {list(plan.protected)}")
    named = [column for column in parts.values() if column is not None]
    if len(set(named)) != len(named):
        raise BadInput(f"column {named[0]!r}", f"label, score and prediction need columns of their own, got {named}")


def _filter_value(column: str, value: object) -> str:
    text = text_of(value)
    if text is None:
        raise BadInput(f"column {column!r}", "a filter needs a value; a missing value cannot be chosen")
    return text
