"""Erasing personal texts, files and persons, in two steps; legal holds."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from consilience.kit.errors import CannotTell, ExitCode
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import AsJson, address, connect, done, group, listed, say, say_json, table

app = group("Erase personal texts, files and persons; legal holds.")
Basis = Annotated[
    str | None,
    typer.Option(help="not_needed, consent_withdrawn, objection, unlawful, obligation, child or other_law."),
]
Why = Annotated[str | None, typer.Option("--reason", help="In a sentence; it goes into the record as a commitment.")]
Confirm = Annotated[
    str | None, typer.Option(help="What the list said of itself; without it the list is shown and nothing is erased.")
]


@app.command("person")
def person(
    who: Annotated[str, typer.Argument(help="Their URN or log-in address; they were deactivated before.")],
    written: Annotated[bool, typer.Option("--written", help="Every text of their acts too.")] = False,
    basis: Basis = None,
    reason: Why = None,
    confirm: Confirm = None,
    as_json: AsJson = False,
) -> int:
    """Erase a person's name, address and log-in. What they decided stays, by a URN."""
    return _erase({"person": who, "written": written}, basis, reason, confirm, as_json)


@app.command("data")
def data(
    text: Annotated[list[str] | None, typer.Option(help="The commitment of a text (repeat, or commas).")] = None,
    file: Annotated[list[str] | None, typer.Option(help="The digest of a file (repeat, or commas).")] = None,
    basis: Basis = None,
    reason: Why = None,
    confirm: Confirm = None,
    as_json: AsJson = False,
) -> int:
    """Erase texts and files."""
    return _erase({"texts": listed(text or []), "files": listed(file or [])}, basis, reason, confirm, as_json)


@app.command("find")
def find(
    words: Annotated[str, typer.Argument(help="Such as a name; at least three characters.")], as_json: AsJson = False
) -> None:
    """Texts in which these words stand, with the commitments by which they are erased."""
    with connect() as client:
        found = client.post("/erasures/find", {"words": words})
    if as_json:
        say_json(found)
        return
    rows = [(one["digest"], _said(one), ", ".join(one["held_by"])) for one in found["items"]]
    table(("COMMITMENT", "SAYS", "HELD BY"), rows, empty="No text holds these words.")


@app.command("list")
def erasures(as_json: AsJson = False) -> None:
    """What was erased, by whom and why; never what it said."""
    with connect() as client:
        found = list(client.listed("/erasures"))
    if as_json:
        say_json(found)
        return
    rows = [
        (one["position"], one["at"][:10], f"{one['texts']} texts, {one['files']} files", one["basis"], one["reason"] or "")
        for one in found
    ]  # fmt: skip
    table(("ENTRY", "ON", "ERASED", "GROUND", "REASON"), rows, empty="Nothing was erased yet.")


@app.command("hold")
def hold(
    about: Annotated[str, typer.Argument(help="A URN, the digest of a text or file, or everything.")],
    reason: Annotated[str, typer.Option(help="In a sentence.")],
    as_json: AsJson = False,
) -> None:
    """Let nothing of this be erased until the hold is lifted."""
    with connect() as client:
        made = client.post("/legal-holds", {"about": about, "reason": reason})
    done(made, as_json, f"Held: {made['about']}, by {made['urn']}")


@app.command("holds")
def holds(as_json: AsJson = False) -> None:
    """Legal holds in force."""
    with connect() as client:
        found = list(client.listed("/legal-holds"))
    if as_json:
        say_json(found)
        return
    rows = [(one["about"], one["since"][:10], one["reason"] or "", one["urn"]) for one in found]
    table(("ABOUT", "SINCE", "REASON", "URN"), rows, empty="No legal hold is in force.")


@app.command("lift")
def lift(
    urn: Annotated[str, typer.Argument(help="The hold's URN.")],
    reason: Annotated[str, typer.Option(help="In a sentence.")],
    as_json: AsJson = False,
) -> None:
    """End a legal hold."""
    with connect() as client:
        made = client.post(address("legal-holds", urn, "lift"), {"reason": reason})
    done(made, as_json, f"Lifted: {made['urn']}")


@app.command("finish")
def finish(folder: Where = None) -> None:
    """Take what was erased off this machine's disk now, where that still waits. Works without the server."""
    open_workspace(folder)
    from consilience.domains.content.erasure import forgetting

    if not forgetting.is_due():
        say("Nothing waits: whatever was erased is off the disk.")
        return
    if forgetting.forget(however_large=True).waits:
        raise CannotTell("the database is in use; stop the server, or run this again")
    say("What was erased is off the disk.")


def _erase(asked: dict[str, Any], basis: str | None, reason: str | None, seen: str | None, as_json: bool) -> int:
    with connect() as client:
        if seen is None:
            return _show(client.post("/erasures/list", asked), as_json)
        made = client.post("/erasures", {**asked, "basis": basis or "", "reason": reason or "", "seen": seen})
    one = made["erasure"]
    later = " The last copies on the server's disk go a little later." if made["waits"] else ""
    done(made, as_json, f"Erased by entry {one['position']}: {one['texts']} texts, {one['files']} files.{later}")
    return ExitCode.YES


def _show(found: dict[str, Any], as_json: bool) -> int:
    if as_json:
        say_json(found)
        return ExitCode.YES
    rows = [(one["kind"], one["digest"][:12], _said(one), ", ".join(one["held_by"])) for one in found["items"]]
    table(("", "DIGEST", "SAYS", "HELD BY"), rows, empty="There is nothing left of this to erase.")
    if found["log_in"]:
        say("Their log-in goes too.")
    if found["refused"]:
        say(f"It would be refused: {found['refused']}")
    else:
        say("This cannot be undone, by nobody. Backups made before keep it until they are gone.")
        say(f"To erase it, repeat the command with --basis, --reason and --confirm {found['seen']}")
    return ExitCode.YES


def _said(one: dict[str, Any]) -> str:
    return f"{one['size']} bytes" if one["kind"] == "file" else str(one["text"] or "")[:60]
