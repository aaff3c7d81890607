"""Check 1, third part: time-stamps of heads by authorities (RFC 3161), each checked with the certificate that stands beside it."""

from __future__ import annotations

from collections.abc import Iterable

from consilience.domains.audit import layout
from consilience.domains.audit.reader import Archive
from consilience.domains.audit.report import Check, Report
from consilience.domains.ledger import notes, rules
from consilience.domains.witness import timestamps
from consilience.kit import canonical
from consilience.kit.errors import BadInput


def checked(archive: Archive, heads: Iterable[rules.Checkpoint], report: Report) -> None:
    """Say what each time-stamp shows. Whether its authority is to be believed is for the reader to judge."""
    if layout.TIMESTAMPS not in archive:
        return
    texts = {head.size: rules.body(head) for head in heads}
    try:
        for line in archive.lines(layout.TIMESTAMPS):
            try:
                size, response, certificate = _line(line)
                if size not in texts:
                    raise BadInput("time-stamp", f"is of a head over {size} entries, which is not in the archive")
                stamp = timestamps.opened(response, texts[size], certificate)
            except BadInput as error:
                report.tampered(Check.HEADS, "timestamp_bad", f"a line of {layout.TIMESTAMPS}: {error}")
                continue
            report.say(
                Check.HEADS,
                f"the head over {size} entries was there at {stamp.at}, says {stamp.authority}: judge whether you trust it",
            )
    except BadInput as error:
        report.tampered(Check.HEADS, "timestamp_bad", str(error))


def _line(line: bytes) -> tuple[int, bytes, str]:
    said = canonical.read(line)
    if not (isinstance(said, list) and list(map(type, said)) == [int, str, str]):
        raise BadInput("time-stamp", "is no line of size, answer and certificate")
    return said[0], notes.unbase64(said[1], "time-stamp"), said[2]
