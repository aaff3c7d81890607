"""How much a model relies on a feature: by how much its loss grows when the feature is given out at random."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.artefact import Artefact, score
from consilience.measure.metrics.figure import Figure, Method, Reason, Z, bare, figure
from consilience.measure.samples import labels
from consilience.measure.samples.sampling import NumberColumn, Sample, sampled, taken
from consilience.measure.samples.slices import mean

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Model = Callable[[pa.Table], Any]
"""Gives one score a row of a table of features: a list, a numpy array or an Arrow array."""

ROWS = 5_000
REPEATS = 5
LEAST_ROWS = 30
CLIP = 2.0**-52


class Loss(StrEnum):
    """What a score costs, given the label."""

    SQUARED = "squared"  # of probabilities the Brier score
    LOG = "log"
    ABSOLUTE = "absolute"


@dataclass(frozen=True)
class Relevance:
    """For each feature, or named group of features, how much the mean loss grows without it; the most relevant first."""

    features: dict[str, Figure]
    loss: Figure
    measured_as: Loss
    repeats: int
    sample_rows: int
    seed: int

    def as_json(self) -> dict[str, Json]:
        return {
            "features": {name: found.as_json() for name, found in self.features.items()},
            "loss": self.loss.as_json(),
            "measured_as": str(self.measured_as),
            "repeats": self.repeats,
            "sample_rows": self.sample_rows,
            "seed": self.seed,
        }

    def sentence(self) -> str:
        """The result in plain language."""
        used = [name for name, found in self.features.items() if found.low is not None and found.low > 0]
        if not used:
            return "No single feature surely matters to the model: shuffling any one of them leaves its loss as it is."
        share = (self.features[used[0]].value or 0.0) / self.loss.value if self.loss.value else math.inf
        more = f" {len(used)} of {len(self.features)} surely matter." if len(self.features) > 1 else ""
        return f"The model relies most on {used[0]}: without it the loss grows by {share:.0%}.{more}"


def feature_relevance(
    source: Any,
    model: Model | Artefact,
    *,
    label: str,
    positive: object = None,
    features: Collection[str] | None = None,
    groups: Mapping[str, Collection[str]] | None = None,
    loss: Loss = Loss.SQUARED,
    rows: int = ROWS,
    repeats: int = REPEATS,
) -> Relevance:
    """The permutation relevance of each feature on a sample (Breiman 2001; Fisher, Rudin and Dominici 2019).

    Each feature is given out at random among the rows, `repeats` times; features of one group of `groups` stay together,
    for what says the same. The model sees a table of all columns but the label. A label of numbers other than 0 and 1
    is taken as it is, unless `positive` is said. The interval covers the drawing of rows and of permutations: it is that
    of two-way clusters, the row and the row that the value came from (Cameron, Gelbach and Miller 2011).

    Relevance is about this model, not about the world: of two features that say the same a model may use only one.
    Raises BadInput for data that cannot be used, and for a model that does not give one finite number a row.
    """
    sample = sampled(source, rows=rows)
    truth = _truth(sample, label, positive)
    known = np.flatnonzero(~np.isnan(truth))
    sample, truth = sample.part(known), truth[known]
    if sample.rows < LEAST_ROWS:
        raise BadInput(sample.name, f"has {sample.rows} rows with a label; at least {LEAST_ROWS} are needed")
    if loss is Loss.LOG and not np.isin(truth, (0.0, 1.0)).all():
        raise BadInput(f"{sample.name}, column {label!r}", "must be 0 or 1 for the log loss")
    table = sample.table.drop_columns([label])
    asked = _asked(table, features, groups)
    whole = _losses(_scores(model, table), truth, loss)
    generator = np.random.Generator(np.random.PCG64(sample.seed))
    orders = [generator.permutation(sample.rows).astype(np.int64) for _ in range(repeats)]
    found: dict[str, Figure] = {}
    for name, together in asked.items():
        grown = [_losses(_scores(model, _shuffled(table, together, order)), truth, loss) - whole for order in orders]
        found[name] = _growth(np.array(grown), np.array(orders))
    ranked = sorted(found, key=lambda name: (-(found[name].value or 0.0), name))
    return Relevance({name: found[name] for name in ranked}, mean(whole), loss, repeats, sample.rows, sample.seed)


def _truth(sample: Sample, label: str, positive: object) -> Floats:
    column = sample.column(label)
    if positive is None and isinstance(column, NumberColumn) and not np.isin(_there(column.values), (0.0, 1.0)).all():
        return column.values
    return labels.binary(sample, label, positive)


def _there(values: Floats) -> Floats:
    return values[~np.isnan(values)]


def _asked(
    table: pa.Table, features: Collection[str] | None, groups: Mapping[str, Collection[str]] | None
) -> dict[str, list[str]]:
    """The columns that are shuffled together, by name: each feature that is in no group, and each group."""
    grouped = {column for together in (groups or {}).values() for column in together}
    singles = [name for name in table.column_names if name not in grouped and (features is None or name in features)]
    asked = {name: [name] for name in singles} | {name: list(together) for name, together in (groups or {}).items()}
    for column in {*(features or ()), *grouped} - set(table.column_names):
        raise BadInput(f"column {column!r}", "is named as a feature and is not there")
    return asked


def _scores(model: Model | Artefact, table: pa.Table) -> Floats:
    if isinstance(model, Artefact):
        given: Any = score(model, table).column(0)
    else:
        given = model(table)
    made = np.asarray(given.to_pylist() if hasattr(given, "to_pylist") else given, dtype=np.float64)
    if made.shape != (table.num_rows,) or not np.isfinite(made).all():
        raise BadInput("model", f"must give one finite number for each of {table.num_rows} rows")
    return made


def _losses(scores: Floats, truth: Floats, loss: Loss) -> Floats:
    if loss is Loss.SQUARED:
        return np.asarray((scores - truth) ** 2)
    if loss is Loss.ABSOLUTE:
        return np.abs(scores - truth)
    if scores.min() < 0 or scores.max() > 1:
        raise BadInput("model", "must give scores from 0 to 1 for the log loss")
    return np.asarray(-np.log(np.clip(np.where(truth == 1, scores, 1 - scores), CLIP, 1)))


def _shuffled(table: pa.Table, names: list[str], order: Ints) -> pa.Table:
    moved = taken(table.select(names), order)
    for name in names:
        table = table.set_column(table.column_names.index(name), name, moved.column(name))
    return table


def _growth(grown: Floats, orders: Ints) -> Figure:
    """The mean growth of the loss; `grown[r, i]` is that of row i when it has the value of row orders[r, i]."""
    repeats, rows = grown.shape
    value = float(grown.mean())
    if not grown.any():
        return figure(0.0, 0.0, 0.0, method=Method.TWO_WAY, rows=rows)
    away = grown - value
    by_donor = np.bincount(orders.ravel(), weights=away.ravel(), minlength=rows)
    total = float((away.sum(axis=0) ** 2).sum() + (by_donor**2).sum() - (away**2).sum())
    if total <= 0:
        return bare(value, rows=rows, reason=Reason.FEW_ROWS)
    half = Z * math.sqrt(total * rows / (rows - 1)) / (rows * repeats)
    return figure(value, value - half, value + half, method=Method.TWO_WAY, rows=rows)
