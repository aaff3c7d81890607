"""Policies: putting one forward, publishing it, reading the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consilience.kit.errors import BadInput, ExitCode
from consilience.surfaces.cli import policy_library as library
from consilience.surfaces.cli import templates
from consilience.surfaces.cli.shared import AsJson, address, connect, done, group, read_text, say, say_json, show, table

app = group("Policies: dated, versioned rules, in words and in code.")
app.command("templates")(templates.listing)
app.command("fill")(templates.fill)
for _name, _command in (
    ("export", library.export), ("import", library.import_), ("status", library.status), ("history", library.history),
    ("compare", library.compare), ("search", library.search), ("requirement", library.requirement),
    ("comment", library.comment), ("comments", library.comments), ("take-back", library.take_back),
    ("review", library.review), ("reviews", library.reviews),
):  # fmt: skip
    app.command(_name)(_command)


@app.command("propose")
def propose(
    file: Annotated[Path, typer.Argument(help="A policy as YAML.")],
    replaces: Annotated[
        str | None, typer.Option(help="A proposal of yours (its URN) whose place this one takes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a draft forward. Somebody else publishes it."""
    text = read_text(file)
    try:
        with connect() as client:
            made = client.propose_policy(text, replaces=replaces)
    except BadInput as error:
        raise BadInput(f"{file}: {error.where}", error.problem) from error
    done(
        made,
        as_json,
        f"Proposed {made['policy']}. Another person publishes it: consilience policy publish {made['urn']}",
    )


@app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A policy as YAML.")],
    kinds: Annotated[
        Path | None, typer.Option(help="Kinds of evidence of your own: a YAML list of {kind, title, methods, fields}.")
    ] = None,
    functions: Annotated[
        list[str] | None, typer.Option("--function", help="A function of your own that may own policies (repeat).")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Prove a draft without a server: 0 when its examples notice every change of it, 1 when one goes unnoticed."""
    from consilience.surfaces.cli.policy_check import checked, say_checked

    found = checked(file, kinds, functions or [])
    show(found, as_json, say_checked)
    return int(ExitCode.YES if found["complete"] else ExitCode.NO)


@app.command("publish")
def publish(
    proposal: Annotated[str, typer.Argument(help="The proposal's URN.")],
    starting: Annotated[str | None, typer.Option("--from", help="When it comes into force (else now).")] = None,
    ahead_of: Annotated[
        int | None, typer.Option(min=1, help="In force only until this scheduled version (its number) begins.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish somebody else's proposal; one of you holds the function that owns it."""
    with connect() as client:
        made = client.publish_policy(proposal, in_force_from=starting, ahead_of=ahead_of)
    done(
        made,
        as_json,
        f"Published {made['policy']}, version {made['version']}, in force from {made['in_force_from'][:19]} UTC",
    )


@app.command("list")
def listing(
    proposals: Annotated[bool, typer.Option("--proposals", help="What waits to be published.")] = False,
    as_json: AsJson = False,
) -> None:
    """The library, or what waits to be published."""
    with connect() as client:
        found = list(client.listed("/policies/proposals" if proposals else "/policies"))
    if as_json:
        say_json(found)
    elif proposals:
        rows = [(one["policy"], one["owner"], one["by"]["name"], one["at"][:10], one["urn"]) for one in found]
        table(("POLICY", "OWNER", "BY", "AT", "URN"), rows, empty="Nothing waits to be published.")
    else:
        rows = [
            (
                one["policy"],
                str(one["version"]),
                one["owner"],
                one["in_force_from"][:19],
                "yes" if one["in_force"] else "not yet",
            )
            for one in found
        ]
        empty = "No policy yet, so the gate stays shut: consilience policy propose FILE"
        table(("POLICY", "VERSION", "OWNER", "FROM (UTC)", "IN FORCE"), rows, empty=empty)


@app.command("show")
def text(slug: Annotated[str, typer.Argument()], as_json: AsJson = False) -> None:
    """The text of a policy, as published."""
    with connect() as client:
        found = client.get(address("policies", slug))
    if as_json:
        say_json(found)
    else:
        say(found["text"])
