"""Time-stamps of this log's heads: asking for them, keeping them, checking again those that are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from consilience.domains.ledger import notes
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.models import Checkpoint
from consilience.domains.ledger.rules import covered
from consilience.domains.witness import sending, timestamps
from consilience.domains.witness.models import Timestamp
from consilience.domains.witness.timestamps import Stamp
from consilience.kit.errors import BadInput, ConsilienceError, ExitCode, NotFound

ASKS, ANSWERS = "application/timestamp-query", "application/timestamp-reply"


class Unanswered(ConsilienceError):
    """The authority did not answer, or with something else than a time-stamp."""

    exit_code = ExitCode.UNREACHABLE


@dataclass(frozen=True)
class Kept:
    """A time-stamp that is stored, and what is wrong with it, if anything."""

    size: int
    at: str
    authority: str
    problem: str


def text_of(size: int | None) -> tuple[int, str]:
    """The size and the text of the newest head, or of the one over so many entries. The text is what is stamped."""
    wanted = covered(ledger.checkpoint()) if size is None else size
    note = Checkpoint.objects.filter(size=wanted).values_list("note", flat=True).first()
    if note is None:
        raise NotFound("checkpoint", str(wanted))
    return wanted, notes.read(note).text


def ask(url: str, text: str) -> bytes:
    """What the authority at this address answers; Unanswered where it does not."""
    if not url.startswith(("http://", "https://")):
        raise BadInput("--tsa", "is not http:// or https://")
    reply = sending.post(url, timestamps.query(text), ASKS)
    if reply is None or reply.status != 200 or reply.content_type.split(";")[0].strip() != ANSWERS:
        said = "nothing" if reply is None else f"status {reply.status} and {reply.content_type or 'no type'}"
        raise Unanswered(f"{url} answered with {said}; expected a time-stamp")
    return reply.data


def keep(size: int, text: str, response: bytes, certificate: str) -> Stamp:
    """Store a time-stamp of the head over `size` entries, once it was checked; the same one is stored once."""
    stamp = timestamps.opened(response, text, certificate)
    if not any(bytes(one.response) == response for one in Timestamp.objects.filter(size=size, at=stamp.at)):
        Timestamp.objects.create(size=size, response=response, certificate=certificate, at=stamp.at)
    return stamp


def kept() -> Iterator[Kept]:
    """Every stored time-stamp, checked again without a network."""
    for row in Timestamp.objects.order_by("size", "at").iterator(chunk_size=200):
        try:
            _, text = text_of(row.size)
            stamp = timestamps.opened(bytes(row.response), text, row.certificate)
        except (BadInput, NotFound) as error:
            yield Kept(row.size, row.at, "", str(error))
            continue
        problem = "" if stamp.at == row.at else f"it names {stamp.at}"
        yield Kept(row.size, row.at, stamp.authority, problem)
