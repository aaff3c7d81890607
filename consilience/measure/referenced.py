"""Everything about a set of rows and how it differs from a reference, from one reading of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consilience.kit.canonical import Json
from consilience.measure import drifting

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.plan import Plan
    from consilience.measure.states.cube import States
    from consilience.measure.states.profile import Profile


@dataclass(frozen=True)
class Counted:
    """The counts of a set of rows: the cube, and its profile beside that of the reference."""

    states: States
    reference: Profile
    current: Profile


def count(
    source: Any,
    plan: Plan,
    reference: Any,
    *,
    columns: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Counted:
    """Count rows by a plan, and every column of them, or some, against a reference.

    The plan's filter says which rows of the source are meant; the reference is taken whole.
    """
    from consilience.measure.engines.arrow import CubeFolder
    from consilience.measure.engines.filtered import FilteredFolder
    from consilience.measure.engines.profiling import ProfileFolder
    from consilience.measure.engines.scan import scan
    from consilience.measure.engines.sources import open_source

    then = drifting.reference_profile(reference, columns=columns, progress=progress)
    opened = open_source(source)
    cube, profile = CubeFolder(plan, opened), ProfileFolder(then.plan, opened)
    if not plan.where:
        cubes, profiles = scan(opened, [cube, profile], progress=progress)
    else:
        cubes, filtered = scan(opened, [cube, FilteredFolder(profile, plan.where, opened)], progress=progress)
        profiles = [one.inner for one in filtered]
    return Counted(cube.states(cubes), then, profile.states(profiles))


def additions(counted: Counted) -> dict[str, Json]:
    """What a reference adds to the `evaluate` report: `drift`."""
    return {
        "drift": {
            "reference_rows": counted.reference.rows,
            "features": drifting.features(counted.reference, counted.current),
            "bins": drifting.bins(counted.reference, counted.current),
        }
    }
