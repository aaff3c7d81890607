"""What an entry is, byte for byte, and what a checkpoint says. Pure: no database, no clock, no keys on disk."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consilience.domains.ledger import notes
from consilience.domains.ledger.seals import Seal
from consilience.domains.ledger.signing import dsse
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, ConsilienceError, ExitCode

STATEMENT = "https://in-toto.io/Statement/v1"
ACT = "urn:consilience:act:1"
MAX_ENTRY = 60 * 1024
_VERB = re.compile(r"[a-z]+\.[a-z_]+")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")


class LedgerUnavailable(ConsilienceError):
    """The ledger cannot be written, so nothing is: no act without a record."""

    exit_code = ExitCode.UNREACHABLE


class AuthenticatedBy(StrEnum):
    """How the actor was known. Later ways add values; none changes the format."""

    PASSWORD = "password"  # noqa: S105 - how somebody was known, no secret
    TOKEN = "token"  # noqa: S105
    OPERATOR = "operator"
    TOTP = "totp"
    """A password and a one-time code, once more for this act: the weaker way of those who cannot use a key."""
    PASSKEY = "passkey"
    SSH = "ssh"
    ROBOT_KEY = "robot_key"


SIGNED = frozenset({AuthenticatedBy.PASSKEY, AuthenticatedBy.SSH, AuthenticatedBy.ROBOT_KEY})
"""Ways whose entries are envelopes: the actor signed the statement with a key of their own."""


@dataclass(frozen=True)
class Actor:
    """Who acts: the URN of a person, a robot or the operator, and how we know. `scopes` None means all they may do.

    `token` is the URN of the token that was shown, where one was. With a `seal` the act is prepared for signing, or done
    as it was signed.
    """

    urn: str
    authenticated_by: AuthenticatedBy
    scopes: frozenset[str] | None = None
    systems: frozenset[str] | None = None
    token: str | None = None
    seal: Seal | None = None


Subject = tuple[str, str]
"""(URN of a record version, its digest)"""


def statement(
    *, workspace: str, actor: Actor, at: Instant, verb: str, subjects: Sequence[Subject], fields: Mapping[str, Any]
) -> bytes:
    """The exact bytes of an entry: an in-toto Statement v1 in canonical JSON over the records an act wrote."""
    if not subjects:
        raise ValueError("an act writes at least one record")
    if not _VERB.fullmatch(verb):
        raise ValueError(f"verb {verb!r} is not domain.past_tense")
    predicate = {
        **fields,
        "workspace": workspace,
        "actor": actor.urn,
        "at": at,
        "verb": verb,
        "authenticated_by": str(actor.authenticated_by),
    }
    if len(predicate) != len(fields) + 5:
        raise ValueError("a verb's own fields may not replace workspace, actor, at, verb or authenticated_by")
    named = [{"name": name, "digest": {"sha256": digest}} for name, digest in sorted(subjects)]
    return canonical.encode({"_type": STATEMENT, "predicateType": ACT, "subject": named, "predicate": predicate})


def batches(subjects: Sequence[Subject], room: int) -> list[Sequence[Subject]]:
    """Subjects in as few groups as fit an entry each; `room` is what an entry can spend on subjects, in bytes."""
    groups: list[list[Subject]] = [[]]
    left = room
    for subject in subjects:
        cost = len(subject[0]) + len(subject[1]) + 40  # {"digest":{"sha256":""},"name":""} and a comma
        if cost > left and groups[-1]:
            groups.append([])
            left = room
        groups[-1].append(subject)
        left -= cost
    return list(groups)


@dataclass(frozen=True)
class Entry:
    """What an entry's bytes say."""

    verb: str
    actor: str
    at: str
    authenticated_by: str
    workspace: str
    subjects: tuple[Subject, ...]
    predicate: Mapping[str, Any]
    envelope: dsse.Envelope | None = None
    """Where somebody signed: the statement's exact bytes and the signatures, none of which is checked by reading."""


def read(exact: bytes) -> Entry:
    """The entry behind these bytes; BadInput when they are not exactly a statement of ours, or an envelope around one."""
    if not exact.startswith(dsse.BEGINS):
        return _read_statement(exact, None)
    envelope = dsse.read(canonical.read(exact))
    entry = _read_statement(envelope.payload, envelope)
    if entry.authenticated_by not in SIGNED:
        raise BadInput("entry", "is an envelope around a statement that nobody signed")
    return entry


def _read_statement(exact: bytes, envelope: dsse.Envelope | None) -> Entry:
    document = canonical.read(exact)
    try:
        if document["_type"] != STATEMENT or document["predicateType"] != ACT:
            raise BadInput("entry", "is not a statement of an act")
        subjects = tuple((item["name"], item["digest"]["sha256"]) for item in document["subject"])
        said = document["predicate"]
        entry = Entry(
            said["verb"],
            said["actor"],
            said["at"],
            said["authenticated_by"],
            said["workspace"],
            subjects,
            said,
            envelope,
        )
    except (KeyError, TypeError) as error:
        raise BadInput("entry", f"lacks {error}") from error
    texts = (entry.verb, entry.actor, entry.at, entry.authenticated_by, entry.workspace, *chain.from_iterable(subjects))
    if {*map(type, texts)} != {str}:
        raise BadInput("entry", "holds something else where a text belongs")
    if not subjects or list(subjects) != sorted(subjects):
        raise BadInput("entry", "has no subject, or subjects out of order")
    if envelope is None and entry.authenticated_by in SIGNED:
        raise BadInput("entry", f"says that its actor signed ({entry.authenticated_by}), and bears no signature")
    return entry


# Checkpoints: C2SP signed-note and tlog-checkpoint


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes


def origin_of(workspace: str) -> str:
    """The name of a workspace's log, and of the key that signs it."""
    return f"consilience/log/{workspace}"


def body(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def vkey(name: str, public: bytes) -> str:
    """The public key as C2SP writes it: name+key id+base64(0x01 || key)."""
    return notes.vkey(name, public)


def sign(checkpoint: Checkpoint, *keys: Ed25519PrivateKey) -> str:
    """The signed note of a checkpoint, a line for each key; the name of all is the log's origin."""
    said = body(checkpoint)
    lines = []
    for key in keys:
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signature = base64.b64encode(notes.key_id(checkpoint.origin, public) + key.sign(said.encode())).decode()
        lines.append(f"\u2014 {checkpoint.origin} {signature}\n")
    return f"{said}\n{''.join(lines)}"


def covers_more(note: str, other: str) -> bool:
    """Whether the first note, of the same log as the other, says that it covers more entries. Signatures unchecked."""
    origin, size = note.split("\n", 2)[:2] if note.count("\n") > 1 else ("", "")
    others_origin, others_size = other.split("\n", 2)[:2]
    return origin == others_origin and _SIZE.fullmatch(size) is not None and int(size) > int(others_size)


def covered(note: str) -> int:
    """How many entries a note of our own store says that it covers. Signatures unchecked."""
    return int(note.split("\n", 2)[1])


def opened(note: str, key: str) -> Checkpoint:
    """The checkpoint in a signed note, after its signature by this vkey was checked; BadInput otherwise.

    Signatures by other keys are passed over, as C2SP wants it, also where they bear the name of ours.
    """
    try:
        read, known = notes.read(note), notes.read_key(key)
    except BadInput as error:
        raise BadInput("checkpoint", "is not a signed note of this log") from error
    named = [one for one in read.signatures if one.name == known.name]
    ours = [one for one in named if one.key_id == known.key_id]
    if not named:
        raise BadInput("checkpoint", "is not a signed note of this log")
    if not ours:
        raise BadInput("checkpoint", "is signed by another key")
    public = Ed25519PublicKey.from_public_bytes(known.public)
    try:
        for one in ours:
            public.verify(one.value, read.text.encode())
    except InvalidSignature as error:
        raise BadInput("checkpoint", "its signature does not match its text") from error
    return read_checkpoint(read.text)


def read_checkpoint(text: str) -> Checkpoint:
    """What the text of a checkpoint says: origin, size, root. BadInput for anything more, which we never sign."""
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0] or lines[3] or not _SIZE.fullmatch(lines[1]):
        raise BadInput("checkpoint", "is not the three lines of a checkpoint: origin, size, root")
    root = notes.unbase64(lines[2], "checkpoint")
    if len(root) != 32:
        raise BadInput("checkpoint", "its root is no SHA-256 hash")
    return Checkpoint(lines[0], int(lines[1]), root)
