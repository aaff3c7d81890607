"""Tiles and bundles of this workspace's log, read from stored subtrees and entries."""

from __future__ import annotations

from django.db import connection

from consilience.domains.ledger import log, merkle, tiles
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.domains.ledger.tiles import Tile
from consilience.kit.errors import NotFound


def data(tile: Tile) -> bytes:
    """The bytes of a tile or bundle; NotFound while the log has fewer entries than it holds."""
    if not tile.within(log.size()):
        raise NotFound("tile", tiles.address(tile))
    found = _column(tile)
    if len(found) != tile.width:
        raise LedgerUnavailable("stored subtrees or entries are missing: run `consilience ledger verify`")
    return tiles.bundle(found) if tile.level is None else b"".join(found)


def root(size: int) -> bytes:
    """The root over the first `size` entries as the stored subtrees have it; NotFound beyond the log."""
    if size > log.size():
        raise NotFound("size of the ledger", str(size))
    frontier = []
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            frontier += _hashes(level, (size >> level) - 1, size >> level)
    return merkle.root(frontier)


def _column(tile: Tile) -> list[bytes]:
    if tile.level is not None:
        return _hashes(tiles.HEIGHT * tile.level, tile.start, tile.end)
    query = "SELECT exact FROM ledger_entry WHERE position >= %s AND position < %s ORDER BY position"
    with connection.cursor() as cursor:
        cursor.execute(query, [tile.start, tile.end])
        return [bytes(row[0]) for row in cursor.fetchall()]


def _hashes(level: int, start: int, end: int) -> list[bytes]:
    query = "SELECT hash FROM ledger_node WHERE level = %s AND nth >= %s AND nth < %s ORDER BY nth"
    with connection.cursor() as cursor:
        cursor.execute(query, [level, start, end])
        return [bytes(row[0]) for row in cursor.fetchall()]
