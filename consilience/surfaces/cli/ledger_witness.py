"""Commands of the ledger about its witnesses: who they are, sending them the newest head, taking in what came by file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from consilience.kit.errors import CannotTell, ConsilienceError, ExitCode
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import AsJson, connect, done, group, read_text, say, say_json, table

cosignatures = group("What witnesses signed about heads of the log.")


def witnesses(as_json: AsJson = False) -> None:
    """The witnesses of the log, how far each has cosigned, and whether their quorum is reached."""
    with connect() as client:
        found = client.get("/ledger/witnesses")
    if as_json:
        say_json(found)
    else:
        _show(found)


def witness_policy(
    policy: Annotated[
        Path, typer.Argument(help="A trust policy (C2SP tlog-policy): log, witness, group, quorum lines.")
    ],
    as_json: AsJson = False,
) -> None:
    """Name the witnesses that the log relies on, and how many of them must cosign."""
    with connect() as client:
        found = client.post("/ledger/witness-policy", {"text": read_text(policy)})
    done(found, as_json, f"{len(found['witnesses'])} witnesses are named; the quorum is {found['wants']}")


@cosignatures.command("add")
def add(
    cosigned: Annotated[Path, typer.Argument(help="What `consilience witness cosign` wrote.")],
    as_json: AsJson = False,
) -> None:
    """Take in a head that a witness cosigned by file; its line is checked first."""
    with connect() as client:
        found = client.post("/ledger/cosignatures", {"note": read_text(cosigned)})
    names = ", ".join(key.partition("+")[0] for key in found["witnesses"])
    done(found, as_json, f"Kept: {names} over {found['size']} entries")


def push(folder: Where = None, as_json: AsJson = False) -> int:
    """Send the newest head to every witness of the policy that has an address, now. Works on this machine."""
    open_workspace(folder)
    from django.db import DatabaseError

    from consilience.domains.witness import queries
    from consilience.domains.witness.push import push as send
    from consilience.kit.clock import now

    try:
        asked = send(now=now(), always=True)
        standing = queries.standing()
    except (DatabaseError, ConsilienceError) as error:
        raise CannotTell(f"the witnesses cannot be asked ({error})") from error
    asks = standing.policy is not None and standing.policy.asks_for_cosignatures
    good = not asks or standing.quorum_size == standing.size
    if as_json:
        said = [{"name": one.name, "size": one.size, "outcome": str(one.outcome), "seen": one.seen} for one in asked]
        say_json({"asked": said, "size": standing.size, "quorum_size": standing.quorum_size})
        return ExitCode.YES if good else ExitCode.NO
    rows = [(one.name, one.size, str(one.outcome), one.seen) for one in asked]
    table(
        ("WITNESS", "ENTRIES", "OUTCOME", "SAYS IT SAW"), rows, empty="No witness has an address: set a policy first."
    )
    if asks:
        say(f"The quorum covers {standing.quorum_size or 0} of {standing.size} entries.")
    return ExitCode.YES if good else ExitCode.NO


def _show(found: dict[str, Any]) -> None:
    rows = [
        (one["name"], one["size"], (one["cosigned_at"] or "never")[:19], one["behind"], one["outcome"] or "", one["url"] or "by file")
        for one in found["witnesses"]
    ]  # fmt: skip
    table(
        ("WITNESS", "ENTRIES", "COSIGNED (UTC)", "BEHIND", "LAST ASKED", "WHERE"), rows,
        empty="No witness is named yet: `consilience ledger witness-policy FILE`.",
    )  # fmt: skip
    if found["quorum_reached"]:
        say(f"The quorum ({found['wants']}) covers {found['quorum_size']} of {found['size']} entries.")
    elif found["wants"] not in ("", "none"):
        say(f"The quorum ({found['wants']}) has cosigned no head yet.")
