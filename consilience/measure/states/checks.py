"""Whether states can have come from rows at all: what a hostile or broken sender may get wrong, and the sentence for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from consilience.kit.canonical import MAX_INTEGER
from consilience.kit.errors import BadInput
from consilience.measure import classes
from consilience.measure.classes import NEGATIVE, POSITIVE, UNKNOWN
from consilience.measure.states import scores
from consilience.measure.states.cube import (
    BINS,
    CLIP,
    EDGES,
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
    3. Each cell agrees with itself, and its bins and sums are those that scores like its entries can have.
    """
    keys = [key for key, _ in states.cells]
    if not keys:
        raise BadInput("states.cells", "there is no row in these states")
    if any(len(key.values) != len(states.plan.protected) for key in keys):
        raise BadInput("states.cells", f"need {len(states.plan.protected)} values, one for each protected attribute")
    if any(after.order() <= before.order() for before, after in pairwise(keys)):
        raise BadInput("states.cells", "are not in rising order, or one stands there twice")
    check_groups(states.plan.protected, (key.values for key in keys))
    check_classes(states)
    _check_seen(states, keys)
    _check_entries(states)
    if states.rows > MAX_INTEGER:
        raise BadInput("states.cells", "hold more rows than can be counted")
    for number, (key, tally) in enumerate(states.cells):
        _check_cell(states, key, tally, f"states.cells[{number}]")
    _check_against_entries(states)


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
    if key.label == UNKNOWN and (tally.squared or tally.log_loss):
        raise BadInput(where, "has losses without a label")


def _check_against_entries(states: States) -> None:
    """Hold bins and sums against the lowest and the highest scores that the entries leave room for.

    Where an entry has a single score the two are one, so at shift 0 every sum is pinned down.
    """
    own = states.scores
    low, high = scores.bounds(own)
    cells = len(states.cells)
    label = np.array([key.label for key, _ in states.cells])[own.cell]

    def by_cell(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(own.cell, values * own.rows, cells).astype(np.float64)

    def between(name: str, said: list[float], least: NDArray[np.float64], most: NDArray[np.float64]) -> None:
        given = np.array(said)
        slack = 1e-9 * (1 + np.abs(given)) + 2 * counted / UNIT  # what rounding each row to 2^-40 can do
        wrong = np.flatnonzero((given < least - slack) | (given > most + slack))
        if len(wrong):
            raise BadInput(f"states.cells[{wrong[0]}].{name}", "does not follow from the scores of the entries")

    if states.plan.threshold is not None:
        predicted = np.array([key.prediction for key, _ in states.cells])[own.cell]
        over, under = low >= states.plan.threshold, high < states.plan.threshold
        if np.any(under & (predicted == POSITIVE)) or np.any(over & (predicted == NEGATIVE)):
            raise BadInput("states.cells", "hold predictions that do not follow from scores and threshold")
    tallies = [tally for _, tally in states.cells]
    counted = by_cell(np.ones(len(own)))
    if counted.tolist() != [float(tally.scored) for tally in tallies]:
        raise BadInput("states.cells", "counts and bin_rows disagree on the rows with a score")
    for number, edge in enumerate(EDGES[1:-1], start=1):
        said = [float(sum(tally.bin_rows[:number])) for tally in tallies]
        surely, perhaps = (high < edge).astype(np.float64), (low < edge).astype(np.float64)
        between("bin_rows", said, by_cell(surely), by_cell(perhaps))
    for number, (start, end) in enumerate(pairwise(EDGES)):
        rows = np.array([float(tally.bin_rows[number]) for tally in tallies])
        between("bin_scores", [tally.bin_scores[number] / UNIT for tally in tallies], rows * start, rows * end)
    between("bin_scores", [sum(tally.bin_scores) / UNIT for tally in tallies], by_cell(low), by_cell(high))
    # The probability given to the label, at best and at worst; 1 where there is no label, which has no loss.
    best = np.select([label == POSITIVE, label == NEGATIVE], [high, 1 - low], 1.0)
    worst = np.select([label == POSITIVE, label == NEGATIVE], [low, 1 - high], 1.0)
    squared = [by_cell((1 - given) * (1 - given)) for given in (best, worst)]
    between("squared", [tally.squared / UNIT for tally in tallies], *squared)
    logs = [by_cell(-np.log(np.clip(given, CLIP, 1.0))) for given in (best, worst)]
    between("log_loss", [tally.log_loss / UNIT for tally in tallies], *logs)
