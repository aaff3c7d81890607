"""The log's signing key: an Ed25519 key in a file outside the database, readable by the server's account alone."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from consilience.domains.ledger.rules import LedgerUnavailable


def make(path: Path) -> Ed25519PrivateKey:
    """A new key in a new file (mode 600); an existing file is never overwritten."""
    key = Ed25519PrivateKey.generate()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(pem(key))
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(path)
    return key


def sync_folder(path: Path) -> None:
    """Bring the name of this file to the disk."""
    handle = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@lru_cache(maxsize=4)
def load(path: Path) -> Ed25519PrivateKey:
    """The key in this file; LedgerUnavailable when it cannot be read, since an unsigned head is no head."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise LedgerUnavailable(f"the log's signing key {path} cannot be read") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerUnavailable(f"the log's signing key {path} is not an Ed25519 key")
    return key


def beside(path: Path) -> Path:
    """Where the next key lies while the log's key changes hands: until the entry that binds it, and the renaming after it."""
    return path.with_name(f"{path.name}.next")


def holding(path: Path, public: bytes) -> Ed25519PrivateKey:
    """The key with this public half, from the file or from the one beside it; LedgerUnavailable where neither has it.

    A file that another process replaced since it was read is read again.
    """
    for again in (False, True):  # the first time from memory, since each act pays for it
        if again:
            load.cache_clear()
        for one in (path, beside(path)):
            if (one == path and not again) or one.exists():
                key = _or_none(one)
                if key is not None and public_bytes(key) == public:
                    return key
    load(path)  # says so where it cannot be read
    raise LedgerUnavailable(f"the log's signing key {path} is not the key that the ledger names")


def _or_none(path: Path) -> Ed25519PrivateKey | None:
    try:
        return load(path)
    except LedgerUnavailable:
        return None


def pem(key: Ed25519PrivateKey) -> bytes:
    """What a key's file holds."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
