"""Sending the newest head to the witnesses that the policy names. No act waits for it, and none fails by it.

A witness is sent the proof of two heads and the signed head, nothing else. Only the addresses of the policy are asked; an
answer that sends us elsewhere is not followed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from consilience.domains.ledger import notes, proofs
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import covered
from consilience.domains.witness import keeping, queries, rules, sending
from consilience.domains.witness.models import Contact, Cosignature
from consilience.domains.witness.sending import Reply
from consilience.domains.witness.service import requests
from consilience.kit.clock import Instant, moment, shift
from consilience.kit.errors import BadInput

AGAIN_S = 24 * 3600
"""A head that did not change is sent again after a day, so that a witness that forgot or stopped is noticed."""
FIRST_WAIT_S, LONGEST_WAIT_S = 30, 3600
log = logging.getLogger("consilience.witness")


class Outcome(StrEnum):
    """What came of asking a witness."""

    COSIGNED = "cosigned"
    UNREACHABLE = "unreachable"
    UNKNOWN_LOG = "unknown_log"
    KEY_REFUSED = "key_refused"
    AHEAD = "ahead"
    """It has seen more entries than this log has: the log was rolled back."""
    CONTRADICTED = "contradicted"
    """What it has seen is not the beginning of this log: a fork."""
    BAD_ANSWER = "bad_answer"


Post = Callable[[str, bytes], Reply | None]
"""Send these bytes to this address; None where nobody answers in time."""


@dataclass(frozen=True)
class Asked:
    """One witness, and what came of it. `seen` is how many entries it says to have seen, where it said so."""

    name: str
    size: int
    outcome: Outcome
    seen: int | None = None


def push(*, now: Instant, post: Post | None = None, always: bool = False) -> list[Asked]:
    """Ask every witness that has an address and is due (all of them with `always`) to cosign the newest head."""
    policy = queries.policy()
    if policy is None:
        return []
    size = covered(ledger.checkpoint())
    contacts = {one.key: one for one in Contact.objects.all()}
    found = []
    for witness in policy.witnesses:
        if witness.url and (always or _due(contacts.get(witness.key), size, now)):
            asked = _ask(witness, size, post or over_http)
            _remember(witness, asked, now, contacts.get(witness.key))
            found.append(asked)
    return found


def _due(contact: Contact | None, size: int, now: Instant) -> bool:
    if contact is None:
        return True
    if contact.failures:
        wait = min(FIRST_WAIT_S * 2 ** min(contact.failures - 1, 10), LONGEST_WAIT_S)
        return moment(now) >= moment(shift(Instant(contact.asked_at), seconds=wait))
    return contact.size != size or moment(now) >= moment(shift(Instant(contact.asked_at), seconds=AGAIN_S))


def _ask(witness: rules.Witness, size: int, post: Post) -> Asked:
    """Ask once; where the witness says that it has seen another size of ours, once more from there."""
    old = Cosignature.objects.filter(key=witness.key, size__lte=size).order_by("-size").values_list("size", flat=True)
    start = old.first() or 0
    asked, seen = _once(witness, start, size, post)
    if seen is None or seen == start:
        return asked
    if seen > size:
        return Asked(witness.name, size, Outcome.AHEAD, seen)
    return _once(witness, seen, size, post)[0]


def _once(witness: rules.Witness, old: int, size: int, post: Post) -> tuple[Asked, int | None]:
    proof = ledger.consistency(old, size)
    text = proofs.write_consistency(proofs.ConsistencyProof(old, proof.path, proof.note))
    reply = post(f"{witness.url.rstrip('/')}/add-checkpoint", text.encode())
    if reply is None:
        return Asked(witness.name, size, Outcome.UNREACHABLE), None
    if reply.status == 409 and reply.content_type.split(";")[0].strip() == requests.SIZE_TYPE:
        seen = _size(reply.text)
        return Asked(witness.name, size, Outcome.BAD_ANSWER, seen), seen
    return Asked(witness.name, size, _outcome(witness, proof.note, size, reply)), None


def _outcome(witness: rules.Witness, note: str, size: int, reply: Reply) -> Outcome:
    if reply.status == 200:
        return _taken(witness, note, size, reply.text)
    said = {404: Outcome.UNKNOWN_LOG, 403: Outcome.KEY_REFUSED, 409: Outcome.CONTRADICTED, 422: Outcome.CONTRADICTED}
    return said.get(reply.status, Outcome.BAD_ANSWER)


def _taken(witness: rules.Witness, note: str, size: int, answer: str) -> Outcome:
    """Keep the line that this witness signed; other lines in its answer are passed over."""
    try:
        answered = notes.read(note + answer)
        if answered.text != notes.read(note).text:
            raise BadInput("answer", "holds more than signature lines")
        kept = keeping.keep(answered, size)
    except BadInput:
        log.warning("witness %s answered with something that is no cosignature of this head", witness.name)
        return Outcome.BAD_ANSWER
    return Outcome.COSIGNED if witness.key in {row.key for row in kept} else Outcome.BAD_ANSWER


def _size(text: str) -> int | None:
    number = text.removesuffix("\n")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else None


def _remember(witness: rules.Witness, asked: Asked, now: Instant, before: Contact | None) -> None:
    failures = 0 if asked.outcome is Outcome.COSIGNED else (before.failures if before else 0) + 1
    said = {
        "asked_at": now,
        "size": asked.size,
        "outcome": str(asked.outcome),
        "seen": asked.seen,
        "failures": failures,
    }
    Contact.objects.update_or_create(key=witness.key, defaults=said)


def over_http(url: str, body: bytes) -> Reply | None:
    """The answer of a witness; None where there is none in time."""
    return sending.post(url, body, "text/plain; charset=utf-8")
