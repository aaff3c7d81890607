"""The Merkle tree of RFC 6962, section 2.1, as pure functions over hashes.

Complete subtrees only are kept: node (level, index) covers leaves [index * 2^level, (index + 1) * 2^level). The
frontier of a tree of n leaves is its complete subtrees from left to right, one for each 1 in the binary form of n.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
Node = tuple[int, int, bytes]
"""(level, index, hash)"""


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 || entry bytes)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(size: int, frontier: Sequence[bytes], leaves: Iterable[bytes]) -> tuple[int, list[bytes], list[Node]]:
    """The tree after these leaf hashes: new size, new frontier, and the complete subtrees that came into being."""
    stack, made = list(frontier), []
    for leaf in leaves:
        level, index, value = 0, size, leaf
        made.append((level, index, value))
        while index & 1:
            value = node_hash(stack.pop(), value)
            level, index = level + 1, index >> 1
            made.append((level, index, value))
        stack.append(value)
        size += 1
    return size, stack, made


def root(frontier: Sequence[bytes]) -> bytes:
    """The root of the tree with this frontier."""
    if not frontier:
        return EMPTY_ROOT
    value = frontier[-1]
    for left in reversed(frontier[:-1]):
        value = node_hash(left, value)
    return value


def inclusion(index: int, size: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    """PATH(index, D[size]): the hashes that lead from leaf `index` to the root. `node(level, index)` reads a subtree."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    return _path(index, 0, size, node)


def needed(index: int, size: int) -> list[tuple[int, int]]:
    """The subtrees that `inclusion` reads, so that they can be fetched together."""
    return _reads(lambda node: inclusion(index, size, node))


def needed_for_consistency(old: int, size: int) -> list[tuple[int, int]]:
    """The subtrees that `consistency` reads."""
    return _reads(lambda node: consistency(old, size, node))


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes) -> bool:
    """Whether the proof shows that `leaf` is number `index` in the tree with this size and root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, value = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            value = node_hash(step, value)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, step)
        at, last = at >> 1, last >> 1
    return last == 0 and value == expected_root


def consistency(old: int, size: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    """PROOF(old, D[size]): shows that the tree of `old` leaves is a prefix of the tree of `size` leaves."""
    if not 0 < old <= size:
        raise ValueError(f"no tree of {old} leaves before {size}")
    return _subproof(old, 0, size, True, node)


def consistent(old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Check a consistency proof (RFC 9162, 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not proof and old_root == new_root
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    seen_old = seen_new = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            seen_old, seen_new = node_hash(step, seen_old), node_hash(step, seen_new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            seen_new = node_hash(seen_new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and seen_old == old_root and seen_new == new_root


class Tree:
    """Every complete subtree over leaf hashes: a buffer for each level, 64 bytes an entry in all."""

    def __init__(self, leaves: bytes | bytearray) -> None:
        """`leaves` holds the leaf hashes one behind the other."""
        self.size = len(leaves) // 32
        self.levels = [bytearray(leaves)]
        while len(self.levels[-1]) >= 64:
            below = self.levels[-1]
            pairs = range(0, len(below) // 64 * 64, 64)
            self.levels.append(bytearray().join(hashlib.sha256(b"\x01" + below[at : at + 64]).digest() for at in pairs))

    def node(self, level: int, index: int) -> bytes:
        return bytes(self.levels[level][32 * index : 32 * index + 32])

    def frontier(self, size: int) -> list[bytes]:
        """The frontier when the tree had this size."""
        levels = reversed(range(size.bit_length()))
        return [self.node(level, (size >> level) - 1) for level in levels if size >> level & 1]

    def root(self, size: int) -> bytes:
        return root(self.frontier(size))


def _reads(prove: Callable[[Callable[[int, int], bytes]], object]) -> list[tuple[int, int]]:
    wanted: list[tuple[int, int]] = []

    def read(level: int, nth: int) -> bytes:
        wanted.append((level, nth))
        return b""

    prove(read)
    return wanted


def _split(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << (size - 1).bit_length() - 1


def _subtree(start: int, size: int, node: Callable[[int, int], bytes]) -> bytes:
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    left = _split(size)
    return node_hash(_subtree(start, left, node), _subtree(start + left, size - left, node))


def _path(index: int, start: int, size: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    if size == 1:
        return []
    left = _split(size)
    if index < left:
        return [*_path(index, start, left, node), _subtree(start + left, size - left, node)]
    return [*_path(index - left, start + left, size - left, node), _subtree(start, left, node)]


def _subproof(old: int, start: int, size: int, whole: bool, node: Callable[[int, int], bytes]) -> list[bytes]:
    if old == size:
        return [] if whole else [_subtree(start, size, node)]
    left = _split(size)
    if old <= left:
        return [*_subproof(old, start, left, whole, node), _subtree(start + left, size - left, node)]
    return [*_subproof(old - left, start + left, size - left, False, node), _subtree(start, left, node)]
