"""Releases: proposing one, seeing how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.surfaces.cli.shared import (
    AsJson,
    address,
    connect,
    done,
    group,
    paragraph,
    release_of,
    say,
    say_json,
    table,
    target,
)

app = group("Releases: proposals to take a version, in a system, to a stage.")
Target = Annotated[str, typer.Argument(help="SYSTEM/MODEL@VERSION, such as lending/credit-risk@3.")]
Stage = Annotated[str, typer.Option("--to", help="framing, data, development, validation, operation or retirement.")]


@app.command("propose")
def propose(
    release: Target,
    stage: Stage,
    note: Annotated[str, typer.Option(help="What the reviewers should know.")] = "",
    as_json: AsJson = False,
) -> None:
    """Propose a release. The reviews begin; nothing is allowed yet."""
    system, version = target(release)
    if system is None:
        raise WrongUse(f"say in which system: SYSTEM/{version}")
    with connect() as client:
        made = client.propose_release(system, version, stage, note=note)
    done(
        made,
        as_json,
        f"Proposed {made['reference']} to {made['stage']}. Next: consilience gate {made['reference']} --to {stage}",
    )


@app.command("list")
def listing(
    system: Annotated[str | None, typer.Option(help="Only in this system.")] = None, as_json: AsJson = False
) -> None:
    """Releases that you may know of, newest first."""
    with connect() as client:
        found = list(client.listed("/releases", system=system))
    if as_json:
        say_json(found)
        return
    rows = [(one["reference"], one["stage"], one["by"]["name"], one["at"][:10]) for one in found]
    table(("RELEASE", "TO", "BY", "AT"), rows, empty="No release yet: consilience release propose …")


@app.command("show")
def show(release: Target, stage: Stage, as_json: AsJson = False) -> None:
    """What the decision rests on, function by function, and what everybody has said."""
    with connect() as client:
        found = client.release(*release_of(client, release, stage))
    if as_json:
        say_json(found)
        return
    say(
        f"{found['reference']} to {found['stage']}, proposed by {found['by']['name']} on {found['at'][:10]}",
        tone="blue",
    )
    for facet in found["facets"]:
        say(f"\n{facet['title']}: {len(facet['items'])} items, facet {facet['digest']}")
        for one in found["sign_offs"]:
            if one["function"] == facet["function"] and one["standing"] != "replaced":
                say(f"  {one['by']['name']}: {one['verdict']}, {one['standing']}, {one['at'][:10]}")
                changed(one["changes"])
    said(found)


@app.command("customers")
def customers(
    release: Target,
    stage: Stage,
    language: Annotated[str, typer.Option(help="en or de.")] = "en",
    as_json: AsJson = False,
) -> None:
    """What it means for customers, group by group, in plain words."""
    if language not in ("en", "de"):
        raise WrongUse(f"--language {language}: expected en or de")
    with connect() as client:
        place = release_of(client, release, stage)
        found = client.get(address("releases", *place, "customers"), language=language)
    if as_json:
        say_json(found)
        return
    if not found["everybody"] and not found["attributes"]:
        say("Nothing was measured yet: consilience evaluate --attach")
        return
    for sentence in found["everybody"]:
        say(paragraph(sentence))
    for attribute in found["attributes"]:
        say(f"\n{attribute['attribute']}", tone="blue")
        for sentence in attribute["apart"]:
            say(paragraph(sentence))
        for one in attribute["groups"]:
            say(f"\n{one['people']}")
            for sentence in one["sentences"]:
                say(paragraph(sentence, first="  ", indent="  "))


@app.command("withdraw")
def withdraw(release: Target, stage: Stage, reason: Annotated[str, typer.Option(help="Why it is taken back.")]) -> None:
    """Take a proposal back. What was signed stays on record."""
    with connect() as client:
        system, version, stage = release_of(client, release, stage)
        client.post(address("releases", system, version, stage, "withdraw"), {"reason": reason})
    say(f"Withdrawn: {system}/{version} to {stage}")


def changed(listed: Iterable[dict[str, Any]]) -> None:
    """Items that changed since somebody decided on them, each with its old and its new value."""
    for one in listed:
        what, _subject, method, _dataset = one["key"].split("/")
        name = " ".join(filter(None, (what, method)))
        if one["before"] is None or one["after"] is None:
            text = f"{name} was {'added' if one['before'] is None else 'removed'}"
        else:
            fields = one["fields"] or [{"field": "", "before": one["before"][:12], "after": one["after"][:12]}]
            parts = [
                f"{each['field']} was {each['before'] or 'not given'}, is now {each['after'] or 'not given'}".strip()
                for each in fields
            ]
            text = f"{name}: {'; '.join(parts)}"
        say(paragraph(text, first="    changed since: ", indent="      "))


def said(found: dict[str, Any]) -> None:
    """Blocks, objections and conditions of a release, each with the id by which one acts on it."""
    for one in found["blocks"]:
        if not one["ended"]:
            say(paragraph(f"{one['by']['name']} ({one['function']}) blocks: {one['reason']}", indent="  ", first="\n"))
            say(f"  {one['urn']}")
    for one in found["objections"]:
        state = "answered" if one["answers"] else "not answered"
        text = f"{one['by']['name']} ({one['function']}) objects, {state}: {one['reason']}"
        say(paragraph(text, indent="  ", first="\n"))
        say(f"  {one['urn']}")
    for one in found["conditions"]:
        text = f"Condition of {one['function']}, {one['state']}, due {one['due_at'][:10]}, owner {one['owner']['name']}: {one['text']}"
        say(paragraph(text, indent="  ", first="\n"))
        say(f"  {one['id']}")
