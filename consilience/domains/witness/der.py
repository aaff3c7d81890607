"""DER, as far as time-stamps need it: definite lengths in their shortest form, nothing behind an element. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from consilience.kit.errors import BadInput

INTEGER, OCTETS, OID, SEQUENCE, SET, TIME, CONTEXT_0 = 0x02, 0x04, 0x06, 0x30, 0x31, 0x18, 0xA0
TRUE, NULL = b"\x01\x01\xff", b"\x05\x00"
MAX_OID = 64


@dataclass(frozen=True)
class Element:
    """A tag with its content; `raw` is both, as they stood."""

    tag: int
    value: bytes
    raw: bytes

    def children(self) -> list[Element]:
        """The elements within this one."""
        found, at = [], 0
        while at < len(self.value):
            one = _element(self.value, at)
            found.append(one)
            at += len(one.raw)
        return found

    def child(self, nth: int, tag: int | None = None) -> Element:
        """The nth element within this one; BadInput where there is none, or one of another tag."""
        found = self.children()
        if nth >= len(found) or (tag is not None and found[nth].tag != tag):
            raise BadInput("DER", "lacks an element where one belongs, or has another")
        return found[nth]

    def number(self) -> int:
        return int.from_bytes(self.value, "big", signed=True)

    def text(self) -> str:
        """An object identifier in its decimal form."""
        if self.tag != OID or not 0 < len(self.value) <= MAX_OID or self.value[-1] & 0x80:
            raise BadInput("DER", "has something else where an object identifier belongs")
        parts, part = list[int](), 0
        for byte in self.value:
            part = part << 7 | byte & 0x7F
            if not byte & 0x80:
                parts.append(part)
                part = 0
        first = min(parts[0] // 40, 2)
        return ".".join(map(str, [first, parts[0] - 40 * first, *parts[1:]]))


def read(data: bytes, tag: int) -> Element:
    """The one element that these bytes are."""
    found = _element(data, 0)
    if found.tag != tag or len(found.raw) != len(data):
        raise BadInput("DER", "is not the one element that was expected")
    return found


def sequence(*parts: bytes) -> bytes:
    return _written(SEQUENCE, b"".join(parts))


def octets(value: bytes) -> bytes:
    return _written(OCTETS, value)


def integer(value: int) -> bytes:
    """A number that is not negative."""
    return _written(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text: str) -> bytes:
    """An object identifier from its decimal form."""
    first, second, *rest = map(int, text.split("."))
    return _written(OID, b"".join(_base128(part) for part in (40 * first + second, *rest)))


def _base128(part: int) -> bytes:
    found = [part & 0x7F]
    while part := part >> 7:
        found.append(part & 0x7F | 0x80)
    return bytes(reversed(found))


def _written(tag: int, value: bytes) -> bytes:
    size = len(value)
    if size < 0x80:
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + value


def _element(data: bytes, at: int) -> Element:
    if at + 2 > len(data):
        raise BadInput("DER", "is cut off")
    tag, size, start = data[at], data[at + 1], at + 2
    if tag & 0x1F == 0x1F:
        raise BadInput("DER", "has a tag of more than a byte")
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(data[start : start + count], "big"), start + count
        if not 1 <= count <= 4 or size < 0x80 or data[at + 2] == 0:
            raise BadInput("DER", "has a length that is not in its shortest form")
    if start + size > len(data):
        raise BadInput("DER", "is cut off")
    return Element(tag, data[start : start + size], data[at : start + size])
