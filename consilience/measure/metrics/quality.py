"""The quality of rows against a reference: what became of the columns, and how each is filled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.measure.contract_learning import plain
from consilience.measure.metrics import drift, intervals, outliers
from consilience.measure.metrics.figure import Figure, Method, Reason, figure, undefined
from consilience.measure.metrics.noticing import Note, notes_on
from consilience.measure.metrics.renaming import Renamed, renamed_columns
from consilience.measure.states import categories, numbers
from consilience.measure.states.categories import KEPT_VALUES, CategoryState
from consilience.measure.states.numbers import HASHES, KEPT_HASHES, NumberState
from consilience.measure.states.profile import ColumnState, Profile


@dataclass(frozen=True)
class Retyped:
    """A column that both have, stored as another type."""

    column: str
    reference: str
    current: str


@dataclass(frozen=True)
class Quality:
    """What became of the columns, the figures of each that was counted on both sides, and what a person should look at."""

    added: tuple[tuple[str, str], ...]
    lost: tuple[tuple[str, str], ...]
    retyped: tuple[Retyped, ...]
    renamed: tuple[Renamed, ...]
    columns: Mapping[str, Mapping[str, Figure]]
    notes: tuple[Note, ...] = ()
    duplicates: Figure | None = None

    def as_json(self) -> dict[str, Json]:
        """The `quality` of a report."""
        made: dict[str, Json] = {
            "schema": {
                "added": [{"column": name, "type": kind} for name, kind in self.added],
                "lost": [{"column": name, "type": kind} for name, kind in self.lost],
                "retyped": [
                    {"column": one.column, "reference": one.reference, "current": one.current} for one in self.retyped
                ],
                "renamed": [one.as_json() for one in self.renamed],
            },
            "columns": {
                column: {name: one.as_json() for name, one in found.items()} for column, found in self.columns.items()
            },
            "notes": [one.as_json() for one in self.notes],
        }
        return made if self.duplicates is None else made | {"duplicates": self.duplicates.as_json()}


def quality(
    reference: Profile,
    current: Profile,
    *,
    added: Profile | None = None,
    duplicates: Figure | None = None,
    withheld: Collection[str] = (),
) -> Quality:
    """What changed in the columns, and how the rows of now fill them.

    Both profiles are counted by the reference's plan. `added` is a profile of the columns that the reference does not
    have, by a plan of its own: without it no column is suggested to be a lost one under another name. No value of a
    `withheld` column is in the notes. Raises BadInput for profiles counted by different plans.
    """
    if reference.plan != current.plan:
        raise BadInput("profiles", "cannot be compared: they were counted by different plans; count both by one")
    new = [(name, plain(kind)) for name, kind in current.types.items() if name not in reference.types]
    gone = [(name, plain(kind)) for name, kind in reference.types.items() if name not in current.types]
    both = [
        (name, plain(kind), plain(current.types[name]))
        for name, kind in reference.types.items()
        if name in current.types
    ]
    return Quality(
        tuple(new),
        tuple(gone),
        tuple(Retyped(name, then, now) for name, then, now in both if then != now and "null" not in (then, now)),
        ()
        if added is None
        else renamed_columns(reference, added, [name for name, _ in gone], [name for name, _ in new]),
        of_columns(reference, current),
        notes_on(reference, current, withheld),
        duplicates,
    )


def of_columns(reference: Profile, current: Profile) -> dict[str, dict[str, Figure]]:
    """The figures of every column that both profiles counted, in the order of the plan."""
    found: dict[str, dict[str, Figure]] = {}
    for column in reference.plan.columns:
        then, now = reference.columns.get(column.name), current.columns.get(column.name)
        if isinstance(then, NumberState) and isinstance(now, NumberState) and column.scale is not None:
            found[column.name] = {
                "missing_share": missing_share(now),
                "nan_share": nan_share(now),
                "infinite_share": infinite_share(now),
                "outside_range": drift.outside_range(then, now, column.scale),
                "outlier_share": outliers.outlier_share(then, now, column.scale),
                "distinct": distinct(now),
                "uniqueness": uniqueness(now),
                "constant": constant(now),
            }
        elif isinstance(then, CategoryState) and isinstance(now, CategoryState):
            found[column.name] = {
                "missing_share": missing_share(now),
                "unseen": drift.unseen(then, now),
                "distinct": distinct(now),
                "uniqueness": uniqueness(now),
                "constant": constant(now),
            }
    return found


def missing_share(state: ColumnState) -> Figure:
    """The share of rows without a value, from 0 to 1: null in typed data, an empty field in a CSV file. Exact; Wilson's interval.

    NaN is not missing in a column of numbers, it has a share of its own; in a column of texts it has no spelling.
    """
    return _share(state.missing, state.rows)


def nan_share(state: NumberState) -> Figure:
    """The share of rows that hold NaN, a number that is none, from 0 to 1. Exact; Wilson's interval."""
    return _share(state.nan, state.rows)


def infinite_share(state: NumberState) -> Figure:
    """The share of rows that hold an infinity of either sign, from 0 to 1. Exact; Wilson's interval."""
    return _share(state.low_infinite + state.high_infinite, state.rows)


def distinct(state: ColumnState) -> Figure:
    """How many different values these rows have, missing, NaN and infinite ones left out; from 0.

    Exact (`counted`) while all values are listed: up to 4,096 texts, and numbers while all are kept or have fewer than
    1,024 different values. Beyond, an estimate from the smallest hashes with about two standard errors on each side
    (`k-minimum-values`, Bar-Yossef et al. 2002).
    """
    if not state.rows:
        return undefined(Reason.NO_ROWS)
    value, low, high = _distinct(state)
    return Figure(value, low, high, Method.COUNTED if low == high else Method.K_MINIMUM, state.present, None)


def uniqueness(state: ColumnState) -> Figure:
    """Different values divided by rows with a value, above 0 to 1, where 1 means that none occurs twice.

    Exact or an estimate, as `distinct` is.
    """
    if not state.present:
        return undefined(Reason.NO_ROWS)
    value, low, high = (min(one / state.present, 1.0) for one in _distinct(state))
    return Figure(value, low, high, Method.COUNTED if low == high else Method.K_MINIMUM, state.present, None)


def constant(state: ColumnState) -> Figure:
    """1 where all rows with a value have the same one, else 0. Exact (`counted`)."""
    if not state.present:
        return undefined(Reason.NO_ROWS)
    same = (
        state.minimum == state.maximum if isinstance(state, NumberState) else len(state.counts) == 1 and state.complete
    )
    return Figure(float(same), float(same), float(same), Method.COUNTED, state.present, None)


def _distinct(state: ColumnState) -> tuple[float, float, float]:
    if isinstance(state, CategoryState):
        if state.complete:
            return (float(len(state.counts)),) * 3
        hashes = tuple(sorted(map(categories.hash_of, state.counts)))
        return numbers.distinct(hashes, keep=min(KEPT_VALUES, len(hashes)), space=categories.SPACE)
    if state.values is not None:
        return (float(len(state.values)),) * 3
    return numbers.distinct(state.hashes, keep=KEPT_HASHES, space=HASHES)


def _share(part: int, rows: int) -> Figure:
    if not rows:
        return undefined(Reason.NO_ROWS)
    low, high = intervals.wilson(part, rows)
    return figure(part / rows, low, high, method=Method.WILSON, rows=rows)
