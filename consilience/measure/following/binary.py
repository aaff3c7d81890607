"""Two classes over time: the group cube of each window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from consilience.measure.classes import NEGATIVE, POSITIVE, UNKNOWN
from consilience.measure.following.task import Share, Within
from consilience.measure.metrics import fairness
from consilience.measure.metrics.counts import RollUp
from consilience.measure.metrics.fairness import CALIBRATION, PERFORMANCE, RATES
from consilience.measure.plan import Plan
from consilience.measure.states import cube
from consilience.measure.task import Task

if TYPE_CHECKING:
    from consilience.measure.engines.sources import Source
    from consilience.measure.metrics.figure import Figure
    from consilience.measure.metrics.mean_sequences import Moments
    from consilience.measure.states.cube import States

PARTS = {"performance": PERFORMANCE, "calibration": CALIBRATION, "rates": RATES}
OF_GROUPS = {name: fairness.OF_GROUPS[name] for name in ("selection_rate", "tpr", "fpr", "accuracy")}


@dataclass(frozen=True)
class Binary:
    """A model of two classes, by its plan."""

    plan: Plan
    task: ClassVar[Task] = Task.BINARY

    @property
    def label(self) -> str | None:
        return self.plan.label

    @property
    def where(self) -> tuple[tuple[str, str], ...]:
        return self.plan.where

    def learned(self, _reference: Source, _whole: Source, /) -> Binary:
        return self

    def knowing(self, _states: Sequence[Any], /) -> Binary:
        return self

    def folder(self, source: Source, /) -> Any:
        from consilience.measure.engines.arrow import CubeFolder

        return CubeFolder(self.plan.without_filter(), source)

    def merged(self, states: Iterable[States], /) -> States:
        return cube.merge_all(states)

    def to_come(self, states: States, /) -> int:
        return sum(tally.rows for key, tally in states.cells if key.label == UNKNOWN)

    def figures(self, states: States, /) -> dict[str, dict[str, Figure]]:
        (everything,) = RollUp(states).groups(()).values()
        return {part: {name: metric(everything) for name, metric in metrics.items()} for part, metrics in PARTS.items()}

    def gaps(self, states: States, /) -> dict[str, dict[str, Figure]]:
        rolled = RollUp(states)
        return {
            attribute: {
                name: fairness.gap(name, [metric(of) for of in rolled.groups((position,)).values()])
                for name, metric in OF_GROUPS.items()
            }
            for position, attribute in enumerate(self.plan.protected)
        }

    def least(self, name: str, _base: Figure, within: Within, /) -> float | None:
        return None if name in RATES else within.rate

    def rates(self, states: States, /) -> dict[str, Share]:
        rows = [[0] * 3 for _ in range(3)]
        for key, tally in states.cells:
            rows[key.label][key.prediction] += tally.rows
        made: dict[str, Share] = {}
        if self.plan.predicts:
            chosen = sum(rows[label][POSITIVE] for label in range(3))
            made["selection_rate"] = chosen, chosen + sum(rows[label][NEGATIVE] for label in range(3))
        if self.plan.label is not None:
            positive = sum(rows[POSITIVE])
            made["prevalence"] = positive, positive + sum(rows[NEGATIVE])
        if self.plan.predicts and self.plan.label is not None:
            tn, fp, fn, tp = rows[0][0], rows[0][1], rows[1][0], rows[1][1]
            made |= {
                "accuracy": (tn + tp, tn + fp + fn + tp), "precision": (tp, tp + fp), "recall": (tp, tp + fn), "fpr": (fp, fp + tn),
            }  # fmt: skip
        return made

    def means(self, _states: States, /) -> dict[str, Moments]:
        return {}
