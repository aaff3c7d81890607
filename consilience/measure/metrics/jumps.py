"""Single values whose share changed at once: a new coding, a default that became common, a category that vanished."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.measure.metrics.drift import share_shift
from consilience.measure.metrics.edge_words import FIRST_MOMENT, LAST_MOMENT
from consilience.measure.metrics.figure import Figure
from consilience.measure.states.categories import CategoryState, value_of
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import Kind, Profile

LEAST_JUMP = 0.05
MOST_VALUES = 64


@dataclass(frozen=True)
class Jump:
    """A value of a column whose share of rows changed by more than was allowed; `shift` is share now less share then."""

    column: str
    value: str
    before: float
    now: float
    shift: Figure

    def as_json(self) -> Json:
        return {
            "column": self.column,
            "value": self.value,
            "share_before": self.before,
            "share_now": self.now,
            "shift": self.shift.as_json(),
        }


def jumps(reference: Profile, current: Profile, *, least: float = LEAST_JUMP) -> list[Jump]:
    """The values whose share surely changed by more than `least`, the largest change first. Exact counts.

    A value is a category, or a number that is common by itself: one of at most 64 different ones, or one with a bin of
    its own; and where the reference has such numbers only, whatever is new between, below or above them. Surely means that Newcombe's interval of the change lies beyond `least` as a whole.
    """
    found: list[Jump] = []
    for column in reference.plan.columns:
        then, now = reference.columns.get(column.name), current.columns.get(column.name)
        if isinstance(then, CategoryState) and isinstance(now, CategoryState) and then.complete and now.complete:
            counts = [{value_of(key): rows for key, rows in one.counts.items()} for one in (then, now)]
        elif isinstance(then, NumberState) and isinstance(now, NumberState) and column.scale is not None:
            counts = _numbers(then, now, column.scale, column.kind, least)
        else:
            continue
        found.extend(_of_column(column.name, counts[0], counts[1], then.present, now.present, least))
    return sorted(found, key=lambda one: (-abs(one.now - one.before), one.column, one.value))


def _of_column(
    column: str, then: dict[str, int], now: dict[str, int], of_then: int, of_now: int, least: float
) -> list[Jump]:
    if not of_then or not of_now:
        return []
    made = []
    for value in sorted({*then, *now}):
        before, after = then.get(value, 0), now.get(value, 0)
        if abs(after / of_now - before / of_then) <= least:
            continue
        shift = share_shift(before, of_then, after, of_now)
        if shift.low is not None and shift.high is not None and (shift.low > least or shift.high < -least):
            made.append(Jump(column, value, before / of_then, after / of_now, shift))
    return made


def _numbers(then: NumberState, now: NumberState, scale: Scale, kind: Kind, least: float) -> list[dict[str, int]]:
    """Rows by number: of all values where those are few and kept, else of those that have a bin of their own.

    Bins whose share did not change by more than `least` are left out.
    """
    if then.values is not None and now.values is not None:
        if max(len(then.values), len(now.values)) <= MOST_VALUES:
            return [{_written(value, kind): rows for value, rows in one.values or ()} for one in (then, now)]
    if not then.present or not now.present:
        return [{}, {}]
    only_atoms = all(scale.atom(number) or not rows for number, rows in enumerate(then.bins))
    named: dict[int, str] = {}
    for number, (before, after) in enumerate(zip(then.bins, now.bins, strict=True)):
        moved = abs(after / now.present - before / then.present) > least
        name = _name(scale, number, kind) if moved and (only_atoms or scale.atom(number)) else None
        if name is not None:
            named[number] = name
    return [{name: one.bins[number] for number, name in named.items() if one.bins[number]} for one in (then, now)]


def _name(scale: Scale, number: int, kind: Kind) -> str | None:
    """What a bin holds, as people say it; None where there is no edge."""
    edges = scale.edges
    if not edges:
        return None
    if scale.atom(number):
        return _written(edges[number - 1], kind)
    low = None if number == 0 else _written(math.nextafter(edges[number - 1], -math.inf), kind)
    high = None if number == len(edges) else _written(edges[number], kind)
    return f"above {low}" if high is None else f"below {high}" if low is None else f"between {low} and {high}"


def _written(value: float, kind: Kind) -> str:
    """A number in its shortest form; a time as a moment, to the microsecond where it has any."""
    if kind is Kind.NUMBER or not FIRST_MOMENT <= value <= LAST_MOMENT:
        return canonical.number(value)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return moment.replace(tzinfo=None).isoformat(" ") + (" UTC" if kind is Kind.TIME else "")
