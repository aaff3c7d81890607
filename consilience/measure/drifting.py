"""Comparing two sets of rows: the `drift` report; and the `profile` report of one."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import WrongUse
from consilience.measure.binned import bins, most
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.report import Report
from consilience.measure.report import report as named_report
from consilience.measure.states.categories import CategoryState, value_of
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import Profile

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.states.profile import ColumnPlan

SCHEMA = "urn:consilience:drift:1"


def drift(
    source: Any,
    reference: Any,
    *,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    multivariate: bool = False,
    progress: Progress | None = None,
) -> Report:
    """The `drift` report: how far the rows of a source moved from those of a reference, column by column.

    Both are whatever `evaluate` takes. All columns that can be counted are compared, or only `columns`, `without` some. The
    bins are those of the reference: half-percent quantiles, and its values where it has few. The reference may be a Profile
    that was kept (`references.read_profile`): then nothing is learned, and the report names its digest. `multivariate` adds under
    that name whether the two can be told apart by all columns together (`samples.two_sample`), on a sample of rows of each.

    Raises BadInput for data that cannot be used, and for a column that the reference does not have.
    """
    from consilience.measure.engines.learning import learn
    from consilience.measure.engines.opening import open_source
    from consilience.measure.engines.profiling import ProfileFolder, reopenable
    from consilience.measure.engines.scan import Reading, scan_all
    from consilience.measure.native.kernel import warm
    from consilience.measure.states.stored import refuse_empty

    if isinstance(reference, Profile):
        if multivariate:
            raise WrongUse("a kept reference has no rows: whether all columns together tell the two apart needs them")
        return named_report(_against(source, reference, columns, without, progress), source)
    warm()
    before = reopenable(reference)
    then = ProfileFolder(learn(before, only=columns, without=without), before)
    now = reopenable(source) if multivariate else open_source(source)
    current = ProfileFolder(then.plan, now)
    (old,), (new,) = scan_all([Reading(before, [then]), Reading(now, [current])], progress=progress)
    known = then.states(old)
    refuse_empty(known, before.name)
    found = report(known, current.states(new))
    if multivariate:
        from consilience.measure.samples.two_sample import told_apart

        found["multivariate"] = told_apart(before, now, columns=columns, without=without, progress=progress).as_json()
    return named_report(found, source)


def _against(
    source: Any,
    reference: Profile,
    columns: Collection[str] | None,
    without: Collection[str],
    progress: Progress | None,
) -> dict[str, Json]:
    from consilience.measure import references
    from consilience.measure.states import stored

    stored.refuse_empty(reference, stored.WHERE)
    chosen = stored.restricted(reference, columns=columns, without=without)
    now = references.counted_on(source, chosen, progress=progress)
    return report(chosen, now) | {"reference_profile": references.digest(reference)}


def profile(
    source: Any,
    *,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
) -> Report:
    """The `profile` report: what every column of a source holds. Arguments and errors are those of `drift`."""
    return named_report(
        profile_report(reference_profile(source, columns=columns, without=without, progress=progress)), source
    )


def reference_profile(
    reference: Any,
    *,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    progress: Progress | None = None,
) -> Profile:
    """The profile of a reference, counted by the plan that is learned from it."""
    from consilience.measure.engines.learning import learn
    from consilience.measure.engines.profiling import profile, reopenable
    from consilience.measure.native.kernel import warm

    warm()
    opened = reopenable(reference)
    return profile(opened, learn(opened, only=columns, without=without), progress=progress)


def profiles_to_send(
    source: Any,
    reference: Any,
    *,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    minimum_group: int = USUAL_MINIMUM,
    progress: Progress | None = None,
) -> tuple[Profile, Profile]:
    """The profiles of a reference and a source as they may leave this machine: see `measure.states.travelling`.

    `report` of them is what a server will calculate. Arguments and errors are those of `drift`.
    """
    from consilience.measure.engines.learning import learn
    from consilience.measure.engines.profiling import profile, reopenable
    from consilience.measure.states.travelling import rounded, travelling

    if minimum_group < 1:
        raise WrongUse("the smallest group has one row at least")
    opened = reopenable(reference)
    plan = rounded(learn(opened, only=columns, without=without))
    then = profile(opened, plan, progress=progress)
    return travelling(then, profile(source, plan, progress=progress), minimum=minimum_group)


def report(reference: Profile, current: Profile) -> dict[str, Json]:
    """The `drift` report from two profiles alone, so that a server can calculate again what a client says."""
    from consilience.measure.states import profile_wire

    return {
        "schema": SCHEMA,
        "rows": current.rows,
        "reference_rows": reference.rows,
        "plan": canonical.digest(profile_wire.plan_json(reference.plan)),
        "features": (found := features(reference, current)),
        "bins": bins(reference, current),
        "not_compared": [one.name for one in reference.plan.columns if one.name not in found],
    }


def features(reference: Profile, current: Profile) -> dict[str, Json]:
    """Every figure of every column: the `drift.features` of an `evaluate` report."""
    from consilience.measure.metrics import drift as metrics

    return metrics.as_json(metrics.drift(reference, current))


def profile_report(profile: Profile) -> dict[str, Json]:
    """The `profile` report: what each column holds. Every number is exact but the count of distinct values beyond a thousand."""
    return {
        "schema": "urn:consilience:profile-report:1",
        "rows": profile.rows,
        "columns": {
            column.name: _described(column, profile)
            for column in profile.plan.columns
            if column.name in profile.columns
        },
        "not_counted": sorted(set(profile.types) - set(profile.columns)),
    }


def _described(column: ColumnPlan, profile: Profile) -> dict[str, Json]:
    from consilience.measure.metrics.distance import moments
    from consilience.measure.states.numbers import HASHES, KEPT_HASHES, distinct

    state = profile.columns[column.name]
    said: dict[str, Json] = {"kind": str(column.kind), "type": profile.types[column.name], "missing": state.missing}
    if isinstance(state, CategoryState):
        return said | {
            "distinct": len(state.counts) if state.complete else None,
            "values": [{"value": value_of(key), "rows": rows} for key, rows in most(state.counts)]
            if state.complete
            else [],
        }
    scale = column.scale or Scale((), (), 0.0, 0)
    found = moments(state, scale)
    number, low, high = (
        min(one, float(state.present)) for one in distinct(state.hashes, keep=KEPT_HASHES, space=HASHES)
    )
    return said | {
        "nan": state.nan,
        "infinite": state.low_infinite + state.high_infinite,
        "minimum": state.minimum,
        "maximum": state.maximum,
        "mean": found[0] if found else None,
        "standard_deviation": found[1] if found else None,
        "tenths": list(scale.deciles),
        "distinct": round(number),
        "distinct_low": round(low),
        "distinct_high": round(high),
        "histogram": _histogram(state, scale),
    }


def _histogram(state: NumberState, scale: Scale) -> Json:
    """Rows in at most thirty bins of equal width over the range, each made of the counted bins whose middle lies in it."""
    if state.minimum is None or state.maximum is None or state.minimum == state.maximum:
        return None
    low, high = state.minimum, state.maximum
    ends = [low, *scale.edges, high]
    counted = [0.0] * 30
    width = (high - low) / 30
    if not 0 < width < math.inf:
        return None
    places = [(min(max(end, low), high) - low) / width for end in ends]
    for rows, start, end in zip(state.bins, places[:-1], places[1:], strict=True):
        _spread(counted, rows, start, end)
    return {"low": low, "high": high, "rows": [round(rows) for rows in counted]}


def _spread(counted: list[float], rows: int, start: float, end: float) -> None:
    """Add rows that lie evenly between two places of a row of bins of width 1."""
    first, last = min(int(start), 29), min(int(end), 29)
    if first == last or end <= start:
        counted[first] += rows
        return
    for place in range(first, last + 1):
        part = min(end, place + 1.0) - max(start, float(place))
        counted[place] += rows * part / (end - start)
