"""A model that the server can score by itself: a logistic regression written down as data, never as code.

The file is JSON of this form, numbers as strings in their shortest decimal form, unknown keys refused:

    {"schema": "urn:consilience:artefact:logistic:1", "output": "y_score", "threshold": "0.5" or null,
     "intercept": "-1.25", "missing": "refuse",
     "numeric": [{"name": "age", "mean": "38.5", "scale": "12.1", "coefficient": "0.7"}],
     "categorical": [{"name": "sex", "levels": {"female": "0.1", "male": "-0.1"}, "unseen": "refuse" or "zero"}]}

The score of a row is 1 / (1 + exp(-z)); z is the intercept plus coefficient * (value - mean) / scale of each numeric
feature, plus the coefficient of the level of each categorical one, added in the order of the file. Only additions,
multiplications, divisions and powers of two take part, so the same bytes give the same scores, bit for bit, everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure import reading
from consilience.measure.engines import columns
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.sources import Want, batches, check_columns
from consilience.measure.evaluate import figures, refuse_empty_columns
from consilience.measure.plan import make_plan
from consilience.measure.states.cube import States

SCHEMA = "urn:consilience:artefact:logistic:1"
MAX_BYTES = 4 << 20
MAX_FEATURES = 2_000
MAX_LEVELS = 10_000

Floats = NDArray[np.float64]


class Unseen(StrEnum):
    """What a level that the artefact does not know does: stop the scoring, or add nothing."""

    REFUSE = "refuse"
    ZERO = "zero"


@dataclass(frozen=True)
class Numeric:
    """A number, standardised: coefficient * (value - mean) / scale."""

    name: str
    mean: float
    scale: float
    coefficient: float


@dataclass(frozen=True)
class Categorical:
    """A category: each level adds its coefficient."""

    name: str
    levels: Mapping[str, float]
    unseen: Unseen


@dataclass(frozen=True)
class Artefact:
    """A logistic regression. A row with a missing value in a feature is refused, never filled in."""

    output: str
    threshold: float | None
    intercept: float
    numeric: tuple[Numeric, ...]
    categorical: tuple[Categorical, ...]


def load(data: bytes) -> Artefact:
    """The artefact in these bytes. Raises BadInput for anything but the form above."""
    if len(data) > MAX_BYTES:
        raise BadInput("artefact", f"is larger than {MAX_BYTES} bytes")
    names = ("schema", "output", "threshold", "intercept", "missing", "numeric", "categorical")
    parts = reading.fields(canonical.decode(data), "artefact", names)
    if parts["schema"] != SCHEMA:
        raise BadInput("artefact.schema", f"{SCHEMA!r} is expected")
    if parts["missing"] != "refuse":
        raise BadInput("artefact.missing", "'refuse' is expected: a missing value is never filled in")
    numeric = reading.items(parts["numeric"], "artefact.numeric", longest=MAX_FEATURES)
    categorical = reading.items(parts["categorical"], "artefact.categorical", longest=MAX_FEATURES)
    artefact = Artefact(
        reading.text(parts["output"], "artefact.output"),
        None if parts["threshold"] is None else reading.decimal(parts["threshold"], "artefact.threshold"),
        reading.decimal(parts["intercept"], "artefact.intercept"),
        tuple(_numeric(item, f"artefact.numeric[{number}]") for number, item in enumerate(numeric)),
        tuple(_categorical(item, f"artefact.categorical[{number}]") for number, item in enumerate(categorical)),
    )
    _check(artefact)
    return artefact


def encode(artefact: Artefact) -> bytes:
    """The canonical bytes of an artefact; their SHA-256 is its digest."""
    number = canonical.number
    return canonical.encode(
        {
            "schema": SCHEMA,
            "output": artefact.output,
            "threshold": None if artefact.threshold is None else number(artefact.threshold),
            "intercept": number(artefact.intercept),
            "missing": "refuse",
            "numeric": [
                {"name": f.name, "mean": number(f.mean), "scale": number(f.scale), "coefficient": number(f.coefficient)}
                for f in artefact.numeric
            ],
            "categorical": [
                {"name": f.name, "levels": {k: number(v) for k, v in f.levels.items()}, "unseen": f.unseen.value}
                for f in artefact.categorical
            ],
        }
    )


def digest(artefact: Artefact) -> str:
    """SHA-256 of the canonical bytes."""
    return canonical.sha256(encode(artefact))


def score(artefact: Artefact, source: Any) -> pa.Table:
    """The scores of all rows of a source, in its order: one column of doubles, named as the artefact's output."""
    opened = open_source(source)
    scorer = ArtefactScorer(artefact)
    check_columns(opened, scorer.wants())
    parts, row = [np.zeros(0)], 1
    for batch in batches(opened, scorer.wants()):
        chosen = np.ones(batch.num_rows, dtype=np.bool_)
        parts.append(scorer.scores(batch, chosen, untyped=opened.untyped, first_row=row, where=opened.name))
        row += batch.num_rows
    values = np.concatenate(parts)
    column = pa.Array.from_buffers(pa.float64(), len(values), [None, pa.py_buffer(values)])
    return pa.Table.from_arrays([column], names=[artefact.output])


def artefact_states(
    artefact: Artefact,
    source: Any,
    *,
    label: str | None,
    protected: Iterable[str] = (),
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
) -> States:
    """The states of rows that the artefact scores in the same pass; its threshold makes the predictions."""
    from consilience.measure.engines.arrow import fold

    plan = make_plan(
        label=label,
        score=artefact.output,
        protected=protected,
        threshold=artefact.threshold,
        positive=positive,
        where=where,
    )
    return fold(source, plan, ArtefactScorer(artefact))


def evaluate_artefact(
    artefact: Artefact,
    source: Any,
    *,
    label: str | None,
    protected: Iterable[str] = (),
    positive: object = None,
    where: Iterable[tuple[str, object]] = (),
) -> dict[str, Json]:
    """The `evaluate` report of the artefact on raw rows: scored and counted in one pass."""
    states = artefact_states(artefact, source, label=label, protected=protected, positive=positive, where=where)
    refuse_empty_columns(states, source)
    return figures(states)


class ArtefactScorer:
    """Computes the score of each row from the artefact's features."""

    def __init__(self, artefact: Artefact) -> None:
        self._artefact = artefact

    def wants(self) -> dict[str, Want]:
        """The columns of the features."""
        numbers = {feature.name: Want.NUMBER for feature in self._artefact.numeric}
        return numbers | {feature.name: Want.TEXT for feature in self._artefact.categorical}

    def scores(
        self, batch: pa.RecordBatch, chosen: NDArray[np.bool_], *, untyped: bool, first_row: int, where: str
    ) -> Floats:
        """One score a row; rows that are not chosen get any. Raises BadInput for a value that is missing or unknown."""

        def refuse(wrong: NDArray[np.bool_], column: str, problem: str) -> None:
            rows = np.flatnonzero(wrong & chosen)
            if len(rows):
                raise BadInput(where, f"row {first_row + int(rows[0])}, column {column!r} {problem}")

        z = np.full(batch.num_rows, self._artefact.intercept)
        for numeric in self._artefact.numeric:
            found = columns.numbers(batch.column(numeric.name))
            refuse(~found.present, numeric.name, "has no value; the artefact refuses missing values")
            refuse(~np.isfinite(found.values), numeric.name, "is not a finite number")
            z = z + numeric.coefficient * ((found.values - numeric.mean) / numeric.scale)
        for category in self._artefact.categorical:
            words = columns.texts(batch.column(category.name), untyped=untyped)
            refuse(words.codes < 0, category.name, "has no value; the artefact refuses missing values")
            if category.unseen is Unseen.REFUSE:
                known = np.array([word in category.levels for word in words.values] + [True])
                refuse(~known[words.codes], category.name, "has a level that the artefact does not know")
            effect = np.array([category.levels.get(word, 0.0) for word in words.values] + [0.0])
            z = z + effect[words.codes]
        return sigmoid(np.where(chosen, z, 0.0))


def sigmoid(z: Floats) -> Floats:
    """1 / (1 + exp(-z)), the same bits on every machine: libraries and processors differ in the last bit of exp.

    exp(-|z|) = 2^k exp(r) with |r| <= ln 2 / 2, by the Taylor polynomial of degree 13, whose error is below 2^-57.
    """
    negative = -np.minimum(np.abs(z), 745.0)
    k = np.rint(negative * 1.4426950408889634)
    r = (negative - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10
    power = np.full(len(z), 1.0 / math.factorial(13))
    for degree in range(12, -1, -1):
        power = power * r + 1.0 / math.factorial(degree)
    small = np.ldexp(power, k.astype(np.int32))
    scores: Floats = np.where(z >= 0, 1.0, small) / (1.0 + small)
    return scores


def _numeric(given: Json, where: str) -> Numeric:
    parts = reading.fields(given, where, ("name", "mean", "scale", "coefficient"))
    mean, scale, coefficient = (
        reading.decimal(parts[name], f"{where}.{name}") for name in ("mean", "scale", "coefficient")
    )
    return Numeric(reading.text(parts["name"], f"{where}.name"), mean, scale, coefficient)


def _categorical(given: Json, where: str) -> Categorical:
    parts = reading.fields(given, where, ("name", "levels", "unseen"))
    if not isinstance(parts["levels"], dict) or not 1 <= len(parts["levels"]) <= MAX_LEVELS:
        raise BadInput(f"{where}.levels", f"an object with 1 to {MAX_LEVELS} levels is expected")
    if parts["unseen"] not in list(Unseen):
        raise BadInput(f"{where}.unseen", "'refuse' or 'zero' is expected")
    levels = {
        reading.text(level, f"{where}.levels"): reading.decimal(effect, f"{where}.levels[{level!r}]")
        for level, effect in parts["levels"].items()
    }
    return Categorical(reading.text(parts["name"], f"{where}.name"), levels, Unseen(parts["unseen"]))


def _check(artefact: Artefact) -> None:
    names = [feature.name for feature in artefact.numeric] + [feature.name for feature in artefact.categorical]
    if len(set(names)) != len(names):
        raise BadInput("artefact", "names a feature twice")
    if artefact.output in names:
        raise BadInput("artefact.output", "is also the name of a feature")
    if any(feature.scale <= 0 for feature in artefact.numeric):
        raise BadInput("artefact.numeric", "a scale is not above 0")
    if artefact.threshold is not None and not 0 <= artefact.threshold <= 1:
        raise BadInput("artefact.threshold", "is not a number from 0 to 1")
