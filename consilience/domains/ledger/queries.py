"""What the ledger says now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from consilience.domains.ledger import keys, log, merkle, rules
from consilience.domains.ledger.models import Checkpoint, Entry, Workspace
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.kit.records.registry import record_models


def present(at: Instant) -> AsOf:
    """Now: this instant, and everything recorded so far."""
    return AsOf(valid_at=at, known_at=log.size())


def workspace() -> Workspace:
    """The newest row of the workspace's record."""
    row: Workspace | None = Workspace.objects.order_by("-version").first()
    if row is None:
        raise rules.LedgerUnavailable("this workspace has not been initialised: run `consilience init` first")
    return row


def zone() -> str:
    return str(workspace().body["zone"])


def checkpoint() -> str:
    """The newest signed head, as its note."""
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None:
        raise rules.LedgerUnavailable("this workspace has no checkpoint: run `consilience init` first")
    return newest.note


def entries() -> QuerySet[Entry]:
    """All entries, newest first."""
    return Entry.objects.order_by("-position")


def entry(position: int) -> Entry:
    found = Entry.objects.filter(position=position).first()
    if found is None:
        raise NotFound("ledger entry", str(position))
    return found


@dataclass(frozen=True)
class Proof:
    """Shows that a leaf stands at a position in the tree of the newest checkpoint."""

    position: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    note: str

    def holds(self, log_key: str) -> bool:
        head = rules.opened(self.note, log_key)
        return head.size == self.size and merkle.includes(self.leaf, self.position, self.size, self.path, head.root)


def proof(position: int) -> Proof:
    """The inclusion proof of an entry: about log2(n) hashes, all read from the stored subtrees in one query."""
    with connection.cursor() as cursor:  # plain SQL: building these from models costs ten times what running them does
        cursor.execute("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
        size, note = cursor.fetchone() or (0, "")
        cursor.execute("SELECT leaf FROM ledger_entry WHERE position = %s", [position])
        leaf = cursor.fetchone()
        if leaf is None or position >= size:
            raise NotFound("ledger entry", str(position))
        nodes = dict.fromkeys(merkle.needed(position, size), b"")
        if nodes:
            values = ", ".join(["(%s, %s)"] * len(nodes))
            cursor.execute(
                f"SELECT level, nth, hash FROM (VALUES {values}) AS wanted "  # noqa: S608 - placeholders only
                "JOIN ledger_node ON level = column1 AND nth = column2",
                [number for pair in nodes for number in pair],
            )
            nodes = {(level, nth): bytes(value) for level, nth, value in cursor.fetchall()}
    path = merkle.inclusion(position, size, lambda level, nth: nodes[level, nth])
    return Proof(position, size, bytes(leaf[0]), tuple(path), note)


def log_key() -> str:
    """The log's public key as the first workspace record names it."""
    first = Workspace.objects.order_by("version").first()
    if first is not None:
        return str(first.body["log_key"])
    return rules.vkey("", keys.public_bytes(keys.load(Path(settings.LOG_KEY_FILE))))


def positions_about(urns: Iterable[str]) -> set[int]:
    """Positions of the entries that wrote a version of any of these things."""
    wanted = list(urns)
    found: set[int] = set()
    for model in record_models():
        found.update(model._default_manager.filter(urn__in=wanted).values_list("position", flat=True))
    return found
