"""`consilience worker`: looks at live releases again when something was recorded and when time asks for it, and sends the
newest head of the log to its witnesses.

It works on the machine that holds the workspace, beside the server; `consilience up` runs one. Two at once do no harm,
and one that is killed is taken up where it was.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import ExitCode, Refused, WrongUse
from consilience.surfaces.cli.home import Where, open_home
from consilience.surfaces.cli.shared import AsJson, say, say_json, table

if TYPE_CHECKING:
    from consilience.domains.gate.models import Standing
    from consilience.domains.gate.standing_queries import Answer

POLL_S = 2.0
"""How long a change of a fact may go unnoticed while a worker runs."""
AFTER_AN_ERROR_S = 15.0


def worker(
    once: Annotated[bool, typer.Option("--once", help="Look once, say what changed, and end.")] = False,
    at: Annotated[str | None, typer.Option(help="What-if, with --once: how releases would stand then.")] = None,
    as_json: AsJson = False,
    parent: Annotated[int | None, typer.Option(hidden=True)] = None,
    folder: Where = None,
) -> int:
    """Keep the standings of live releases true: look again when facts change, and every day."""
    if at is not None and not once:
        raise WrongUse("--at asks what would be, and goes with --once")
    home = open_home(folder)
    if not os.environ.get("CONSILIENCE_DATABASE") and not home.database.exists():
        raise WrongUse(f"there is no workspace in {home.root}; make one with `consilience init`")
    from consilience.config.workspace import set_up_django

    set_up_django()
    if at is not None:
        return _what_if(at, as_json)
    if once:
        return _once(as_json)
    return _keep_looking(parent)


def start(parent: int) -> subprocess.Popen[bytes]:
    """A worker in a process of its own, which ends when its parent does."""
    command = [sys.executable, "-m", "consilience.surfaces.cli.main", "worker", "--parent", str(parent)]
    # A group of its own: a terminal's Ctrl-C goes to the parent, which then ends this one in order.
    return subprocess.Popen(  # noqa: S603 (our own interpreter)
        command, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, process_group=0
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a worker to end, wait for it, and insist after a while: what it was at is rolled back and done again."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _once(as_json: bool) -> ExitCode:
    from consilience.config.workspace import operator
    from consilience.domains.gate import standing_actions
    from consilience.kit.clock import now

    found = standing_actions.look(actor=operator(), now=now())
    _tell_of_reviews()
    if as_json:
        say_json({"looked_at": found.looked_at, "changed": [_shown(row) for row in found.changed]})
        return ExitCode.YES
    for row in found.changed:
        say(_line(row))
    say(f"Looked at {found.looked_at} live releases; {len(found.changed)} stand otherwise than before.")
    return ExitCode.YES


def _keep_looking(parent: int | None) -> ExitCode:
    signals: list[int] = []

    def ended(number: int, _frame: object) -> None:
        signals.append(number)  # remembered, since an exception may be raised where nobody hears it
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, ended)
    signal.signal(signal.SIGTERM, ended)
    with suppress(KeyboardInterrupt):
        first, day, sending = True, "", Thread()
        while not signals and (parent is None or os.getppid() == parent):
            looked = _looked(always=first, told_on=day)
            sending = _sending(sending)
            first, day = False, looked
            time.sleep(POLL_S if looked else AFTER_AN_ERROR_S)
    return ExitCode.INTERRUPTED if signal.SIGINT in signals else ExitCode.YES


def _looked(*, always: bool, told_on: str) -> str:
    """Look where there is anything to look for; the day of the look, empty when the workspace could not be asked just now.

    Reviews of policies are due by days: they are told of once a day, and when something was recorded. `told_on` is the
    day on which that was done last.
    """
    import logging

    from django.db import DatabaseError, close_old_connections

    from consilience.config.workspace import operator
    from consilience.domains.content import upkeep_actions
    from consilience.domains.content.erasure import forgetting
    from consilience.domains.gate import standing_actions, watch
    from consilience.domains.keys import actions as keys
    from consilience.domains.ledger.rules import LedgerUnavailable
    from consilience.kit.clock import now

    try:
        at = now()
        keys.forget_late(now=at)
        anything = always or watch.anything_to_do(at)
        if anything:
            for row in standing_actions.look(actor=operator(), now=at).changed:
                say(_line(row))
        if anything or told_on != at[:10]:
            _tell_of_reviews()
        if told_on != at[:10]:
            upkeep_actions.sweep()
        if forgetting.is_due():  # a large database, or one that was in use when somebody erased something
            forgetting.forget(however_large=True)
    except (DatabaseError, LedgerUnavailable, Refused) as error:  # a busy or absent database, a clock that is behind
        logging.getLogger("consilience.worker").warning("cannot look at the releases just now: %s", error)
        close_old_connections()
        return ""
    return at[:10]


def _sending(before: Thread) -> Thread:
    """Send to the witnesses aside, one round at a time: one that answers byte by byte holds up nobody's standing."""
    if before.is_alive():
        return before
    thread = Thread(target=_send_aside, daemon=True)
    thread.start()
    return thread


def _send_aside() -> None:
    from django.db import connection

    try:
        _send_to_witnesses()
    finally:
        connection.close()


def _send_to_witnesses() -> None:
    """Send the newest head to the witnesses that are due. What comes of it stands on their page; nothing waits for it."""
    import logging

    from django.db import DatabaseError, close_old_connections

    from consilience.domains.witness.push import Outcome, push
    from consilience.kit.clock import now
    from consilience.kit.errors import ConsilienceError

    try:
        asked = push(now=now())
    except (DatabaseError, ConsilienceError) as error:
        logging.getLogger("consilience.worker").warning("cannot ask the witnesses just now: %s", error)
        close_old_connections()
        return
    for one in asked:
        if one.outcome is not Outcome.COSIGNED:
            say(f"Witness {one.name} did not cosign the head over {one.size} entries: {one.outcome}")


def _tell_of_reviews() -> None:
    """Tell the owners of policies whose review is due."""
    from consilience.domains.gate import review_notices
    from consilience.domains.ledger import queries as ledger
    from consilience.kit.clock import now

    told = review_notices.tell(ledger.present(now()))
    if told:
        say(f"{told} notices of policies that must be looked at again.")


def _what_if(at: str, as_json: bool) -> ExitCode:
    """How live releases would stand at a moment, as far as is known now. Nothing is recorded."""
    from consilience.config.workspace import operator
    from consilience.domains.gate import standing_queries as queries
    from consilience.domains.ledger import queries as ledger
    from consilience.domains.release import queries as releases
    from consilience.kit.clock import now, read_instant
    from consilience.kit.records.models import AsOf

    here = ledger.present(now())
    then = AsOf(read_instant(at, zone=ledger.zone()), here.known_at)
    if then.valid_at < here.valid_at:
        raise WrongUse("--at asks what would be, so it must lie ahead; how a release stood is in its history")
    rows = queries.live_rows(operator(), here)
    labels = releases.references([row.urn for row in rows], here)
    found = [(row, queries.answer(row, here), queries.answer(row, then)) for row in rows]
    if as_json:
        say_json({"what_if": True, "at": then.valid_at, "releases": [
            {"release": labels[row.urn], "stage": row.stage, "now": str(now_.state), "then": str(later.state),
             "unmet": list(later.verdict.unmet), "obligations": [one.obligation for one in later.obligations]}
            for row, now_, later in found
        ]})  # fmt: skip
        return ExitCode.YES
    say(f"What if: at {then.valid_at[:19]} UTC, knowing {then.known_at} entries. Not recorded.")
    shown = [
        (labels[row.urn], row.stage, str(now_.state), str(later.state), ", ".join(_against(later)))
        for row, now_, later in found
    ]
    table(
        ("RELEASE", "STAGE", "NOW", "THEN", "NOT MET OR OPEN"),
        shown,
        empty="No release is live: the gate let none through.",
    )
    return ExitCode.YES


def _against(found: Answer) -> list[str]:
    """The requirements that are not met, and the obligations that are open."""
    return [*found.verdict.unmet, *(one.obligation for one in found.obligations)]


def _shown(row: Standing) -> dict[str, Any]:
    named = ("release", "stage", "state", "since", "unmet", "changes", "ending")
    return {"standing": row.name, **{name: row.body[name] for name in named}}


def _line(row: Standing) -> str:
    from consilience.domains.ledger import queries as ledger
    from consilience.domains.release import queries as releases
    from consilience.kit.clock import Instant

    at = Instant(row.valid_from)
    reference = releases.references([row.release], ledger.present(at)).get(row.release, row.release)
    came = row.body.get("came", {})
    why = ", ".join([*(f"{each[0]}/{each[1]}" for each in row.body["changes"]), *came])
    return f"{at[:19]}Z  {reference} to {row.body['stage']}: {row.state}{f' ({why})' if why else ''}"
