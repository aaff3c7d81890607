"""States that may leave the place where the rows lie: no group, of any attributes together, has fewer rows than a minimum.

The value of the last attribute of a group that is too small becomes WITHHELD; where what is then together is still too
small, that of the attribute before it, and so on. What is left over in the end takes the next smallest group along. No row
is dropped: figures of all rows stay as they are, and those of the first attribute lose least. Every group of the states
has the minimum, and every smaller roll-up is a sum of such groups, so no difference of two tells of fewer rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from consilience.measure.states import scores
from consilience.measure.states.cube import CellKey, States, Tally

WITHHELD = "(withheld)"

Values = tuple[str | None, ...]


def masked(states: States, *, minimum: int) -> States:
    """The same rows, with the values of small groups withheld. Where all rows are fewer than the minimum, all are one group."""
    depth = len(states.plan.protected)
    if not depth or minimum <= 1:
        return states
    rows = Counter[Values]()
    for key, tally in states.cells:
        rows[key.values] += tally.rows
    names = renamed(rows, depth, minimum)
    return states if all(old == new for old, new in names.items()) else _recounted(states, names)


def renamed(rows: Counter[Values], depth: int, minimum: int) -> dict[Values, Values]:
    """What each group's values become; `rows` are those of each group of all attributes together."""
    names = {values: values for values in rows}
    for kept in reversed(range(depth)):
        sizes = _sizes(rows, names)
        for values, name in names.items():
            if sizes[name] < minimum:
                names[values] = (*name[:kept], *[WITHHELD] * (depth - kept))
    everything = (WITHHELD,) * depth
    while 0 < (sizes := _sizes(rows, names))[everything] < minimum and len(sizes) > 1:
        smallest = min((name for name in sizes if name != everything), key=lambda name: (sizes[name], _order(name)))
        names = {values: everything if name == smallest else name for values, name in names.items()}
    return names


def _sizes(rows: Counter[Values], names: dict[Values, Values]) -> Counter[Values]:
    sizes = Counter[Values]()
    for values, name in names.items():
        sizes[name] += rows[values]
    return sizes


def _order(values: Values) -> tuple[tuple[bool, str], ...]:
    return tuple((value is not None, value or "") for value in values)


def _recounted(states: States, renamed: dict[Values, Values]) -> States:
    keys = [CellKey(renamed[key.values], key.label, key.prediction) for key, _ in states.cells]
    added: dict[CellKey, Tally] = {}
    for key, (_, tally) in zip(keys, states.cells, strict=True):
        added[key] = added[key] + tally if key in added else tally
    cells = tuple(sorted(added.items(), key=lambda item: item[0].order()))
    place = {key: number for number, (key, _) in enumerate(cells)}
    moved = np.array([place[key] for key in keys], dtype=np.int32)
    own = states.scores
    return replace(
        states, cells=cells, scores=scores.combine(own.shift, moved[own.cell], own.bin, own.rows, own.offset)
    )
