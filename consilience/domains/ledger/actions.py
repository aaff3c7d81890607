"""Changing the log's key, on the machine that holds it. Each step leaves a ledger that can be written and checked.

1. The next key is made in a file beside the present one (mode 600). It binds nothing yet; an attempt that ended here is
   taken up by the next one.
2. The act: a version of the workspace's record with the new key; its head is signed by both. From here the new key signs: each act
   looks for the key that the record names, in the file and in the one beside it.
3. The file beside takes the place of the present one, whose key is gone with that.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from consilience.domains.ledger import keys, notes, queries, rules
from consilience.domains.ledger.act import act
from consilience.domains.ledger.log_keys import REVOKED
from consilience.domains.ledger.models import Workspace
from consilience.domains.ledger.rules import Actor, AuthenticatedBy, LedgerUnavailable
from consilience.kit import locks
from consilience.kit.clock import Instant
from consilience.kit.errors import Refused, refusal


def rotate_key(*, actor: Actor, now: Instant) -> Workspace:
    """Give the log a new key. The head of the entry that says so is signed by the old one and the new one."""
    with locks.held(Path(settings.LOG_KEY_FILE).parent):  # `init` takes the same lock
        _finish()
        path = Path(settings.LOG_KEY_FILE)
        new = _next_key(path)
        with act(_operator(actor), verb="ledger.key_rotated", at=now) as opened:
            before = queries.workspace()
            opened.key_before = keys.holding(path, notes.read_key(before.body["log_key"]).public)
            body = {**_kept(before), "log_key": _vkey(before, new)}
            row = opened.record(Workspace, body=body, replaces=before)
        _finish()
        return row


def revoke_key(*, actor: Actor, reason: str, now: Instant) -> Workspace:
    """End the log's key, which is lost or in wrong hands, and give the log a new one.

    Whatever the old key signs after this entry counts for nothing. Where it is still at hand it signs this entry's head,
    so that the new key does not stand on this machine's word alone.
    """
    with locks.held(Path(settings.LOG_KEY_FILE).parent):  # `init` takes the same lock
        _finish()
        path = Path(settings.LOG_KEY_FILE)
        new = _next_key(path)
        with act(_operator(actor), verb="ledger.key_revoked", at=now) as opened:
            before = queries.workspace()
            old = str(before.body["log_key"])
            opened.key_before = _at_hand(path, old)
            body = {
                **_kept(before),
                "log_key": _vkey(before, new),
                REVOKED: [*before.body.get(REVOKED, ()), old],
                "reason": opened.private(reason),
            }
            row = opened.record(Workspace, body=body, replaces=before)
        _finish()
        return row


def _kept(row: Workspace) -> dict[str, Any]:
    """What the next version repeats of this one: a reason is that of its own version."""
    return {name: value for name, value in row.body.items() if name != "reason"}


def _operator(actor: Actor) -> Actor:
    if actor.authenticated_by is not AuthenticatedBy.OPERATOR:
        raise Refused(refusal("operator_only"))
    return actor


def _next_key(path: Path) -> Ed25519PrivateKey:
    """The key that comes next: a new one, or the one that an attempt left which bound nothing."""
    following = keys.beside(path)
    return keys.load(following) if following.exists() else keys.make(following)


def _at_hand(path: Path, vkey: str) -> Ed25519PrivateKey | None:
    try:
        return keys.holding(path, notes.read_key(vkey).public)
    except LedgerUnavailable:
        return None


def _finish() -> None:
    """Step 3, where the next key is bound already."""
    path = Path(settings.LOG_KEY_FILE)
    following = keys.beside(path)
    if not following.exists():
        return
    keys.load.cache_clear()
    if keys.public_bytes(keys.load(following)) == notes.read_key(queries.log_key()).public:
        following.replace(path)
        keys.sync_folder(path)
    keys.load.cache_clear()


def _vkey(row: Workspace, key: Ed25519PrivateKey) -> str:
    return rules.vkey(rules.origin_of(row.urn.split(":")[2]), keys.public_bytes(key))
