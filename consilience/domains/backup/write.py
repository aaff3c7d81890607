"""Writing a backup while others go on working: one moment of the database, then the files that its rows mean."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.backends.base.introspection import FieldInfo
from django.db.backends.utils import CursorWrapper

from consilience.domains.audit.container import Container, writing
from consilience.domains.backup import form
from consilience.domains.content import queries as content
from consilience.domains.ledger import keys, merkle, notes
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.domains.ledger.verify import snapshot

CHUNK = 1000
PIECE = 2**20
Tell = Callable[[str], None]


@dataclass
class Written:
    """What a backup holds, and the digest of the whole file."""

    manifest: form.Manifest
    rows: int = 0
    files: int = 0
    missing: list[str] = field(default_factory=list)
    """Digests that a row means and whose file is gone: erased meanwhile, or damage that `ledger verify` names."""
    digest: str = ""


def backup(target: Path, *, log_key: bool, tell: Tell = lambda _said: None) -> Written:
    """Write a backup; the file is there only once it is whole, and only its owner can read it."""
    with snapshot():
        done = Written(_manifest(log_key))
        key = _log_key() if log_key else None  # at once: it may change hands while the rest is written
        with writing(target) as archive:
            out = _Digesting(archive)
            out.add(form.MANIFEST, done.manifest.encoded())
            for table, columns in done.manifest.tables.items():
                tell(f"table {table}")
                out.add_pieces(form.table_name(table), _lines(table, columns, done))
            _add_files(out, done, tell)
            _add_keys(out, key)
            archive.add_lines(form.DIGESTS, out.lines)
    done.digest = _digest(target)
    return done


class _Digesting:
    """A container whose members are hashed as they are written."""

    def __init__(self, archive: Container) -> None:
        self._archive = archive
        self.lines: list[bytes] = []

    def add(self, name: str, data: bytes) -> None:
        self.add_pieces(name, [data])

    def add_pieces(self, name: str, pieces: Iterable[bytes]) -> None:
        hashing = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                hashing.update(piece)
                yield piece

        self._archive.add_pieces(name, hashed())
        self.lines.append(form.digest_line(hashing.hexdigest(), name))


def _manifest(log_key: bool) -> form.Manifest:
    # Plain SQL: a backup is also taken of a workspace whose tables are older than this version.
    with connection.cursor() as cursor:
        cursor.execute("SELECT size, frontier, at FROM ledger_head WHERE id = 1")
        head = cursor.fetchone()
        cursor.execute("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
        note = cursor.fetchone()
        cursor.execute("SELECT urn FROM ledger_workspace ORDER BY version LIMIT 1")
        urn = cursor.fetchone()
        if head is None or note is None or urn is None:
            raise LedgerUnavailable("this workspace has not been initialised: run `consilience init` first")
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
        migrations = tuple((str(app), str(name)) for app, name in cursor.fetchall())
        names = sorted(set(connection.introspection.table_names(cursor)) - form.LEFT_OUT)
        tables = {name: _columns(cursor, name) for name in names}
    frontier = bytes(head[1])
    root = merkle.root([frontier[at : at + 32] for at in range(0, len(frontier), 32)])
    return form.Manifest(
        workspace=str(urn[0]).split(":")[2], product=version("consilience"), at=str(head[2]), size=int(head[0]),
        root=root.hex(), head=str(note[0]), log_key=log_key, migrations=migrations, tables=tables,
    )  # fmt: skip


def _columns(cursor: CursorWrapper, table: str) -> form.Columns:
    described = connection.introspection.get_table_description(cursor, table)
    return [(one.name, _kind(one)) for one in described]


def _kind(described: FieldInfo) -> str:
    """The kind of Django's field that such a column is for: the same word for either database."""
    kind: str | tuple[str, Any] = connection.introspection.get_field_type(described.type_code, described)  # type: ignore[arg-type, unused-ignore]
    return kind if isinstance(kind, str) else kind[0]


def _lines(table: str, columns: form.Columns, done: Written) -> Iterator[bytes]:
    names = ", ".join(connection.ops.quote_name(name) for name, _ in columns)
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our own tables
        while rows := cursor.fetchmany(CHUNK):
            done.rows += len(rows)
            for row in rows:
                said = [form.to_text(value, kind) for value, (_, kind) in zip(row, columns, strict=True)]
                yield json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _add_files(out: _Digesting, done: Written, tell: Tell) -> None:
    """The files that rows of this moment mean, as they lie there: sealed, and never opened."""
    with connection.cursor() as cursor:
        known = set(done.manifest.tables)
        joined = "LEFT JOIN content_key ON content_key.digest = content_blob.digest" if "content_key" in known else ""
        sealed = "content_key.key" if joined else "NULL"
        cursor.execute(f"SELECT content_blob.digest, {sealed} FROM content_blob {joined} ORDER BY content_blob.digest")  # noqa: S608
        listed = cursor.fetchall()
    for nth, (digest, sealed_under) in enumerate(listed):
        if nth % CHUNK == 0:
            tell(f"file {nth + 1} of {len(listed)}")
        key = None if sealed_under is None else bytes(sealed_under)
        path = content.plain_path(digest) if key is None else content.sealed_path(digest, key)
        try:
            source = path.open("rb")  # before the member begins: an erasure may have taken the file away meanwhile
        except FileNotFoundError:
            done.missing.append(digest)
            continue
        with source:
            out.add_pieces(f"content/{digest[:2]}/{path.name}", iter(partial(source.read, PIECE), b""))
        done.files += 1


def _log_key() -> bytes:
    """The key that the rows of this moment name; while the log's key changes hands it may still lie beside the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT canonical FROM ledger_workspace ORDER BY version DESC LIMIT 1")
        named = json.loads(cursor.fetchone()[0])["body"]["log_key"]
    return keys.pem(keys.holding(Path(settings.LOG_KEY_FILE), notes.read_key(named).public))


def _add_keys(out: _Digesting, log_key: bytes | None) -> None:
    if log_key is not None:
        out.add(form.LOG_KEY, log_key)
    secret = Path(settings.HOME.secret_key_file)
    if secret.exists():
        out.add(form.SECRET_KEY, secret.read_bytes())


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
