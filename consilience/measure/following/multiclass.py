"""One of several classes over time: the class states of each window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from consilience.measure.following.task import Share, Within
from consilience.measure.metrics import fairness
from consilience.measure.metrics.multiclass import MULTICLASS, accuracy, of_class
from consilience.measure.multiclass import TOP, confusion, selection_rate, together, top_k
from consilience.measure.states import classes_cube
from consilience.measure.states.classes_cube import ClassesPlan, ClassesStates, ClassesTally
from consilience.measure.task import Task

if TYPE_CHECKING:
    from consilience.measure.engines.sources import Source
    from consilience.measure.metrics.figure import Figure
    from consilience.measure.metrics.mean_sequences import Moments

MOST_WATCHED = 20
"""Classes that are watched; the figures of the others are reported and sound no alarm."""


@dataclass(frozen=True)
class Multiclass:
    """A model of one of several classes, by its plan. `classes` are those of any window, the most common of the reference first."""

    plan: ClassesPlan
    classes: tuple[str, ...] = ()
    task: ClassVar[Task] = Task.MULTICLASS

    @property
    def label(self) -> str:
        return self.plan.label

    @property
    def where(self) -> tuple[tuple[str, str], ...]:
        return self.plan.where

    def learned(self, _reference: Source, _whole: Source, /) -> Multiclass:
        return self

    def knowing(self, states: Sequence[ClassesStates], /) -> Multiclass:
        common: Counter[str] = Counter()
        for _, tally in states[0].groups:
            for (label, _), rows in tally.pairs.items():
                common.update({label: rows} if label is not None else {})
        classes = sorted({name for one in states for name in one.classes}, key=lambda name: (-common[name], name))
        return replace(self, classes=tuple(classes))

    def folder(self, source: Source, /) -> Any:
        from consilience.measure.engines.classes import ClassesFolder

        return ClassesFolder(replace(self.plan, where=()), source)

    def merged(self, states: Iterable[ClassesStates], /) -> ClassesStates:
        return classes_cube.merge_all(states)

    def to_come(self, states: ClassesStates, /) -> int:
        return sum(rows for _, tally in states.groups for (label, _), rows in tally.pairs.items() if label is None)

    def figures(self, states: ClassesStates, /) -> dict[str, dict[str, Figure]]:
        tally = together(states, ())[()]
        own, matrix = confusion(tally, states.classes), confusion(tally, self.classes)
        of_classes: dict[str, Figure] = {}
        for place, name in enumerate(self.classes):
            of_classes[f"recall of {name}"] = of_class(matrix, place)["recall"]
            of_classes[f"selection_rate of {name}"] = selection_rate(tally, name)
        # A mean over classes is over those of the window: of a class that nobody has here, nothing can be said.
        made = {"performance": {name: metric(own) for name, metric in MULTICLASS.items()}, "of_classes": of_classes}
        if self.plan.rank is not None:
            made["top_k"] = {f"top_{k}": top_k(tally, k) for k in TOP}
        return made

    def gaps(self, states: ClassesStates, /) -> dict[str, dict[str, Figure]]:
        return {
            attribute: {
                "accuracy": fairness.gap(
                    "accuracy", _accuracies(together(states, (position,)).values(), states.classes)
                )
            }
            for position, attribute in enumerate(states.plan.protected)
        }

    def least(self, name: str, _base: Figure, within: Within, /) -> float | None:
        return None if name.startswith("selection_rate of ") else within.rate

    def rates(self, states: ClassesStates, /) -> dict[str, Share]:
        tally = together(states, ())[()]
        matrix, predicted = confusion(tally, self.classes), Counter[str | None]()
        for (_, guess), rows in tally.pairs.items():
            predicted[guess] += rows
        made: dict[str, Share] = {"accuracy": (int(matrix.trace()), int(matrix.sum()))}
        for place, name in enumerate(self.classes[:MOST_WATCHED]):
            made[f"recall of {name}"] = int(matrix[place, place]), int(matrix[place].sum())
            made[f"selection_rate of {name}"] = predicted[name], tally.rows - predicted[None]
        return made

    def means(self, _states: ClassesStates, /) -> dict[str, Moments]:
        return {}


def _accuracies(tallies: Iterable[ClassesTally], classes: Sequence[str]) -> list[Figure]:
    return [accuracy(confusion(tally, classes)) for tally in tallies]
