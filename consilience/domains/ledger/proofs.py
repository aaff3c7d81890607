"""Proofs as texts that hold on their own: of an entry (C2SP tlog-proof), and of two heads of one log. Pure.

A proof of two heads is written as a witness takes it (C2SP tlog-witness, the body of add-checkpoint). Reading is
strict: one text for one proof. `entry_under` and `follows` say what was shown, or raise; nothing is half shown.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consilience.domains.ledger import merkle, notes, rules
from consilience.domains.ledger.rules import Checkpoint
from consilience.kit.errors import BadInput

FORMAT = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63
"""Hashes in a proof: no log has more than 2^63 entries, and a witness takes no more lines."""
MAX_LENGTH = notes.MAX_LENGTH + 100_000
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True)
class InclusionProof:
    """That some entry is number `index` of the log whose checkpoint is in `note`. `extra` is signed by nobody."""

    index: int
    path: tuple[bytes, ...]
    note: str
    extra: bytes = b""


@dataclass(frozen=True)
class ConsistencyProof:
    """That the log of `old` entries is the beginning of the log whose checkpoint is in `note`."""

    old: int
    path: tuple[bytes, ...]
    note: str


# Of an entry


def write_inclusion(proof: InclusionProof) -> str:
    """The text of a tlog-proof, for a file `.tlog-proof`."""
    extra = [f"extra {base64.b64encode(proof.extra).decode()}"] if proof.extra else []
    return _written([FORMAT, *extra, f"index {proof.index}"], proof.path, proof.note)


def read_inclusion(text: str) -> InclusionProof:
    """The proof in this text; BadInput when it is no tlog-proof. Nothing is verified."""
    lines, note = _parts(text)
    if lines.pop(0) != FORMAT:
        raise BadInput("proof", f"does not begin with {FORMAT}")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = notes.unbase64(lines.pop(0).removeprefix("extra "), "proof")
        if not extra:
            raise BadInput("proof", "has a line `extra` with nothing in it")
    index = _numbered("index", lines)
    return InclusionProof(index, _path(lines), note, extra)


def entry_under(text: str, entry: bytes, key: str) -> Checkpoint:
    """The checkpoint, signed by this vkey, under which these exact bytes stand; BadInput where the proof shows no such thing."""
    proof = read_inclusion(text)
    head = rules.opened(proof.note, key)
    if not merkle.includes(merkle.leaf_hash(entry), proof.index, head.size, proof.path, head.root):
        raise BadInput(
            "proof", f"does not lead from these bytes as entry {proof.index} to the root of {head.size} entries"
        )
    return head


# Of two heads


def write_consistency(proof: ConsistencyProof) -> str:
    """The text that a witness takes: the old size, the hashes, the new checkpoint."""
    return _written([f"old {proof.old}"], proof.path, proof.note)


def read_consistency(text: str) -> ConsistencyProof:
    """The proof in this text; BadInput when it is none. Nothing is verified."""
    lines, note = _parts(text)
    old = _numbered("old", lines)
    return ConsistencyProof(old, _path(lines), note)


def follows(text: str, old_note: str, key: str) -> Checkpoint:
    """The later checkpoint, shown to append to the one in `old_note`; both signed by this vkey. BadInput otherwise."""
    proof = read_consistency(text)
    before, after = rules.opened(old_note, key), rules.opened(proof.note, key)
    if before.origin != after.origin:
        raise BadInput("proof", "is about two different logs")
    if before.size != proof.old:
        raise BadInput("proof", f"begins at {proof.old} entries, but the older checkpoint covers {before.size}")
    if before.size == 0:
        holds = not proof.path and before.root == merkle.EMPTY_ROOT
    else:
        holds = merkle.consistent(before.size, after.size, before.root, after.root, proof.path)
    if not holds:
        raise BadInput(
            "proof", f"does not show that {after.size} entries begin with the {before.size} that were signed"
        )
    return after


# Lines


def _written(lines: Iterable[str], path: Sequence[bytes], note: str) -> str:
    return "\n".join([*lines, *(base64.b64encode(one).decode() for one in path), "", note])


def _parts(text: str) -> tuple[list[str], str]:
    """The lines before the first empty one, and the checkpoint behind it."""
    if len(text) > MAX_LENGTH:
        raise BadInput("proof", f"is longer than {MAX_LENGTH} characters")
    above, blank, note = text.partition("\n\n")
    if not blank:
        raise BadInput("proof", "has no checkpoint behind an empty line")
    rules.read_checkpoint(notes.read(note).text)
    return above.split("\n"), note


def _numbered(word: str, lines: list[str]) -> int:
    name, _, number = lines.pop(0).partition(" ") if lines else ("", "", "")
    if name != word or not _NUMBER.fullmatch(number):
        raise BadInput("proof", f"has no line `{word}` with a number where it belongs")
    return int(number)


def _path(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > MAX_PATH:
        raise BadInput("proof", f"has more than {MAX_PATH} hashes")
    path = tuple(notes.unbase64(line, "proof") for line in lines)
    if any(len(one) != 32 for one in path):
        raise BadInput("proof", "holds something that is no SHA-256 hash")
    return path
