"""Learning how to count: the kind of each column and the edges of its bins, from the reference, once.

Edges are quantiles of the reference in steps of half a percent, by linear interpolation (type 7 of Hyndman and Fan 1996).
Up to SAMPLE_OF_ALL rows they are those of all rows; beyond, of SAMPLE rows: the first of SPREAD parts that
lie evenly over the file, or every so-many-th row where it has no parts.
Either way the same file gives the same edges. They only say where bins begin: what is counted on them later is exact.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from consilience.measure.engines import columns
from consilience.measure.engines.sources import Part, Source, Want, check_columns
from consilience.measure.states.numbers import Scale
from consilience.measure.states.profile import COUNTED_AS_NUMBERS, EXACT_ROWS, ColumnPlan, Kind, ProfilePlan
from consilience.measure.threads import side_by_side

Floats = NDArray[np.float64]

SAMPLE_OF_ALL = 1 << 18
SAMPLE = 1 << 16
SPREAD = 8
COLUMNS_AT_ONCE = 4
"""Where all rows of several parts are looked at, so many columns of them are in memory for each thread."""
STEPS = 200
FEW_VALUES = 64
"""Up to so many different numbers, each is an atom with a bin of its own."""
EXACT_INTEGER = 2**53
UNITS_BITS = 30
WIDEST_INTEGERS = 2.0**40


def learn(
    source: Source, *, only: Collection[str] | None = None, without: Collection[str] = (), exact_rows: int = EXACT_ROWS
) -> ProfilePlan:
    """How to count the columns of this reference: all of them, or `only` these, `without` those.

    Columns that hold lists, structures or raw bytes are left out. Single values are kept up to `exact_rows` rows, and not at
    all where the reference is known to have more: then no distance to it could be exact.
    """
    check_columns(source, [*(only or ()), *without])
    types = {
        name: kind
        for name, kind in source.types().items()
        if (only is None or name in only) and name not in without and countable(kind)
    }
    check_columns(source, types)
    kinds = {name: kind_of(type_) for name, type_ in types.items()}
    numbers = [name for name, kind in kinds.items() if kind in COUNTED_AS_NUMBERS]
    rows = source.rows()
    wanted = _wanted(numbers, kinds)
    # Of one part (a database's answer, a stream) no second reading may begin beside the first.
    whole = bool(numbers) and rows is not None and rows <= SAMPLE_OF_ALL and len(source.parts(wanted)) > 1
    read = sample(source, wanted) if numbers and not whole else []

    def planned(names: list[str]) -> list[ColumnPlan]:
        looked_at = sample(source, _wanted(names, kinds)) if whole else read
        return [_planned(name, kinds[name], types[name], looked_at) for name in names]

    size = COLUMNS_AT_ONCE if whole else 1
    chunks = [numbers[start : start + size] for start in range(0, len(numbers), size)]
    found = {plan.name: plan for plans in side_by_side(planned, chunks) for plan in plans}
    plans = tuple(found.get(name, ColumnPlan(name, kind)) for name, kind in kinds.items())
    return ProfilePlan(plans, 0 if (rows or 0) > exact_rows else exact_rows)


def _wanted(names: Iterable[str], kinds: Mapping[str, Kind]) -> dict[str, Want]:
    return {name: want_of(kinds[name]) for name in names}


def _planned(name: str, kind: Kind, type_: pa.DataType, rows: Sequence[pa.RecordBatch]) -> ColumnPlan:
    values = _numbers(rows, name)
    if kind is Kind.NUMBER and pa.types.is_integer(type_) and _beyond_doubles(values):
        return ColumnPlan(name, Kind.CATEGORY)  # identifiers, not amounts: neighbours would be taken for one
    return ColumnPlan(name, kind, scale_of(values))


def countable(kind: pa.DataType) -> bool:
    """Whether a column of this type can be profiled."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    raw = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    return not (pa.types.is_nested(kind) or raw or pa.types.is_binary_view(kind) or pa.types.is_decimal256(kind))


def kind_of(kind: pa.DataType) -> Kind:
    """What a column of this type is counted as."""
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Kind.NUMBER
    if pa.types.is_timestamp(kind):
        return Kind.TIME if kind.tz is not None else Kind.LOCAL_TIME
    return Kind.LOCAL_TIME if pa.types.is_date(kind) else Kind.CATEGORY


def want_of(kind: Kind) -> Want:
    """What a column of this kind is read as."""
    if kind is Kind.CATEGORY:
        return Want.TEXT
    return Want.NUMBER if kind is Kind.NUMBER else Want.TIME


def scale_of(values: Floats) -> Scale:
    """The scale of finite numbers: edges at quantiles and around atoms, the unit of sums by the spread."""
    if not len(values):
        return Scale((), (), 0.0, 0)
    ordered = np.sort(values)
    different = ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))]
    tenths = np.unique(_quantiles(ordered, np.linspace(0, 1, 11)))
    if len(different) <= FEW_VALUES:
        with np.errstate(over="ignore"):  # nothing lies above the largest double: infinity is no edge
            above = np.nextafter(different, math.inf)
        cuts = np.concatenate([different, above, tenths])
    else:
        at = _quantiles(ordered, np.linspace(0, 1, STEPS + 1))
        atoms = np.unique(at[:-1][at[1:] == at[:-1]])
        cuts = np.concatenate(
            [at[:-1], tenths, atoms, np.nextafter(atoms, math.inf), [math.nextafter(at[-1], math.inf)]]
        )
    edges = tuple(np.unique(cuts[np.isfinite(cuts)]).tolist())
    inner = tuple(one for one in tenths[1:-1].tolist() if one in set(edges))
    origin, unit = _origin_and_unit(ordered)
    return Scale(edges, inner, origin, unit)


def _quantiles(ordered: Floats, shares: Floats) -> Floats:
    """Type 7 of Hyndman and Fan, rounded as numpy does, of numbers that are in order already."""
    place = shares * (len(ordered) - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, len(ordered) - 1)
    low, high, part = ordered[below], ordered[above], place - below
    with np.errstate(over="ignore", invalid="ignore"):
        made = np.where(part >= 0.5, high - (high - low) * (1 - part), low + (high - low) * part)
    return np.where(np.isfinite(made), made, low)


def _origin_and_unit(ordered: Floats) -> tuple[float, int]:
    whole = bool(np.all(ordered == np.floor(ordered)))
    middle = float(ordered[len(ordered) // 2])
    low, high = (float(ordered[int(share * (len(ordered) - 1))]) for share in (0.005, 0.995))
    spread = max(abs(low - middle), abs(high - middle)) or max(middle - float(ordered[0]), float(ordered[-1]) - middle)
    if not math.isfinite(spread):
        spread = float(np.finfo(np.float64).max)
    if whole and spread < WIDEST_INTEGERS and abs(middle) < EXACT_INTEGER:
        return middle, 0
    exponent = math.frexp(spread or abs(middle) or 1.0)[1]
    return middle, max(exponent - UNITS_BITS, -1000)


def sample(source: Source, wanted: dict[str, Want]) -> list[pa.RecordBatch]:
    """The rows to learn from: all, or some of a long source, the same ones each time."""
    parts, rows = source.parts(wanted), source.rows()
    if rows is not None and rows <= SAMPLE_OF_ALL:
        return [batch for part in parts for batch in part.open()]
    if rows is None or len(parts) == 1:
        return _thinned(parts)
    return _spread(parts)


def _thinned(parts: Sequence[Part]) -> list[pa.RecordBatch]:
    """Every row, or every second, fourth, ... of those that are read, so that at most SAMPLE_OF_ALL are kept."""
    kept: list[tuple[int, pa.RecordBatch]] = []  # batches with the number of their first row, from 0
    step, row = 1, 0
    for part in parts:
        for batch in part.open():
            kept.append((row, _every(batch, step, -row % step)))
            row += batch.num_rows
            while row > step * SAMPLE_OF_ALL:
                # The k-th kept row of a batch is row ceil(first / step) + k of all that are kept.
                kept = [(first, _every(one, 2, -(-first // step) % 2)) for first, one in kept]
                step *= 2
    return [batch for _, batch in kept]


def _spread(parts: Sequence[Part]) -> list[pa.RecordBatch]:
    """SAMPLE rows: the first few of some parts that lie evenly over the file, which is all of it that is decoded."""
    chosen = parts[:: max(1, len(parts) // SPREAD)][:SPREAD]
    firsts = side_by_side(lambda part: list(islice(part.open(SAMPLE // len(chosen)), 1)), chosen)
    return [batch for batches in firsts for batch in batches]


def _every(batch: pa.RecordBatch, step: int, first: int) -> pa.RecordBatch:
    if step == 1:
        return batch
    return columns.rows_of(batch, np.arange(first, batch.num_rows, step))


def _numbers(sample: Sequence[pa.RecordBatch], name: str) -> Floats:
    """The finite numbers of a column."""
    return np.concatenate([np.zeros(0), *(columns.finite(batch.column(name)) for batch in sample)])


def _beyond_doubles(values: Floats) -> bool:
    return bool(len(values)) and float(np.abs(values).max()) > EXACT_INTEGER
