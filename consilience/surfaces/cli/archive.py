"""Archives of the ledger: writing one from a workspace on this machine, checking one without any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import CannotTell, WrongUse
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import AsJson, say, say_json

if TYPE_CHECKING:
    from consilience.domains.audit.report import Report

_WORDS = {"good": "good", "tampered": "TAMPERED", "cannot_tell": "cannot tell", "nothing": "nothing of this kind"}


def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The archive to write; an existing file stays.")],
    system: Annotated[str | None, typer.Option(help="One system, and what its records rest on.")] = None,
    whole: Annotated[bool, typer.Option("--all", help="Every entry and every record.")] = False,
    files: Annotated[bool, typer.Option("--files", help="Content files too; else their digests.")] = False,
    private: Annotated[bool, typer.Option("--private", help="Names and reasons too, with their salts.")] = False,
    folder: Where = None,
) -> None:
    """Write an archive that can be checked without this workspace. Works on this machine, and only reads."""
    if (system is None) is not whole:
        raise WrongUse("name one system with --system, or everything with --all")
    open_workspace(folder)
    from django.db import DatabaseError

    from consilience.domains.audit.export import Wanted
    from consilience.domains.audit.export import export as write

    try:
        done = write(Wanted(system, files=files, private=private), output)
    except (DatabaseError, OSError) as error:
        raise CannotTell(f"the archive cannot be written ({error})") from error
    made = done.manifest
    say(f"Wrote {output}: {done.entries} of {made.size} entries, {done.records} records, {done.files} files")
    say(f"Keep this head somewhere else: {made.size}:{made.root}")


def verify(
    archive: Annotated[Path, typer.Argument(help="What `consilience export` wrote.")],
    pin: Annotated[
        str | None, typer.Option(help="A head that was kept elsewhere: SIZE:ROOT, or a file with a signed head.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check an archive without a workspace: 0 good, 1 tampered, 7 cannot tell."""
    from consilience.config.workspace import set_up_django

    set_up_django()  # for the rules that decisions are evaluated by; no database is opened
    from consilience.domains.audit.verify import verify as check

    report = check(archive, pin=pin)
    if as_json:
        say_json(report.as_json())
    else:
        _tell(report)
    return report.exit_code


def _tell(report: Report) -> None:
    said = report.as_json()
    for one in said["checks"]:
        say(f"{one['number']} {one['name']}: {_WORDS[one['outcome']]}")
        for line in one["about"]:
            say(f"    {line}")
        for found in one["findings"]:
            say(f"    {found['code']}: {found['about']}")
    say(f"{_WORDS[said['outcome']].capitalize()}: {report.size} entries, root {report.root}")
