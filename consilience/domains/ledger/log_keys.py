"""Which key must have signed which head: the log's key may change, and the order in the log decides. Pure.

The workspace's record names the key. A version with another one, written as entry n, binds every head over more than n entries.
The head over n + 1, which that entry ends, also bears the signature of the key before, unless that one was revoked by it:
a key that was lost can sign nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consilience.domains.ledger import notes, rules
from consilience.domains.ledger.rules import Checkpoint
from consilience.kit.errors import BadInput

CHANGES = ("ledger.key_rotated", "ledger.key_revoked")
"""Verbs of the acts that bind another key."""
REVOKED = "revoked_log_keys"
"""Field of the workspace's record: vkeys whose later signatures count for nothing."""


@dataclass(frozen=True)
class Bound:
    """A key of the log (its vkey), and the entry that bound it."""

    position: int
    key: str
    handed_over: bool = True
    """Whether the key before must have signed the head that this entry ends."""


def bound(versions: Iterable[tuple[int, Mapping[str, Any]]]) -> tuple[Bound, ...]:
    """The keys that versions of the workspace's record bind, in their order: (position, body) of each."""
    found: list[Bound] = []
    for position, body in versions:
        key = str(body.get("log_key"))
        if not found:
            found.append(Bound(position, key))
        elif key != found[-1].key:
            revoked = body.get(REVOKED)
            lost = isinstance(revoked, list) and found[-1].key in revoked
            found.append(Bound(position, key, handed_over=not lost))
    return tuple(found)


def required(keys: Sequence[Bound], size: int) -> tuple[str, ...]:
    """The vkeys that must have signed the head over `size` entries."""
    nth = max((at for at, one in enumerate(keys) if one.position < size or at == 0), default=None)
    if nth is None:
        raise BadInput("checkpoint", "is of a log whose key is not known")
    handed_over = nth > 0 and size == keys[nth].position + 1 and keys[nth].handed_over
    return (keys[nth - 1].key, keys[nth].key) if handed_over else (keys[nth].key,)


def opened(note: str, keys: Sequence[Bound]) -> Checkpoint:
    """The checkpoint in a signed note, after the signatures of all keys that its size asks for were checked; BadInput otherwise."""
    try:
        text = notes.read(note).text
    except BadInput as error:
        raise BadInput("checkpoint", "is not a signed note of this log") from error
    said = rules.read_checkpoint(text)
    for key in required(keys, said.size):
        rules.opened(note, key)
    return said
