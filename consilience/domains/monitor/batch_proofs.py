"""The proof that one prediction stands in a batch that was logged: a file that holds on its own. Pure.

`check` needs nothing but the file and, to know who signed, the log's public key. verifier/verify.py checks the same
without this code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consilience.domains.ledger import merkle, notes, proofs, rules
from consilience.domains.monitor import leaves
from consilience.kit import canonical
from consilience.kit.errors import BadInput

FORMAT = "urn:consilience:prediction-proof:1"
VERB = "predictions.batch_logged"
MAX_BYTES = 4 * 2**20
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MEMBERS = frozenset({"format", "row", "salt", "index", "path", "entry", "entry_proof"})


@dataclass(frozen=True)
class RowProof:
    """What a proof file holds."""

    row: bytes
    salt: bytes
    index: int
    path: tuple[bytes, ...]
    entry: bytes
    """The exact bytes of the entry that logged the batch."""
    entry_proof: str
    """That the entry stands under a signed head: a C2SP tlog-proof."""


@dataclass
class Checked:
    """What a proof file shows: each step by itself, `None` where it could not be told."""

    steps: list[tuple[str, bool | None, str]] = field(default_factory=list)
    row: str = ""
    """The exact bytes of the row, as text."""
    entry: rules.Entry | None = None
    position: int | None = None
    size: int | None = None

    @property
    def outcome(self) -> str:
        found = [holds for _, holds, _ in self.steps]
        if False in found:
            return "tampered"
        return "good" if found and None not in found else "cannot_tell"


def write(proof: RowProof) -> bytes:
    """The bytes of the file: canonical JSON and a newline."""
    said = {
        "format": FORMAT,
        "row": proof.row.decode(),
        "salt": proof.salt.hex(),
        "index": proof.index,
        "path": [one.hex() for one in proof.path],
        "entry": proof.entry.decode(),
        "entry_proof": proof.entry_proof,
    }
    return canonical.encode(said) + b"\n"


def read(data: bytes) -> RowProof:
    """The proof in these bytes; BadInput where they are none. Nothing is verified."""
    if len(data) > MAX_BYTES:
        raise BadInput("proof", f"is larger than {MAX_BYTES // 2**20} MiB")
    said = canonical.decode(data)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise BadInput("proof", f"is not of the format {FORMAT}")
    if set(said) != _MEMBERS or data != canonical.encode(said) + b"\n":
        raise BadInput(
            "proof", "is not written as the format says: canonical JSON with its seven members, and a newline"
        )
    path, index = said["path"], said["index"]
    if type(index) is not int or index < 0 or not isinstance(path, list) or len(path) > proofs.MAX_PATH:
        raise BadInput("proof", "has an index or a path that is none")
    texts = {name: _text(said, name) for name in ("row", "salt", "entry", "entry_proof")}
    return RowProof(
        row=texts["row"].encode(),
        salt=_hash(texts["salt"]),
        index=index,
        path=tuple(map(_hash, path)),
        entry=texts["entry"].encode(),
        entry_proof=texts["entry_proof"],
    )


def check(data: bytes, log_key: str | None) -> Checked:
    """What the file shows. Without the log's public key nobody can tell who signed."""
    found = Checked()
    try:
        proof = read(data)
        under = proofs.read_inclusion(proof.entry_proof)
        head = rules.read_checkpoint(notes.read(under.note).text)
    except BadInput as error:
        found.steps.append(("file", None, str(error)))
        return found
    found.row, found.position, found.size = proof.row.decode(), under.index, head.size
    try:
        found.entry = rules.read(proof.entry)
    except BadInput as error:
        found.steps += [_row(proof), ("batch", False, str(error))]
    else:
        found.steps += [_row(proof), _batch(proof, found.entry.predicate)]
    found.steps += [_entry(proof, under, head), _head(under, log_key)]
    return found


def _row(proof: RowProof) -> tuple[str, bool, str]:
    if canonical.is_canonical(proof.row) and proof.row.startswith(b"{"):
        return "row", True, "the row is canonical JSON"
    return "row", False, "the row is not canonical JSON of one object"


def _batch(proof: RowProof, said: Mapping[str, Any]) -> tuple[str, bool, str]:
    root, rows = said.get("root"), said.get("rows")
    if said.get("verb") != VERB or not _is_hash(root) or type(rows) is not int:
        return "batch", False, f"the entry is no {VERB}"
    leaf = leaves.leaf(proof.salt, proof.row)
    if merkle.includes(leaf, proof.index, rows, proof.path, _hash(root)):
        return "batch", True, f"these bytes are row {proof.index} of the {rows} rows under the batch's root"
    return "batch", False, f"these bytes do not lead to the batch's root as row {proof.index} of {rows}"


def _entry(proof: RowProof, under: proofs.InclusionProof, head: rules.Checkpoint) -> tuple[str, bool, str]:
    leaf = merkle.leaf_hash(proof.entry)
    if merkle.includes(leaf, under.index, head.size, under.path, head.root):
        return "entry", True, f"the entry is number {under.index} of the {head.size} under the head"
    return "entry", False, f"the entry does not lead to the head's root as number {under.index} of {head.size}"


def _head(under: proofs.InclusionProof, log_key: str | None) -> tuple[str, bool | None, str]:
    if log_key is None:
        return "head", None, "who signed the head cannot be told without the log's public key"
    try:
        rules.opened(under.note, log_key)
    except BadInput as error:
        return "head", False, f"the head is not signed by this key: {error.problem}"
    return "head", True, "the head is signed by the log's key"


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said[name]
    if not isinstance(value, str):
        raise BadInput("proof", f"has something else than text as {name}")
    return value


def _hash(text: Any) -> bytes:
    """32 bytes in small hexadecimal digits."""
    if not _is_hash(text):
        raise BadInput("proof", "holds something else where a SHA-256 hash in hexadecimal belongs")
    return bytes.fromhex(text)


def _is_hash(text: Any) -> bool:
    return isinstance(text, str) and _HASH.fullmatch(text) is not None
