"""The tree over the rows of a batch: RFC 6962 over salted rows (docs/formats/predictions.md). Pure.

The salt of a row is shown with the row alone. Without it nobody can test a guess at a neighbour whose leaf hash stands
in a proof, however few values the neighbour could have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from consilience.domains.ledger import merkle

SECRET_BYTES = 32
HEIGHT = 16
CHUNK = 1 << HEIGHT
"""Leaves that are hashed together; of a full chunk only its root is kept."""
_BLOCK = 64  # bytes of a SHA-256 block


class Salts:
    """The salts of a batch: HMAC-SHA256(secret, index of the row as 8 bytes, big-endian)."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a batch's secret has {SECRET_BYTES} bytes")
        padded = secret.ljust(_BLOCK, b"\0")
        # RFC 2104 with both pads hashed once: a third of the time of a call of hmac for each row.
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def of(self, index: int) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(index.to_bytes(8, "big"))
        outer.update(inner.digest())
        return outer.digest()


def leaf(salt: bytes, row: bytes) -> bytes:
    """SHA-256(0x00 || salt || row)."""
    return hashlib.sha256(b"\x00" + salt + row).digest()


def leaves(rows: Sequence[bytes], first: int, salts: Salts) -> list[bytes]:
    """The leaf hashes of rows of which the first has index `first`."""
    of, sha256 = salts.of, hashlib.sha256
    return [sha256(b"\x00" + of(index) + row).digest() for index, row in enumerate(rows, first)]


class BatchTree:
    """The tree of a batch as it grows, in flat memory: 32 bytes a chunk, and the chunk of one row that is looked for."""

    def __init__(self, wanted: int | None = None) -> None:
        """`wanted` is the index of a row that `path` will be asked of."""
        self.count = 0
        self._wanted = None if wanted is None else wanted >> HEIGHT
        self._roots = bytearray()
        self._open = bytearray()
        self._kept: dict[int, merkle.Tree] = {}

    def add(self, hashes: Iterable[bytes]) -> None:
        """Append leaf hashes."""
        before = len(self._open)
        self._open += b"".join(hashes)
        self.count += (len(self._open) - before) // 32
        while len(self._open) >= 32 * CHUNK:
            tree = merkle.Tree(self._open[: 32 * CHUNK])
            del self._open[: 32 * CHUNK]
            nth = len(self._roots) // 32
            if nth == self._wanted:
                self._kept[nth] = tree
            self._roots += tree.node(HEIGHT, 0)

    def root(self) -> bytes:
        upper, last = merkle.Tree(self._roots), merkle.Tree(self._open)
        return merkle.root([*upper.frontier(upper.size), *last.frontier(last.size)])

    def path(self, index: int) -> list[bytes]:
        """The inclusion proof of the row that was wanted from the beginning."""
        if index >> HEIGHT != self._wanted:
            raise ValueError("only the row that was wanted can be proved")
        upper = merkle.Tree(self._roots)
        kept = {**self._kept, upper.size: merkle.Tree(self._open)}

        def node(level: int, nth: int) -> bytes:
            if level >= HEIGHT:
                return upper.node(level - HEIGHT, nth)
            chunk = nth >> (HEIGHT - level)
            return kept[chunk].node(level, nth - (chunk << (HEIGHT - level)))

        return merkle.inclusion(index, self.count, node)
