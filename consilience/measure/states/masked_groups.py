"""Residual and class states that may leave the place where the rows lie: small groups are withheld as `masking` does it for two classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, Self, TypeVar

from consilience.measure.states.classes_cube import ClassesStates
from consilience.measure.states.masking import renamed
from consilience.measure.states.residuals import Residuals
from consilience.measure.values import group_order

Group = tuple[str | None, ...]


class Tally(Protocol):
    """What is added up over the rows of a group."""

    @property
    def rows(self) -> int: ...

    def __add__(self, other: Self, /) -> Self: ...


T = TypeVar("T", bound=Tally)


def masked_residuals(states: Residuals, *, minimum: int) -> Residuals:
    """The same rows, with the values of small groups withheld. Where all rows are fewer than the minimum, all are one group."""
    return replace(states, groups=_masked(states.groups, len(states.plan.protected), minimum))


def masked_classes(states: ClassesStates, *, minimum: int) -> ClassesStates:
    """As `masked_residuals`, of class states."""
    return replace(states, groups=_masked(states.groups, len(states.plan.protected), minimum))


def _masked(groups: Sequence[tuple[Group, T]], depth: int, minimum: int) -> tuple[tuple[Group, T], ...]:
    if not depth or minimum <= 1:
        return tuple(groups)
    names = renamed(Counter({group: tally.rows for group, tally in groups}), depth, minimum)
    together: dict[Group, T] = {}
    for group, tally in groups:
        name = names[group]
        together[name] = together[name] + tally if name in together else tally
    return tuple(sorted(together.items(), key=lambda item: group_order(item[0])))
