"""`consilience witness`: a process of its own that keeps the last head of each log, and cosigns what continues it.

It opens no workspace: run it on another machine than the log's, by somebody else than the log's operator.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import BadInput, ExitCode, Refused, WrongUse, refusal
from consilience.surfaces.cli.shared import AsJson, done, group, read_text, say, say_json, table

if TYPE_CHECKING:
    from consilience.domains.witness.service.store import Store

app = group("Watch logs for others: cosign a head only if it continues what was seen before.")
Where = Annotated[Path | None, typer.Option("--home", help="The witness's folder (else CONSILIENCE_WITNESS_HOME).")]


@app.command("init")
def init(
    name: Annotated[str, typer.Option(help="The witness's name, as an address without https://: witness.example/w1")],
    folder: Where = None,
) -> None:
    """Make a witness: its key and its store. Prints the public key that logs and verifiers are given."""
    store = _store(folder)
    store.make(name)
    say(store.vkey())


@app.command("key")
def key(folder: Where = None) -> None:
    """The witness's public key, for policies: `witness NAME KEY [URL]`."""
    say(_store(folder).vkey())


@app.command("trust")
def trust(
    log_key: Annotated[str, typer.Argument(help="The log's public key (name+id+base64), got by a way that you trust.")],
    folder: Where = None,
) -> None:
    """Cosign for this log from now on. A log whose key was changed has two keys: trust the new one, too."""
    say(f"Trusted: {_store(folder).trust(log_key)}")


@app.command("distrust")
def distrust(
    log_key: Annotated[str, typer.Argument(help="The key as it was trusted.")],
    folder: Where = None,
) -> None:
    """Cosign nothing that is signed by this key alone. The last head of its log stays known."""
    _store(folder).distrust(log_key)
    say("Trusted no longer.")


@app.command("list")
def logs(folder: Where = None, as_json: AsJson = False) -> None:
    """The logs that are trusted, the last head of each, and how often one contradicted itself."""
    found = _store(folder).logs()
    if as_json:
        say_json([
            {"origin": one.origin, "keys": list(one.keys), "size": one.head.size, "root": one.head.root.hex(),
             "cosigned_at": _when(one.at_s), "contradictions": one.contradictions}
            for one in found
        ])  # fmt: skip
        return
    rows = [
        (one.origin, one.head.size, one.head.root.hex()[:12], _when(one.at_s) or "never", one.contradictions)
        for one in found
    ]
    table(
        ("LOG", "ENTRIES", "ROOT", "COSIGNED", "CONTRADICTIONS"),
        rows,
        empty="No log is trusted yet: `consilience witness trust`.",
    )


@app.command("serve")
def serve(
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes any free one.")] = "127.0.0.1:8081",
    folder: Where = None,
) -> int:
    """Answer POST /add-checkpoint (C2SP tlog-witness) until it is stopped."""
    from consilience.domains.witness.service.server import Server

    host, port = _address(listen)
    store = _store(folder)
    say(f"Witness {store.vkey()}")  # and so the key is there before the first request asks for it
    try:
        server = Server(store, host, port)
    except OSError as error:
        raise WrongUse(f"--listen: {listen} cannot be listened at ({error.strerror})") from error
    stopped: list[int] = []

    def stop(number: int, _frame: object) -> None:
        stopped.append(number)
        threading.Thread(target=server.shutdown).start()  # which waits for the loop that this signal interrupts

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    say(f"Listening at {server.url}/add-checkpoint")
    with server:
        server.serve_forever(poll_interval=0.1)
    return ExitCode.INTERRUPTED if signal.SIGINT in stopped else ExitCode.YES


@app.command("cosign")
def cosign(
    checkpoint: Annotated[Path, typer.Option(help="The log's signed head.")],
    proof: Annotated[
        Path | None, typer.Option(help="What `consilience ledger consistency OLD` wrote; not needed the first time.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the cosigned head to this file.")] = None,
    folder: Where = None,
    as_json: AsJson = False,
) -> None:
    """Cosign a head by hand, off the network: checkpoint in, cosigned checkpoint out."""
    from consilience.domains.witness import cosignatures
    from consilience.domains.witness.service import requests

    signed = read_text(checkpoint)
    asked = requests.checkpoint(signed, old=0, path=())
    if proof is not None:
        shown = requests.read(read_text(proof).encode())
        if shown.note.text != asked.note.text:
            raise BadInput(str(proof), "leads to another head than the one to cosign")
        asked = requests.Request(shown.old, shown.path, asked.note, asked.origin, asked.head)
    answer = _store(folder).cosign(asked, at_s=int(time.time()))
    if answer.status != 200:
        raise _refused(answer.status, answer.body.strip(), asked.origin)
    cosigned = cosignatures.added(signed, [answer.body.strip("\n")])
    if out is not None:
        try:
            out.write_text(cosigned, encoding="utf-8")
        except OSError as error:
            raise BadInput(str(out), f"cannot be written ({error.strerror})") from error
    elif not as_json:
        say(cosigned.removesuffix("\n"))
        return
    shown_as = {"origin": asked.origin, "size": asked.head.size, "root": asked.head.root.hex(), "note": cosigned}
    done(shown_as, as_json, f"Cosigned {asked.head.size} entries of {asked.origin}; wrote {out}")


def _refused(status: int, said: str, origin: str) -> Refused:
    sentences = {
        404: f"the log {origin} is not trusted here; `consilience witness trust` takes its key",
        403: f"no signature of a key that is trusted for {origin} holds",
        409: f"this witness last cosigned {said} entries: give the proof that `consilience ledger consistency {said}` writes",
        422: "the proof does not show that the log continues what this witness cosigned before: keep both heads, and ask why",
    }
    if status == 409 and not said.isdecimal():
        sentences[409] = (
            "a head over as many entries with another root was cosigned before: the log signed two histories"
        )
    return Refused(refusal("witness_refuses", status=status), sentences.get(status, said))


def _store(folder: Path | None) -> Store:
    from consilience.domains.witness.service.store import Store

    named = folder or os.environ.get("CONSILIENCE_WITNESS_HOME")
    if not named:
        raise WrongUse("which witness is meant? Name its folder with --home or CONSILIENCE_WITNESS_HOME")
    return Store(Path(named).expanduser().resolve())


def _address(listen: str) -> tuple[str, int]:
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port[:6]) > 65535:
        raise WrongUse(f"--listen: {listen!r} is not HOST:PORT, such as 127.0.0.1:8081")
    return host.strip("[]"), int(port)


def _when(at_s: int | None) -> str | None:
    return None if at_s is None else datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
