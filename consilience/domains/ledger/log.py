"""The append path: positions from a locked head row, the tree kept as it grows. Plain SQL, since each act pays for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection

from consilience.domains.ledger import merkle, rules
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.kit.clock import Instant


@dataclass(frozen=True)
class Head:
    """The tree as it stands: how many entries, its frontier, and the time of the last act."""

    size: int
    frontier: tuple[bytes, ...]
    at: str


def lock() -> Head:
    """The head, locked until the transaction ends, so that positions are dense and the tree has one order."""
    query = "SELECT size, frontier, at FROM ledger_head WHERE id = 1"
    with connection.cursor() as cursor:
        # SQLite's write lock was taken when the transaction began (IMMEDIATE).
        cursor.execute(query if connection.vendor == "sqlite" else f"{query} FOR UPDATE")
        row = cursor.fetchone()
    if row is None:
        raise LedgerUnavailable("this workspace has no ledger head: run `consilience init` first")
    packed = bytes(row[1])
    return Head(row[0], tuple(packed[i : i + 32] for i in range(0, len(packed), 32)), row[2])


def create_head(at: Instant) -> None:
    """The head of an empty log."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO ledger_head (id, size, frontier, at) VALUES (1, 0, %s, %s)", [b"", at])


def size() -> int:
    """How many entries there are: the `known_at` of the present."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT size FROM ledger_head WHERE id = 1")
        row = cursor.fetchone()
    return int(row[0]) if row else 0


@dataclass(frozen=True)
class NewEntry:
    exact: bytes
    verb: str
    actor: str
    at: Instant


def append(
    head: Head,
    entries: Sequence[NewEntry],
    *,
    origin: str,
    key: Ed25519PrivateKey,
    before: Ed25519PrivateKey | None = None,
) -> str:
    """Append entries behind a locked head: entries, complete subtrees, the head. Returns the signed checkpoint.

    `before` is the log's key until now, where these entries hand it over: it signs first, and for the last time.
    """
    leaves = [merkle.leaf_hash(entry.exact) for entry in entries]
    size, frontier, made = merkle.append(head.size, head.frontier, leaves)
    note = rules.sign(rules.Checkpoint(origin, size, merkle.root(frontier)), *([before] if before else []), key)
    rows = [
        (head.size + i, leaf, entry.exact, entry.verb, entry.actor, entry.at)
        for i, (entry, leaf) in enumerate(zip(entries, leaves, strict=True))
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_entry (position, leaf, exact, verb, actor, at) VALUES (%s, %s, %s, %s, %s, %s)", rows
        )
        cursor.executemany("INSERT INTO ledger_node (level, nth, hash) VALUES (%s, %s, %s)", made)
        cursor.execute(
            "UPDATE ledger_head SET size = %s, frontier = %s, at = %s WHERE id = 1",
            [size, b"".join(frontier), max(head.at, entries[-1].at)],  # what was signed may have been prepared before
        )
        cursor.execute("INSERT INTO ledger_checkpoint (size, note) VALUES (%s, %s)", [size, note])
    return note
