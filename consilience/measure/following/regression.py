"""Predictions of a number over time: the residual states of each window, under one scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from consilience.measure.following.task import Share, Within
from consilience.measure.metrics import regression as metrics
from consilience.measure.metrics.mean_sequences import Moments
from consilience.measure.metrics.regression import REGRESSION, Off
from consilience.measure.regression import together
from consilience.measure.states import residuals
from consilience.measure.states.residuals import ResidualPlan, Residuals
from consilience.measure.task import Task

if TYPE_CHECKING:
    from consilience.measure.engines.sources import Source
    from consilience.measure.metrics.figure import Figure

IN_UNITS = ("mae", "rmse", "median_absolute_error", "mape")
"""Errors, of which a change counts by its share of what it was."""


@dataclass(frozen=True)
class Regression:
    """A model that predicts a number, by its plan; the scale is learned from the reference."""

    plan: ResidualPlan
    task: ClassVar[Task] = Task.REGRESSION

    @property
    def label(self) -> str:
        return self.plan.label

    @property
    def where(self) -> tuple[tuple[str, str], ...]:
        return self.plan.where

    def learned(self, reference: Source, whole: Source, /) -> Regression:
        from consilience.measure.engines.residuals import learn_scale

        scale = learn_scale(reference, self.plan.label, self.plan.prediction)
        if scale == residuals.UNKNOWN_SCALE:  # the first window may have no label yet
            scale = learn_scale(whole, self.plan.label, self.plan.prediction)
        return replace(self, plan=replace(self.plan, scale=scale))

    def knowing(self, _states: Sequence[Any], /) -> Regression:
        return self

    def folder(self, source: Source, /) -> Any:
        from consilience.measure.engines.residuals import ResidualFolder

        return ResidualFolder(replace(self.plan, where=()), source)

    def merged(self, states: Iterable[Residuals], /) -> Residuals:
        return residuals.merge_all(states)

    def to_come(self, states: Residuals, /) -> int:
        return sum(tally.no_label for _, tally in states.groups)

    def figures(self, states: Residuals, /) -> dict[str, dict[str, Figure]]:
        off = _all_of(states)
        return {
            "performance": {name: metric(off) for name, metric in REGRESSION.items()},
            "residuals": metrics.residual_quantiles(off),
        }

    def gaps(self, states: Residuals, /) -> dict[str, dict[str, Figure]]:
        scale = states.plan.scale
        return {
            attribute: metrics.gaps(
                {group: Off(tally, scale) for group, tally in together(states, (position,)).items()}
            )
            for position, attribute in enumerate(states.plan.protected)
        }

    def least(self, name: str, base: Figure, within: Within, /) -> float | None:
        if name in IN_UNITS:
            return within.error * (base.value or 0.0)
        return within.rate if name == "r2" else None

    def rates(self, _states: Residuals, /) -> dict[str, Share]:
        return {}

    def means(self, states: Residuals, /) -> dict[str, Moments]:
        off = _all_of(states)
        tally, unit = off.tally, off.unit
        rows = 0 if tally.beyond else tally.counted  # no mean can be told beside a row that lies too far away
        if not rows:
            return {"mae": Moments(0, 0.0, 0.0), "mean_error": Moments(0, 0.0, 0.0)}
        squares = tally.ee * unit * unit
        return {
            "mae": Moments(rows, tally.size * unit, squares),
            "mean_error": Moments(rows, (tally.p - tally.y) * unit, squares),
        }


def _all_of(states: Residuals) -> Off:
    return Off(together(states, ())[()], states.plan.scale)
