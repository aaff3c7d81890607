"""A reference that is kept: a profile as it may leave alone, and every later set of rows counted on its edges.

What is kept is what may travel (`states.travelling`), so it tells nothing of fewer rows than a minimum. A category of fewer
rows is part of REST. Nobody can tell it from one that the reference never had, so in later rows both are REST.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from difflib import get_close_matches

from consilience.kit.errors import BadInput
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import NumberState
from consilience.measure.states.profile import ColumnPlan, ColumnState, Profile
from consilience.measure.states.travelling import POOLED, REST, joined, travelling

WHERE = "reference"


def kept_alone(profile: Profile, *, minimum: int) -> Profile:
    """The profile as it may be kept elsewhere; it must have been counted by a `rounded` plan."""
    alone, _ = travelling(profile, profile, minimum=minimum)
    columns = {name: _renamed(state) for name, state in alone.columns.items()}
    return replace(alone, columns=columns)


def refuse_empty(profile: Profile, where: str) -> None:
    """BadInput for a reference without rows: nothing is moved from nothing, and no edge is learned."""
    if not profile.rows:
        raise BadInput(where, "has no rows, so nothing can be measured from it as a reference")


def aligned(reference: Profile, current: Profile) -> Profile:
    """Later rows as they compare with a kept reference: values that it does not name are REST where it has one.

    A column of more values than are listed stays as it is: its values are known by their hashes only.
    """
    columns = {
        name: _within(then, state) if then is not None and isinstance(state, CategoryState) else state
        for name, state, then in ((name, state, reference.category(name)) for name, state in current.columns.items())
    }
    return replace(current, columns=columns)


def sides_to_send(reference: Profile, current: Profile, *, minimum: int) -> tuple[Profile, Profile]:
    """A kept reference and later rows as both may leave: on its edges, joined further where the later rows are few.

    Both must be counted by the plan of the reference. Raises BadInput where nothing is left.
    """
    return travelling(reference, aligned(reference, current), minimum=minimum)


def restricted(reference: Profile, *, columns: Collection[str] | None = None, without: Collection[str] = ()) -> Profile:
    """The reference with some of its columns. Raises BadInput for one that it does not have."""
    known = [one.name for one in reference.plan.columns]
    for name in [*(columns or ()), *without]:
        if name not in known and not (name in without and name in reference.types):
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise BadInput(WHERE, f"has no column {name!r}{hint}")
    chosen = tuple(
        one for one in reference.plan.columns if (columns is None or one.name in columns) and one.name not in without
    )
    states = {one.name: reference.columns[one.name] for one in chosen if one.name in reference.columns}
    return replace(reference, plan=replace(reference.plan, columns=chosen), columns=states)


def check_on(reference: Profile, then: Profile, now: Profile) -> None:
    """BadInput unless two profiles that were sent lie on the edges of a kept reference, bins and categories joined at most."""
    if (then.rows, dict(then.types)) != (reference.rows, dict(reference.types)):
        raise BadInput("profiles.reference", "is not the reference that is stored: it has other rows or types")
    if then.plan.exact_rows != reference.plan.exact_rows or then.plan != now.plan:
        raise BadInput("profiles", "were not counted on the stored edges")
    for column in then.plan.columns:
        where = f"profiles.reference, column {column.name!r}"
        planned = next((one for one in reference.plan.columns if one.name == column.name), None)
        if planned is None or column.name not in reference.columns:
            raise BadInput(where, "is not in the reference that is stored")
        expected = _coarser(planned, column, reference.columns[column.name], then.columns.get(column.name), where)
        if then.columns.get(column.name) != expected:
            raise BadInput(where, "has other counts than the reference that is stored")
        _check_named(reference.columns[column.name], now.columns.get(column.name), column.name)


def _coarser(
    planned: ColumnPlan, sent: ColumnPlan, state: ColumnState, said: ColumnState | None, where: str
) -> ColumnState:
    """The stored state with the bins and categories joined as those that were sent."""
    if isinstance(state, CategoryState):
        if sent != planned or not isinstance(said, CategoryState):
            raise BadInput(where, "is counted otherwise than the reference that is stored")
        return _pooled_as(state, said)
    if planned.scale is None or sent.scale is None or replace(sent, scale=planned.scale) != planned:
        raise BadInput(where, "is counted otherwise than the reference that is stored")
    edges = set(sent.scale.edges)
    scale = replace(
        planned.scale, edges=sent.scale.edges, deciles=tuple(one for one in planned.scale.deciles if one in edges)
    )
    if not edges <= set(planned.scale.edges) or scale != sent.scale:
        raise BadInput(where, "does not lie on the stored edges")
    return joined(state, [number for number, edge in enumerate(planned.scale.edges) if edge in edges], planned.scale)


def _pooled_as(state: CategoryState, said: CategoryState) -> CategoryState:
    pool = _pool_of(state)
    counts = {value: rows for value, rows in state.counts.items() if value in said.counts and value != pool}
    rest = sum(state.counts.values()) - sum(counts.values())
    return replace(state, counts=counts | ({pool: rest} if rest else {}))


def _check_named(reference: ColumnState, now: ColumnState | None, name: str) -> None:
    if not (isinstance(reference, CategoryState) and isinstance(now, CategoryState)) or REST not in reference.counts:
        return
    if not set(now.counts) <= set(reference.counts):
        raise BadInput(
            f"profiles.current, column {name!r}", f"names values that the stored reference does not; they are {REST!r}"
        )


def _pool_of(state: CategoryState) -> str:
    return REST if REST in state.counts else POOLED


def _renamed(state: ColumnState) -> ColumnState:
    if isinstance(state, NumberState) or POOLED not in state.counts:
        return state
    return replace(state, counts={REST if value == POOLED else value: rows for value, rows in state.counts.items()})


def _within(reference: CategoryState, state: CategoryState) -> CategoryState:
    if REST not in reference.counts or not state.complete:
        return state
    counts = {value: rows for value, rows in state.counts.items() if value in reference.counts}
    rest = sum(state.counts.values()) - sum(counts.values())
    return replace(state, counts=counts | ({REST: counts.get(REST, 0) + rest} if rest else {}))
