"""Keys that you or a robot sign with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import BadInput, WrongUse
from consilience.surfaces.cli import session
from consilience.surfaces.cli.shared import AsJson, confirm, connect, done, group, listed, say, say_json, table

if TYPE_CHECKING:
    from consilience.client.signers import Signer

app = group("Keys: what you or a robot sign with. The private half never leaves your machine.")
Email = Annotated[str, typer.Option(prompt="E-mail", help="Your log-in address.")]
Password = Annotated[
    str,
    typer.Option(
        prompt="Password", hide_input=True, envvar="CONSILIENCE_PASSWORD", help="Asked for; better never written here."
    ),
]


@app.command("add")
def add(
    label: Annotated[str, typer.Option(help="What you call it, such as: laptop.")],
    ssh_key: Annotated[
        Path | None, typer.Option("--ssh-key", help="Your SSH key; its .pub file if an agent holds it.")
    ] = None,
    robot: Annotated[
        str | None, typer.Option(help="A robot's name: its Ed25519 key is bound, by whoever manages people.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key-file", help="The robot's key, from `consilience key make`.")
    ] = None,
    scope: Annotated[list[str] | None, typer.Option(help="What a robot's key may do (repeat, or commas).")] = None,
    system: Annotated[list[str] | None, typer.Option(help="Only these systems (repeat, or commas).")] = None,
    until: Annotated[str | None, typer.Option(help="The last day of a robot's key.")] = None,
    email: Email = "",
    password: Password = "",
    as_json: AsJson = False,
) -> None:
    """Bind a key, with your password: a token makes no key. From then on its signatures count."""
    from consilience.client.signers import RobotKey, SshKey, binding

    if (robot is None) != (key_file is None) or (robot is None) == (ssh_key is None):
        raise WrongUse("expected --ssh-key for yourself, or --robot with --key-file")
    signer: Signer = SshKey(ssh_key) if ssh_key else RobotKey(key_file or Path())
    with session.logged_in(email, password) as api:
        holder = api.robot(robot) if robot else api.get("/me")["urn"]
        body = {
            "holder": holder if robot else "me", "kind": signer.kind, "public": signer.public, "label": label,
            "possession": signer.possession(binding(signer.fingerprint, holder)),
            "scopes": listed(scope) if scope else None, "systems": listed(system) if system else None, "until": until,
        }  # fmt: skip
        made = api.post("/keys", body)
    done(made, as_json, f"Bound by entry {made['position']}: {made['fingerprint']}\n{made['urn']}")


@app.command("make")
def make(path: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")]) -> None:
    """Make an Ed25519 key for a robot, in a file that only you can read."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(pem)
    except OSError as error:
        raise BadInput(str(path), f"cannot be written ({error.strerror})") from error
    say(f"Made {path}. Bind it: consilience key add --robot NAME --key-file {path} --scope … --label …")


@app.command("list")
def keys(
    everybody: Annotated[bool, typer.Option("--everybody", help="All keys that were ever bound.")] = False,
    as_json: AsJson = False,
) -> None:
    """Your keys in force."""
    with connect() as client:
        found = list(client.listed("/keys", everybody=everybody))
    if as_json:
        say_json(found)
        return
    rows = [
        (one["label"], one["kind"], one["holder"]["name"], one["fingerprint"], "revoked" if one["revoked_at"] else "", one["urn"])
        for one in found
    ]  # fmt: skip
    table(("LABEL", "KIND", "FOR", "FINGERPRINT", "", "URN"), rows, empty="No key yet: consilience key add …")


@app.command("revoke")
def revoke(
    urn: Annotated[str, typer.Argument()],
    reason: Annotated[str, typer.Option(help="Lost, stolen, replaced. It stands on record.")],
    yes: Annotated[bool, typer.Option("--yes", help="Without being asked.")] = False,
) -> None:
    """End a key for ever. What it signed before stands; what it signs from now on counts for nothing."""
    confirm("End this key for ever?", yes=yes)
    with connect() as client:
        done(client.revoke_key(urn, reason), False, f"Revoked: {urn}")


@app.command("allowed-signers")
def allowed_signers() -> None:
    """Print every SSH key with its holder, as the file that `ssh-keygen -Y verify -f` reads."""
    with connect() as client:
        say(client.allowed_signers().rstrip("\n"))
