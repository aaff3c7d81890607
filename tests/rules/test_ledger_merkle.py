"""The Merkle tree against RFC 6962's own words, exhaustively for small trees, and against published roots."""

from __future__ import annotations

import hashlib
from functools import cache

import pytest

from consilience.domains.ledger import merkle

MOST = 130

# Leaf inputs and roots of the Certificate Transparency reference implementation.
INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def entry(index: int) -> bytes:
    return b"entry %d" % index


# RFC 6962, 2.1, word for word over D[start:end]; nothing of the product is used.


@cache
def mth(start: int, end: int) -> bytes:
    if end == start:
        return hashlib.sha256(b"").digest()
    if end - start == 1:
        return hashlib.sha256(b"\x00" + entry(start)).digest()
    k = largest_power_of_two_below(end - start)
    return hashlib.sha256(b"\x01" + mth(start, start + k) + mth(start + k, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    if end - start == 1:
        return []
    k = largest_power_of_two_below(end - start)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
    n = end - start
    if m == n:
        return [] if whole else [mth(start, end)]
    k = largest_power_of_two_below(n)
    if m <= k:
        return [*subproof(m, start, start + k, whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


def largest_power_of_two_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


LEAVES = [merkle.leaf_hash(entry(index)) for index in range(MOST)]
TREE = merkle.Tree(b"".join(LEAVES))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in INPUTS[:size]]
    _, frontier, _ = merkle.append(0, [], leaves)
    assert merkle.root(frontier).hex() == ROOTS[size - 1]
    assert merkle.Tree(b"".join(leaves)).root(size).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert merkle.Tree(b"").root(0) == merkle.root([])


def test_a_leaf_can_not_be_taken_for_a_node() -> None:
    left, right = LEAVES[:2]
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


def test_every_small_tree_has_the_rfcs_root_however_it_grew() -> None:
    for size in range(MOST + 1):
        for first in {0, size // 3, size // 2, size}:
            start, frontier, made = merkle.append(0, [], LEAVES[:first])
            grown, frontier, more = merkle.append(start, frontier, LEAVES[first:size])
            assert grown == size
            assert merkle.root(frontier) == mth(0, size) == TREE.root(size)
            assert frontier == TREE.frontier(size)
            for level, index, value in [*made, *more]:
                assert value == mth(index << level, (index + 1) << level) == TREE.node(level, index)


def test_every_complete_subtree_is_made_exactly_once() -> None:
    _, _, made = merkle.append(0, [], LEAVES)
    expected = {(level, nth) for level in range(8) for nth in range(MOST >> level)}
    assert len(made) == len(expected)
    assert {(level, nth) for level, nth, _ in made} == expected


def test_every_inclusion_proof_is_the_rfcs_and_holds() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            proof = merkle.inclusion(index, size, TREE.node)
            assert proof == path(index, 0, size)
            assert merkle.includes(LEAVES[index], index, size, proof, mth(0, size))


def test_no_inclusion_proof_shows_anything_else() -> None:
    other = hashlib.sha256(b"other").digest()
    for size in range(1, 40):
        root = mth(0, size)
        for index in range(size):
            proof = path(index, 0, size)
            wrong = [(LEAVES[index], at, size, proof) for at in range(size) if at != index]
            wrong += [(other, index, size, proof), (LEAVES[index], index, size, [*proof, other])]
            wrong += [(LEAVES[index], index, size, [*proof[:at], other, *proof[at + 1 :]]) for at in range(len(proof))]
            wrong += [(LEAVES[index], index, size, proof[:-1])] if proof else []
            wrong += [
                (LEAVES[index], -1, size, proof),
                (LEAVES[index], size, size, proof),
                (LEAVES[index], 0, 0, proof),
            ]
            for leaf, at, of, said in wrong:
                assert not merkle.includes(leaf, at, of, said, root), (index, size, at, of)


def test_every_consistency_proof_is_the_rfcs_and_holds() -> None:
    for size in range(1, MOST + 1):
        for old in range(1, size + 1):
            proof = merkle.consistency(old, size, TREE.node)
            assert proof == subproof(old, 0, size, True)
            assert merkle.consistent(old, size, mth(0, old), mth(0, size), proof)


def test_no_consistency_proof_shows_anything_else() -> None:
    other = hashlib.sha256(b"other").digest()
    for size in range(1, 34):
        for old in range(1, size + 1):
            proof, before, after = subproof(old, 0, size, True), mth(0, old), mth(0, size)
            wrong = [(old, size, other, after, proof), (old, size, before, other, proof)]
            wrong += [(old, size, before, after, [*proof, other])]
            wrong += [(old, size, before, after, [*proof[:at], other, *proof[at + 1 :]]) for at in range(len(proof))]
            wrong += [(old, size, before, after, proof[:-1])] if proof else []
            wrong += [(0, size, before, after, proof), (size + 1, size, before, after, proof)]
            for arguments in wrong:
                assert not merkle.consistent(*arguments), (old, size)


def test_no_proof_of_another_length_holds_in_any_small_tree() -> None:
    other = hashlib.sha256(b"other").digest()
    for size in range(1, MOST + 1):
        after = mth(0, size)
        for at in range(size):
            proof = path(at, 0, size)
            for wrong in (proof[:-1], [*proof, other], [*proof, after], [other, *proof]):
                assert wrong == proof or not merkle.includes(LEAVES[at], at, size, wrong, after), (at, size)
            old, before = at + 1, mth(0, at + 1)
            proof = subproof(old, 0, size, True)
            for wrong in (proof[:-1], [*proof, other], [*proof, after], [other, *proof]):
                assert wrong == proof or not merkle.consistent(old, size, before, after, wrong), (old, size)


def test_an_index_at_or_beyond_the_size_is_never_shown() -> None:
    for size in (0, 1, *(2**k + off for k in range(1, 7) for off in (-1, 0, 1))):
        for at in (size, size + 1, 2 * size, 2**63, -1):
            for index in range(size):
                assert not merkle.includes(LEAVES[index], at, size, path(index, 0, size), mth(0, size))
            assert not merkle.includes(LEAVES[0], at, size, [], mth(0, size))


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0)])
def test_there_is_no_proof_for_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion(index, size, TREE.node)


@pytest.mark.parametrize(("old", "size"), [(0, 4), (5, 4)])
def test_there_is_no_proof_from_an_empty_or_later_tree(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no tree"):
        merkle.consistency(old, size, TREE.node)


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1])
def test_a_proof_has_as_many_hashes_as_the_tree_has_levels(size: int) -> None:
    read = []

    def node(level: int, nth: int) -> bytes:
        read.append((level, nth))
        return bytes(32)

    assert len(merkle.inclusion(size // 2, size, node)) <= 21
    assert len(read) <= 40
