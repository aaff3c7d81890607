"""The library as files, and its life: export and import, status of a folder, history, search, discussion, reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.client import Client
from consilience.kit.errors import BadInput, ConsilienceError, ExitCode, WrongUse
from consilience.surfaces.cli.shared import AsJson, address, connect, done, paragraph, say, say_json, table

Slug = Annotated[str, typer.Argument(help="The policy's name.")]
STATES = {
    "same": "as published", "changed": "draft changed", "new": "new, not published", "not_valid": "not valid",
}  # fmt: skip


def export(
    slug: Annotated[str | None, typer.Argument(help="The policy's name; without one the whole library.")] = None,
    number: Annotated[int | None, typer.Option("--version", min=1, help="Another version than the newest.")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; for the whole library a folder.")
    ] = None,
) -> None:
    """Write a policy as it was published, byte for byte, or the whole library into a folder."""
    with connect() as client:
        if slug is not None:
            text = _published(client, slug, number)
            if output is None:
                typer.echo(text, nl=False)
            else:
                _write(output, text)
            return
        if output is None or number is not None:
            raise WrongUse("the whole library is written into a folder: -o FOLDER, and no --version")
        output.mkdir(parents=True, exist_ok=True)
        slugs = [one["policy"] for one in client.listed("/policies")]
        for one in slugs:
            _write(output / f"{one}.yaml", _published(client, one, None))
    say(f"{len(slugs)} policies in {output}")


def import_(
    path: Annotated[Path, typer.Argument(help="A policy as YAML, or a folder of them.")],
    as_json: AsJson = False,
) -> int:
    """Propose a file as it stands; of a folder every file that differs from what is published."""
    with connect() as client:
        if not path.is_dir():
            text = exact_text(path)
            try:
                made = client.propose_policy(text)
            except BadInput as error:
                raise BadInput(f"{path}: {error.where}", error.problem) from error
            done(made, as_json, f"Proposed {made['policy']}: {made['urn']}")
            return ExitCode.YES
        rows = _statuses(client, path)
        _one_file_each(rows)
        for row in rows:
            if row["state"] in ("changed", "new"):
                row.update(_proposed(client, path / row["file"]))
    if as_json:
        say_json(rows)
    else:
        for row in rows:
            said = row.get("proposal") or row["problem"] or STATES[row["state"]]
            say(paragraph(f"{row['file']}: {said}", indent="    "))
    return ExitCode.BAD_INPUT if any(row["problem"] for row in rows) else ExitCode.YES


def status(
    folder: Annotated[Path, typer.Argument(help="A folder of policies, such as a Git checkout.")],
    as_json: AsJson = False,
) -> int:
    """Hold a folder against the library: as published, changed, new, not valid. Exits with 1 when anything differs."""
    with connect() as client:
        rows = _statuses(client, folder)
    if as_json:
        say_json(rows)
    else:
        if not rows:
            say(
                f"No file ends in .yaml or .yml in {folder}; `consilience policy export -o {folder}` writes the library."
            )
        for row in rows:
            say(f"{row['file']}: {STATES[row['state']]}", tone="" if row["state"] == "same" else "yellow")
            if row["problem"]:
                say(paragraph(row["problem"], first="    ", indent="    "))
            for one in row["differences"]:
                say(paragraph(one["sentence"], first="  - ", indent="    "))
    _one_file_each(rows)
    if any(row["state"] == "not_valid" for row in rows):
        return ExitCode.BAD_INPUT
    return ExitCode.NO if any(row["state"] != "same" for row in rows) else ExitCode.YES


def history(slug: Slug, as_json: AsJson = False) -> None:
    """List the versions of a policy, and what each says otherwise than the one before it."""
    with connect() as client:
        rows = client.get(address("policies", slug))["history"]
        told = {
            row["version"]: client.compare_policy(slug, before["version"], row["version"])["differences"]
            for before, row in pairwise(rows)
        }
    if as_json:
        say_json([{**row, "differences": told.get(row["version"], [])} for row in rows])
        return
    for row in rows:
        mark = ", in force" if row["in_force"] else ""
        by = " and ".join(str(row[one]["name"]) for one in ("proposed_by", "published_by"))
        say(f"Version {row['version']}, from {row['in_force_from'][:19]} UTC{mark}, by {by}")
        _differences(told.get(row["version"], []), empty="" if row["version"] == 1 else "Says the same.")


def compare(
    slug: Slug,
    old: Annotated[int, typer.Argument(min=1, help="The number of a version.")],
    new: Annotated[int, typer.Argument(min=1, help="The number of another one.")],
    as_json: AsJson = False,
) -> int:
    """Say in words what one version says otherwise than another. Exits with 1 when they differ."""
    with connect() as client:
        found = client.compare_policy(slug, old, new)
    if as_json:
        say_json(found)
    else:
        _differences(found["differences"], empty="Both say the same.")
    return ExitCode.NO if found["differences"] else ExitCode.YES


def search(
    words: Annotated[list[str], typer.Argument(help="Words, or parts of words; all of them must be there.")],
    as_json: AsJson = False,
) -> int:
    """Find requirements by title, why, sentence, name, obligation, owner or kind of evidence. Exits with 1 on none."""
    with connect() as client:
        found = list(client.search_policies(" ".join(words)))
    if as_json:
        say_json(found)
    else:
        rows = [
            (one["policy"] + (f"/{one['requirement']}" if one["requirement"] else ""), one["owner"], one["title"],
             ", ".join(one["where"]))
            for one in found
        ]  # fmt: skip
        table(
            ("REQUIREMENT", "OWNER", "TITLE", "FOUND IN"), rows, empty="Nothing in the library has all of these words."
        )
    return ExitCode.YES if found else ExitCode.NO


def requirement(
    name: Annotated[str, typer.Argument(help="POLICY/REQUIREMENT")],
    as_json: AsJson = False,
) -> None:
    """Tell one requirement: what is asked, why, since when, from which law, and what it sees on live releases."""
    slug, _slash, named = name.partition("/")
    if not named:
        raise WrongUse(f"{name!r} is not POLICY/REQUIREMENT")
    with connect() as client:
        found = client.requirement(slug, named)
    if as_json:
        say_json(found)
        return
    say(paragraph(found["title"]))
    say(paragraph(found["why"], first="  ", indent="  "))
    say(f"  Owned by {found['owner']}; asked since {found['since'][:10]}; severity {found['severity']}.")
    say(paragraph(f"Follows from {', '.join([found['source'], *found['obligations']])}.", first="  ", indent="  "))
    if found["from_template"]:
        say(f"  Made from the template {found['from_template']['id']}.")
    for one in found["seen"]:
        say(paragraph(f"{one['release']} to {one['stage']}: {one['sentence']}", first="  - ", indent="    "))


def comment(
    about: Annotated[str, typer.Argument(help="A policy's name, or a proposal's URN.")],
    text: Annotated[str, typer.Argument(help="What you say.")],
    answers: Annotated[str | None, typer.Option(help="The URN of the comment that this answers.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say something about a policy or a proposal, for everybody who may read the library."""
    with connect() as client:
        made = client.comment(about, text, answers=answers)
    done(made, as_json, f"Said: {made['urn']}")


def comments(
    about: Annotated[str, typer.Argument(help="A policy's name, or a proposal's URN.")], as_json: AsJson = False
) -> None:
    """List what was said about a policy or a proposal, the oldest first."""
    with connect() as client:
        found = list(client.comments(about))
    if as_json:
        say_json(found)
        return
    if not found:
        say(f"Nobody has said anything yet: consilience policy comment {about} TEXT")
    for one in found:
        answers = " (an answer)" if one["answers"] else ""
        say(f"{one['at'][:19]}  {one['by']['name']}{answers}  {one['urn']}")
        say(paragraph(one["text"] if one["text"] is not None else "(erased)", first="    ", indent="    "))


def take_back(
    proposal: Annotated[str, typer.Argument(help="The proposal's URN.")],
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take back a proposal of your own that nobody has published yet."""
    with connect() as client:
        made = client.take_back_proposal(proposal, reason)
    done(made, as_json, f"Took back the proposal of {made['policy']}")


def review(
    slug: Slug,
    next_look: Annotated[str, typer.Option("--next", help="By which day it must be looked at again: 2027-06-30.")],
    note: Annotated[str, typer.Option(help="What you found.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that a policy was looked at again and is right as it stands."""
    with connect() as client:
        made = client.still_right(slug, next_look, note)
    done(made, as_json, f"{slug} was found right; the next look is due by {made['last_day']}")


def reviews(as_json: AsJson = False) -> int:
    """List the policies that must be looked at again. Exits with 1 when one is overdue."""
    with connect() as client:
        found = list(client.reviews_due())
    if as_json:
        say_json(found)
    else:
        rows = [(one["policy"], str(one["version"]), one["owner"], one["last_day"], one["state"]) for one in found]
        table(("POLICY", "VERSION", "OWNER", "BY", "STATE"), rows, empty="No policy in force names a day of review.")
    return ExitCode.NO if any(one["state"] == "overdue" for one in found) else ExitCode.YES


def exact_text(path: Path) -> str:
    """A file's text with the line ends that it has, so that a policy goes in and out byte for byte."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(str(path), "is not text in UTF-8") from error


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from error


def _published(client: Client, slug: str, number: int | None) -> str:
    found = client.policy_version(slug, number) if number is not None else client.get(address("policies", slug))
    return str(found["text"])


def _statuses(client: Client, folder: Path) -> list[dict[str, Any]]:
    if not folder.is_dir():
        raise BadInput(str(folder), "is no folder")
    files = sorted(one for one in folder.iterdir() if one.suffix in (".yaml", ".yml") and one.is_file())
    return [{"file": one.name, **client.policy_status(exact_text(one))} for one in files]


def _one_file_each(rows: Sequence[Mapping[str, Any]]) -> None:
    """BadInput where two files of a folder hold the same policy: nobody could say which one is meant."""
    first: dict[str, str] = {}
    for row in rows:
        if row["policy"] in first:
            raise BadInput(row["file"], f"holds the policy {row['policy']}, and so does {first[row['policy']]}")
        if row["policy"]:
            first[row["policy"]] = row["file"]


def _proposed(client: Client, file: Path) -> dict[str, Any]:
    """What became of proposing one file: the others are proposed all the same."""
    try:
        return {"proposal": client.propose_policy(exact_text(file))["urn"]}
    except ConsilienceError as error:
        if error.exit_code not in (ExitCode.REFUSED, ExitCode.BAD_INPUT):
            raise
        return {"problem": str(error)}


def _differences(listed: Sequence[Mapping[str, Any]], *, empty: str) -> None:
    for one in listed:
        say(paragraph(one["sentence"], first="  - ", indent="    "))
    if not listed and empty:
        say(f"  {empty}")
