"""What each line of an archive says: hashed as it lies, read strictly, encoded never. Runs in any process."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from consilience.domains.audit.workers import Piece, lines
from consilience.domains.ledger import log_keys, merkle, rules
from consilience.domains.ledger.log_keys import Bound
from consilience.kit import canonical
from consilience.kit.clock import is_instant
from consilience.kit.errors import BadInput
from consilience.kit.naming import is_urn

_DECIMAL = re.compile(rb"0|[1-9][0-9]{0,17}")
_COMMITMENT = re.compile(rb'\{"commitment":"([0-9a-f]{64})"\}')
_FIELDS = {"body", "schema", "supersedes", "urn", "valid_from", "version"}
Line = TypeVar("Line")


@dataclass(frozen=True)
class Read(Generic[Line]):
    """The lines of a piece, None for what is no line of its member; and why reading stopped before its end, if it did."""

    found: list[Line | None]
    stopped: str | None = None


class EntryLine(NamedTuple):
    """An entry by its position, hashed. `entry` is None where it is no statement of an act, for the reason `problem`."""

    position: int
    leaf: bytes
    length: int
    entry: rules.Entry | None
    problem: str


class RecordLine(NamedTuple):
    """A record by its place. `document` is None where it has not the form of one, for the reason `problem`."""

    position: int
    ordinal: int
    digest: str
    document: Mapping[str, Any] | None
    problem: str
    commitments: list[str]


class HeadLine(NamedTuple):
    """A signed head under its size. `head` is None where it cannot be trusted, for the reason `problem`."""

    size: int
    head: rules.Checkpoint | None
    problem: str
    cosigned: str = ""
    """The whole note, where it bears more than one signature."""


class HeadTask(NamedTuple):
    """Signed heads of a log, against its keys in their order."""

    keys: tuple[Bound, ...]
    origin: str
    piece: Piece


def entries(piece: Piece) -> Read[EntryLine]:
    return _read(piece, _entry)


def records(piece: Piece) -> Read[RecordLine]:
    return _read(piece, _record)


def heads(task: HeadTask) -> Read[HeadLine]:
    """Signed heads, each against the keys that its size asks for."""
    return _read(task.piece, lambda line: _head(line, task))


def opened(note: str, keys: Sequence[Bound], origin: str, size: int) -> rules.Checkpoint:
    """The head in a note of this log; BadInput unless its signatures hold, and it covers that many entries."""
    head = log_keys.opened(note, keys)
    if head.origin != origin:
        raise BadInput("head", "is of another log")
    if head.size != size:
        raise BadInput("head", f"is signed over {head.size}")
    return head


def _read(piece: Piece, understood: Callable[[bytes], Line | None]) -> Read[Line]:
    found: list[Line | None] = []
    try:
        found.extend(map(understood, lines(piece)))
    except BadInput as error:
        return Read(found, str(error))
    return Read(found)


def _entry(line: bytes) -> EntryLine | None:
    number, gap, exact = line.partition(b" ")
    if not gap or not _DECIMAL.fullmatch(number):
        return None
    entry, problem = None, ""
    try:
        entry = rules.read(exact)
    except BadInput as error:
        problem = error.problem
    return EntryLine(int(number), merkle.leaf_hash(exact), len(exact), entry, problem)


def _record(line: bytes) -> RecordLine | None:
    *numbers, exact = line.split(b" ", 2)
    if len(numbers) != 2 or not all(map(_DECIMAL.fullmatch, numbers)):
        return None
    document, problem = None, ""
    try:
        document = _document(exact)
    except BadInput as error:
        problem = error.problem
    held = [code.decode() for code in _COMMITMENT.findall(exact)]
    return RecordLine(int(numbers[0]), int(numbers[1]), canonical.sha256(exact), document, problem, held)


def _head(line: bytes, task: HeadTask) -> HeadLine:
    try:
        said = canonical.read(line)
        if not (isinstance(said, list) and len(said) == 2 and type(said[0]) is int and isinstance(said[1], str)):
            raise BadInput("head", "is no line of size and note")
    except BadInput as error:
        return HeadLine(-1, None, error.problem)
    try:
        head = opened(said[1], task.keys, task.origin, said[0])
        return HeadLine(said[0], head, "", said[1] if said[1].count("\n\u2014 ") > 1 else "")
    except BadInput as error:
        return HeadLine(said[0], None, error.problem)


def _document(exact: bytes) -> dict[str, Any]:
    """The record in these bytes; BadInput unless they are exactly one in canonical JSON."""
    said = canonical.read(exact)
    if not isinstance(said, dict) or said.keys() != _FIELDS or not isinstance(said["body"], dict):
        raise BadInput("record", "has other fields than a record")
    if not isinstance(said["valid_from"], str) or not is_instant(said["valid_from"]):
        raise BadInput("record", "begins at no instant")
    if not isinstance(said["urn"], str) or not is_urn(said["urn"]):
        raise BadInput("record", "has no URN")
    return said
