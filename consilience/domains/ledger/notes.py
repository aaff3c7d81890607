"""C2SP signed notes, read strictly: a text, a blank line, signature lines. Pure.

Only the form is checked here, not a signature: `rules.opened` and `proofs` do that with a key they were given.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache

from consilience.kit.errors import BadInput

MAX_LENGTH = 1_000_000
"""Characters of a note; sixteen post-quantum signatures, which every verifier has to accept, take a ninth of it."""
MAX_SIGNATURES = 100
ED25519 = 0x01
COSIGNATURE = 0x04
"""Ed25519 as witnesses sign with it, a time in front (C2SP tlog-cosignature)."""
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_KEY_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True)
class Signature:
    """One line: who is said to have signed, by name and key id, and with what."""

    name: str
    key_id: bytes
    value: bytes


@dataclass(frozen=True)
class Note:
    """The text that was signed, with its final newline, and its signatures in their order."""

    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class Key:
    """A public key as a note knows it."""

    name: str
    key_id: bytes
    public: bytes


def read(note: str) -> Note:
    """The parts of a note; BadInput when it is none. The last empty line is what separates text and signatures."""
    if len(note) > MAX_LENGTH:
        raise BadInput("note", f"is longer than {MAX_LENGTH} characters")
    if _CONTROL.search(note):
        raise BadInput("note", "holds a control character")
    try:
        note.encode()
    except UnicodeEncodeError as error:
        raise BadInput("note", "is no UTF-8") from error
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise BadInput("note", "has no signature lines behind an empty line")
    lines = signatures[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadInput("note", f"has more than {MAX_SIGNATURES} signatures")
    return Note(f"{text}\n", tuple(map(_signature, lines)))


@lru_cache(maxsize=8)
def read_key(key: str, *, kind: int = ED25519, where: str = "log key") -> Key:
    """The key in `name+key id+base64(kind || public key)`; BadInput where it is no such key, or the id is another's.

    `kind` is how the key signs: 0x01 a log its heads, 0x04 a witness what it saw. `where` is what an error calls it.
    """
    name, _, rest = key.partition("+")
    identity, _, encoded = rest.partition("+")
    raw = unbase64(encoded, where)
    if not _KEY_NAME.fullmatch(name) or len(raw) != 33 or raw[0] != kind:
        raise BadInput(where, "is no Ed25519 key of a signed note: name+key id+base64")
    if key_id(name, raw[1:], kind).hex() != identity:
        raise BadInput(where, "its id does not follow from its name and its bytes")
    return Key(name, key_id(name, raw[1:], kind), raw[1:])


def key_id(name: str, public: bytes, kind: int = ED25519) -> bytes:
    """First four bytes of SHA-256(name || newline || kind || public key)."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass") + b"\n" + bytes([kind]) + public).digest()[:4]


def vkey(name: str, public: bytes, kind: int = ED25519) -> str:
    """The public key as C2SP writes it: name+key id+base64(kind || key)."""
    return f"{name}+{key_id(name, public, kind).hex()}+{base64.b64encode(bytes([kind]) + public).decode()}"


def unbase64(text: str, where: str) -> bytes:
    """The bytes behind standard base64 as an encoder writes it, and in no other spelling; BadInput otherwise."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(where, "holds something else where base64 belongs") from error
    if base64.b64encode(raw).decode() != text:
        raise BadInput(where, "holds base64 that no encoder writes")
    return raw


def _signature(line: str) -> Signature:
    found = _SIGNATURE.fullmatch(line)
    if found is None:
        raise BadInput("note", "has a line that is no signature")
    raw = unbase64(found[2], "note")
    if len(raw) < 5:
        raise BadInput("note", "has a signature that is too short")
    return Signature(found[1], raw[:4], raw[4:])
