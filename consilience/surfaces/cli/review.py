"""Signing off, and what follows: conditions, answers to objections, ends of blocks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import BadInput, WrongUse
from consilience.surfaces.cli.release import Stage, Target, said
from consilience.surfaces.cli.shared import AsJson, confirm, connect, done, group, paragraph, release_of, say

if TYPE_CHECKING:
    from consilience.client.signed import ToSign

condition = group("Conditions of an approval.")
block = group("Blocks.")


def sign(
    release: Target,
    stage: Stage,
    function: Annotated[str, typer.Option(help="The function that you speak for.")],
    verdict: Annotated[str, typer.Option(help="approve, approve_with_conditions, object, block or abstain.")],
    reason: Annotated[str, typer.Option(help="Why. It stands on record.")],
    condition: Annotated[list[str] | None, typer.Option(help="What must happen (repeat).")] = None,
    owner: Annotated[
        list[str] | None, typer.Option(help="Who sees to each condition: log-in address (repeat).")
    ] = None,
    due: Annotated[list[str] | None, typer.Option(help="By when: the last day, for each condition (repeat).")] = None,
    expires: Annotated[str | None, typer.Option(help="The last day on which your verdict stands.")] = None,
    ssh_key: Annotated[
        Path | None,
        typer.Option("--ssh-key", help="Sign with this SSH key of yours; its .pub file if an agent holds it."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Sign what is shown, without being asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Give a function's verdict on a release. What you answer for is shown first, and you sign exactly that."""
    texts, owners, dates = condition or [], owner or [], due or []
    if not len(texts) == len(owners) == len(dates):
        raise WrongUse("each --condition takes one --owner and one --due")
    conditions = [
        {"text": text, "owner": who, "due_at": day} for text, who, day in zip(texts, owners, dates, strict=True)
    ]
    from consilience.client.signers import SshKey

    with connect() as client:
        system, version, stage = release_of(client, release, stage)
        found = client.release(system, version, stage)
        facet = next((one for one in found["facets"] if one["function"] == function), None)
        if facet is None:
            raise WrongUse(
                f"there is no function {function!r}; there are {', '.join(one['function'] for one in found['facets'])}"
            )
        if not as_json:
            _show(found, facet)
        if ssh_key is None:
            confirm(f"{verdict} for {facet['title']}?", yes=yes)
        made = client.sign_off(
            system, version, stage, function=function, verdict=verdict, reason=reason, seen=facet["digest"],
            conditions=conditions, expires_at=expires, signer=SshKey(ssh_key) if ssh_key else None,
            agree=lambda what: _agree(what, facet["digest"], yes=yes, quiet=as_json),
        )  # fmt: skip
    how = "Signed with your key" if ssh_key else "Signed"
    done(made, as_json, f"{how}: {made['verdict']} for {function}, {made['urn']}")


def _agree(what: ToSign, facet: str, *, yes: bool, quiet: bool) -> None:
    """Show the text that is signed, and ask."""
    if what.statement["predicate"].get("facet") != facet:
        raise BadInput("server", "has another facet signed than the one that was shown; nothing was signed")
    if not quiet:
        say()
        for line in what.shown.splitlines():
            say(f"  {line}")
        say(f"SHA-256 of this text: {what.digest[:12]}…", tone="blue")
    confirm("Sign this text with your key?", yes=yes)


def answer(
    objection: Annotated[str, typer.Argument(help="The objection's URN.")],
    text: Annotated[str, typer.Option(help="Your answer. It stands on record.")],
    as_json: AsJson = False,
) -> None:
    """Answer somebody else's objection in writing."""
    with connect() as client:
        done(client.answer_objection(objection, text), as_json, "Answered. The function's approval is still needed.")


@condition.command("prove")
def prove(
    identity: Annotated[str, typer.Argument(metavar="CONDITION", help="Its id, urn:…#0.")],
    proof: Annotated[str, typer.Option(help="How it was met.")],
    as_json: AsJson = False,
) -> None:
    """Say how a condition was met. It counts once a holder of the imposing function accepts it."""
    with connect() as client:
        done(
            client.prove_condition(identity, proof),
            as_json,
            "Offered. A holder of the function that imposed it accepts.",
        )


@condition.command("accept")
def accept(
    identity: Annotated[str, typer.Argument(metavar="CONDITION", help="Its id, urn:…#0.")],
    yes: Annotated[bool, typer.Option("--yes", help="Accept the proof that is shown, without being asked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Accept the proof of a condition, for the function that imposed it. It is shown first, and you accept exactly that."""
    with connect() as client:
        proof = client.condition(identity)["proof"]
        if proof is not None:
            if not as_json:
                said = proof["proof"] or "the text was erased"
                say(paragraph(f"{proof['by']['name']} says how it was met: {said}", indent="  ", first=""))
            confirm("Accept this proof?", yes=yes)
        made = client.accept_condition(identity, seen=proof["digest"] if proof else None)
    done(made, as_json, "Accepted: the condition is met.")


@block.command("end")
def end(
    urn: Annotated[str, typer.Argument(metavar="BLOCK", help="The block's URN.")],
    reason: Annotated[str, typer.Option(help="Why it should end.")],
    as_json: AsJson = False,
) -> None:
    """Withdraw your own block, or say as a member of the panel that it should end."""
    with connect() as client:
        done(client.end_block(urn, reason), as_json, "Recorded.")


def _show(found: dict[str, Any], facet: dict[str, Any]) -> None:
    say(f"{found['reference']} to {found['stage']}, artefact {found['artefact']}", tone="blue")
    say(f"{facet['title']} answers for {len(facet['items'])} items, facet {facet['digest']}")
    for item in facet["items"]:
        what = f"{item['noun']} {item['method']}".strip()
        say(f"  {item['digest'][:12]}  {what}")
    said(found)
