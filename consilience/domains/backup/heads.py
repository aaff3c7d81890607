"""The newest head that somebody outside the database knows: what a restore is held against."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path

from consilience.domains.ledger import log_keys, merkle
from consilience.domains.ledger.epochs import Head
from consilience.domains.ledger.log_keys import Bound
from consilience.domains.ledger.models import Entry
from consilience.kit.errors import BadInput, WrongUse

_SIZE_AND_ROOT = re.compile(r"([0-9]{1,15}):(.+)")
CHUNK = 10_000


def read(text: str, keys: Sequence[Bound], origin: str) -> Head:
    """SIZE:ROOT, or a file with a signed head of this log. WrongUse for anything else."""
    found = _SIZE_AND_ROOT.fullmatch(text)
    if found:
        return Head(int(found.group(1)), _root(found.group(2), text))
    try:
        note = Path(text).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise WrongUse(f"{text!r} is neither SIZE:ROOT nor a file with a signed head") from error
    return of_note(note, keys, origin, text)


def of_note(note: str, keys: Sequence[Bound], origin: str, where: str) -> Head:
    """The head in a note, signed by the key of the log that its size asks for; WrongUse for anything else."""
    try:
        head = log_keys.opened(note, keys)
    except BadInput as error:
        raise WrongUse(f"the head in {where} {error.problem}") from error
    if head.origin != origin:
        raise WrongUse(f"the head in {where} is of another log")
    return Head(head.size, head.root)


def root_over(size: int) -> bytes:
    """The root over the first entries of this log, from their leaf hashes."""
    leaves = Entry.objects.filter(position__lt=size).order_by("position").values_list("leaf", flat=True)
    return merkle.Tree(b"".join(map(bytes, leaves.iterator(chunk_size=CHUNK)))).root(size)


def _root(text: str, where: str) -> bytes:
    try:
        root = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except ValueError as error:
        raise WrongUse(f"{where!r}: the root is neither hexadecimal nor base64") from error
    if len(root) != 32:
        raise WrongUse(f"{where!r}: the root has {len(root)} bytes, expected 32")
    return root
