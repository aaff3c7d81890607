"""Obligations: packs that are shipped or in use, what they ask, and how a system stands towards them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import BadInput, WrongUse
from consilience.surfaces.cli import obligations_shown as shown
from consilience.surfaces.cli.shared import (
    AsJson,
    connect,
    done,
    group,
    listed,
    paragraph,
    read_text,
    release_of,
    say,
    say_json,
    table,
)

app = group("What the law asks of a system, since when, and what answers it. Facts, no legal advice.")
OnDay = Annotated[str | None, typer.Option("--as-of", help="The law of this day, such as 2026-07-26: a what-if.")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="In which role you are bound (repeat); else all.")]


@app.command("packs")
def packs(as_json: AsJson = False) -> None:
    """Every pack that is shipped or in use."""
    with connect() as client:
        found = list(client.obligation_packs())
    if as_json:
        say_json(found)
        return
    rows = [(one["pack"], one["title"], one["edition"], one["obligations"], _use(one)) for one in found]
    table(("PACK", "TITLE", "EDITION", "OBLIGATIONS", "IN USE"), rows, empty="No pack is shipped or in use.")


@app.command("adopt")
def adopt(
    pack: Annotated[str, typer.Argument(help="A shipped pack's name, or the URN of a proposed one.")],
    role: Roles = None,
    as_json: AsJson = False,
) -> None:
    """Adopt a shipped pack, its newer edition, or what somebody else put forward."""
    roles = listed(role) if role else None
    with connect() as client:
        proposed = pack.startswith("urn:")
        made = client.adopt_proposed_pack(pack, roles=roles) if proposed else client.adopt_pack(pack, roles=roles)
    done(made, as_json, f"Adopted the edition of {made['edition']}, version {made['version']} here.")


@app.command("propose")
def propose(file: Annotated[Path, typer.Argument(help="A pack as YAML.")], as_json: AsJson = False) -> None:
    """Put a pack of your own forward. Somebody else adopts it."""
    text = read_text(file)
    try:
        with connect() as client:
            made = client.propose_pack(text)
    except BadInput as error:
        raise BadInput(f"{file}: {error.where}", error.problem) from error
    done(
        made, as_json, f"Proposed {made['pack']}. Another person adopts it: consilience obligations adopt {made['urn']}"
    )


@app.command("proposals")
def proposals(as_json: AsJson = False) -> None:
    """Packs that wait for a second person."""
    with connect() as client:
        found = list(client.listed("/obligation-packs/proposals"))
    if as_json:
        say_json(found)
        return
    rows = [(one["pack"], one["by"]["name"], one["at"][:10], one["urn"]) for one in found]
    table(("PACK", "BY", "AT", "URN"), rows, empty="Nothing waits to be adopted.")


@app.command("drop")
def drop(
    pack: Annotated[str, typer.Argument()],
    reason: Annotated[str, typer.Option(help="Why it is no longer in use here.")],
    as_json: AsJson = False,
) -> None:
    """Take a pack out of use."""
    with connect() as client:
        made = client.drop_pack(pack, reason)
    done(made, as_json, f"{pack} is out of use; its history stays.")


@app.command("export")
def export(pack: Annotated[str, typer.Argument()]) -> None:
    """The YAML of a pack: as it is in use, else as it is shipped."""
    with connect() as client:
        say(client.obligation_pack(pack)["text"])


@app.command("list")
def listing(
    pack: Annotated[str | None, typer.Option(help="Of this pack alone.")] = None,
    as_of: OnDay = None,
    as_json: AsJson = False,
) -> None:
    """The obligations of the packs in use."""
    with connect() as client:
        found = list(client.obligations(pack=pack, as_of=as_of))
    if as_json:
        say_json(found)
        return
    rows = [(one["id"], one["pack"], one["article"], _starts(one), one["title"]) for one in found]
    empty = "No pack is in use, so nothing is asked: consilience obligations packs"
    table(("OBLIGATION", "PACK", "ARTICLE", "FROM", "TITLE"), rows, empty=empty)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="An id such as aia-9, or another name such as 'MEASURE 2.11'.")],
    as_of: OnDay = None,
    as_json: AsJson = False,
) -> None:
    """One obligation: what it asks, of whom, since when, and what it said before."""
    with connect() as client:
        found = client.obligation(name, as_of=as_of)
    if as_json:
        say_json(found)
        return
    say(paragraph(f"{found['title']} ({found['pack']}, {found['article']})"))
    for one in found["history"]:
        say(f"\nSince {one['since']}, for {', '.join(one['applies_to'])}, {one['certainty']}")
        for each in one["readings"]:
            named = f"{each['id']}: " if each["id"] else ""
            say(paragraph(f"{named}{each['text']} [{_dates(each)}]", first="  ", indent="  "))
    say(f"\nSigned by {', '.join(found['signs'])}; evidence: {', '.join(found['evidence']) or 'none named'}")
    say(f"Requirements that cite it: {', '.join(found['requirements']) or 'none'}")
    say(paragraph(f"Source: {found['source']}; known by {found['checked']}."))


@app.command("coverage")
def coverage(
    system: Annotated[str, typer.Argument(help="A system, or SYSTEM/MODEL@N for one release, with --to.")],
    stage: Annotated[str | None, typer.Option("--to", help="The stage of the release.")] = None,
    as_of: OnDay = None,
    everything: Annotated[bool, typer.Option("--all", help="With what does not apply or has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """How a system stands towards each obligation: met, open, not asked for, not yet in force, disputed."""
    with connect() as client:
        if ("@" in system) != (stage is not None):
            raise WrongUse("a release is SYSTEM/MODEL@N with --to STAGE; a system stands alone")
        slug, version = system, None
        if stage is not None:
            slug, version, stage = release_of(client, system, stage)
        found = client.coverage(slug, as_of=as_of, version=version, stage=stage)
    if as_json:
        say_json(found)
    else:
        shown.coverage(found, everything)


@app.command("impact")
def impact(
    pack: Annotated[str, typer.Argument(help="A shipped pack's name, or a file with a pack of your own.")],
    role: Roles = None,
    as_of: OnDay = None,
    when_open: Annotated[str | None, typer.Option(help="As if an open obligation meant: silent, warn, block.")] = None,
    as_json: AsJson = False,
) -> None:
    """What adopting a pack would change, before it is adopted, and which live releases would stand otherwise."""
    with connect() as client:
        if pack.endswith((".yaml", ".yml")):
            roles = listed(role) if role else None
            found = client.text_impact(read_text(Path(pack)), roles=roles, as_of=as_of, when_open=when_open)
        elif role:
            raise WrongUse("--role goes with a file; a shipped pack keeps the roles that it has here")
        else:
            found = client.pack_impact(pack, as_of=as_of, when_open=when_open)
    if as_json:
        say_json(found)
        return
    shown.label(found)
    replaced = f", in place of the edition of {found['replaces']}" if found["replaces"] else ""
    say(f"{found['pack']}, edition of {found['edition']}{replaced}")
    shown.systems(found["systems"])
    shown.replay(found["replay"])
    for one in found["look_again"]:
        people = ", ".join(each["name"] or each["urn"] for each in one["people"]) or "nobody holds this function"
        say(paragraph(f"Must look again for {one['function']}: {people}", indent="  "))


@app.command("terms")
def terms(
    pack: Annotated[str, typer.Argument()],
    role: Roles = None,
    system: Annotated[
        list[str] | None,
        typer.Option(
            help="SYSTEM=ROLE,ROLE where other roles hold; SYSTEM= for none; SYSTEM=- as the pack says (repeat)."
        ),
    ] = None,
    when_open: Annotated[
        str | None, typer.Option(help="What an open obligation means for a live release: silent, warn, block, by_law.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put a pack in use on other terms: in which roles, over which system, what an open obligation means."""
    systems = dict(_of_system(one) for one in system or [])
    with connect() as client:
        made = client.pack_terms(pack, roles=listed(role) if role else None, systems=systems, when_open=when_open)
    done(made, as_json, f"{pack} is in use on these terms, version {made['version']} here.")


def _of_system(said: str) -> tuple[str, list[str] | None]:
    slug, sign, roles = said.partition("=")
    if not sign or not slug:
        raise WrongUse(f"--system {said} is not SYSTEM=ROLE,ROLE")
    return slug, None if roles == "-" else [one for one in roles.split(",") if one]


@app.command("changes")
def changes(
    since: Annotated[str, typer.Option(help="The day of the law to start from.")],
    until: Annotated[str | None, typer.Option(help="The day to end with; else today.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the law itself changed for your systems between two days. A what-if."""
    with connect() as client:
        found = client.obligation_changes(since, until)
    if as_json:
        say_json(found)
        return
    say(f"What if: the law of {since} against the law of {until or 'today'}. All else is as it is today.")
    shown.systems(found)


def _use(one: Mapping[str, Any]) -> str:
    if one["adopted"] is None:
        return "no"
    roles = ", ".join(one["adopted"]["roles"])
    newer = "; another edition is shipped" if one["newer"] else ""
    return f"edition of {one['adopted']['edition']}{f' as {roles}' if roles else ''}{newer}"


def _starts(one: Mapping[str, Any]) -> str:
    found = sorted({each["applies_from"] or "" for each in one["on"]["readings"]}) if one["on"] else []
    return " or ".join(part or "always" for part in found)


def _dates(reading: Mapping[str, Any]) -> str:
    start = f"from {reading['applies_from']}" if reading["applies_from"] else ""
    end = f"until {reading['applies_until']}" if reading["applies_until"] else ""
    return " ".join(part for part in (start, end) if part) or "no date"
