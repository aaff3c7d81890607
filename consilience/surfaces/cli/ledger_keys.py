"""Changing the key that signs the log's heads, on the machine that holds it."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.kit.errors import BadInput
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import AsJson, confirm, done

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def rotate_key(folder: Where = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Give the log a new key; the old one signs for the last time, and is removed from this machine."""
    confirm("Give the log a new key, and remove the old one from this machine?", yes=yes)
    open_workspace(folder)
    from consilience.config.workspace import operator
    from consilience.domains.ledger import actions
    from consilience.kit.clock import now

    row = actions.rotate_key(actor=operator(), now=now())
    _tell(row.position, row.body["log_key"], as_json)


def revoke_key(
    reason: Annotated[str, typer.Option(help="Why; kept as personal text, which can be erased.")],
    folder: Where = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End the log's key, which is lost or in wrong hands, and give the log a new one."""
    if not reason.strip():
        raise BadInput("--reason", "is empty; say why the key ends")
    confirm("Revoke the log's key? Whatever it signs from now on counts for nothing.", yes=yes)
    open_workspace(folder)
    from consilience.config.workspace import operator
    from consilience.domains.ledger import actions
    from consilience.kit.clock import now

    row = actions.revoke_key(actor=operator(), reason=reason, now=now())
    _tell(row.position, row.body["log_key"], as_json)


def _tell(position: int, key: str, as_json: bool) -> None:
    sentence = (
        f"Entry {position} gave the log this key. Give it to witnesses and auditors, by a way that they trust:\n{key}"
    )
    done({"position": position, "log_key": key}, as_json, sentence)
