"""What of two profiles may leave the place where the rows lie: no single value, and nothing about fewer rows than a minimum.

1. Edges are rounded before anything is counted (`rounded`), so that none is a value of a single row.
2. After counting, neighbouring bins of numbers are joined until each has no row or `minimum` rows, then and now; a bin
   of one value stays only where the reference has that value `minimum` times. Extremes become edges, outward.
3. Categories with fewer rows than `minimum`, then or now, are one category, POOLED.
4. Columns of identifiers, and those with fewer than `minimum` values in all, are left out.

Both sides are joined alike, so they still compare, and figures from what has left are those that the sender sees. How many
rows there are and how many have no value is not withheld. The sketch of distinct values is emptied: it would tell values.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from consilience.kit.errors import BadInput
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import ColumnPlan, ColumnState, Profile, ProfilePlan

POOLED = "(fewer rows than the minimum)"
REST = "(fewer rows than the minimum, or none)"
"""The same of a reference that was kept before the rows of now were known: see `states.stored`."""
GRID = 1000
"""Edges are multiples of a power of ten that is at most this part of the middle eight tenths."""

SMALLEST = 1e-300

Pair = tuple[ColumnState, ColumnState]


def rounded(plan: ProfilePlan) -> ProfilePlan:
    """The plan by which rows are counted that will travel: no values kept, an edge on the grid below each edge.

    Edges around common values stay, and are dropped after counting where the value turns out to be rare.
    """
    columns = tuple(
        column if column.scale is None else replace(column, scale=_rounded(column.scale)) for column in plan.columns
    )
    return ProfilePlan(columns, exact_rows=0)


def travelling(reference: Profile, current: Profile, *, minimum: int) -> tuple[Profile, Profile]:
    """The two profiles as they may leave; both must have been counted by a `rounded` plan.

    Raises BadInput where they were not, or where no column is left.
    """
    if reference.plan != current.plan or reference.plan.exact_rows:
        raise BadInput("profiles", "cannot travel: both must be counted by one rounded plan")
    plans: list[ColumnPlan] = []
    sides: tuple[dict[str, ColumnState], dict[str, ColumnState]] = ({}, {})
    for column in reference.plan.columns:
        then, now = reference.columns.get(column.name), current.columns.get(column.name)
        if then is None or now is None or not all(one.present == 0 or one.present >= minimum for one in (then, now)):
            continue
        made = _column(column, then, now, minimum)
        if made is not None:
            plans.append(made[0])
            for side, state in zip(sides, made[1], strict=True):
                side[column.name] = state
    if not plans:
        raise BadInput("data", f"no column that both have is left once less than {minimum} rows are withheld")
    plan = ProfilePlan(tuple(plans), exact_rows=0)
    then_types, now_types = (dict(one.types) for one in (reference, current))
    return Profile(plan, reference.rows, then_types, sides[0]), Profile(plan, current.rows, now_types, sides[1])


def _column(column: ColumnPlan, then: ColumnState, now: ColumnState, minimum: int) -> tuple[ColumnPlan, Pair] | None:
    if isinstance(then, CategoryState) and isinstance(now, CategoryState):
        pooled = _pooled(then, now, minimum)
        return None if pooled is None else (column, pooled)
    if isinstance(then, NumberState) and isinstance(now, NumberState) and column.scale is not None:
        kept = _kept_edges(column.scale, then, now, minimum)
        scale = replace(
            column.scale,
            edges=tuple(column.scale.edges[place] for place in kept),
            deciles=tuple(one for one in column.scale.deciles if one in {column.scale.edges[place] for place in kept}),
        )
        return replace(column, scale=scale), (_joined(then, kept, scale), _joined(now, kept, scale))
    raise BadInput(f"column {column.name!r}", "is numbers in one profile and categories in the other")


def _pooled(then: CategoryState, now: CategoryState, minimum: int) -> tuple[CategoryState, CategoryState] | None:
    """Both with rare values as one; None for identifiers, and where nothing else would be left."""
    if not (then.complete and now.complete):
        return None
    values = sorted(
        {*then.counts, *now.counts}, key=lambda one: (then.counts.get(one, 0) + now.counts.get(one, 0), one)
    )
    rare = [one for one in values if any(0 < side.counts.get(one, 0) < minimum for side in (then, now))]
    if not rare:
        return then, now
    label = REST if REST in then.counts else POOLED
    if label in values and label not in rare:
        rare.append(label)
    common = [one for one in values if one not in set(rare)]

    def pool(side: CategoryState) -> int:
        return sum(side.counts.get(one, 0) for one in rare)

    while common and any(0 < pool(side) < minimum for side in (then, now)):
        rare.append(common.pop(0))  # else the pool itself would be what is withheld
    if not common:
        return None
    return _with_pool(then, common, label, pool(then)), _with_pool(now, common, label, pool(now))


def _with_pool(side: CategoryState, common: list[str], label: str, pool: int) -> CategoryState:
    counts = {one: side.counts[one] for one in common if side.counts.get(one)}
    if pool:
        counts[label] = pool
    return CategoryState(side.missing, counts)


def _rounded(scale: Scale) -> Scale:
    if not scale.edges:
        return scale
    grid = _grid(scale)
    deciles = {_down(one, grid) for one in scale.deciles}
    middle = {edge for number, edge in enumerate(scale.edges) if _beside_atom(scale, number)}
    ends = {_outward(scale.edges[0], -1), _outward(scale.edges[-1], 1)}
    edges = {*middle, *deciles, *ends, *(_down(edge, grid) for edge in scale.edges[1:-1])}
    inner = sorted(one for one in edges if math.isfinite(one))
    return Scale(tuple(inner), tuple(sorted(deciles)), _down(scale.origin, grid), scale.unit)


def _beside_atom(scale: Scale, number: int) -> bool:
    return scale.atom(number) or scale.atom(number + 1)


def _grid(scale: Scale) -> float:
    ends = scale.deciles if len(scale.deciles) > 1 else scale.edges
    wide = (ends[-1] - ends[0]) or abs(ends[0]) or 1.0
    if not math.isfinite(wide):
        wide = sys.float_info.max / GRID
    return float(10.0 ** math.floor(math.log10(max(wide, sys.float_info.min * 1e6) / GRID)))


def _down(value: float, grid: float) -> float:
    """The multiple of the grid at or below a value; a value too large for it as it is written with three digits."""
    steps = value / grid
    if not math.isfinite(steps) or abs(steps) >= 2**52:
        return _outward(value, -1)
    made = float(f"{math.floor(steps) * grid:.12g}")
    return made if made <= value else float(f"{(math.floor(steps) - 1) * grid:.12g}")


def _outward(value: float, way: int) -> float:
    """A value with two digits, not inside of it: below for -1, above for 1."""
    if value == 0:
        return 0.0 if way < 0 else math.nextafter(0.0, 1.0)
    if abs(value) < SMALLEST:  # too small for two digits: between zero and the smallest that has them
        return (-SMALLEST if value < 0 else 0.0) if way < 0 else (0.0 if value < 0 else SMALLEST)
    size = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    steps = math.floor(value / size) if way < 0 else math.floor(value / size) + 1
    made = float(f"{steps * size:.12g}")
    return made if math.isfinite(made) else math.copysign(sys.float_info.max, value)


def _kept_edges(scale: Scale, then: NumberState, now: NumberState, minimum: int) -> list[int]:
    """The edges that stay, as positions: first of the tenths and common values, then between them."""
    below = [_sums(state.bins) for state in (then, now)]
    rare = {
        place
        for number in range(1, len(scale.edges))
        if scale.atom(number) and then.bins[number] < minimum
        for place in (number - 1, number)
    }
    common = {
        place
        for number in range(1, len(scale.edges))
        if scale.atom(number) and then.bins[number] >= minimum
        for place in (number - 1, number)
    }
    free = [
        place for place in range(len(scale.edges)) if place not in rare or place in common or _on_grid(scale, place)
    ]
    tenths = set(scale.deciles)
    first = [place for place in free if place in common or scale.edges[place] in tenths]
    total = len(scale.edges) + 1
    kept = _apart(first, below, 0, total, minimum)
    bounds = [0, *(place + 1 for place in kept), total]
    between = [
        place
        for start, end in pairwise(bounds)
        for place in _apart([one for one in free if start <= one and one + 1 < end], below, start, end, minimum)
    ]
    return sorted({*kept, *between})


def _on_grid(scale: Scale, place: int) -> bool:
    edge = scale.edges[place]
    return _down(edge, _grid(scale)) == edge


def _apart(places: list[int], below: list[list[int]], start: int, end: int, minimum: int) -> list[int]:
    """Those of some edges between two others that leave no row or `minimum` rows in each part, on both sides."""
    kept: list[int] = []
    at = start

    def enough(first: int, last: int) -> bool:
        return all((rows := one[last] - one[first]) == 0 or rows >= minimum for one in below)

    for place in places:
        if enough(at, place + 1):
            kept.append(place)
            at = place + 1
    while kept and not enough(kept[-1] + 1, end):
        kept.pop()
    return kept


def _sums(bins: tuple[int, ...]) -> list[int]:
    """Rows below each bin, and of all."""
    made = [0]
    for rows in bins:
        made.append(made[-1] + rows)
    return made


def joined(state: NumberState, kept: list[int], scale: Scale) -> NumberState:
    """A state counted on a scale, with only those edges that stand at some positions."""
    return _joined(state, kept, replace(scale, edges=tuple(scale.edges[place] for place in kept)))


def _joined(state: NumberState, kept: list[int], scale: Scale) -> NumberState:
    sums = _sums(state.bins)
    places = [0, *(place + 1 for place in kept), len(state.bins)]
    bins = tuple(sums[end] - sums[start] for start, end in pairwise(places))
    low, high = _extremes(state, bins, scale)
    return replace(
        state, bins=bins, minimum=low, maximum=high, hashes=(0,) if state.present > state.beyond else (), values=None
    )


def _extremes(state: NumberState, bins: tuple[int, ...], scale: Scale) -> tuple[float | None, float | None]:
    """The ends of the first and the last bin that have rows; of open bins, the extremes with two digits, outward."""
    if state.minimum is None or state.maximum is None:
        return None, None
    used = list(_used(bins))
    ends = (state.minimum, state.maximum)
    outward = ends if state.joined else (_outward(ends[0], -1), _outward(ends[1], 1))
    low = outward[0] if used[0] == 0 else scale.edges[used[0] - 1]
    if used[-1] == len(scale.edges):
        return low, outward[1]
    return low, math.nextafter(scale.edges[used[-1]], -math.inf)


def _used(bins: tuple[int, ...]) -> Iterator[int]:
    return (number for number, rows in enumerate(bins) if rows)
