"""What a witness keeps: the logs it trusts, the last head of each that it cosigned, and what contradicted it. SQLite alone.

Check and store are one transaction that holds the write lock from its first statement: of two requests at once the second
sees the first one's head.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consilience.domains.ledger import keys, notes
from consilience.domains.witness import cosignatures
from consilience.domains.witness.service import requests
from consilience.domains.witness.service.requests import Answer, Head, Request
from consilience.kit.errors import CannotTell, NotFound, WrongUse

BUSY_S = 10
MOST_CONTRADICTIONS = 100
"""Of each log; the first ones say what the hundredth would."""
_TABLES = """
CREATE TABLE IF NOT EXISTS witness (id INTEGER PRIMARY KEY CHECK (id = 1), name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log (origin TEXT NOT NULL, vkey TEXT NOT NULL PRIMARY KEY);
CREATE TABLE IF NOT EXISTS head (
    origin TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, at_s INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS contradiction (origin TEXT NOT NULL, at_s INTEGER NOT NULL, status INTEGER NOT NULL, note TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Known:
    """A log that is trusted: its keys, and the last head that was cosigned."""

    origin: str
    keys: tuple[str, ...]
    head: Head
    at_s: int | None
    contradictions: int


class Store:
    """A witness's folder: `witness.sqlite3` and `witness.ed25519.pem`, closed to other accounts."""

    def __init__(self, folder: Path) -> None:
        self._database, self._key_file = folder / "witness.sqlite3", folder / "witness.ed25519.pem"

    def make(self, name: str) -> None:
        """A new witness with a new key; WrongUse where there is one already."""
        if any(one.isspace() or one == "+" for one in name) or not name:
            raise WrongUse(f"--name: {name!r} holds a space or a plus; expected a name such as witness.example/w1")
        if self._database.exists():
            raise WrongUse(f"{self._database.parent} holds a witness already")
        self._database.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._key_file.exists():  # left by an `init` that was cut off
            keys.make(self._key_file)
        os.close(os.open(self._database, os.O_WRONLY | os.O_CREAT, 0o600))
        with closing(self._connected()) as connection, connection:
            connection.executescript(_TABLES)
            connection.execute("INSERT INTO witness (id, name) VALUES (1, ?)", [name])

    def name(self) -> str:
        with self._open() as connection:
            row = connection.execute("SELECT name FROM witness").fetchone()
        if row is None:
            raise CannotTell(
                f"{self._database} was cut off while it was made; remove it and run `consilience witness init`"
            )
        return str(row[0])

    def vkey(self) -> str:
        return cosignatures.vkey(self.name(), keys.public_bytes(self._key()))

    def trust(self, vkey: str) -> str:
        """Take this key of a log as good; returns the log's origin, which is the key's name. BadInput where it is none."""
        origin = notes.read_key(vkey).name
        with self._open() as connection, connection:
            connection.execute("INSERT OR IGNORE INTO log (origin, vkey) VALUES (?, ?)", [origin, vkey])
        return origin

    def distrust(self, vkey: str) -> None:
        """Take this key as good no longer; the last head of its log stays known."""
        with self._open() as connection, connection:
            if not connection.execute("DELETE FROM log WHERE vkey = ?", [vkey]).rowcount:
                raise NotFound("trusted key", vkey)

    def logs(self) -> list[Known]:
        with self._open() as connection:
            rows = connection.execute("SELECT origin, vkey FROM log ORDER BY origin, rowid").fetchall()
            origins = {origin: [vkey for one, vkey in rows if one == origin] for origin, _ in rows}
            return [_known(connection, origin, vkeys) for origin, vkeys in origins.items()]

    def cosign(self, request: Request, *, at_s: int) -> Answer:
        """Check a request and, where it holds, keep its head and answer with our signature line; all or nothing."""
        name, key = self.name(), self._key()
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                answer = self._judged(connection, request, name, key, at_s)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        return answer

    def _judged(
        self, connection: sqlite3.Connection, request: Request, name: str, key: Ed25519PrivateKey, at_s: int
    ) -> Answer:
        rows = connection.execute("SELECT vkey FROM log WHERE origin = ?", [request.origin]).fetchall()
        trusted = [notes.read_key(vkey) for (vkey,) in rows]
        refused = requests.refusal(request, trusted, _head(connection, request.origin)[0])
        if refused is not None:
            if refused.contradicts:
                _keep_contradiction(connection, request, refused.status, at_s)
            return refused
        line = cosignatures.cosign(request.note.text, name=name, key=key, at_s=at_s)
        connection.execute(
            "INSERT INTO head (origin, size, root, note, at_s) VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET "
            "size = excluded.size, root = excluded.root, note = excluded.note, at_s = excluded.at_s",
            [request.origin, request.head.size, request.head.root, _note(request), at_s],
        )
        return Answer(200, f"{line}\n")

    def _key(self) -> Ed25519PrivateKey:
        return keys.load(self._key_file)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if not self._database.exists():
            raise CannotTell(
                f"there is no witness in {self._database.parent}; make one with `consilience witness init`"
            )
        with closing(self._connected()) as connection:
            yield connection

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._database, timeout=BUSY_S, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # a cosignature leaves only once its head is on the disk
        return connection


def _head(connection: sqlite3.Connection, origin: str) -> tuple[Head, int | None]:
    row = connection.execute("SELECT size, root, at_s FROM head WHERE origin = ?", [origin]).fetchone()
    return (Head(), None) if row is None else (Head(int(row[0]), bytes(row[1])), int(row[2]))


def _known(connection: sqlite3.Connection, origin: str, vkeys: list[str]) -> Known:
    head, at_s = _head(connection, origin)
    (count,) = connection.execute("SELECT count(*) FROM contradiction WHERE origin = ?", [origin]).fetchone()
    return Known(origin, tuple(vkeys), head, at_s, int(count))


def _keep_contradiction(connection: sqlite3.Connection, request: Request, status: int, at_s: int) -> None:
    """Keep what the log signed: it may show that it signed two histories."""
    connection.execute(
        "INSERT INTO contradiction (origin, at_s, status, note) SELECT ?, ?, ?, ? "
        "WHERE (SELECT count(*) FROM contradiction WHERE origin = ?) < ?",
        [request.origin, at_s, status, _note(request), request.origin, MOST_CONTRADICTIONS],
    )


def _note(request: Request) -> str:
    lines = [cosignatures.line(one) for one in request.note.signatures]
    return cosignatures.added(f"{request.note.text}\n", lines)
