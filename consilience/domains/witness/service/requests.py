"""What a witness is asked, and what it answers (C2SP tlog-witness, add-checkpoint). Pure: no clock, no store, no network."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consilience.domains.ledger import merkle, notes
from consilience.kit.errors import BadInput

MAX_PATH = 63
"""Hashes in a consistency proof; the specification allows no more."""
MAX_SIZE = 2**63 - 1
MAX_BODY = notes.MAX_LENGTH
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Head:
    """The longest consistent log that was seen. Nobody's first head is that of no entries."""

    size: int = 0
    root: bytes = merkle.EMPTY_ROOT


@dataclass(frozen=True)
class Request:
    """A head, the size that the log believes we saw last, and the hashes that join the two."""

    old: int
    path: tuple[bytes, ...]
    note: notes.Note
    origin: str
    head: Head


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    content_type: str = TEXT_TYPE

    @property
    def contradicts(self) -> bool:
        """Whether what the log signed does not go with what it signed before, as far as this proof shows."""
        return self.status == 422 or (self.status == 409 and self.content_type == TEXT_TYPE)


def read(body: bytes) -> Request:
    """The request in these bytes; BadInput where they are none."""
    if len(body) > MAX_BODY:
        raise BadInput("request", f"is longer than {MAX_BODY} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("request", "is not text in UTF-8") from error
    above, blank, signed = text.partition("\n\n")
    if not blank:
        raise BadInput("request", "has no checkpoint behind an empty line")
    first, *hashes = above.split("\n")
    word, _, number = first.partition(" ")
    if word != "old":
        raise BadInput("request", "does not begin with a line `old SIZE`")
    if len(hashes) > MAX_PATH:
        raise BadInput("request", f"has more than {MAX_PATH} hashes")
    path = tuple(_hash(one) for one in hashes)
    return checkpoint(signed, old=_size(number), path=path)


def checkpoint(signed: str, *, old: int, path: tuple[bytes, ...]) -> Request:
    """The request to cosign this signed checkpoint. Extension lines may follow its root: they are signed, and say nothing."""
    note = notes.read(signed)
    lines = note.text.split("\n")
    if len(lines) < 4 or not all(lines[:-1]):
        raise BadInput("checkpoint", "is not origin, size and root, a line each")
    return Request(old, path, note, lines[0], Head(_size(lines[1]), _hash(lines[2])))


def refusal(request: Request, keys: Collection[notes.Key], seen: Head) -> Answer | None:
    """Why the head is not cosigned, or None. `keys` are those that its origin is trusted with; `seen` is its last head."""
    if not keys:
        return Answer(404, f"no log {request.origin} is known here\n")
    if not _signed(request.note, keys):
        return Answer(403, "no signature of a key that is trusted for this log holds\n")
    if request.old > request.head.size:
        return Answer(400, f"old is {request.old}, more than the {request.head.size} of the checkpoint\n")
    if request.old != seen.size:
        return Answer(409, f"{seen.size}\n", SIZE_TYPE)
    if request.old == request.head.size and request.head.root != seen.root:
        return Answer(409, f"{seen.size} entries with another root were cosigned before\n")
    if not _consistent(request, seen):
        return Answer(422, f"the hashes do not show that the log still begins with its first {seen.size} entries\n")
    return None


def _signed(note: notes.Note, keys: Collection[notes.Key]) -> bool:
    """Whether a trusted key signed. One signature of a trusted key that does not hold makes the whole note worthless."""
    known = {(key.name, key.key_id): key.public for key in keys}
    ours = [one for one in note.signatures if (one.name, one.key_id) in known]
    try:
        for one in ours:
            Ed25519PublicKey.from_public_bytes(known[one.name, one.key_id]).verify(one.value, note.text.encode())
    except InvalidSignature:
        return False
    return bool(ours)


def _consistent(request: Request, seen: Head) -> bool:
    if seen.size in (0, request.head.size):
        return not request.path and (request.head.size > 0 or request.head.root == merkle.EMPTY_ROOT)
    return merkle.consistent(seen.size, request.head.size, seen.root, request.head.root, request.path)


def _size(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise BadInput("request", "has no size where one belongs")
    return int(text)


def _hash(text: str) -> bytes:
    raw = notes.unbase64(text, "request")
    if len(raw) != 32:
        raise BadInput("request", "holds something else where a SHA-256 hash belongs")
    return raw
