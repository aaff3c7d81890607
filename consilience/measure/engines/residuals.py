"""Counting residuals in a scan: labels and predictions of a number, by group."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.kit.errors import BadInput
from consilience.measure.engines import columns, learning
from consilience.measure.engines import residual_kernels as kernels
from consilience.measure.engines.columns import Numbers
from consilience.measure.engines.groups import Filter, Groups, refuse_no_rows
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Source, Want, check_columns
from consilience.measure.states.residuals import (
    FINE_BITS,
    LARGEST_UNITS,
    SUMS,
    UNIT_BITS,
    UNKNOWN_SCALE,
    ResidualPlan,
    Residuals,
    ResidualScale,
    ResidualTally,
    merge_all,
)
from consilience.measure.values import group_order

STEPS = 100
LEAST_ERROR_BITS = 30
"""However small residuals are, one of a thousand spreads of the labels is still counted."""
EXACT_INTEGER = 2**53
Floats = NDArray[np.float64]


def learn_scale(source: Source, label: str, prediction: str) -> ResidualScale:
    """How to count the residuals of this reference: units from the spread of the labels, edges from those of the residuals."""
    wanted = {label: Want.NUMBER, prediction: Want.NUMBER}
    check_columns(source, wanted)
    read = learning.sample(source, wanted)
    pairs = [(columns.numbers(batch.column(label)), columns.numbers(batch.column(prediction))) for batch in read]
    both = [y.present & p.present & np.isfinite(y.values) & np.isfinite(p.values) for y, p in pairs]
    y = np.concatenate([np.zeros(0), *(one.values[kept] for (one, _), kept in zip(pairs, both, strict=True))])
    p = np.concatenate([np.zeros(0), *(one.values[kept] for (_, one), kept in zip(pairs, both, strict=True))])
    return scale_of(y, p)


def scale_of(label: Floats, prediction: Floats) -> ResidualScale:
    """The scale of finite labels and predictions; a scale of anything where there are none."""
    if not len(label):
        return UNKNOWN_SCALE
    ordered = np.sort(label)
    origin = float(ordered[len(ordered) // 2])
    low, high = (float(ordered[int(share * (len(ordered) - 1))]) for share in (0.005, 0.995))
    with np.errstate(over="ignore"):  # what is beyond a double is beyond the scale as well
        error = np.minimum(np.abs(prediction - label), sys.float_info.max)
    spread = max(high - origin, origin - low, float(np.quantile(error, 0.9))) or max(abs(origin), 1.0)
    unit = max(math.frexp(min(spread, 1e300))[1] - UNIT_BITS, -1000)
    with np.errstate(over="ignore"):
        sizes = np.floor(np.minimum(error * 2.0**-unit, float(1 << 60)) + 0.5)
    cuts = np.unique(np.quantile(sizes, np.linspace(0, 1, STEPS + 1)).astype(np.int64))
    edges = (1, *(int(cut) for cut in cuts if cut > 1))
    return ResidualScale(origin, unit, _error_bits(sizes), edges)


def _error_bits(sizes: Floats) -> int:
    """The size of a typical residual in bits of units; larger where the largest of these could not be counted beside it."""
    typical = int(np.quantile(sizes, 0.75))
    largest = int(sizes[sizes < 2 * LARGEST_UNITS].max(initial=0.0))
    return max(typical.bit_length(), largest.bit_length() - FINE_BITS + 1, LEAST_ERROR_BITS)


def fold(
    source: Source, plan: ResidualPlan, *, threads: int | None = None, progress: Progress | None = None
) -> Residuals:
    """Count the rows of a source."""
    folder = ResidualFolder(plan, source)
    (countings,) = scan(source, [folder], threads=threads, progress=progress)
    return folder.states(countings)


class ResidualFolder:
    """Counts residuals in a scan."""

    by_column = False

    def __init__(self, plan: ResidualPlan, source: Source) -> None:
        self.plan, self.source = plan, source

    def wants(self) -> dict[str, Want]:
        texts = [*self.plan.protected, *(column for column, _ in self.plan.where)]
        numbers = {self.plan.label: Want.NUMBER, self.plan.prediction: Want.NUMBER}
        return dict.fromkeys(texts, Want.TEXT) | numbers

    def start(self) -> ResidualCounting:
        return ResidualCounting(self.plan, self.source)

    def states(self, countings: Sequence[ResidualCounting]) -> Residuals:
        """What all countings counted together; BadInput when there was no row."""
        counted = [one.states() for one in countings if one.some]
        if not counted:
            seen = [one.filter.seen for one in countings]
            refuse_no_rows(self.source, self.plan.where, seen, read=any(one.read for one in countings))
        return merge_all(counted)


class ResidualCounting:
    """Adds batches up."""

    def __init__(self, plan: ResidualPlan, source: Source) -> None:
        self._plan, self._source = plan, source
        self._groups, self.filter = Groups(plan.protected, source), Filter(plan.where, source)
        self.read = 0
        scale = plan.scale
        self._edges = np.array(scale.edges, dtype=np.int64)
        self._shapes = {
            "counts": (kernels.TALLIES,), "over": (len(scale.edges) + 1,), "under": (len(scale.edges) + 1,),
            "most": (2,), "sums": (kernels.COLUMNS, kernels.LIMBS),
        }  # fmt: skip
        self._tables: dict[str, NDArray[np.int64]] = {
            name: np.zeros((16, *shape), dtype=np.int64) for name, shape in self._shapes.items()
        }

    @property
    def some(self) -> bool:
        """Whether a row was counted."""
        return len(self._groups) > 0

    def add(self, batch: pa.RecordBatch, first_row: int) -> None:
        """Count a batch, whose first row has this number."""
        chosen = self.filter.chosen(batch)
        self.read += batch.num_rows
        if not chosen.any():
            return
        label = self._numbers(batch, self._plan.label, chosen, first_row, missing_nan=True)
        prediction = self._numbers(batch, self._plan.prediction, chosen, first_row, missing_nan=False)
        group = np.where(chosen, self._groups.numbers(batch, chosen), -1)
        while len(self._tables["counts"]) < len(self._groups):
            self._tables = {name: np.concatenate([one, np.zeros_like(one)]) for name, one in self._tables.items()}
        scale, own = self._plan.scale, self._tables
        kernels.tally(
            group, label.values, label.present, prediction.values, prediction.present, scale.origin,
            2.0**-scale.unit, 2.0**scale.unit, 2.0 ** (FINE_BITS - 2 * scale.error_bits),
            2.0 ** (FINE_BITS - 2 * UNIT_BITS), 2.0 ** (FINE_BITS - UNIT_BITS), self._edges, own["counts"], own["over"],
            own["under"], own["most"], own["sums"],
        )  # fmt: skip
        kernels.carry(own["sums"])

    def states(self) -> Residuals:
        """What was counted; at least one row is expected."""
        made = {group: self._tally(number) for group, number in self._groups.met.items()}
        plan = replace(self._plan, where=())
        return Residuals(plan, tuple(sorted(made.items(), key=lambda item: group_order(item[0]))))

    def _tally(self, number: int) -> ResidualTally:
        own: dict[str, list[Any]] = {name: table[number].tolist() for name, table in self._tables.items()}
        sums = [sum(limb << (kernels.LIMB * place) for place, limb in enumerate(limbs)) for limbs in own["sums"]]
        rows, no_label, no_prediction, beyond, zeros = own["counts"][:5]
        return ResidualTally(
            rows=rows, no_label=no_label, no_prediction=no_prediction, beyond=beyond, zeros=zeros,
            over=tuple(own["over"]), under=tuple(own["under"]), most_over=own["most"][0], most_under=own["most"][1],
            **dict(zip(SUMS, sums, strict=True)),
        )  # fmt: skip

    def _numbers(
        self, batch: pa.RecordBatch, column: str, chosen: NDArray[np.bool_], first_row: int, *, missing_nan: bool
    ) -> Numbers:
        """A column; a label of NaN is missing, a prediction of NaN and any infinity is refused."""
        found = columns.numbers(batch.column(column))
        present = found.present & ~np.isnan(found.values) if missing_nan else found.present
        kind = batch.column(column).type
        whole = pa.types.is_integer(kind) or (pa.types.is_decimal(kind) and kind.scale <= 0)
        if whole and bool((np.abs(found.values) > EXACT_INTEGER).any()):
            where = f"{self._source.name}, column {column!r}"
            raise BadInput(where, "holds integers beyond 2^53, which cannot be told from their neighbours")
        wrong = np.flatnonzero(chosen & present & ~np.isfinite(found.values))
        if len(wrong):
            row = first_row + int(wrong[0])
            where = f"{self._source.name}, row {row}, column {column!r}"
            raise BadInput(where, f"{found.values[wrong[0]]} is no finite number")
        return Numbers(found.values, present)
