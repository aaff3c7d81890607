"""Reference profiles that are kept: made once from the rows of a reference, read from a file, held against later rows."""

from __future__ import annotations

from collections.abc import Collection
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consilience.kit import canonical
from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.states import profile_wire, stored
from consilience.measure.states.profile import Profile

if TYPE_CHECKING:
    from consilience.measure.engines.scan import Progress

LARGEST_FILE = 512 * 1024 * 1024


def read_profile(path: str | PathLike[str]) -> Profile:
    """A reference profile from its file, as `consilience profile --save-profile` writes it. BadInput says what is wrong with it."""
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise BadInput(str(path), f"is larger than {LARGEST_FILE} bytes, which no profile is")
        text = file.read_bytes()
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from error
    try:
        return profile_wire.decode(text)
    except BadInput as error:
        raise BadInput(
            str(path), f"is no profile as `consilience profile --save-profile` writes one: {error}"
        ) from error


def to_keep(
    source: Any,
    *,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    minimum_group: int = USUAL_MINIMUM,
    progress: Progress | None = None,
) -> Profile:
    """The profile of a reference as it is stored for a version: its edges are learned once, and few rows are not told of.

    Arguments and errors are those of `measure.drifting.profiles_to_send`.
    """
    from consilience.measure.engines.learning import learn
    from consilience.measure.engines.profiling import profile, reopenable
    from consilience.measure.states.travelling import rounded

    if minimum_group < 1:
        raise WrongUse("the smallest group has one row at least")
    opened = reopenable(source)
    plan = rounded(learn(opened, only=columns, without=without))
    found = profile(opened, plan, progress=progress)
    stored.refuse_empty(found, opened.name)
    return stored.kept_alone(found, minimum=minimum_group)


def counted_on(source: Any, reference: Profile, *, progress: Progress | None = None) -> Profile:
    """The rows of a source on the edges of a reference, as they compare with it. The source is read once."""
    from consilience.measure.engines.profiling import profile
    from consilience.measure.native.kernel import warm

    warm()
    return stored.aligned(reference, profile(source, reference.plan, progress=progress))


def to_send(
    source: Any,
    reference: Profile,
    *,
    columns: Collection[str] | None = None,
    without: Collection[str] = (),
    minimum_group: int = USUAL_MINIMUM,
    progress: Progress | None = None,
) -> tuple[Profile, Profile]:
    """A stored reference and the rows of a source as both may leave: `drifting.report` of them is what a server calculates."""
    from consilience.measure.engines.profiling import profile

    if minimum_group < 1:
        raise WrongUse("the smallest group has one row at least")
    chosen = stored.restricted(reference, columns=columns, without=without)
    return stored.sides_to_send(chosen, profile(source, chosen.plan, progress=progress), minimum=minimum_group)


def digest(reference: Profile) -> str:
    """SHA-256 of the canonical bytes: the name under which a stored reference stands in the ledger and in evidence."""
    return canonical.sha256(profile_wire.encode(reference))
