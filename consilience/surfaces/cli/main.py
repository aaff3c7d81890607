"""`consilience`: the command line. One place maps errors to a sentence and an exit code: `run`.

Commands that ask a server speak HTTP with a token; making, serving, verifying and measuring work on this machine. Nothing
heavy is imported before a command runs, so that help comes at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Annotated, TextIO

import typer

from consilience.kit.errors import ConsilienceError, ExitCode, NotFound, Refused
from consilience.surfaces.cli import (
    access,
    archive,
    backlog,
    backup,
    card,
    compare,
    correct,
    delegations,
    doctor,
    drift,
    erasing,
    evaluate,
    evidence,
    gate,
    inventory,
    inventory_import,
    keys,
    ledger,
    ledger_keys,
    ledger_timestamp,
    ledger_witness,
    local,
    login,
    mlflow,
    mlflow_import,
    notices,
    obligations,
    over_time,
    people,
    policy,
    policy_effect,
    predictions,
    release,
    represent,
    review,
    slices,
    starter_sets,
    synthetic,
    tables,
    tier,
    validate,
    waivers,
    witness,
    worker,
)
from consilience.surfaces.cli.shared import group, plain

app = group("Whether a machine-learning model may go live, on evidence and by sign-offs.")


@app.callback(invoke_without_command=True)
def consilience(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Whether a machine-learning model may go live, on evidence and by sign-offs."""
    if version:
        from importlib.metadata import version as installed

        print(installed("consilience"))
        raise typer.Exit


app.command("init")(local.init)
app.command("up")(local.up)
app.command("worker")(worker.worker)
app.command("doctor")(doctor.doctor)
app.command("export")(archive.export)
app.command("verify")(archive.verify)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("upgrade")(backup.upgrade)
app.command("demo")(local.demo)
app.command("login")(login.login)
app.command("evaluate")(evaluate.evaluate)
app.command("validate")(validate.validate)
app.command("compare")(compare.compare)
app.command("over-time")(over_time.over_time)
app.command("drift")(drift.drift)
app.command("profile")(drift.profile)
app.command("slices")(slices.slices)
app.command("represent")(represent.represent)
app.command("synthetic")(synthetic.synthetic)
app.command("gate")(gate.gate)
app.command("standings")(notices.standings)
app.command("backlog")(backlog.backlog)
app.command("grandfather")(backlog.grandfather)
app.command("notices")(notices.notices)
app.command("sign")(review.sign)
app.command("answer")(review.answer)
app.add_typer(inventory.register, name="register")
app.add_typer(inventory_import.app, name="inventory")
app.add_typer(correct.app, name="correct")
app.add_typer(inventory.show, name="show")
app.add_typer(evidence.app, name="evidence")
app.add_typer(release.app, name="release")
app.add_typer(card.app, name="card")
app.add_typer(review.condition, name="condition")
app.add_typer(review.block, name="block")
app.add_typer(delegations.app, name="delegation")
app.add_typer(waivers.app, name="waiver")
policy.app.command("diff")(policy_effect.diff)
app.add_typer(policy.app, name="policy")
policy.app.add_typer(tables.app, name="table")
policy.app.add_typer(starter_sets.app, name="starter")
inventory.show.command("tier")(tier.tier)
app.add_typer(obligations.app, name="obligations")
app.add_typer(people.app, name="people")
app.add_typer(people.robot, name="robot")
app.add_typer(access.token, name="token")
app.add_typer(keys.app, name="key")
app.add_typer(access.grant, name="grant")
ledger.app.command("rotate-key")(ledger_keys.rotate_key)
ledger.app.command("revoke-key")(ledger_keys.revoke_key)
ledger.app.command("witnesses")(ledger_witness.witnesses)
ledger.app.command("witness-policy")(ledger_witness.witness_policy)
ledger.app.command("witness-push")(ledger_witness.push)
ledger.app.command("timestamp")(ledger_timestamp.timestamp)
ledger.app.command("timestamps")(ledger_timestamp.timestamps)
ledger.app.add_typer(ledger_witness.cosignatures, name="cosignatures")
app.add_typer(predictions.app, name="predictions")
mlflow.app.command("import")(mlflow_import.bring_in)
mlflow.app.command("listen")(mlflow_import.listen)
app.add_typer(mlflow.app, name="mlflow")
app.add_typer(erasing.app, name="erase")
ledger.app.command("epoch")(backup.epoch)
app.add_typer(ledger.app, name="ledger")
app.add_typer(witness.app, name="witness")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code. Whatever goes wrong ends in one sentence on standard error."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a terminal that cannot show a sign
    code = _code(arguments)
    _flush(sys.stdout)
    return code


def _code(arguments: Sequence[str] | None) -> int:
    try:
        answered = _commands()(args=arguments, prog_name="consilience", standalone_mode=False)
        return int(answered) if isinstance(answered, int) else int(ExitCode.YES)
    except ConsilienceError as error:
        _say(_sentence(error))
        return int(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        return int(ExitCode.INTERRUPTED)
    except typer.TyperException as error:  # the command line itself was wrong
        show = getattr(error, "show", None)
        show() if show else _say(str(error))
        return int(ExitCode.WRONG_USE)
    except SystemExit as error:  # typer's answer to a pipe that was closed
        return int(ExitCode.INTERRUPTED) if error.code == 1 else int(error.code or 0)
    except Exception as error:
        if os.environ.get("CONSILIENCE_DEBUG"):
            raise
        _say(f"this is an error of ours ({type(error).__name__}: {error}). CONSILIENCE_DEBUG=1 shows where.")
        return int(ExitCode.BUG)


@cache
def _commands() -> Callable[..., object]:
    """Every command with its options, made once a process."""
    return typer.main.get_command(app)


def _sentence(error: ConsilienceError) -> str:
    if isinstance(error, NotFound) and error.what == "workspace":
        return "this belongs to the workspace as a whole, and what you are entitled to lies in single systems"
    if isinstance(error, NotFound):
        return f"there is no {error.what} {error.name!r}, or you may not know of it"
    if isinstance(error, Refused) and not error.sentence:  # by this machine, whose words are Django's
        from consilience.surfaces import sentences

        return sentences.of_refusal(error.refusal)
    return str(error)


def _say(sentence: str) -> None:
    with suppress(BrokenPipeError):
        print(f"consilience: {plain(sentence)}", file=sys.stderr)


def _flush(stream: TextIO) -> None:
    """Whoever closed the pipe has seen enough: that changes no answer."""
    try:
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    sys.exit(run())
