"""The canonical JSON form of states, and the strict way back: what arrives may have been made to deceive.

A count is a JSON integer. A sum of fixed point, which may pass 2^53, is a string of decimal digits. The entries of the
score histogram are strings of decimal integers with one space between them, so that a hundred thousand of them stay
small and quick to hash: `bins` holds the first bin and then the distances, `counts` the rows, and `offsets` (left out
at shift 0) the score within the bin, or -1 where the bin mixes scores. What holds single scores, the bins at shift 0
and the offsets above it, is divided by 2^`zeros`, the zero bits that all of them share (29 and more where the scores
were 32-bit floats).
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure import reading
from consilience.measure.classes import UNKNOWN
from consilience.measure.plan import MAX_GROUPS, MAX_PROTECTED, Plan, check
from consilience.measure.states.checks import check_states
from consilience.measure.states.cube import BINS, CellKey, States, Tally
from consilience.measure.states.scores import MAX_SHIFT, MIXED, TOP_KEY, ScoreCounts

SCHEMA = "urn:consilience:states:1"
CLASS_PAIRS = 9  # label 0, 1, missing by prediction 0, 1, missing


def to_json(states: States) -> Json:
    """The one JSON form of these states, ready for `canonical.encode`."""
    zeros = _common_zeros(states.scores)
    return {
        "schema": SCHEMA,
        "plan": _plan_json(states.plan),
        "seen": {"label": list(states.label_values), "prediction": list(states.prediction_values)},
        "shift": states.scores.shift,
        "zeros": zeros,
        "cells": [_cell_json(states, number, zeros) for number in range(len(states.cells))],
    }


def encode(states: States) -> bytes:
    """The canonical bytes of states: equal bytes, equal states."""
    return canonical.encode(to_json(states))


def digest(states: States) -> str:
    """SHA-256 of the canonical bytes."""
    return canonical.sha256(encode(states))


def decode(data: bytes | str) -> States:
    """States from JSON text; the inverse of `encode`."""
    return from_json(canonical.decode(data))


def from_json(given: Json) -> States:
    """States from parsed JSON. Raises BadInput for anything that `to_json` would not have written.

    Every count, sum, bin and order is checked, and the result is written again and compared: a form that is not the
    canonical one is refused, so equal states have equal digests wherever they come from.
    """
    parts = reading.fields(given, "states", ("schema", "plan", "seen", "shift", "zeros", "cells"))
    if parts["schema"] != SCHEMA:
        raise BadInput("states.schema", f"{SCHEMA!r} is expected")
    seen = reading.fields(parts["seen"], "states.seen", ("label", "prediction"))
    shift = reading.count(parts["shift"], "states.shift", largest=MAX_SHIFT)
    zeros = reading.count(parts["zeros"], "states.zeros", largest=MAX_SHIFT)
    listed = reading.items(parts["cells"], "states.cells", longest=MAX_GROUPS * CLASS_PAIRS)
    cells = tuple(_cell(item, f"states.cells[{number}]") for number, item in enumerate(listed))
    entries = [_entries(item, number, shift, zeros) for number, item in enumerate(listed)]
    states = States(
        _plan(parts["plan"]), _classes(seen["label"]), _classes(seen["prediction"]), cells, _joined(entries, shift)
    )
    check_states(states)
    if to_json(states) != given:
        raise BadInput("states", "are not in their canonical form")
    return states


def _plan_json(plan: Plan) -> Json:
    return {
        "label": plan.label,
        "score": plan.score,
        "prediction": plan.prediction,
        "protected": list(plan.protected),
        "threshold": None if plan.threshold is None else canonical.number(plan.threshold),
        "positive": plan.positive,
        "score_entries": plan.score_entries,
    }


def _cell_json(states: States, number: int, zeros: int) -> Json:
    key, tally = states.cells[number]
    own = states.scores
    start, end = np.searchsorted(own.cell, [number, number + 1])
    bins = own.bin[start:end] >> (zeros if own.shift == 0 else 0)
    made = {
        "values": list(key.values),
        "label": None if key.label == UNKNOWN else key.label,
        "prediction": None if key.prediction == UNKNOWN else key.prediction,
        "rows": tally.rows,
        "bin_rows": list(tally.bin_rows),
        "bin_scores": [str(total) for total in tally.bin_scores],
        "squared": str(tally.squared),
        "log_loss": str(tally.log_loss),
        "bins": _packed(np.diff(bins, prepend=0).tolist()),
        "counts": _packed(own.rows[start:end].tolist()),
    }
    if own.shift:
        offset = own.offset[start:end]
        made["offsets"] = _packed(np.where(offset == MIXED, MIXED, offset >> zeros).tolist())
    return made


def _packed(numbers: list[int]) -> str:
    return " ".join(map(str, numbers))


def _common_zeros(own: ScoreCounts) -> int:
    single = own.bin if own.shift == 0 else own.offset[own.offset != MIXED]
    together = int(np.bitwise_or.reduce(single)) if len(single) else 0
    return (together & -together).bit_length() - 1 if together else 0


def _plan(given: Json) -> Plan:
    where = "states.plan"
    names = ("label", "score", "prediction", "positive")
    parts = reading.fields(given, where, (*names, "protected", "threshold", "score_entries"))
    label, score, prediction, positive = (reading.text_or_none(parts[name], f"{where}.{name}") for name in names)
    protected = reading.items(parts["protected"], f"{where}.protected", longest=MAX_PROTECTED)
    plan = Plan(
        label=label,
        score=score,
        prediction=prediction,
        positive=positive,
        protected=tuple(reading.text(name, f"{where}.protected") for name in protected),
        threshold=None if parts["threshold"] is None else reading.decimal(parts["threshold"], f"{where}.threshold"),
        score_entries=reading.count(parts["score_entries"], f"{where}.score_entries"),
    )
    try:
        check(plan)
    except WrongUse as error:  # here it is the data that is wrong, not the call
        raise BadInput(where, str(error)) from error
    return plan


def _classes(given: Json) -> tuple[str, ...]:
    return tuple(reading.text(item, "states.seen") for item in reading.items(given, "states.seen", longest=2))


def _cell(given: Json, where: str) -> tuple[CellKey, Tally]:
    names = ("values", "label", "prediction", "rows", "bin_rows", "bin_scores", "squared", "log_loss", "bins", "counts")
    parts = reading.fields(given, where, names, optional=("offsets",))
    values = reading.items(parts["values"], f"{where}.values", longest=MAX_PROTECTED)
    bins = {name: reading.items(parts[name], f"{where}.{name}", longest=BINS) for name in ("bin_rows", "bin_scores")}
    key = CellKey(
        tuple(reading.text_or_none(value, f"{where}.values") for value in values),
        *(_class(parts[name], f"{where}.{name}") for name in ("label", "prediction")),
    )
    tally = Tally(
        reading.count(parts["rows"], f"{where}.rows"),
        tuple(reading.count(n, f"{where}.bin_rows") for n in bins["bin_rows"]),
        tuple(reading.whole(n, f"{where}.bin_scores") for n in bins["bin_scores"]),
        reading.whole(parts["squared"], f"{where}.squared"),
        reading.whole(parts["log_loss"], f"{where}.log_loss"),
    )
    return key, tally


def _class(given: Json, where: str) -> int:
    return UNKNOWN if given is None else reading.count(given, where, largest=1)


def _entries(given: Json, number: int, shift: int, zeros: int) -> list[list[int]]:
    where = f"states.cells[{number}]"
    if (shift > 0) != ("offsets" in given):
        raise BadInput(where, "offsets are expected where shift is above 0, and only there")
    steps = reading.integers(given["bins"], f"{where}.bins")
    counts = reading.integers(given["counts"], f"{where}.counts")
    packed = reading.integers(given["offsets"], f"{where}.offsets") if shift else [0] * len(steps)
    bins = [start << (0 if shift else zeros) for start in accumulate(steps)]
    offsets = [MIXED if offset == MIXED else offset << (zeros if shift else 0) for offset in packed]
    if not len(bins) == len(counts) == len(offsets):
        raise BadInput(where, "bins, counts and offsets differ in length")
    if any(step < 1 for step in steps[1:]):
        raise BadInput(f"{where}.bins", "are not in rising order")
    if bins and not 0 <= bins[0] <= bins[-1] <= TOP_KEY >> shift:
        raise BadInput(f"{where}.bins", "lie outside the scores from 0 to 1")
    if any(not 1 <= rows <= canonical.MAX_INTEGER for rows in counts):
        raise BadInput(f"{where}.counts", "an entry stands for one row at least")
    if any(not MIXED <= offset < 1 << shift for offset in offsets):
        raise BadInput(f"{where}.offsets", "lie outside their bins")
    return [[number] * len(bins), bins, counts, offsets]


def _joined(entries: list[list[list[int]]], shift: int) -> ScoreCounts:
    columns = [np.array([n for part in entries for n in part[column]], dtype=np.int64) for column in range(4)]
    return ScoreCounts(shift, columns[0].astype(np.int32), columns[1], columns[2], columns[3])
