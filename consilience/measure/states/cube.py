"""The group cube: what was counted, by (protected values x label x prediction x score), in numbers that add up.

Counts are integers and sums are integers of fixed point, so two states merge to the same bytes in any order, and the
counts of a laptop file, a database and a cluster give one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from consilience.kit.errors import BadInput
from consilience.measure import classes
from consilience.measure.plan import MAX_GROUPS, MAX_VALUES, Plan
from consilience.measure.states import scores
from consilience.measure.states.scores import ScoreCounts
from consilience.measure.values import group_order

POINT = 40
UNIT = 1 << POINT
"""Sums are whole multiples of 2^-40: each row's term is rounded once, to the nearest, and added exactly."""

EDGES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""The ten equal-width bins of the calibration error: EDGES[i] <= score < EDGES[i + 1], the last one closed."""

BINS = len(EDGES) - 1

CLIP = 2.0**-52
"""Scores are clipped to [2^-52, 1 - 2^-52] in the log loss, as scikit-learn does for doubles."""


class CellKey(NamedTuple):
    """A cell: its protected values (None is missing), label and prediction (0, 1 or UNKNOWN)."""

    values: tuple[str | None, ...]
    label: int
    prediction: int

    def order(self) -> tuple[object, ...]:
        """By group, then label, then prediction."""
        return (group_order(self.values), self.label, self.prediction)


@dataclass(frozen=True, slots=True)
class Tally:
    """What is added up over the rows of a cell.

    `rows` counts all; `bin_rows` and `bin_scores` those with a score, by calibration bin; `squared` is the sum of
    (score - label)^2 and `log_loss` that of -ln of the probability given to the label, both 0 where the label is missing.
    """

    rows: int
    bin_rows: tuple[int, ...]
    bin_scores: tuple[int, ...]
    squared: int
    log_loss: int

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.rows + other.rows,
            tuple(map(int.__add__, self.bin_rows, other.bin_rows)),
            tuple(map(int.__add__, self.bin_scores, other.bin_scores)),
            self.squared + other.squared,
            self.log_loss + other.log_loss,
        )

    @property
    def scored(self) -> int:
        return sum(self.bin_rows)


@dataclass(frozen=True)
class States:
    """Everything the figures are computed from: the plan, the classes seen, the cells and their scores.

    `cells` is sorted by key; the cell number in `scores` is the position there.
    """

    plan: Plan
    label_values: tuple[str, ...]
    prediction_values: tuple[str, ...]
    cells: tuple[tuple[CellKey, Tally], ...]
    scores: ScoreCounts = field(default_factory=scores.none)

    @property
    def rows(self) -> int:
        return sum(tally.rows for _, tally in self.cells)


def merge(one: States, other: States) -> States:
    """The states of both sets of rows. Associative and commutative, byte for byte.

    Raises BadInput when the two were counted by different plans, or when together they have three classes or too
    many groups.
    """
    if one.plan != other.plan:
        raise BadInput("states", f"cannot be added: {_difference(one.plan, other.plan)}")
    added: dict[CellKey, Tally] = dict(one.cells)
    for key, tally in other.cells:
        added[key] = added[key] + tally if key in added else tally
    cells = tuple(sorted(added.items(), key=lambda item: item[0].order()))
    place = {key: number for number, (key, _) in enumerate(cells)}
    merged = States(
        one.plan,
        tuple(sorted({*one.label_values, *other.label_values})),
        tuple(sorted({*one.prediction_values, *other.prediction_values})),
        cells,
        scores.merge(_renumbered(one, place), _renumbered(other, place), one.plan.score_entries),
    )
    check_classes(merged)
    check_groups(merged.plan.protected, (key.values for key, _ in cells))
    return merged


def merge_all(states: Iterable[States]) -> States:
    """The states of all the sets of rows together; at least one is expected."""
    return reduce(merge, states)


def check_classes(states: States) -> None:
    """Refuse a third class, and predictions in other words than the labels."""
    plan = states.plan
    for column, seen in ((plan.label, states.label_values), (plan.prediction, states.prediction_values)):
        if column is not None:
            classes.codes(seen, positive=plan.positive, where=f"column {column!r}")
    classes.agree(states.label_values, states.prediction_values, positive=plan.positive)


def check_groups(protected: tuple[str, ...], groups: Iterable[tuple[str | None, ...]]) -> None:
    """Refuse attributes with so many values that no group could say anything."""
    found = set(groups)
    for position, name in enumerate(protected):
        if len({group[position] for group in found}) > MAX_VALUES:
            raise BadInput(
                f"column {name!r}",
                f"has more than {MAX_VALUES} different values; a protected attribute needs groups, for instance age bands",
            )
    if len(found) > MAX_GROUPS:
        raise BadInput(
            "protected", f"{list(protected)} together make more than {MAX_GROUPS} groups; name fewer columns"
        )


def check_listed(where: str, protected: tuple[str, ...], groups: Sequence[tuple[str | None, ...]]) -> None:
    """Refuse a list of groups that no counting gives: an empty one, one out of order, one with too many."""
    if not groups:
        raise BadInput(where, "there is no row in these states")
    if any(group_order(after) <= group_order(before) for before, after in pairwise(groups)):
        raise BadInput(where, "are not in rising order, or one stands there twice")
    check_groups(protected, groups)


def _renumbered(states: States, place: dict[CellKey, int]) -> ScoreCounts:
    moved = np.array([place[key] for key, _ in states.cells], dtype=np.int32)
    own = states.scores
    return ScoreCounts(own.shift, moved[own.cell], own.bin, own.rows, own.offset)


def _difference(one: Plan, other: Plan) -> str:
    names = [name for name in Plan.__dataclass_fields__ if getattr(one, name) != getattr(other, name)]
    return "; ".join(
        f"{name} is {getattr(one, name)!r} in one and {getattr(other, name)!r} in the other" for name in names
    )
