"""Check 8: files have their digests, and private texts open the commitments of records."""

from __future__ import annotations

import re
from typing import Any

from consilience.domains.audit.layout import PRIVATE, Manifest, content_name
from consilience.domains.audit.reader import Archive
from consilience.domains.audit.report import Check, Report
from consilience.domains.audit.walked import MALFORMED, Walked
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from consilience.kit.records import commitments

_HEX = re.compile(r"[0-9a-f]{64}")


def hashed(archive: Archive, found: Walked, report: Report) -> None:
    """Every file of the archive against its name, and against the list of files."""
    listed: dict[str, bool] = {}
    last = ""
    try:
        for line in archive.lines("content.txt"):
            last, there = _listed(canonical.read(line), after=last)
            listed[last] = there
    except BadInput as error:
        report.tampered(Check.CONTENT, "content_missing", f"content.txt cannot be read: {error}")
    files = archive.names("content/")
    for name in files:
        digest = name.removeprefix("content/")
        if not listed.get(digest, False):
            report.tampered(Check.CONTENT, "content_extra", f"file {digest} is in the archive, but not in its list")
        if archive.digest(name) != digest:
            told = f"file {digest} was swapped or edited: its bytes have another digest"
            report.tampered(Check.CONTENT, "content_differs", told)
    for digest, there in listed.items():
        if there and content_name(digest) not in archive:
            report.tampered(Check.CONTENT, "content_missing", f"file {digest} is listed, but not in the archive")
    absent = sum(not there for there in listed.values())
    report.say(Check.CONTENT, f"{len(files)} files hashed; of {absent} others only the digest is here")
    gone = found.explained.told(digest for digest, there in listed.items() if not there)
    if gone:
        report.say(Check.CONTENT, f"files that were erased, {gone}")


def _listed(said: Any, *, after: str) -> tuple[str, bool]:
    if not isinstance(said, list) or [type(one) for one in said] != [str, int, bool]:
        raise BadInput("line", "is not digest, size and whether it is included")
    if not _HEX.fullmatch(said[0]) or said[0] <= after:
        raise BadInput("line", "has no digest, or one out of order")
    return said[0], said[2]


def private(archive: Archive, made: Manifest, found: Walked, report: Report) -> None:
    """Every private text opens its commitment, and some record holds that."""
    if (PRIVATE in archive) != made.private:
        told = "private texts are there and were not asked for, or the other way round"
        report.tampered(Check.CONTENT, "private_differs", told)
    if PRIVATE not in archive:
        told = "private texts: nothing of this kind in the archive; commitments stay closed"
        report.say(Check.CONTENT, told)
        return
    opened: set[bytes] = set()
    try:
        for line in archive.lines(PRIVATE):
            code, salt, text = canonical.read(line)
            opened.add(bytes.fromhex(code))
            if commitments.code_of(text, bytes.fromhex(salt)) != code:
                told = f"private text {code[:12]} was edited: it does not open its commitment"
                report.tampered(Check.CONTENT, "private_differs", told)
            if bytes.fromhex(code) not in found.commitments:
                told = f"private text {code[:12]} belongs to no record of the archive"
                report.tampered(Check.CONTENT, "private_extra", told)
    except (BadInput, *MALFORMED) as error:
        report.tampered(Check.CONTENT, "private_differs", f"private.txt cannot be read: {error}")
    gone = {code.hex() for code in found.commitments - opened}
    report.say(Check.CONTENT, f"{len(opened)} private texts open their commitments; {len(gone)} were erased")
    _explained(gone, made, found, report)


def _explained(gone: set[str], made: Manifest, found: Walked, report: Report) -> None:
    """Texts that are gone against the erasures that say so; a part of a log need not hold them all."""
    if found.explained.told(gone):
        report.say(Check.CONTENT, f"texts that were erased, {found.explained.told(gone)}")
    unexplained = found.explained.unexplained(gone)
    if not unexplained:
        return
    if found.explained.strict and made.system is None:
        for code in unexplained:
            told = f"private text {code[:12]} is gone, and no erasure says why"
            report.tampered(Check.CONTENT, "private_missing", told)
    else:
        report.say(Check.CONTENT, f"{len(unexplained)} texts are gone without an erasure in this archive")
