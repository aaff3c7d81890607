"""Sealed files: whatever is done to one, it does not open; and any size is sealed in flat memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consilience.domains.content.sealing import FRAME, HEADER, TAG, NotOpened, key_id, new_key, opened, sealed

KEY = bytes(range(32))
SIZES = [0, 1, 15, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME, 3 * FRAME + 7]


def seal(data: bytes, *, piece: int = 1000) -> bytes:
    return b"".join(sealed((data[at : at + piece] for at in range(0, len(data), piece)), KEY))


def unseal(data: bytes, key: bytes = KEY) -> bytes:
    return b"".join(opened(io.BytesIO(data), key))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_opens_to_the_same_bytes(size: int) -> None:
    data = bytes(nth % 251 for nth in range(size))
    frames = max(1, -(-size // FRAME))
    assert unseal(seal(data)) == data
    assert len(seal(data)) == len(HEADER) + size + frames * TAG
    assert seal(data) == seal(data, piece=FRAME + 3), "the pieces in which it comes leave no trace"


def test_the_form_is_the_one_that_is_written_down() -> None:
    first, last = b"a" * FRAME, b"b" * 5
    cipher = AESGCM(KEY)
    expected = cipher.encrypt(bytes(12), first, HEADER) + cipher.encrypt(bytes(10) + b"\x01\x01", last, HEADER)
    assert seal(first + last) == b"consilience sealed file 1\n" + expected


@pytest.mark.parametrize("size", [0, 1, FRAME, 2 * FRAME + 9])
def test_a_flipped_bit_anywhere_opens_nothing(size: int) -> None:
    exact = seal(bytes(size))
    spread = {*range(len(HEADER) + TAG), len(exact) - 1, *range(0, len(exact), 997)}
    for at in sorted(one for one in spread if one < len(exact)):
        with pytest.raises(NotOpened):
            unseal(exact[:at] + bytes([exact[at] ^ 1]) + exact[at + 1 :])


def test_frames_that_are_cut_off_moved_repeated_or_added_open_nothing() -> None:
    exact, step = seal(bytes(3 * FRAME + 9)), FRAME + TAG
    head, frames = exact[: len(HEADER)], [exact[at : at + step] for at in range(len(HEADER), len(exact), step)]
    for wrong in (
        frames[:-1], frames[:1], [], frames[1:], [frames[1], frames[0], *frames[2:]], [*frames[:2], *frames[1:]],
        [*frames, frames[-1]], [*frames[:-1], frames[-1][:-1]], [*frames, b"x"],
    ):  # fmt: skip
        with pytest.raises(NotOpened):
            unseal(head + b"".join(wrong))


def test_another_key_opens_nothing_and_has_another_id() -> None:
    other = new_key()
    with pytest.raises(NotOpened):
        unseal(seal(b"x"), other)
    assert key_id(KEY) != key_id(other)
    assert key_id(KEY) not in KEY.hex()


def test_a_hundred_megabytes_are_sealed_and_opened_in_a_few() -> None:
    def many() -> Iterator[bytes]:
        for _nth in range(100):
            yield bytes(2**20)

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self._pieces, self._kept = sealed(many(), KEY), b""

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            while len(self._kept) < size:
                piece = next(self._pieces, b"")
                if not piece:
                    break
                self._kept += piece
            taken, self._kept = self._kept[:size], self._kept[size:]
            return taken

    tracemalloc.start()
    try:
        assert sum(map(len, opened(Stream(), KEY))) == 100 * 2**20  # type: ignore[arg-type]
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 12 * 2**20
