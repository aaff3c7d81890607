"""What a witness signs: "at this time this was the longest consistent log that I had seen" (C2SP tlog-cosignature). Pure.

Only the Ed25519 form, type 0x04: eight bytes of POSIX time, big-endian, and 64 of signature behind the key id.
"""

from __future__ import annotations

import base64
import struct

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consilience.domains.ledger import notes
from consilience.kit.errors import BadInput

HEADER = "cosignature/v1"
MAX_TIME = 2**63 - 1
_LENGTH = 8 + 64


def vkey(name: str, public: bytes) -> str:
    """The witness's public key as policies write it: name+key id+base64(0x04 || key)."""
    return notes.vkey(name, public, notes.COSIGNATURE)


def read_key(key: str) -> notes.Key:
    """The witness's key in this text; BadInput where it is none, also where it is the key of a log."""
    return notes.read_key(key, kind=notes.COSIGNATURE, where="witness key")


def cosign(text: str, *, name: str, key: Ed25519PrivateKey, at_s: int) -> str:
    """The signature line of the witness `name` over the text of a checkpoint, at POSIX time `at_s`, without its newline."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = struct.pack(">Q", at_s) + key.sign(_message(text, at_s))
    encoded = base64.b64encode(notes.key_id(name, public, notes.COSIGNATURE) + signature).decode()
    return f"\u2014 {name} {encoded}"


def cosigned_at(note: notes.Note, key: notes.Key) -> int | None:
    """When this witness cosigned the note, in POSIX seconds; None where it did not. Else as `latest`."""
    found = latest(note, key)
    return None if found is None else found[0]


def latest(note: notes.Note, key: notes.Key) -> tuple[int, str] | None:
    """When this witness cosigned the note last, in POSIX seconds, and by which line; None where it did not.

    BadInput where a line bears its name and key id and is no signature of its key: the note is then worthless.
    """
    found = [
        (_verified(note.text, one.value, key), line(one))
        for one in note.signatures
        if (one.name, one.key_id) == (key.name, key.key_id)
    ]
    return max(found, default=None)


def line(signature: notes.Signature) -> str:
    """A signature as the line that it was read from, without its newline."""
    return f"\u2014 {signature.name} {base64.b64encode(signature.key_id + signature.value).decode()}"


def read_lines(lines: str) -> tuple[notes.Signature, ...]:
    """The signatures in what a witness answered: one or more lines, nothing else. BadInput otherwise."""
    return notes.read(f"text\n\n{lines}").signatures


def added(note: str, lines: list[str]) -> str:
    """The note with these signature lines behind its own; a line that it has already is not added again."""
    have = set(note.split("\n"))
    return note + "".join(f"{one}\n" for one in dict.fromkeys(lines) if one not in have)


def _verified(text: str, value: bytes, key: notes.Key) -> int:
    if len(value) != _LENGTH:
        raise BadInput("cosignature", f"of {key.name} has {len(value)} bytes; expected {_LENGTH}")
    (at_s,) = struct.unpack(">Q", value[:8])
    if at_s > MAX_TIME:
        raise BadInput("cosignature", f"of {key.name} bears a time that no clock shows")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(value[8:], _message(text, at_s))
    except InvalidSignature as error:
        raise BadInput("cosignature", f"of {key.name} does not match the text that it stands under") from error
    return int(at_s)


def _message(text: str, at_s: int) -> bytes:
    return f"{HEADER}\ntime {at_s}\n{text}".encode()
