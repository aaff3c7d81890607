"""The canonical JSON form of pair states, and the strict way back: what arrives may have been made to deceive."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import reading
from consilience.measure.classes import NEGATIVE, POSITIVE, UNKNOWN
from consilience.measure.plan import Plan, check
from consilience.measure.states.pairs import NO_SCORE, PARTS, PairStates
from consilience.measure.states.scores import TOP_KEY, keys_of, scores_of

SCHEMA = "urn:consilience:pair-states:1"
MOST_ENTRIES = 2**17
"""Different entries that travel; a larger file is compared where it is held."""
MOST_ROWS = 2**22
"""Rows together: they are laid out again to be compared."""


def to_json(states: PairStates) -> Json:
    """The one JSON form of these states, ready for `canonical.encode`: numbers of one part in a string, one space between."""
    one, _ = states.plans
    return {
        "schema": SCHEMA,
        "label": one.label,
        "positive": one.positive,
        "sides": [
            {"score": plan.score, "prediction": plan.prediction, "threshold": _decimal(plan.threshold)}
            for plan in states.plans
        ],
        "left_out": states.left_out,
        "rows": _packed(states.rows.tolist()),
        **{part: _packed(states.entries[:, place].tolist()) for place, part in enumerate(PARTS)},
    }


def encode(states: PairStates) -> bytes:
    """The canonical bytes of states: equal bytes, equal states."""
    return canonical.encode(to_json(states))


def digest(states: PairStates) -> str:
    """SHA-256 of the canonical bytes."""
    return canonical.sha256(encode(states))


def refuse_too_many(states: PairStates) -> None:
    """Raise BadInput where there are more different entries, or more rows, than may travel."""
    if len(states.rows) > MOST_ENTRIES or states.together > MOST_ROWS:
        problem = (
            f"{len(states.rows):,} different pairs of scores of {states.together:,} rows are more than are sent (at most "
            f"{MOST_ENTRIES:,} of {MOST_ROWS:,}); let the server compare data that it holds (`consilience evidence compute "
            "--what comparison`)"
        )
        raise BadInput("pairs", problem)


def from_json(given: Json) -> PairStates:
    """States from parsed JSON. Raises BadInput for anything that `to_json` would not have written."""
    names = ("schema", "label", "positive", "sides", "left_out", "rows", *PARTS)
    parts = reading.fields(given, "pairs", names)
    if parts["schema"] != SCHEMA:
        raise BadInput("pairs.schema", f"{SCHEMA!r} is expected")
    rows = reading.integers(parts["rows"], "pairs.rows")
    columns = [reading.integers(parts[part], f"pairs.{part}") for part in PARTS]
    if not rows or any(len(column) != len(rows) for column in columns):
        raise BadInput("pairs", "each part has as many entries as rows, and there is one at least")
    if len(rows) > MOST_ENTRIES or not 1 <= min(rows) <= max(rows) <= MOST_ROWS or sum(rows) > MOST_ROWS:
        raise BadInput(
            "pairs.rows", f"at most {MOST_ENTRIES} entries of at most {MOST_ROWS} rows together are expected"
        )
    if any(not NO_SCORE <= value <= TOP_KEY for column in columns for value in column):
        raise BadInput("pairs", "an entry stands for no class and no score")
    states = PairStates(
        _plans(parts),
        np.array(columns, dtype=np.int64).T,
        np.array(rows, dtype=np.int64),
        reading.count(parts["left_out"], "pairs.left_out"),
    )
    _check(states)
    if to_json(states) != given:
        raise BadInput("pairs", "are not in their canonical form")
    return states


def _plans(parts: dict[str, Json]) -> tuple[Plan, Plan]:
    listed = reading.items(parts["sides"], "pairs.sides", longest=2)
    if len(listed) != 2:
        raise BadInput("pairs.sides", "two models are expected")
    one, other = (_plan(parts, side, f"pairs.sides[{place}]") for place, side in enumerate(listed))
    if one == other:
        raise BadInput("pairs.sides", "both are the same model")
    return one, other


def _plan(parts: dict[str, Json], side: Json, where: str) -> Plan:
    said = reading.fields(side, where, ("score", "prediction", "threshold"))
    plan = Plan(
        label=reading.text_or_none(parts["label"], "pairs.label"),
        positive=reading.text_or_none(parts["positive"], "pairs.positive"),
        score=reading.text_or_none(said["score"], f"{where}.score"),
        prediction=reading.text_or_none(said["prediction"], f"{where}.prediction"),
        threshold=None if said["threshold"] is None else reading.decimal(said["threshold"], f"{where}.threshold"),
        protected=(),
    )
    try:
        check(plan)
    except WrongUse as error:  # here it is the data that is wrong, not the call
        raise BadInput(where, str(error)) from error
    return plan


def _check(states: PairStates) -> None:
    """1. Entries are in rising order. 2. Codes are those that the plans allow. 3. Predictions follow from the thresholds."""
    entries = [tuple(row) for row in states.entries.tolist()]
    if any(after <= before for before, after in pairwise(entries)):
        raise BadInput("pairs", "are not in rising order, or an entry stands there twice")
    label, *predicted = states.entries.T[:3]
    labels = (NEGATIVE, POSITIVE, UNKNOWN) if states.plans[0].label is not None else (UNKNOWN,)
    if not np.isin(label, labels).all():
        raise BadInput("pairs.labels", "holds a class that the plan does not have")
    for plan, said, keys in zip(states.plans, predicted, states.entries.T[3:], strict=True):
        if not np.isin(said, (NEGATIVE, POSITIVE) if plan.predicts else (UNKNOWN,)).all():
            raise BadInput("pairs.predictions", "holds a class that the plan does not have")
        if ((keys == NO_SCORE) != (plan.score is None)).any():
            raise BadInput("pairs.scores", "has a score exactly where the plan names one")
        if plan.score is not None:
            score = scores_of(keys)
            if (keys_of(score) != keys).any():
                raise BadInput("pairs.scores", "an entry stands for no score from 0 to 1")
            if plan.threshold is not None and ((score >= plan.threshold) != (said == POSITIVE)).any():
                raise BadInput("pairs.predictions", "does not follow from score and threshold")


def _decimal(value: float | None) -> Json:
    return None if value is None else canonical.number(value)


def _packed(numbers: list[int]) -> str:
    return " ".join(map(str, numbers))
