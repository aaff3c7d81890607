#!/usr/bin/env python3
"""A PostgreSQL server of one's own, for tests, benchmarks and a first look. Needs nothing but Python's standard library.

    scripts/postgres.py find              where the binaries lie; exit code 1 and what to install when they are missing
    scripts/postgres.py start FOLDER      make a cluster in FOLDER (which must be new or made by this), start it, print its URL
    scripts/postgres.py stop FOLDER       stop it

The server listens on 127.0.0.1 only and trusts whoever connects. PostgreSQL refuses to run as root, so root starts it
as the user `postgres`, who then owns FOLDER; every parent folder must let that user through. `--throw-away` switches
fsync off, for tests whose data may be lost with the machine.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path

MISSING = "PostgreSQL's server was not found: install it (Debian: apt-get install postgresql), or put initdb and pg_ctl on PATH"


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl: on PATH, or the newest that Debian's packages put aside."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def start(folder: Path, *, port: int | None, throw_away: bool) -> str:
    """Start the cluster in this folder, making it first when it is new. Returns the URL of its `postgres` database."""
    where = binaries()
    if where is None:
        raise SystemExit(MISSING)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    as_user = _owner(folder)
    cluster = folder / "cluster"
    if not cluster.is_dir():
        _run(
            [where / "initdb", "-D", cluster, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale"],
            as_user,
            folder,
        )
    port = port or _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    if throw_away:
        options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    _run([where / "pg_ctl", "-D", cluster, "-l", folder / "log", "-o", options, "-w", "start"], as_user, folder)
    return f"postgresql://postgres@127.0.0.1:{port}/postgres"


def stop(folder: Path) -> None:
    """Stop the server of this folder at once; open connections are closed."""
    where = binaries()
    if where is None:
        raise SystemExit(MISSING)
    folder = folder.resolve()
    _run([where / "pg_ctl", "-D", folder / "cluster", "-m", "fast", "-w", "stop"], _owner(folder), folder)


def _owner(folder: Path) -> str | None:
    """Who runs the server: whoever calls, but `postgres` for root, who is given the folder."""
    if os.geteuid() != 0:
        return None
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        raise SystemExit("PostgreSQL does not run as root, and there is no user `postgres` to run it as") from None
    os.chown(folder, account.pw_uid, account.pw_gid)
    return account.pw_name


def _run(command: list[Path | str], as_user: str | None, folder: Path) -> None:
    who = {"user": as_user, "group": as_user, "extra_groups": []} if as_user else {}
    with (folder / "commands.log").open("a+") as output:
        # Not a pipe: the server inherits it, and a reader would wait for the server's end.
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, check=False, **who,
        )  # fmt: skip
    if done.returncode:
        told = (folder / "commands.log").read_text().strip().splitlines()[-5:]
        raise SystemExit(f"{Path(command[0]).name} failed: " + " / ".join(told))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description="A PostgreSQL server of one's own on 127.0.0.1.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("find", help="where the binaries lie")
    starting = commands.add_parser("start", help="make and start a cluster, print its URL")
    starting.add_argument("folder", type=Path)
    starting.add_argument("--port", type=int, help="a free one by default")
    starting.add_argument("--throw-away", action="store_true", help="no fsync: faster, and not safe")
    commands.add_parser("stop", help="stop a cluster").add_argument("folder", type=Path)
    asked = parser.parse_args()
    if asked.command == "find":
        where = binaries()
        if where is None:
            sys.exit(MISSING)
        print(where)
    elif asked.command == "start":
        print(start(asked.folder, port=asked.port, throw_away=asked.throw_away))
    else:
        stop(asked.folder)


if __name__ == "__main__":
    main()
