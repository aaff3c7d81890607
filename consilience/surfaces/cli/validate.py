"""`consilience validate`: data held to a contract, or to what a reference was like; without a workspace or a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from consilience.kit.clock import moment, now
from consilience.kit.errors import BadInput, ExitCode, WrongUse
from consilience.surfaces.cli.attaching import Attach, Dataset, MinimumGroup, attached, refuse_tables, show_computed
from consilience.surfaces.cli.drift import Html
from consilience.surfaces.cli.files import counting, write_page
from consilience.surfaces.cli.references import (
    ReferenceProfile,
    ReferenceVersion,
    compared_with,
    refuse_withheld,
)
from consilience.surfaces.cli.shared import connect, listed, paragraph, read_text, say, say_json, table, width

if TYPE_CHECKING:
    from consilience.measure.contract import Contract
    from consilience.measure.states.profile import Profile
    from consilience.measure.validation import Finding, Validation

EXAMPLES_SHOWN = 3
LEAST_ROOM = 24


def validate(
    file: Annotated[str, typer.Argument(help="A .parquet, .csv or .csv.gz file, a folder of them, or a glob.")],
    contract: Annotated[Path | None, typer.Option(help="The contract, a YAML file.")] = None,
    learn: Annotated[
        Path | None, typer.Option(help="Write a first contract here, learned from --reference, else from FILE.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="Data to compare with; without --contract, to learn the rules from.")
    ] = None,
    reference_profile: ReferenceProfile = None,
    version: ReferenceVersion = None,
    protected: Annotated[str, typer.Option(help="Columns whose values no example may show, by commas.")] = "",
    as_of: Annotated[
        str | None, typer.Option(help="The moment that ages are counted to: now, if not given.", metavar="MOMENT")
    ] = None,
    html: Html = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    attach: Attach = None,
    dataset: Dataset = None,
    minimum_group: MinimumGroup = None,
) -> int:
    """Hold data to a contract: 0 when every rule that can fail them is kept, 1 when one is broken."""
    refused = {
        "--learn": learn, "--reference": reference, "--html": html, "--reference-profile": reference_profile, "--version": version,
    }  # fmt: skip
    minimum = attached({"--attach": attach, "--dataset": dataset}, minimum_group, refused)
    if minimum is not None and contract is None:
        raise WrongUse("--attach sends the contract with its counts: name it with --contract")
    if minimum is not None and contract is not None:
        refuse_tables(file)
        with connect() as client, counting(f"validating {file}") as progress:
            made = client.validate_and_attach(
                file, version=str(attach), dataset=str(dataset), contract=read_text(contract), as_of=_moment(as_of),
                minimum_group=minimum, progress=progress,
            )  # fmt: skip
        show_computed(made, as_json=as_json)
        return int(ExitCode.YES if all(one["fields"]["passed"] for one in made) else ExitCode.NO)
    named = (reference, reference_profile, version)
    if contract is None and learn is None and named == (None, None, None):
        raise WrongUse("name what the data should be like: --contract, --reference, or --learn to begin a contract")
    if contract is not None and learn is not None:
        raise WrongUse("--learn writes a first contract; --contract names one that there is. Give one of them")
    if learn is not None and learn.exists():
        raise BadInput(str(learn), "exists already, and somebody may have edited it; name a file that is not there yet")
    from consilience.measure.contract_learning import learn_contract
    from consilience.measure.contract_reading import read_contract
    from consilience.measure.report import report as report_of

    read = read_contract(read_text(contract), str(contract)) if contract is not None else None
    at = _moment(as_of)
    then = _then(*named, learning=read is None)
    if read is None:
        learned_from = then or _with_rows(file)
        read = learn_contract(learned_from)
        if learn is not None:
            _write(learn, read, str(reference or reference_profile or version or file))
            if then is None:
                _say_learned(learn, read, learned_from, as_json)
                return int(ExitCode.YES)
    found = _validated(file, read, at, listed([protected]), then)
    report = report_of(found.as_json(), file)
    if html is not None:
        write_page(html, report.html())
    if as_json:
        say_json(report)
    else:
        _show(found)
        if html is not None:
            say(f"\nThe report is in {html}.")
    return int(ExitCode.YES if found.passed else ExitCode.NO)


def _validated(
    file: str, contract: Contract, as_of: datetime, protected: list[str], then: Profile | None
) -> Validation:
    from consilience.measure.engines.validating import validate as held_to

    with counting(f"validating {file}") as progress:
        found = held_to(file, contract, as_of=as_of, protected=protected, progress=progress)
    if then is None:
        return found
    from consilience.measure.engines.comparing import with_quality

    with counting(f"comparing {file}") as progress:
        return with_quality(found, file, then, withheld=protected, progress=progress)


def _then(reference: str | None, profile: Path | None, version: str | None, *, learning: bool) -> Profile | None:
    """What the rows are compared with, counted; None where nothing is named. No contract is learned from what is withheld."""
    against = compared_with(reference, profile, version)
    if reference is not None:
        return _with_rows(reference)
    if learning and against is not None:
        refuse_withheld(against, "no contract can be learned from it")
    return cast("Profile | None", against)


def _with_rows(file: str) -> Profile:
    """What data hold that others are held against, or that rules are learned from: nothing can be said by none."""
    from consilience.measure.engines.profiling import profile
    from consilience.measure.states.stored import refuse_empty

    with counting(f"reading {file}") as progress:
        found = profile(file, progress=progress)
    refuse_empty(found, file)
    return found


def _moment(said: str | None) -> datetime:
    if said is None:
        return moment(now())
    try:
        return datetime.fromisoformat(said)
    except ValueError as error:
        problem = (
            f"--as-of: {said!r} is not a moment; expected 2026-11-23T10:15:00Z, or without Z for times without a zone"
        )
        raise WrongUse(problem) from error


def _write(path: Path, contract: Contract, learned_from: str) -> None:
    from consilience.measure.contract_writing import write_contract

    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(f"# Learned from {Path(learned_from).name!r}.\n" + write_contract(contract))
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from error


def _say_learned(path: Path, contract: Contract, profile: Profile, as_json: bool) -> None:
    if as_json:
        say_json({"contract": str(path), "columns": len(contract.columns), "rows": profile.rows})
    else:
        say(f"{path}: a first contract for {len(contract.columns)} columns, from {profile.rows:,} rows. Edit it.")


def _show(found: Validation) -> None:
    broken = [one for one in found.findings if not one.passed]
    kept = len(found.findings) - len(broken)
    verdict = "passed" if found.passed else "failed"
    say(f"{found.source}: {verdict}. {found.rows:,} rows, {kept} rules kept, {len(found.failed)} broken, {len(found.warned)} warn.",
        tone="green" if found.passed else "red")  # fmt: skip
    if broken:
        say()
        _table_of(broken)
    for one in broken:
        for note in one.notes:
            say(paragraph(f"{one.column or one.rule}: {note}", first="  ", indent="    "))
    if found.quality_problem is not None:
        say(paragraph(f"The reference could not be compared with: {found.quality_problem}"))
    if found.quality is not None:
        _show_quality(found.quality)


def _table_of(broken: Sequence[Finding]) -> None:
    """What is broken, a line each, as much of it as fits; `--json` has everything."""
    starts = [(one.severity.value, one.column or "", one.rule.replace("_", " "), _count(one)) for one in broken]
    titles = ("", "COLUMN", "RULE", "BROKEN")
    taken = sum(2 + max(len(row[at]) for row in (titles, *starts)) for at in range(len(titles)))
    room = max(width() - taken, LEAST_ROOM)
    rows = [(*start, _cut(_seen(one), room)) for start, one in zip(starts, broken, strict=True)]
    table((*titles, "FOUND"), rows, empty="")


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _count(one: Finding) -> str:
    return "" if one.broken is None else f"{one.broken:,} of {one.violations.rows:,}"


def _seen(one: Finding) -> str:
    """What was found: of all rows together, or the first rows that break the rule."""
    if one.observed is not None:
        return one.observed
    first = [f"row {ex.row:,}" + ("" if ex.value is None else f": {ex.value}") for ex in one.examples[:EXAMPLES_SHOWN]]
    return f"{', '.join(first)} ({one.asks})" if first else one.asks


def _show_quality(quality: Mapping[str, Any]) -> None:
    schema = quality["schema"]
    say("\nAgainst the reference", tone="blue")
    for title, key in (("added", "added"), ("lost", "lost")):
        if schema[key]:
            say(
                paragraph(
                    f"{title}: " + ", ".join(f"{one['column']} ({one['type']})" for one in schema[key]), indent="  "
                )
            )
    for one in schema["retyped"]:
        say(f"  retyped: {one['column']} was {one['reference']}, is {one['current']}")
    for one in schema["renamed"]:
        say(
            paragraph(
                f"perhaps renamed: {one['lost']} to {one['added']} (alike {one['score']:.3f}). {one['sentence']}",
                first="  ",
                indent="    ",
            )
        )
    for note in quality["notes"]:
        say(paragraph(f"{note['column']}: {note['sentence']}", first="  ", indent="    "))
    rows = [
        (
            name,
            *(_share(figures, key) for key in ("missing_share", "outside_range", "unseen", "outlier_share")),
            _distinct(figures),
        )
        for name, figures in quality["columns"].items()
    ]
    table(("COLUMN", "MISSING", "OUTSIDE RANGE", "UNSEEN", "OUTLIERS", "DISTINCT"), rows, empty="No column is in both.")


def _share(figures: Mapping[str, Any], key: str) -> str:
    if key not in figures:
        return ""
    value = figures[key]["value"]
    return "undefined" if value is None else f"{value:.2%}"


def _distinct(figures: Mapping[str, Any]) -> str:
    found = figures["distinct"]
    about = "" if found["low"] == found["high"] else "about "
    return "undefined" if found["value"] is None else f"{about}{found['value']:,.0f}"
