"""A profile that travelled as the fields of a record: each column in figures and bins that people can look at."""

from __future__ import annotations

from typing import Any

from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.measure import binned
from consilience.measure.metrics.distance import moments
from consilience.measure.metrics.quality import missing_share
from consilience.measure.states import profile_wire
from consilience.measure.states.categories import CategoryState
from consilience.measure.states.numbers import NumberState, Scale
from consilience.measure.states.profile import ColumnPlan, Profile


def fields(profile: Profile, *, minimum: int) -> dict[str, Any]:
    """The fields of kinds `reference_profile` and `data_profile`, from a profile that may travel."""
    bins = binned.bins(profile, profile)
    return {
        "rows": profile.rows,
        "profile": canonical.sha256(profile_wire.encode(profile)),
        "plan": canonical.digest(profile_wire.plan_json(profile.plan)),
        "minimum_group": minimum,
        "not_counted": sorted(set(profile.types) - set(profile.columns)),
        "columns": [
            _column(column, profile, bins[column.name])
            for column in profile.plan.columns
            if column.name in profile.columns
        ],
    }


def check(profile: Profile, *, minimum: int) -> None:
    """BadInput for a profile that tells of single values or of fewer rows than it says: such a one may not be kept."""
    if profile.plan.exact_rows:
        raise BadInput("profile", "lists single values; count it as `consilience profile --attach` does")
    for name, state in profile.columns.items():
        where = f"profile.columns[{name!r}]"
        if isinstance(state, NumberState):
            counted, told = state.bins, not state.joined and state.present > state.beyond
        else:
            counted, told = tuple(state.counts.values()), not state.complete
        if told:
            raise BadInput(where, "tells of single values; count it as `consilience profile --attach` does")
        if any(0 < rows < minimum for rows in counted):
            raise BadInput(where, f"tells of fewer than {minimum} rows")


def _column(column: ColumnPlan, profile: Profile, bins: Any) -> dict[str, Any]:
    state = profile.columns[column.name]
    said: dict[str, Any] = {
        "name": column.name,
        "kind": str(column.kind),
        "type": profile.types[column.name],
        "missing": state.missing,
        "missing_share": missing_share(state).as_json(),
        "mean": None,
        "standard_deviation": None,
        "low": None,
        "high": None,
        "bins": len(state.counts) if isinstance(state, CategoryState) else len(state.bins),
        "labels": bins["labels"],
        "counts": bins["reference"],
    }
    if isinstance(state, CategoryState):
        return said
    found = moments(state, column.scale or Scale((), (), 0.0, 0))
    if found is not None:
        said |= {"mean": found[0], "standard_deviation": found[1]}
    return said | {"low": state.minimum, "high": state.maximum}
