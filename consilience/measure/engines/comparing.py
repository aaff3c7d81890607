"""The quality of one source against another: both profiled by the reference's plan, added columns by one of their own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from consilience.kit.errors import BadInput
from consilience.measure.engines import learning
from consilience.measure.engines.profiling import ProfileFolder, reopenable
from consilience.measure.engines.scan import Progress, scan
from consilience.measure.engines.sources import Source
from consilience.measure.metrics.figure import Figure
from consilience.measure.metrics.quality import Quality, quality
from consilience.measure.states import stored
from consilience.measure.states.profile import Profile, ProfilePlan
from consilience.measure.validation import Validation


def quality_of(
    source: Any,
    reference: Profile,
    *,
    duplicates: Figure | None = None,
    withheld: Collection[str] = (),
    progress: Progress | None = None,
) -> Quality:
    """The quality of the rows of a source against a reference profile. The source is read twice where it has new columns.

    Raises BadInput where the reference has no rows.
    """
    stored.refuse_empty(reference, stored.WHERE)
    opened = reopenable(source)
    current = stored.aligned(reference, _profiled(opened, reference.plan, progress))
    new = added_columns(opened, reference.types)
    added = _profiled(opened, learning.learn(opened, only=new)) if new else None
    return quality(reference, current, added=added, duplicates=duplicates, withheld=withheld)


def added_columns(source: Source, reference: Collection[str]) -> list[str]:
    """Columns that the reference does not have and that may be lost ones under another name: none, where none is lost."""
    types = source.types()
    if all(name in types for name in reference):
        return []
    return [name for name, kind in types.items() if name not in reference and learning.countable(kind)]


def with_quality(
    found: Validation,
    source: Any,
    reference: Profile,
    *,
    withheld: Collection[str] = (),
    progress: Progress | None = None,
) -> Validation:
    """A validation with what changed against a reference. What a profile refuses does not undo what was validated."""
    repeated = next((one.violations for one in found.findings if one.rule == "duplicated_rows_at_most"), None)
    try:
        made = quality_of(source, reference, duplicates=repeated, withheld=withheld, progress=progress)
    except BadInput as error:
        return replace(found, quality_problem=str(error))
    return replace(found, quality=made.as_json())


def _profiled(source: Source, plan: ProfilePlan, progress: Progress | None = None) -> Profile:
    folder = ProfileFolder(plan, source)
    (countings,) = scan(source, [folder], progress=progress)
    return folder.states(countings)
