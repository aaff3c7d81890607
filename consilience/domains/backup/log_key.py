"""The log's key for a restore: from the backup, the option, or what is left of the old home; and only if it is the backup's."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from consilience.domains.backup import form, places
from consilience.domains.backup.reader import Backup
from consilience.domains.ledger import keys, notes, rules
from consilience.kit.errors import BadInput, WrongUse


def for_restore(backup: Backup, into: Path, given: Path | None) -> bytes:
    """The key's file. WrongUse where there is none, or where it did not sign the backup's newest head.

    The log's key may have been changed after the backup was made: the home then holds a newer one, which cannot sign the epoch.
    """
    made, there = backup.manifest, into / places.LOG_KEY
    if backup.has(form.LOG_KEY):
        exact, where = b"".join(backup.pieces(form.LOG_KEY)), "the backup's own log key"
    elif given is not None:
        exact, where = _read(given), f"--log-key {given}"
    elif there.exists():
        exact, where = _read(there), str(there)
    else:
        raise WrongUse("this backup holds no log key; say where it lies with --log-key")
    origin = rules.origin_of(made.workspace)
    if not _signed(made.head, exact, origin):
        raise WrongUse(_another(where, there, into, origin))
    if there.exists() and _read(there) != exact:
        newer = _newer(there, into, origin)
        raise WrongUse(newer or f"{there} is another log's key; move it away first")
    return exact


def _another(where: str, there: Path, into: Path, origin: str) -> str:
    newer = _newer(there, into, origin) if there.exists() and where == str(there) else ""
    return newer or (
        f"{where} is not the key that signed this backup's newest head; give the key of that time with --log-key"
    )


def _newer(there: Path, into: Path, origin: str) -> str:
    """What to do where the key at hand signed a later head of the same log; "" where it did not."""
    checkpoint = into / places.CHECKPOINT
    note = checkpoint.read_text(encoding="utf-8", errors="replace") if checkpoint.exists() else ""
    if not note or not _signed(note, _read(there), origin):
        return ""
    head = rules.read_checkpoint(notes.read(note).text)
    return (
        f"this backup was made before the log's key was changed: {there} is the newer key. Move {there} and {checkpoint} away, keep them, "
        f"restore with the key of that time (from the backup, or --log-key) and --lost-head {head.size}:{head.root.hex()}, "
        "then change the key again with `consilience ledger rotate-key`"
    )


def _signed(note: str, exact: bytes, origin: str) -> bool:
    """Whether the key in this file signed the head."""
    try:
        key = load_pem_private_key(exact, password=None)
    except ValueError:
        return False
    if not isinstance(key, Ed25519PrivateKey):
        return False
    try:
        rules.opened(note, notes.vkey(origin, keys.public_bytes(key)))
    except BadInput:
        return False
    return True


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WrongUse(f"the log key {path} cannot be read ({error.strerror})") from error
