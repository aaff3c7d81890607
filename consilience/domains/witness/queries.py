"""What witnesses have signed, and how far the workspace's heads are covered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.models import Checkpoint
from consilience.domains.ledger.rules import covered
from consilience.domains.witness import cosignatures, rules
from consilience.domains.witness.models import Contact, Cosignature, WitnessPolicy

MOST_LOOKED_AT = 10_000
"""Newest cosignatures among which a quorum is looked for."""


def policy_row() -> WitnessPolicy | None:
    """The newest version of the policy, where one was ever set."""
    return WitnessPolicy.objects.order_by("-position").first()


def policy() -> rules.Policy | None:
    """The policy in force; None before one was set."""
    row = policy_row()
    return None if row is None else rules.read(row.body["text"])


def lines(size: int) -> list[str]:
    """The cosignature lines over the head of this size."""
    return list(Cosignature.objects.filter(size=size).order_by("at_s", "key").values_list("line", flat=True))


def every_line() -> Iterator[tuple[int, list[str]]]:
    """Sizes of cosigned heads, ascending, each with its lines."""
    rows = Cosignature.objects.order_by("size", "at_s", "key").values_list("size", "line").iterator(chunk_size=2000)
    for size, group in groupby(rows, key=_size):
        yield size, [line for _, line in group]


def with_cosignatures(size: int, note: str) -> str:
    """The head over `size` entries with what witnesses signed under it."""
    return cosignatures.added(note, lines(size))


def quorum_size() -> int | None:
    """Entries of the newest head that the policy's quorum has cosigned; None where there is none, or none is asked for."""
    known = policy()
    if known is None or not known.asks_for_cosignatures:
        return None
    return _newest_reached(known, _signed())


class Quorum(StrEnum):
    """Whether a head is cosigned as the policy asks."""

    NONE = "none"
    """No policy asks for cosignatures."""
    MISSING = "missing"
    REACHED = "reached"


@dataclass(frozen=True)
class Served:
    """The head that others are given, and how it came to be that one."""

    note: str
    quorum: Quorum
    newest: int
    """Entries of the newest head, which may be a later one."""


def served() -> Served:
    """The newest head that the quorum has cosigned, with their lines; else the newest head, with whatever it has."""
    note, known = ledger.checkpoint(), policy()
    newest = covered(note)
    if known is None or not known.asks_for_cosignatures:
        return Served(with_cosignatures(newest, note), Quorum.NONE, newest)
    size = _newest_reached(known, _signed())
    if size is None or size > newest:  # larger only in a database that was rolled back in part
        return Served(with_cosignatures(newest, note), Quorum.MISSING, newest)
    return Served(with_cosignatures(size, Checkpoint.objects.get(size=size).note), Quorum.REACHED, newest)


def head_for(position: int) -> int | None:
    """The size of the head that a proof of this entry best leads to: a cosigned one. None means the newest."""
    size = quorum_size()
    return size if size is not None and position < size else None


@dataclass(frozen=True)
class Seen:
    """One witness of the policy: what it cosigned last, and what came of asking it last."""

    name: str
    key: str
    url: str
    size: int | None
    """Entries of the newest head that it cosigned."""
    at_s: int | None
    contact: Contact | None


@dataclass(frozen=True)
class Standing:
    """How far the log is covered."""

    size: int
    """Entries of the newest head."""
    policy: rules.Policy | None
    text: str
    quorum_size: int | None
    quorum_at_s: int | None
    """When the last of the quorum's cosignatures over that head was given."""
    witnesses: tuple[Seen, ...]


def standing() -> Standing:
    """The witnesses' page: each of them, and the quorum."""
    row, known = policy_row(), policy()
    size = covered(ledger.checkpoint())
    if row is None or known is None:
        return Standing(size, None, "", None, None, ())
    contacts = {one.key: one for one in Contact.objects.all()}
    newest = {one.key: one for one in Cosignature.objects.order_by("size")}
    seen = tuple(
        Seen(
            one.name, one.key, one.url,
            newest[one.key].size if one.key in newest else None,
            newest[one.key].at_s if one.key in newest else None,
            contacts.get(one.key),
        )
        for one in known.witnesses
    )  # fmt: skip
    reached = _newest_reached(known, _signed()) if known.asks_for_cosignatures else None
    times = [] if reached is None else list(Cosignature.objects.filter(size=reached).values_list("at_s", flat=True))
    return Standing(size, known, row.body["text"], reached, max(times, default=None), seen)


def _signed() -> Iterable[tuple[int, str]]:
    """(size, vkey) of the newest cosignatures, largest size first."""
    return Cosignature.objects.order_by("-size").values_list("size", "key")[:MOST_LOOKED_AT]


def _newest_reached(known: rules.Policy, signed: Iterable[tuple[int, str]]) -> int | None:
    for size, group in groupby(signed, key=_size):
        if known.reached({key for _, key in group}):
            return size
    return None


def _size(pair: tuple[int, str]) -> int:
    return pair[0]
