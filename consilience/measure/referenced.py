"""Everything about a set of rows and how it differs from a reference, from one reading of each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consilience.kit.canonical import Json
from consilience.measure import binned, drifting, references
from consilience.measure.states import stored
from consilience.measure.states.profile import Profile

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress
    from consilience.measure.plan import Plan
    from consilience.measure.states.cube import States


@dataclass(frozen=True)
class Counted:
    """The counts of a set of rows: the cube, and its profile beside that of the reference."""

    states: States
    reference: Profile
    current: Profile
    added: Profile | None
    """The columns that the reference does not have, where it has lost some: one may be another under a new name."""
    kept: str | None = None
    """The digest of the reference, where it is a profile that was kept."""


def count(
    source: Any,
    plan: Plan,
    reference: Any,
    *,
    columns: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Counted:
    """Count rows by a plan, and every column of them, or some, against a reference: rows, or a Profile that was kept.

    The plan's filter says which rows of the source are meant; the reference is taken whole.
    """
    from consilience.measure.engines.arrow import CubeFolder
    from consilience.measure.engines.comparing import added_columns
    from consilience.measure.engines.filtered import FilteredFolder
    from consilience.measure.engines.learning import learn
    from consilience.measure.engines.opening import open_source
    from consilience.measure.engines.profiling import ProfileFolder, reopenable
    from consilience.measure.engines.scan import Reading, scan_all
    from consilience.measure.native.kernel import warm

    warm()
    readings, opened = list[Reading](), open_source(source)
    if isinstance(reference, Profile):
        kept_profile = stored.restricted(reference, columns=columns)
        asked, types = kept_profile.plan, set(kept_profile.types)
    else:
        there = reopenable(reference)
        then = ProfileFolder(learn(there, only=columns), there)
        readings, asked, types = [Reading(there, [then])], then.plan, set(then.types)
    new = added_columns(opened, types) if columns is None else []
    if new:
        opened = reopenable(opened)
    cube, profile = CubeFolder(plan, opened), ProfileFolder(asked, opened)
    profiles = [profile, *([ProfileFolder(learn(opened, only=new), opened)] if new else [])]
    kept = [FilteredFolder(one, plan.where, opened) for one in profiles] if plan.where else profiles
    *before, (cubes, *counted) = scan_all([*readings, Reading(opened, [cube, *kept])], progress=progress)
    found = [
        one.states([each.inner if plan.where else each for each in of])
        for one, of in zip(profiles, counted, strict=True)
    ]
    base = then.states(before[0][0]) if before else kept_profile
    stored.refuse_empty(base, stored.WHERE if isinstance(reference, Profile) else there.name)
    named = references.digest(reference) if isinstance(reference, Profile) else None
    return Counted(cube.states(cubes), base, stored.aligned(base, found[0]), found[1] if new else None, named)


def additions(counted: Counted) -> dict[str, Json]:
    """What a reference adds to the `evaluate` report: `drift` and `quality`.

    No value of a protected attribute is named in the notes on quality.
    """
    from consilience.measure.metrics.quality import quality

    protected = counted.states.plan.protected
    return {
        "quality": quality(counted.reference, counted.current, added=counted.added, withheld=protected).as_json(),
        "drift": {
            "reference_rows": counted.reference.rows,
            "features": drifting.features(counted.reference, counted.current),
            "bins": binned.bins(counted.reference, counted.current),
            **({} if counted.kept is None else {"reference_profile": counted.kept}),
        },
    }
