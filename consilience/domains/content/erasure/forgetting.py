"""After an erasure: what was deleted leaves the disk too. A process may be killed at any step; the next start ends it.

SQLite overwrites what it deletes (`secure_delete`), but older pages lie in its journal and unused ones in its file: both are written
anew, and then searched. PostgreSQL keeps dead rows until the tables are rewritten, and its own journal for as long as its operator said;
docs/manual/erasure.md says what that means.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connection

from consilience.domains.content import queries, upkeep_actions
from consilience.kit import locks

PROMISE = ".erasing"
WORD = "something"
"""Stands for the rows that are erased, whose names are nowhere."""
REWRITTEN = ("private", "content_key", "people_account", "account_emailaddress", "people_setuplink")
"""Tables that lose rows by an erasure, which PostgreSQL rewrites."""
AT_ONCE = 256 * 2**20
"""A database file up to this size is written anew while somebody waits, a second or two; a larger one by the worker."""


@dataclass(frozen=True)
class Forgotten:
    """How far forgetting went. `waits`: others used the database, or it is large: the worker or the next start goes on."""

    files: int
    waits: bool


def promise(digests: Collection[str]) -> None:
    """Leave word of the files that are about to be erased, by the names under which they lie, before they are.

    Whoever starts next looks after it. A name never comes again, since whatever is stored has a key of its own: what is
    stored anew meanwhile is no file that was erased.
    """
    names = [path.name for digest in sorted(digests) for path in (queries.path_of(digest), queries.plain_path(digest))]
    with locks.held(_word().parent), _word().open("a", encoding="ascii") as stream:
        stream.writelines(f"{name}\n" for name in (WORD, *dict.fromkeys(names)))
        stream.flush()
        os.fsync(stream.fileno())


def is_due() -> bool:
    return _word().exists()


def forget(*, however_large: bool = False) -> Forgotten:
    """Take the bytes of what was erased off the disk, as far as that can be done now."""
    said = _said()
    files = upkeep_actions.sweep(promised=frozenset(said))
    waits = not (however_large or _size() <= AT_ONCE)
    if not waits:
        try:
            _rewrite()
        except OperationalError:  # somebody reads or writes just now
            waits = True
    if not waits:
        _kept(said)
    return Forgotten(files, waits)


def _said() -> list[str]:
    with contextlib.suppress(FileNotFoundError):
        return _word().read_text(encoding="ascii").split()
    return []


def _kept(said: list[str]) -> None:
    """The word was kept, and goes; unless somebody promised more meanwhile."""
    with locks.held(_word().parent):
        if len(_said()) <= len(said):
            _word().unlink(missing_ok=True)


def traces(secrets: Iterable[bytes]) -> list[Path]:
    """Which files of an SQLite database still hold one of these byte strings. Flat memory; nothing for PostgreSQL."""
    if connection.vendor != "sqlite":
        return []
    wanted = [one for one in secrets if one]
    database = Path(str(connection.settings_dict["NAME"]))
    paths = [database, *(database.with_name(database.name + end) for end in ("-wal", "-shm", "-journal"))]
    return [path for path in paths if path.exists() and _holds(path, wanted)]


def _holds(path: Path, wanted: list[bytes]) -> bool:
    overlap, before = max(map(len, wanted), default=1) - 1, b""
    with path.open("rb") as stream:
        while chunk := stream.read(2**20):
            if any(one in before + chunk for one in wanted):
                return True
            before = chunk[-overlap:] if overlap else b""
    return False


def _rewrite() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy = cursor.fetchone()[0]
            if busy:
                raise OperationalError("the journal is in use")
        else:
            for table in REWRITTEN:
                cursor.execute(f"VACUUM FULL {connection.ops.quote_name(table)}")


def _size() -> int:
    if connection.vendor != "sqlite":
        return 0
    with contextlib.suppress(FileNotFoundError):
        return Path(str(connection.settings_dict["NAME"])).stat().st_size
    return 0


def _word() -> Path:
    return Path(settings.CONTENT_FOLDER) / PROMISE
