"""What a person should look at in the values of a column: spellings that are nearly known, a share that jumped."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from consilience.kit.canonical import Json
from consilience.measure.metrics.figure import Figure, Method, figure
from consilience.measure.metrics.intervals import wilson
from consilience.measure.metrics.listing import atoms, few_values
from consilience.measure.metrics.renaming import ALIKE_ENOUGH, SAME_SHARES, same_shares
from consilience.measure.spelling import look_alike
from consilience.measure.states.categories import CategoryState, value_of
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import ColumnState, Kind, Profile

LOOKS_LIKE = "looks_like"
SHARE_JUMPED = "share_jumped"
VALUES_CHANGED = "values_changed"
RECODED = 0.1
JUMP = 0.05
TIMES = 5.0
MOST_UNSEEN = 100


@dataclass(frozen=True)
class Note:
    """`looks_like`: the unseen `value` is nearly `like`. `share_jumped`: from one share to another, far and many times. `values_changed`: almost no
    value was known before."""

    column: str
    reason: str
    value: str | None
    sentence: str
    like: str | None = None
    reference: Figure | None = None
    current: Figure | None = None

    def as_json(self) -> dict[str, Json]:
        return {
            "column": self.column,
            "reason": self.reason,
            "value": self.value,
            "like": self.like,
            "reference": None if self.reference is None else self.reference.as_json(),
            "current": None if self.current is None else self.current.as_json(),
            "sentence": self.sentence,
        }


def notes_on(reference: Profile, current: Profile, withheld: Collection[str] = ()) -> tuple[Note, ...]:
    """The notes on all columns that both have in the same kind, those of withheld columns left out."""
    made: list[Note] = []
    for column in reference.plan.columns:
        then, now = reference.columns.get(column.name), current.columns.get(column.name)
        if then is None or now is None or column.name in withheld or column.kind in (Kind.TIME, Kind.LOCAL_TIME):
            continue
        near = list(_near(column.name, then, now))
        made += near
        recoded = _recoded(column.name, then, now, column.scale)
        explained = {note.like for note in near}  # its share went to the other spelling
        jumped = (note for note in _jumped(column.name, then, now, column.scale) if note.value not in explained)
        made += [recoded] if recoded is not None else jumped
    return tuple(made)


def _near(column: str, then: ColumnState, now: ColumnState) -> Iterator[Note]:
    if not (isinstance(then, CategoryState) and isinstance(now, CategoryState) and then.complete and now.complete):
        return
    known = [value_of(key) for key in then.counts]
    unseen = sorted((key for key in now.counts if key not in then.counts), key=lambda key: (-now.counts[key], key))
    for key in unseen[:MOST_UNSEEN]:
        value = value_of(key)
        near = look_alike(value, known)
        if near is not None:
            said = f"{value!r} is new; {near[0]!r} is known, and {near[1]}. They are not taken for one another."
            yield Note(
                column, LOOKS_LIKE, value, said, near[0], _share(0, then.present), _share(now.counts[key], now.present)
            )


def _recoded(column: str, then: ColumnState, now: ColumnState, scale: Scale | None) -> Note | None:
    """Where hardly a row has a value that was known: perhaps each value was given another word."""
    before, after = few_values(then, scale), few_values(now, scale)
    if before is None or after is None or sum(after.get(value, 0) for value in before) > RECODED * now.present:
        return None
    alike = same_shares(before, after) >= ALIKE_ENOUGH[SAME_SHARES]
    why = "in the same shares, as if each had been given another word or code" if alike else "in other shares as well"
    return Note(column, VALUES_CHANGED, None, f"Almost all rows have values that the reference did not know, {why}.")


def _jumped(column: str, then: ColumnState, now: ColumnState, scale: Scale | None) -> Iterator[Note]:
    """Known values whose share moved by five points and five times: more often a coding than a population."""
    before, after = _known(then, scale), _known(now, scale)
    if not then.present or not now.present:
        return
    for value in sorted(before):
        p, q = before[value] / then.present, after.get(value, 0) / now.present
        if abs(q - p) >= JUMP and max(p, q) >= TIMES * min(p, q):
            said = f"The share of {value!r} went from {p:.2%} to {q:.2%}. A change of coding looks like this."
            figures = _share(before[value], then.present), _share(after.get(value, 0), now.present)
            yield Note(column, SHARE_JUMPED, value, said, None, *figures)


def _known(state: ColumnState, scale: Scale | None) -> dict[str, int]:
    found = few_values(state, scale)
    if found is None and isinstance(state, NumberState):
        found = atoms(state, scale)
    return found or {}


def _share(part: int, rows: int) -> Figure:
    low, high = wilson(part, rows)
    return figure(part / rows, low, high, method=Method.WILSON, rows=rows)
