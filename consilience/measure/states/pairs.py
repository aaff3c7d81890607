"""Two models on the same rows as counts that add up: how many rows have this label, these two predictions and these two scores.

What a paired comparison needs and counts of one model cannot tell. No group and no other column is in it. The entries are in
one order, so the figures made of them are the same bytes wherever the rows were read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.engines.pairs import Pairs, Side
from consilience.measure.plan import Plan
from consilience.measure.states.scores import keys_of, scores_of

Ints = NDArray[np.int64]
NO_SCORE = -1
PARTS = ("labels", "predictions", "predictions_other", "scores", "scores_other")


@dataclass(frozen=True)
class PairStates:
    """Distinct rows of what two models said, sorted, and how often each occurs.

    `entries` has a column for each of PARTS: codes of `measure.classes`, and keys of scores (`states.scores`), NO_SCORE where
    a model has none. `left_out` counts rows where one of the two said nothing.
    """

    plans: tuple[Plan, Plan]
    entries: Ints
    rows: Ints
    left_out: int

    @property
    def together(self) -> int:
        return int(self.rows.sum())


def counted(found: Pairs, plans: tuple[Plan, Plan]) -> PairStates:
    """The states of pairs; their groups are not in it."""
    keys = [_keys(side.score, plan) for side, plan in zip((found.one, found.other), plans, strict=True)]
    listed = np.column_stack([found.label, found.one.prediction, found.other.prediction, *keys]).astype(np.int64)
    entries, rows = np.unique(listed, axis=0, return_counts=True)
    return PairStates(_bare(plans), entries, rows.astype(np.int64), found.left_out)


def merge(one: PairStates, other: PairStates) -> PairStates:
    """The states of the rows of both. BadInput where they were counted by different plans."""
    if one.plans != other.plans:
        raise BadInput("pairs", "counted by different plans do not add up")
    listed = np.concatenate([one.entries, other.entries])
    entries, place = np.unique(listed, axis=0, return_inverse=True)
    rows = np.zeros(len(entries), dtype=np.int64)
    np.add.at(rows, place.reshape(-1), np.concatenate([one.rows, other.rows]))
    return PairStates(one.plans, entries, rows, one.left_out + other.left_out)


def rows_of(states: PairStates) -> Pairs:
    """The rows again, in the order of the entries, all in one group."""
    label, one, other, key, key_other = np.repeat(states.entries, states.rows, axis=0).T
    sides = [
        Side(np.where(keys == NO_SCORE, np.nan, scores_of(np.maximum(keys, 0))), said.astype(np.int32))
        for keys, said in ((key, one), (key_other, other))
    ]
    group = np.zeros(len(label), dtype=np.int64)
    return Pairs(label.astype(np.int32), sides[0], sides[1], group, [()], states.left_out)


def _keys(score: NDArray[np.float64], plan: Plan) -> Ints:
    if plan.score is None:
        return np.full(len(score), NO_SCORE, dtype=np.int64)
    return keys_of(score)


def _bare(plans: tuple[Plan, Plan]) -> tuple[Plan, Plan]:
    """What of the plans the states speak of: no filter and no protected attribute."""
    from dataclasses import replace

    one, other = (replace(plan.without_filter(), protected=()) for plan in plans)
    return one, other
