"""Commands on this machine: making a workspace, serving it, the demo."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import ExitCode, Unreachable, WrongUse
from consilience.surfaces.cli import worker
from consilience.surfaces.cli.home import Where, open_home
from consilience.surfaces.cli.shared import say

if TYPE_CHECKING:
    from consilience.config.home import Home

PORT = 8600
STARTED_WITHIN_S = 60
EVERYWHERE = "0.0.0.0"  # noqa: S104 (a name for it; the default is this machine alone)


def init(
    name: Annotated[str, typer.Option(help="The organisation's name.")] = "Consilience",
    zone: Annotated[str, typer.Option(help="The time zone in which bare dates are read.")] = "UTC",
    folder: Where = None,
) -> None:
    """Make a workspace, or bring an existing one up to the present tables."""
    from consilience.config import workspace

    home = open_home(folder)
    made = workspace.init(home, name=name, zone=zone)
    say(f"{'Made' if made.fresh else 'Up to date:'} workspace {made.workspace} in {home.root}")


def up(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = PORT,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
    folder: Where = None,
) -> int:
    """Serve the workspace, made first where there is none. Ctrl-C stops the server."""
    _free(host, port)
    home = open_home(folder)
    shown = os.environ.setdefault("CONSILIENCE_PUBLIC_URL", f"http://{_shown(_reached(host))}:{port}")
    fresh = not os.environ.get("CONSILIENCE_DATABASE") and not home.database.exists()
    home.make()
    home.secret_key()
    (home.root / "static").mkdir(exist_ok=True)  # where collected files would lie; without it the server warns
    # A workspace that does not exist yet has no users: its tables are made while the server loads.
    server = _start(host, port) if fresh else None
    beside = None
    try:
        secret = _prepared(home)
        server = server or _start(host, port)
        _wait(server, host, port)
        interrupted = _told_once(server)
        page = f"{shown}/setup/{secret}" if secret else shown
        say(f"Consilience answers at {shown}")
        if secret:
            say(f"Nobody is here yet. Become its administrator: {page}")
        beside = worker.start(os.getpid())
        if not no_open and sys.stdout.isatty():
            import webbrowser

            webbrowser.open(page)
        code = server.wait()
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    finally:
        if beside is not None:
            worker.stop(beside)
        if server is not None and server.poll() is None:
            _stop(server)
    if interrupted:
        return ExitCode.INTERRUPTED
    if code not in (0, -signal.SIGTERM):
        raise Unreachable(f"the server ended with exit code {code}")
    return ExitCode.YES


def demo() -> int:
    """A decided gate on real data in a workspace of its own, then the server on it."""
    from consilience.demo.run import main

    return int(main() or 0)


def _command(host: str, port: int) -> list[str]:
    # `python -m`: the environment's bin may not be on PATH.
    return [
        sys.executable, "-m", "gunicorn", "-k", "gthread", "--workers", "2", "--threads", "8", "--bind", f"{_shown(host)}:{port}",
        "--timeout", "120", "--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket",
        "consilience.config.wsgi:application",
    ]  # fmt: skip


def _reached(host: str) -> str:
    """Where this machine reaches a server that listens on `host`."""
    return {EVERYWHERE: "127.0.0.1", "::": "::1"}.get(host, host)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _start(host: str, port: int) -> subprocess.Popen[bytes]:
    server = subprocess.Popen(_command(host, port))  # noqa: S603 (our own interpreter)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    return server


def _told_once(server: subprocess.Popen[bytes]) -> list[int]:
    """From here on Ctrl-C only stops the server, and is remembered: an exception may be raised where nobody hears it."""
    signals: list[int] = []

    def stop(number: int, _frame: object) -> None:
        signals.append(number)
        server.terminate()

    signal.signal(signal.SIGINT, stop)
    return signals


def _prepared(home: Home) -> str | None:
    """Make the workspace or bring it up to date. The secret of a fresh one-time link while nobody is here."""
    from consilience.config import workspace

    workspace.init(home, name="Consilience", zone="UTC")
    from consilience.domains.people import actions, queries
    from consilience.kit.clock import now

    return actions.make_setup_link(person=None, now=now()) if queries.nobody_yet() else None


def _free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            raise WrongUse(f"cannot listen on {host}:{port} ({error.strerror}); name another with --port") from error


def _wait(server: subprocess.Popen[bytes], host: str, port: int) -> None:
    until = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Unreachable(f"the server ended at once, with exit code {server.returncode}")
        try:
            with socket.create_connection((_reached(host), port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    _stop(server)
    raise Unreachable(f"the server did not listen within {STARTED_WITHIN_S} s")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """The terminal has told the server too; wait for it, and insist after a while."""
    try:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=10)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        server.kill()
        server.wait()
