"""Predictions of one of several classes, counted: rows by group, label and prediction, in integers that add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.plan import MAX_PROTECTED
from consilience.measure.states.cube import check_groups
from consilience.measure.values import group_order

MAX_CLASSES = 100
LARGEST_RANK = 100

Group = tuple[str | None, ...]
Pair = tuple[str | None, str | None]
"""A label and a prediction; None is missing."""


@dataclass(frozen=True)
class ClassesPlan:
    """Columns of the label, the prediction, the protected attributes; which rows.

    `rank` is a column that says at which place, from 1, the model had the true class: what top-k accuracy is counted from.
    """

    label: str
    prediction: str
    protected: tuple[str, ...] = ()
    rank: str | None = None
    where: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ClassesTally:
    """Rows of a group by label and prediction; `ranks[i]` counts those of rank i + 1, the last all above LARGEST_RANK."""

    pairs: Mapping[Pair, int]
    ranks: tuple[int, ...] = ()

    @property
    def rows(self) -> int:
        return sum(self.pairs.values())

    def __add__(self, other: ClassesTally) -> ClassesTally:
        added = dict(self.pairs)
        for pair, rows in other.pairs.items():
            added[pair] = added.get(pair, 0) + rows
        return ClassesTally(in_order(added), tuple(a + b for a, b in zip(self.ranks, other.ranks, strict=True)))


@dataclass(frozen=True)
class ClassesStates:
    """What was counted: the plan, and a tally for each group, in the order of the groups' values."""

    plan: ClassesPlan
    groups: tuple[tuple[Group, ClassesTally], ...]

    @property
    def rows(self) -> int:
        return sum(tally.rows for _, tally in self.groups)

    @property
    def classes(self) -> list[str]:
        """Every class that a row has or was predicted to have."""
        return sorted({one for _, tally in self.groups for pair in tally.pairs for one in pair if one is not None})


def merge(one: ClassesStates, other: ClassesStates) -> ClassesStates:
    """The states of both sets of rows. Associative and commutative, byte for byte; BadInput for different plans."""
    if one.plan != other.plan:
        raise BadInput("classes", "cannot be added: they were counted by different plans")
    added = dict(one.groups)
    for group, tally in other.groups:
        added[group] = added[group] + tally if group in added else tally
    check_groups(one.plan.protected, added)
    made = ClassesStates(one.plan, tuple(sorted(added.items(), key=lambda item: group_order(item[0]))))
    check_classes(made.classes, made.plan)
    return made


def merge_all(found: Iterable[ClassesStates]) -> ClassesStates:
    """The states of all the sets of rows together; at least one is expected."""
    return reduce(merge, found)


def nothing(plan: ClassesPlan) -> ClassesTally:
    """The tally of no row."""
    return ClassesTally({}, (0,) * (LARGEST_RANK + 1) if plan.rank is not None else ())


def in_order(pairs: Mapping[Pair, int]) -> dict[Pair, int]:
    """The same counts, sorted by label and prediction."""
    return dict(sorted(pairs.items(), key=lambda item: group_order(item[0])))


def check_classes(classes: Iterable[str], plan: ClassesPlan) -> None:
    """Refuse so many classes that a confusion matrix says nothing: identifiers, or amounts."""
    found = len(set(classes))
    if found > MAX_CLASSES:
        raise BadInput(
            f"columns {plan.label!r} and {plan.prediction!r}",
            f"have {found} different classes together; at most {MAX_CLASSES} are counted",
        )


def check(plan: ClassesPlan) -> None:
    """Refuse a plan that cannot be meant."""
    named = [plan.label, plan.prediction, *plan.protected, *([plan.rank] if plan.rank is not None else [])]
    if len(set(named)) != len(named):
        raise WrongUse(f"label, prediction, rank and protected attributes need columns of their own, got {named}")
    if len(plan.protected) > MAX_PROTECTED:
        raise BadInput("protected", f"names {len(plan.protected)} columns; at most {MAX_PROTECTED} can be crossed")
    if any(" x " in name for name in plan.protected):
        raise BadInput("protected", "the name of a protected attribute may not contain ' x '; rename the column")
