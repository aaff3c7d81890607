"""Checks 4 and 5 for what somebody signed: whose key it was when, whether the statement is fresh, whether signatures hold."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consilience.domains.audit.history import History, Recorded
from consilience.domains.audit.layout import Manifest
from consilience.domains.audit.report import Check, Report
from consilience.domains.audit.workers import Workers
from consilience.domains.ledger import merkle, notes, rules
from consilience.domains.ledger.rules import AuthenticatedBy
from consilience.domains.ledger.seals import WINDOW_MINUTES
from consilience.domains.ledger.signing import checking, dsse
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.kit.clock import Instant, is_instant, shift
from consilience.kit.errors import BadInput

KINDS: Mapping[str, KeyKind] = {
    AuthenticatedBy.PASSKEY: KeyKind.PASSKEY,
    AuthenticatedBy.SSH: KeyKind.SSH,
    AuthenticatedBy.ROBOT_KEY: KeyKind.ED25519,
}
"""Ways whose entries are envelopes, and the kind of key that they take."""
JOBS = 200
"""Signatures that one process checks at a time."""
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Job:
    """The signatures of one entry, to be checked in any process."""

    where: str
    envelope: dsse.Envelope
    key: Mapping[str, Any]
    log_key: bytes


Failed = tuple[str, str]
"""(code, about)"""


def failing(jobs: list[Job]) -> list[Failed]:
    """What is wrong with the signatures of these jobs."""
    failed: list[Failed] = []
    for one in jobs:
        payload, signatures = one.envelope.payload, one.envelope.signatures
        try:
            Ed25519PublicKey.from_public_bytes(one.log_key).verify(signatures[-1].sig, dsse.pae(payload))
        except InvalidSignature:
            told = f"{one.where}: the platform's signature does not match its statement"
            failed.append(("platform_signature", told))
        try:
            checking.check(signatures[0], payload, one.key)
        except BadInput as error:
            failed.append(("signature_differs", f"{one.where}: its signature {error.problem}"))
        except (KeyError, TypeError, ValueError) as error:
            told = f"{one.where}: its signature or key cannot be read ({type(error).__name__})"
            failed.append(("signature_differs", told))
    return failed


def earliest(last_at: str) -> str:
    """The earliest time that a signed statement may bear behind an entry of this time."""
    try:
        return shift(Instant(last_at), minutes=-WINDOW_MINUTES) if last_at else ""
    except OverflowError:  # in the first minutes of the year 1, before which there is nothing
        return ""


class Signed:
    """Signed entries, one by one in the order of the log."""

    def __init__(self, report: Report, history: History, made: Manifest, workers: Workers) -> None:
        self._report, self._history, self._made, self._workers = report, history, made, workers
        self._heads: list[tuple[str, int, bytes]] = []
        self._nonces, self._owners, self._unbound, self._count = set[int](), dict[str, str](), set[str](), 0
        self._jobs: list[Job] = []
        self._begun: deque[Callable[[], list[Failed]]] = deque()
        self._log_key: notes.Key | None = None
        self.signs_with(made.log_key)

    def signs_with(self, log_key: str) -> None:
        """From here on the platform signs with this key."""
        try:
            self._log_key = notes.read_key(log_key)
        except BadInput:
            self._log_key = None  # checks 1 and 5 say so

    def bound(self, row: Recorded) -> None:
        """A key record: no two people ever have the same key."""
        owner = self._owners.setdefault(str(row.body.get("public")), row.urn)
        if owner != row.urn:
            self._bad(f"entry {row.position} binds a key that is bound already, as {owner}")
        if row.urn in self._unbound:
            told = f"entry {row.position} binds {row.urn}, with which an earlier entry was signed"
            self._report.tampered(Check.KEYS, "key_not_bound", told)

    def check(self, where: str, position: int, entry: rules.Entry, last_at: str) -> None:
        """An entry in its envelope. `last_at` is the time of the entries before it."""
        if entry.envelope is None:
            return
        self._count += 1
        signatures = entry.envelope.signatures
        key = self._key(where, position, entry, signatures[0].keyid)
        self._fresh(where, position, entry, last_at)
        known = self._log_key
        if known is None or len(signatures) < 2 or signatures[-1].keyid != f"{known.name}+{known.key_id.hex()}":
            told = f"{where} is not signed by the log's key"
            self._report.tampered(Check.SIGNATURES, "platform_signature", told)
            return
        if key is not None:
            self._jobs.append(Job(where, entry.envelope, key, known.public))
        if len(self._jobs) >= JOBS:
            self._begin()

    def _key(self, where: str, position: int, entry: rules.Entry, urn: str) -> Mapping[str, Any] | None:
        """The key that was bound before this entry, and not revoked before it, in the order of the log."""
        if entry.predicate.get("key") != urn:
            self._bad(f"{where} was signed with {urn}, its statement names {entry.predicate.get('key')}")
        versions = [row for row in self._history.versions(urn) if row.position < position]
        if not versions:
            self._not_bound(where, urn)
            return None
        body = versions[-1].body
        if any(row.withdrawn for row in versions):
            self._report.tampered(Check.KEYS, "key_revoked", f"{where}: its key {urn} was revoked before")
        if any(row.body.get("holder") != entry.actor for row in versions):
            self._bad(f"{where}: its key {urn} is not {entry.actor}'s")
        if body.get("kind") != KINDS[entry.authenticated_by]:
            told = f"{where}: its key {urn} is a key of kind {body.get('kind')}, and it says {entry.authenticated_by}"
            self._bad(told)
        until = body.get("until")
        if isinstance(until, str) and entry.at >= until:
            self._report.tampered(Check.KEYS, "key_expired", f"{where}: its key {urn} had expired")
        return {name: body.get(name) for name in ("kind", "public", "webauthn")}

    def _not_bound(self, where: str, urn: str) -> None:
        tell = self._report.tampered if self._made.system is None else self._report.cannot_tell
        tell(Check.KEYS, "key_not_bound", f"{where}: no entry before it bound its key {urn}")
        self._unbound.add(urn)

    def _bad(self, told: str) -> None:
        self._report.tampered(Check.KEYS, "key_of_another", told)

    def _fresh(self, where: str, position: int, entry: rules.Entry, last_at: str) -> None:
        said = entry.predicate
        nonce, expires, shown = (str(said.get(name)) for name in ("nonce", "expires_at", "shown"))
        if not _HEX.fullmatch(nonce) or hash(nonce) in self._nonces:
            told = f"{where}: its nonce is none, or an earlier entry had it: signed once, used twice"
            self._report.tampered(Check.SIGNATURES, "nonce_again", told)
        self._nonces.add(hash(nonce))
        if not is_instant(expires) or max(entry.at, last_at) >= expires:
            told = f"{where}: it was recorded after its signature had expired"
            self._report.tampered(Check.SIGNATURES, "signature_expired", told)
        head = _head(said.get("seen_head"))
        if head is None or head[0] > position:
            told = f"{where}: it names no head of the log that stood before it"
            self._report.tampered(Check.SIGNATURES, "seen_head_differs", told)
        else:
            self._heads.append((where, *head))
        if not _HEX.fullmatch(shown):
            told = f"{where}: it does not name what its signer was shown"
            self._report.tampered(Check.SIGNATURES, "entry_form", told)

    def _begin(self) -> None:
        self._begun.append(self._workers.begin(failing, self._jobs))
        self._jobs = []
        if len(self._begun) > 2 * self._workers.jobs:
            self._judge(self._begun.popleft()())

    def _judge(self, failed: list[Failed]) -> None:
        for code, about in failed:
            self._report.tampered(Check.SIGNATURES, code, about)

    def close(self) -> None:
        """Wait for every signature, and say how many there were."""
        if self._jobs:
            self._begin()
        while self._begun:
            self._judge(self._begun.popleft()())
        keys = f"{len(self._owners)} keys of people and robots"
        if self._count:
            told = f"{self._count} entries signed by their actors and by the platform: every signature was checked"
            self._report.say(Check.SIGNATURES, told)
            self._report.say(Check.KEYS, f"{keys}; the order of the log decides when each counted")
        else:
            told = "passkeys, SSH keys, robots' keys: nothing of this kind in the archive"
            self._report.say(Check.SIGNATURES, told)
            bound = f"{keys}, none has signed" if self._owners else "keys of people and robots: none in the archive"
            self._report.say(Check.KEYS, bound)

    def seen(self, best: merkle.Tree) -> None:
        """Once the tree is there: the head that each signer saw is a head of this log."""
        for where, size, root in self._heads:
            if size > best.size or best.root(size) != root:
                told = f"{where}: its signer saw another log: the head over {size} entries has another root here"
                self._report.tampered(Check.SIGNATURES, "seen_head_differs", told)


def _head(said: Any) -> tuple[int, bytes] | None:
    if not isinstance(said, dict) or type(said.get("size")) is not int or said["size"] < 0:
        return None
    root = str(said.get("root"))
    return (said["size"], bytes.fromhex(root)) if _HEX.fullmatch(root) else None
