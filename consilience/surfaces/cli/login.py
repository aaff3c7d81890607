"""Keeping the server's address and a token for later commands."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from consilience.surfaces.cli.shared import say


def login(
    url: Annotated[str, typer.Option(help="The server, such as https://consilience.example.org.")],
    token: Annotated[
        str,
        typer.Option(
            prompt="Token",
            hide_input=True,
            help="A token of yours, made on the web page Tokens. Asked for when left out.",
        ),
    ],
) -> None:
    """Keep a server's address and a token, in a file that only you can read."""
    from consilience.client import Client, login_file

    with Client(url, token) as client:
        me = client.me()
        kept = {"url": client.url, "token": token}
    path = login_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(kept, stream)
    made.replace(path)
    say(f"You are {me['name']} in {me['workspace']}. Address and token are kept in {path}.")
