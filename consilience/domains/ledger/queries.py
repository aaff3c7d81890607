"""What the ledger says now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet

from consilience.domains.ledger import keys, log, merkle, rules
from consilience.domains.ledger import log_keys as log_key_rules
from consilience.domains.ledger.log_keys import Bound
from consilience.domains.ledger.models import Checkpoint, Entry, Workspace
from consilience.domains.ledger.signing.known import Known, of_entry
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


def known_at(positions: Iterable[int]) -> dict[int, Known]:
    """How the actor of each of these entries was known."""
    rows = Entry.objects.filter(position__in=list(positions)).values_list("position", "exact")
    return {position: of_entry(bytes(exact)) for position, exact in rows}


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


def proof(position: int, size: int | None = None) -> Proof:
    """The inclusion proof of an entry: about log2(n) hashes, all read from the stored subtrees in one query.

    It leads to the newest checkpoint, or to the one over `size` entries; NotFound where no act ended there.
    """
    with connection.cursor() as cursor:  # plain SQL: building these from models costs ten times what running them does
        size, note = _head(cursor, size)
        cursor.execute("SELECT leaf FROM ledger_entry WHERE position = %s", [position])
        leaf = cursor.fetchone()
        if leaf is None or position >= size:
            raise NotFound("ledger entry", str(position))
        nodes = _nodes(cursor, merkle.needed(position, size))
    path = merkle.inclusion(position, size, lambda level, nth: nodes[level, nth])
    return Proof(position, size, bytes(leaf[0]), tuple(path), note)


@dataclass(frozen=True)
class Consistency:
    """Shows that the log of `old` entries is the beginning of the log of the checkpoint in `note`."""

    old: int
    size: int
    path: tuple[bytes, ...]
    note: str


def consistency(old: int, size: int | None = None) -> Consistency:
    """The consistency proof between two sizes; the later one, the newest if not said, is one that was signed.

    Every log begins with the empty one, for which there is nothing to prove. NotFound where no act ended at `size`,
    or `old` lies beyond it.
    """
    with connection.cursor() as cursor:
        size, note = _head(cursor, size)
        if not 0 <= old <= size:
            raise NotFound("size of the ledger", str(old))
        if old == 0:
            return Consistency(0, size, (), note)
        nodes = _nodes(cursor, merkle.needed_for_consistency(old, size))
    path = merkle.consistency(old, size, lambda level, nth: nodes[level, nth])
    return Consistency(old, size, tuple(path), note)


def _head(cursor: CursorWrapper, size: int | None) -> tuple[int, str]:
    """The checkpoint over this many entries, or the newest."""
    if size is None:
        cursor.execute("SELECT size, note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    else:
        cursor.execute("SELECT size, note FROM ledger_checkpoint WHERE size = %s", [size])
    found = cursor.fetchone()
    if found is None:
        raise NotFound("checkpoint", "the newest" if size is None else str(size))
    return int(found[0]), str(found[1])


def _nodes(cursor: CursorWrapper, wanted: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """These stored subtrees, in one query; a LedgerUnavailable where the tree that is stored lacks one."""
    nodes = dict.fromkeys(wanted, b"")
    if not nodes:
        return nodes
    values = ", ".join(["(%s, %s)"] * len(nodes))
    cursor.execute(
        f"SELECT level, nth, hash FROM (VALUES {values}) AS wanted "  # noqa: S608 - placeholders only
        "JOIN ledger_node ON level = column1 AND nth = column2",
        [number for pair in nodes for number in pair],
    )
    found = {(level, nth): bytes(value) for level, nth, value in cursor.fetchall()}
    if len(found) < len(nodes):
        raise rules.LedgerUnavailable("stored subtrees are missing: run `consilience ledger verify`")
    return found


def log_keys() -> tuple[Bound, ...]:
    """The keys of the log, the present one last, as versions of the workspace's record bound them."""
    return log_key_rules.bound((row.position, row.body) for row in Workspace.objects.order_by("version"))


def log_key() -> str:
    """The log's present public key, with which the newest head is signed."""
    bound = log_keys()
    if bound:
        return bound[-1].key
    return rules.vkey("", keys.public_bytes(keys.load(Path(settings.LOG_KEY_FILE))))


def positions_about(urns: Iterable[str]) -> set[int]:
    """Positions of the entries that wrote a version of any of these things."""
    wanted = list(urns)
    found: set[int] = set()
    for model in record_models():
        found.update(model._default_manager.filter(urn__in=wanted).values_list("position", flat=True))
    return found
