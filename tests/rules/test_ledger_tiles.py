"""Tiles and entry bundles against the words of C2SP tlog-tiles, exhaustively for small logs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.domains.ledger import merkle, tiles
from consilience.domains.ledger.tiles import Tile
from consilience.kit.errors import BadInput

SIZES = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000]
LEAVES = [hashlib.sha256(b"%d" % nth).digest() for nth in range(70_000)]
TREE = merkle.Tree(b"".join(LEAVES))


def read(tile: Tile) -> bytes:
    assert tile.level is not None
    return tiles.tile(tile.level, tile.index, tile.width, TREE.node)


# The words of the specification


def test_the_specifications_example_of_70_000_entries() -> None:
    found = [tile for tile in tiles.of_size(70_000) if tile.level is not None]
    by_level = {level: [tile.width for tile in found if tile.level == level] for level in range(4)}
    assert by_level == {0: [256] * 273 + [112], 1: [256, 17], 2: [1], 3: []}


def test_a_log_of_256_entries_is_a_full_tile_and_one_of_width_1_above() -> None:
    assert list(tiles.of_size(256)) == [Tile(None, 0, 256), Tile(0, 0, 256), Tile(1, 0, 1)]


@pytest.mark.parametrize("size", SIZES)
def test_the_edge_of_each_level_is_as_wide_as_the_specification_says(size: int) -> None:
    found = list(tiles.of_size(size))
    assert len(found) == len(set(found))
    for level in range(4):
        partial = [tile.width for tile in found if tile.level == level and tile.width < 256]
        expected = size // 256**level % 256
        assert partial == ([expected] if expected else []), "and none is empty"
        assert sum(tile.width for tile in found if tile.level == level) == size // 256**level
    assert sum(tile.width for tile in found if tile.level is None) == size
    assert all(tile.within(size) and not tile.within(size - 1) for tile in found if tile.width < 256 and not tile.level)


@pytest.mark.parametrize(
    ("tile", "address"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(None, 999), "tile/entries/999"),
        (Tile(None, 1000, 8), "tile/entries/x001/000.p/8"),
        (Tile(63, 7, 255), "tile/63/007.p/255"),
    ],
)
def test_addresses_are_those_of_the_specification(tile: Tile, address: str) -> None:
    assert tiles.address(tile) == address


@pytest.mark.parametrize("address", ["tile/0/x001/x234/067", "tile/entries/x001/000.p/8", "tile/6/007.p/255"])
def test_an_address_reads_back(address: str) -> None:
    assert tiles.address(tiles.read_address(address)) == address


@pytest.mark.parametrize(
    "address",
    [
        "", "tile", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/1000", "tile/0/x000/000",
        "tile/0/x001/000/", "/tile/0/000", "tile/00/000", "tile/01/000", "tile/-1/000", "tile/64/000", "tile/data/000",
        "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01", "tile/0/000.p/256",
        "tile/0/000.p/999", "tile/0/000.p/-1", "tile/0/001/000", "tile/0/x001", "tile/0/x01/000", "tile/0/000\n",
        "tile/0/\u0660\u0660\u0660", "tile/8/000", "tile/0/../000", "tile/7/x001/000", "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/" + "x001/" * 1000 + "000",
    ],
)  # fmt: skip
def test_other_addresses_name_no_tile(address: str) -> None:
    with pytest.raises(BadInput, match="tile"):
        tiles.read_address(address)


@given(st.text(max_size=60) | st.from_regex(r"tile/(entries|[0-9]{1,3})/(x?[0-9]{3}/?){1,8}(\.p/[0-9]{1,4})?\n?"))
def test_any_text_is_a_tile_that_is_written_so_or_refused(text: str) -> None:
    try:
        tile = tiles.read_address(text)
    except BadInput:
        return
    assert tiles.address(tile) == text


def test_a_tile_that_can_not_be_is_not_made() -> None:
    for level, index, width in ((64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(ValueError, match="no tile"):
            Tile(level, index, width)


# Bytes


@pytest.mark.parametrize("size", SIZES[1:])
def test_each_hash_of_a_tile_is_the_root_over_the_entries_that_it_spans(size: int) -> None:
    for tile in tiles.of_size(size):
        if tile.level is None:
            continue
        span = 256**tile.level
        data = tiles.hashes(read(tile), tile.width)
        for nth in {0, tile.width // 2, tile.width - 1}:
            start = (tile.index * 256 + nth) * span
            assert data[nth] == merkle.Tree(b"".join(LEAVES[start : start + span])).root(span)


def test_a_partial_tile_is_the_beginning_of_the_full_one() -> None:
    full = tiles.tile(0, 1, 256, TREE.node)
    assert len(full) == 8192
    assert all(full.startswith(tiles.tile(0, 1, width, TREE.node)) for width in range(1, 256))


@pytest.mark.parametrize("size", [*range(1, 131), 255, 256, 257, 600, 65_537])
def test_every_subtree_and_root_follows_from_the_tiles_alone(size: int) -> None:
    from_tiles = tiles.node(read, size)
    levels = [
        (level, nth) for level in range(size.bit_length()) for nth in {0, (size >> level) // 2, (size >> level) - 1}
    ]
    assert all(from_tiles(level, nth) == TREE.node(level, nth) for level, nth in levels if (nth + 1) << level <= size)
    for level, nth in ((0, size), (size.bit_length(), 0), (-1, 0), (0, -1)):
        with pytest.raises(ValueError, match="no subtree"):
            from_tiles(level, nth)
    proof = merkle.inclusion(size // 2, size, from_tiles)
    assert merkle.includes(LEAVES[size // 2], size // 2, size, proof, TREE.root(size))


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(96)])
def test_a_tile_of_another_length_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match="expected 2 hashes"):
        tiles.hashes(data, 2)


def test_a_bundle_is_each_entry_behind_its_length_in_two_bytes() -> None:
    assert tiles.bundle([b"ab", b"", b"c" * 258]) == b"\x00\x02ab" + b"\x00\x00" + b"\x01\x02" + b"c" * 258
    assert tiles.entries(tiles.bundle([b"x" * 65_535]), 1) == [b"x" * 65_535]
    with pytest.raises(ValueError, match="fits no bundle"):
        tiles.bundle([bytes(65_536)])


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=40))
def test_a_bundle_reads_back_and_no_other_number_of_entries_does(entries: list[bytes]) -> None:
    data = tiles.bundle(entries)
    assert tiles.entries(data, len(entries)) == entries
    for wrong in (len(entries) - 1, len(entries) + 1):
        with pytest.raises(BadInput, match="bundle"):
            tiles.entries(data, wrong)
    for cut in (data[:-1], data + b"\0", data + b"\0\0"):
        with pytest.raises(BadInput, match="bundle"):
            tiles.entries(cut, len(entries))


@given(st.binary(max_size=2000), st.integers(min_value=1, max_value=256))
def test_any_bytes_are_a_bundle_that_is_written_so_or_refused(data: bytes, width: int) -> None:
    try:
        found = tiles.entries(data, width)
    except BadInput:
        return
    assert tiles.bundle(found) == data
