"""Whether states can have come from rows at all: what a hostile or broken sender may get wrong, and the sentence for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from consilience.kit.canonical import MAX_INTEGER
from consilience.kit.errors import BadInput
from consilience.measure import classes
from consilience.measure.classes import UNKNOWN
from consilience.measure.states import scores
from consilience.measure.states.cube import (
    BINS,
    EDGES,
    LARGEST_LOG_LOSS,
    UNIT,
    CellKey,
    States,
    Tally,
    check_classes,
    check_groups,
)
from consilience.measure.states.scores import MAX_SHIFT, MIXED, TOP_KEY


def check_states(states: States) -> None:
    """Raise BadInput unless every figure computed from these states is sound.

    1. There are rows, cells in order, classes and groups as a plan allows.
    2. Score entries stand for scores from 0 to 1 and are no more than the plan allows.
    3. Each cell agrees with itself: rows, bins, entries and sums that some scores could have.
    """
    keys = [key for key, _ in states.cells]
    if not keys:
        raise BadInput("states.cells", "there is no row in these states")
    if any(after.order() <= before.order() for before, after in pairwise(keys)):
        raise BadInput("states.cells", "are not in rising order, or one stands there twice")
    if any(len(key.values) != len(states.plan.protected) for key in keys):
        raise BadInput("states.cells", f"need {len(states.plan.protected)} values, one for each protected attribute")
    check_groups(states.plan.protected, (key.values for key in keys))
    check_classes(states)
    _check_seen(states, keys)
    _check_entries(states)
    if states.rows > MAX_INTEGER:
        raise BadInput("states.cells", "hold more rows than can be counted")
    counted = [0] * len(keys)
    for cell, rows in zip(states.scores.cell.tolist(), states.scores.rows.tolist(), strict=True):
        counted[cell] += rows
    for number, (key, tally) in enumerate(states.cells):
        _check_cell(states, key, tally, f"states.cells[{number}]")
        if tally.scored != counted[number]:
            raise BadInput(f"states.cells[{number}]", "counts and bin_rows disagree on the rows with a score")


def _check_seen(states: States, keys: list[CellKey]) -> None:
    plan = states.plan
    for name, seen in (("label", states.label_values), ("prediction", states.prediction_values)):
        if list(seen) != sorted(set(seen)):
            raise BadInput(f"states.seen.{name}", "is not sorted, or a value stands there twice")
        if name == "prediction" and plan.threshold is not None:
            continue  # predictions come from the score, no class was read
        expected = set(classes.codes(seen, positive=plan.positive, where=f"states.seen.{name}").values())
        if expected != {getattr(key, name) for key in keys} - {UNKNOWN}:
            raise BadInput(f"states.seen.{name}", "does not name the classes that the cells have")


def _check_entries(states: States) -> None:
    own = states.scores
    if len(own) > states.plan.score_entries and own.shift < MAX_SHIFT:
        raise BadInput("states.cells", f"hold more than {states.plan.score_entries} score entries")
    single = own.offset != MIXED
    exact = ((own.bin << own.shift) + own.offset)[single]
    if np.any(exact > TOP_KEY) or np.any(scores.keys_of(scores.scores_of(exact)) != exact):
        raise BadInput("states.cells", "a score entry stands for no score from 0 to 1")
    if np.any(own.rows[~single] < 2):
        raise BadInput("states.cells", "a score entry of one row cannot mix scores")


def _check_cell(states: States, key: CellKey, tally: Tally, where: str) -> None:
    plan = states.plan
    if len(tally.bin_rows) != BINS or len(tally.bin_scores) != BINS:
        raise BadInput(where, f"{BINS} bins are expected")
    if not tally.scored <= tally.rows or not tally.rows:
        raise BadInput(f"{where}.rows", "are none, or fewer than the rows with a score")
    if plan.score is None and tally.scored:
        raise BadInput(where, "has scores, and the plan names no score")
    if (plan.label is None and key.label != UNKNOWN) or (not plan.predicts and key.prediction != UNKNOWN):
        raise BadInput(where, "has a label or a prediction that the plan does not name")
    if plan.threshold is not None and tally.scored != (0 if key.prediction == UNKNOWN else tally.rows):
        raise BadInput(where, "with a threshold, a row has a prediction exactly if it has a score")
    for (low, high), rows, total in zip(pairwise(EDGES), tally.bin_rows, tally.bin_scores, strict=True):
        if not rows * (int(low * UNIT) - 1) <= total <= rows * (int(high * UNIT) + 1):
            raise BadInput(f"{where}.bin_scores", f"{rows} scores from {low} to {high} cannot add up to {total / UNIT}")
    labelled = 0 if key.label == UNKNOWN else tally.scored
    if tally.squared > labelled * UNIT:
        raise BadInput(f"{where}.squared", "is larger than any scores allow")
    if tally.log_loss > labelled * LARGEST_LOG_LOSS:
        raise BadInput(f"{where}.log_loss", "is larger than any scores allow")
