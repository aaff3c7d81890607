"""Options that name what rows are compared with: other rows, a kept profile, or the reference that is stored for a version."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import BadInput, WrongUse
from consilience.surfaces.cli.attaching import refuse_tables, show_computed
from consilience.surfaces.cli.files import counting
from consilience.surfaces.cli.shared import connect, say

if TYPE_CHECKING:
    from consilience.measure.states.profile import Profile

ReferenceProfile = Annotated[
    Path | None,
    typer.Option(help="A profile that was kept of the reference's rows (`profile --save-profile`), in place of them."),
]
ReferenceVersion = Annotated[
    str | None,
    typer.Option("--version", help="Compare with the reference that is stored for this version, as credit-risk@3."),
]


def compared_with(rows: str | None, profile: Path | None, version: str | None) -> Any:
    """What rows are compared with: an address of rows, a Profile, or None where nothing is named. WrongUse for two of them."""
    named = [name for name, one in _options(rows, profile, version).items() if one is not None]
    if len(named) > 1:
        raise WrongUse(f"{' and '.join(named)} each name what the rows are compared with: give one of them")
    if profile is not None:
        from consilience.measure.references import read_profile

        return read_profile(profile)
    return rows if version is None else stored(version)


def _options(rows: str | None, profile: Path | None, version: str | None) -> dict[str, Any]:
    return {"--reference": rows, "--reference-profile": profile, "--version": version}


def stored(version: str) -> Profile:
    """The reference of a version, fetched from the workspace."""
    with connect() as client:
        return client.reference_profile(version)


def refuse_withheld(reference: Profile, doing: str) -> None:
    """WrongUse where a kept profile withholds what `doing` would need."""
    if reference.plan.exact_rows == 0:
        raise WrongUse(f"this reference withholds its rare values and its extremes, so {doing}: name the contract")


def save(path: Path, profile: Profile) -> None:
    """Write a profile into a new file, whole or not at all: edges that were kept are never written over."""
    from consilience.measure.states import profile_wire

    data = profile_wire.encode(profile)
    if path.exists():
        raise BadInput(str(path), "exists already, and edges that were kept stay; name a file that is not there yet")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        os.link(part, path)
    except FileExistsError as error:
        raise BadInput(str(path), "exists already") from error
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from error
    finally:
        part.unlink(missing_ok=True)


def said_kept(path: Path, profile: Profile, *, withheld: bool) -> None:
    """Where the profile is, what it is called, and what it tells."""
    from consilience.measure.references import digest

    told = (
        "tells nothing of fewer rows than the minimum"
        if withheld
        else "holds values of rows: keep it where they are kept"
    )
    say(f"\nThe profile is in {path} (SHA-256 {digest(profile)[:12]}…). It {told}.")


def record(
    file: str, *, reference_for: str | None, attach: str | None, dataset: str, reason: str | None, minimum_group: int,
    columns: list[str] | None, without: list[str], as_json: bool,
) -> None:  # fmt: skip
    """Have the profile of a file recorded: as the reference of a version, or as what some data hold."""
    refuse_tables(file)
    said: dict[str, Any] = {"dataset": dataset, "minimum_group": minimum_group, "columns": columns, "without": without}
    with connect() as client, counting("Counting") as progress:
        if reference_for is not None:
            made = client.store_reference(file, version=reference_for, reason=reason, progress=progress, **said)
        else:
            made = client.profile_and_attach(file, version=str(attach), progress=progress, **said)
    show_computed(made, as_json=as_json)
