"""Archives of the ledger: writing one from a workspace on this machine, checking one without any."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import CannotTell, WrongUse
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import AsJson, read_text, say, say_json

if TYPE_CHECKING:
    from consilience.domains.audit.report import Report
    from consilience.domains.witness.rules import Policy

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
    policy: Annotated[
        str | None, typer.Option(help="Whom you trust: a file (C2SP tlog-policy), or K-of-N of the witnesses named.")
    ] = None,
    witness: Annotated[
        list[str] | None, typer.Option(help="Public key of a witness (repeat); goes with K-of-N.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes that share the work; else one for each core, if it is large.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check an archive without a workspace: 0 good, 1 tampered, 7 cannot tell."""
    trusted = _policy(policy, witness or [])
    from consilience.config.workspace import set_up_django

    set_up_django()  # for the rules that decisions are evaluated by; no database is opened
    from consilience.domains.audit.verify import verify as check

    report = check(archive, pin=pin, policy=trusted, jobs=jobs)
    if as_json:
        say_json(report.as_json())
    else:
        _tell(report)
    return report.exit_code


def _policy(said: str | None, witnesses: list[str]) -> Policy | None:
    """The trust policy of --policy and --witness; without K-of-N every witness that is named must have cosigned."""
    from consilience.domains.witness import rules

    if said is None:
        return rules.at_least(len(witnesses), witnesses) if witnesses else None
    if Path(said).is_file():
        if witnesses:
            raise WrongUse("--witness goes with --policy K-of-N; a policy file names its witnesses itself")
        return rules.read(read_text(Path(said)))
    return rules.asked(said, witnesses)


def _tell(report: Report) -> None:
    said = report.as_json()
    for one in said["checks"]:
        say(f"{one['number']} {one['name']}: {_WORDS[one['outcome']]}")
        for line in one["about"]:
            say(f"    {line}")
        for found in one["findings"]:
            say(f"    {found['code']}: {found['about']}")
    say(f"{_WORDS[said['outcome']].capitalize()}: {report.size} entries, root {report.root}")
