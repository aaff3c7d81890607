"""The values of a column with their rows, where they are known one by one."""

from __future__ import annotations

from consilience.kit import canonical
from consilience.measure.states.categories import CategoryState, value_of
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import ColumnState

FEW_VALUES = 64


def few_values(state: ColumnState, scale: Scale | None) -> dict[str, int] | None:
    """Rows by value, as text; None where there are more than FEW_VALUES, or some are not known.

    Numbers are known while all are kept, or where each has a bin of its own on the edges of the reference.
    """
    kept = state.values if isinstance(state, NumberState) else state.counts
    if kept is not None and len(kept) > FEW_VALUES:
        return None
    if isinstance(state, CategoryState):
        found = {value_of(key): rows for key, rows in state.counts.items()} if state.complete else {}
    elif state.values is not None:
        found = {canonical.number(value): rows for value, rows in state.values}
    else:
        found = atoms(state, scale)
        found = found if sum(found.values()) == state.present else {}
    return found if 0 < len(found) <= FEW_VALUES else None


def atoms(state: NumberState, scale: Scale | None) -> dict[str, int]:
    """Rows of the numbers that have a bin of their own, by value."""
    if scale is None:
        return {}
    return {
        canonical.number(scale.edges[at - 1]): rows for at, rows in enumerate(state.bins) if rows and scale.atom(at)
    }
