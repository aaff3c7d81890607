"""The log as C2SP tlog-tiles has it: tiles of 256 hashes and bundles of 256 entries, each a static file. Pure.

Tile n of level l holds the hashes of subtrees (8 l, 256 n) to (8 l, 256 n + 255), 32 bytes each; a bundle holds entries
256 n to 256 n + 255, each behind its length in two bytes, big-endian. At the right edge of the tree both are partial: W
hashes or entries wide, 1 to 255. What a tile or bundle of one width holds never changes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from consilience.domains.ledger import merkle
from consilience.kit.errors import BadInput

WIDTH = 256
HEIGHT = 8
HASH = 32
MAX_LEVEL = 63
MAX_SIZE = 2**63 - 1
"""More entries than any log of ours can hold; an address beyond it names nothing."""
LONGEST_ENTRY = 2**16 - 1
ReadNode = Callable[[int, int], bytes]
"""(level, index) of a complete subtree -> its hash"""

_ADDRESS = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


@dataclass(frozen=True)
class Tile:
    """Which tile: its level, its index there, its width; `level` None for a bundle of entries."""

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not (self.level is None or 0 <= self.level <= MAX_LEVEL) or self.index < 0 or not 1 <= self.width <= WIDTH:
            raise ValueError(f"there is no tile {self.level}/{self.index} of width {self.width}")

    @property
    def start(self) -> int:
        """The first hash of its level, or the first entry, that it holds."""
        return self.index * WIDTH

    @property
    def end(self) -> int:
        """Behind the last one."""
        return self.start + self.width

    def within(self, size: int) -> bool:
        """Whether a tree of this many entries has all that the tile holds."""
        return self.end <= size >> HEIGHT * (self.level or 0)


def address(tile: Tile) -> str:
    """Where it lies below the log's address: `tile/0/x001/234.p/5`, `tile/entries/000`."""
    digits = str(tile.index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    level = "entries" if tile.level is None else tile.level
    return f"tile/{level}/{name}" + (f".p/{tile.width}" if tile.width < WIDTH else "")


def read_address(text: str) -> Tile:
    """The tile at this address; BadInput where `address` would write it otherwise, or no tile can lie there."""
    found = _ADDRESS.fullmatch(text) if len(text) < 80 else None
    if found is None:
        raise BadInput("tile", f"{text[:80]!r} is no address of a tile, such as tile/0/x001/234 or tile/0/000.p/7")
    level, name, width = found.groups()
    try:
        tile = Tile(
            None if level == "entries" else int(level), int(name.replace("/", "").replace("x", "")), int(width or WIDTH)
        )
    except ValueError as error:
        raise BadInput("tile", str(error)) from error
    if address(tile) != text or not tile.within(MAX_SIZE):
        raise BadInput("tile", f"{text!r} is no address of a tile: zeros in front, or further than any log reaches")
    return tile


def of_size(size: int) -> Iterator[Tile]:
    """Every tile and bundle that a log of this many entries has at this moment; each edge in its partial form."""
    for index, width in _edge(size):
        yield Tile(None, index, width)
    yield from of_tree(size)


def of_tree(size: int) -> Iterator[Tile]:
    """The tiles among them, which hold the tree: by level, then index."""
    level = 0
    while size >> HEIGHT * level:
        for index, width in _edge(size >> HEIGHT * level):
            yield Tile(level, index, width)
        level += 1


def _edge(count: int) -> Iterator[tuple[int, int]]:
    for index in range(count // WIDTH):
        yield index, WIDTH
    if count % WIDTH:
        yield count // WIDTH, count % WIDTH


# Bytes


def tile(level: int, index: int, width: int, node: ReadNode) -> bytes:
    """The bytes of a tile of hashes, read from stored subtrees."""
    wanted = Tile(level, index, width)
    return b"".join(node(HEIGHT * level, nth) for nth in range(wanted.start, wanted.end))


def hashes(data: bytes, width: int) -> list[bytes]:
    """The hashes in a tile's bytes; BadInput when there are not exactly this many."""
    if len(data) != width * HASH:
        raise BadInput("tile", f"holds {len(data)} bytes, expected {width} hashes of {HASH}")
    return [data[at : at + HASH] for at in range(0, len(data), HASH)]


def bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes of a bundle: each entry behind its length. An entry of 64 KiB or more fits none (ours have at most 60)."""
    parts = []
    for entry in entries:
        if len(entry) > LONGEST_ENTRY:
            raise ValueError(f"an entry of {len(entry)} bytes fits no bundle")
        parts += [struct.pack(">H", len(entry)), entry]
    return b"".join(parts)


def entries(data: bytes, width: int) -> list[bytes]:
    """The entries in a bundle's bytes; BadInput when there are not exactly this many, or bytes are left or missing."""
    found: list[bytes] = []
    at = 0
    while at < len(data) and len(found) < width:
        start = at + 2
        end = start + int.from_bytes(data[at:start], "big")
        if end > len(data) or start > len(data):
            raise BadInput("entry bundle", f"ends within entry {len(found)}")
        found.append(data[start:end])
        at = end
    if len(found) != width or at != len(data):
        raise BadInput("entry bundle", f"holds {len(found)} entries and {len(data) - at} bytes more, expected {width}")
    return found


# Subtrees from tiles, as whoever holds no database reads them


def node(read: Callable[[Tile], bytes], size: int) -> ReadNode:
    """A reader of subtrees that takes them from the tiles of a log of this size, for `merkle.inclusion` and the like.

    `read` gives a tile's bytes. Levels that no tile holds are hashed from the one below that does. Nothing is verified:
    compare the root, then a proof.
    """

    def stored(level: int, first: int, count: int) -> list[bytes]:
        index = first // WIDTH
        width = min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)
        at = first - index * WIDTH
        return hashes(read(Tile(level, index, width)), width)[at : at + count]

    def subtree(level: int, nth: int) -> bytes:
        if nth < 0 or level < 0 or (nth + 1) << level > size:
            raise ValueError(f"a log of {size} entries has no subtree {level}/{nth}")
        held, above = divmod(level, HEIGHT)
        row = stored(held, nth << above, 1 << above)
        while len(row) > 1:
            row = [merkle.node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
        return row[0]

    return subtree
