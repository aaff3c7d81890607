"""Erasing personal texts, files and persons, in two steps; legal holds; and what was erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ninja import Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.content.erasure import queries
from consilience.domains.content.erasure.rules import Asked, Basis, Held, Item
from consilience.domains.people import actions as people
from consilience.domains.people import queries as people_queries
from consilience.kit.clock import now
from consilience.surfaces import sentences
from consilience.surfaces.api.people import person_urn
from consilience.surfaces.api.shared import (
    By,
    In,
    Line,
    Names,
    Out,
    Page,
    Paged,
    Request,
    Sha256,
    UrnText,
    operation,
    paged,
    present,
)

router = Router(tags=["erasure"])
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class ErasureAsked(In):
    texts: list[Sha256] = Field(default_factory=list, max_length=1000)
    """Commitments of texts."""
    files: list[Sha256] = Field(default_factory=list, max_length=1000)
    """Digests of files."""
    person: Line | None = None
    """A URN or log-in address; then no texts and no files are named."""
    written: bool = False
    """Every text of the person's acts too: reasons, comments, proofs."""


class ErasureIn(ErasureAsked):
    basis: Basis
    reason: Reason
    seen: Sha256
    """What the list said of itself; a list that changed since is refused."""


class ToErase(Out):
    kind: str
    digest: str
    text: str | None
    size: int
    held_by: list[str]


class TextsWith(In):
    words: Line


class TextsFound(Out):
    items: list[ToErase]


class ErasureList(Out):
    seen: str
    items: list[ToErase]
    log_in: bool
    """Whether a log-in goes too."""
    refused: str | None
    """Why this would be refused now."""


class ErasureOut(Out):
    urn: str
    position: int
    at: str
    by: By
    texts: int
    files: int
    person: str | None
    basis: str
    reason: str | None


class Erased(Out):
    erasure: ErasureOut
    waits: bool
    """Whether the last copies on the server's disk go a little later, since the database is in use or large."""


class HoldPlaced(In):
    about: Line
    """A URN, the digest of a text or file, or `everything`."""
    reason: Reason


class HoldLifted(In):
    reason: Reason


class LegalHold(Out):
    urn: str
    about: str
    since: str
    reason: str | None


@operation(router.post, "/erasures/list", action="content.erase")
def listed(request: Request, data: ErasureAsked) -> ErasureList:
    """What an erasure would take away. Nothing is erased yet."""
    asof = present()
    access.ensure(request.auth, "content.erase", WORKSPACE, asof)
    found = people_queries.erasing(_asked(request, data), asof)
    items = [_item(one) for one in found.plan.items]
    refused = sentences.of_refusal(found.refused) if found.refused else None
    return ErasureList(seen=found.plan.seen, items=items, log_in=found.plan.log_in, refused=refused)


@operation(router.post, "/erasures/find", action="content.erase")
def find(request: Request, data: TextsWith) -> TextsFound:
    """Texts in which these words stand, at most 50: what others wrote of somebody is found in no other way."""
    access.ensure(request.auth, "content.erase", WORKSPACE, present())
    return TextsFound(items=[_item(one) for one in queries.texts_with(data.words)])


@operation(router.post, "/erasures", action="content.erase")
def erase(request: Request, data: ErasureIn) -> Erased:
    """Erase for ever what the list showed. It cannot be undone."""
    access.ensure(request.auth, "content.erase", WORKSPACE, present())
    row, done = people.erase(
        actor=request.auth, asked=_asked(request, data), basis=data.basis, reason=data.reason, seen=data.seen, now=now()
    )
    made = next(one for one in queries.erasures() if one.row.urn == row.urn)
    return Erased(erasure=_erasures([made])[0], waits=done.waits)


@operation(router.get, "/erasures", action="ledger.read")
def erasures(request: Request, query: Query[Page]) -> Paged[ErasureOut]:
    """What was erased, by whom and why, the newest first; never what it said."""
    access.ensure(request.auth, "ledger.read", WORKSPACE, present())
    return paged(queries.erasures(), query, _erasures)


@operation(router.get, "/legal-holds", action="ledger.read")
def holds(request: Request, query: Query[Page]) -> Paged[LegalHold]:
    """Legal holds in force, the newest first."""
    asof = present()
    access.ensure(request.auth, "ledger.read", WORKSPACE, asof)
    return paged(queries.holds(asof), query, lambda rows: [_hold(one) for one in rows])


@operation(router.post, "/legal-holds", action="content.hold")
def place(request: Request, data: HoldPlaced) -> LegalHold:
    """Let nothing of this be erased until the hold is lifted."""
    row = erasing.place_hold(actor=request.auth, about=data.about, reason=data.reason, now=now())
    return LegalHold(urn=row.urn, about=row.about, since=row.valid_from, reason=data.reason)


@operation(router.post, "/legal-holds/{urn}/lift", action="content.hold")
def lift(request: Request, urn: UrnText, data: HoldLifted) -> LegalHold:
    """End a legal hold."""
    row = erasing.lift_hold(actor=request.auth, urn=urn, reason=data.reason, now=now())
    return LegalHold(urn=row.urn, about=row.about, since=row.valid_from, reason=data.reason)


def _asked(request: Request, data: ErasureAsked) -> Asked:
    person = person_urn(request.auth, data.person, present()) if data.person else None
    return Asked(tuple(data.texts), tuple(data.files), person, data.written)


def _item(one: Item) -> ToErase:
    return ToErase(kind=str(one.kind), digest=one.what, text=one.text, size=one.size, held_by=list(one.held_by))


def _erasures(rows: Sequence[queries.Done]) -> list[ErasureOut]:
    names = Names(one.by for one in rows)
    return [
        ErasureOut(
            urn=one.row.urn, position=one.row.position, at=one.at, by=names.by(one.by), texts=len(one.row.body["texts"]),
            files=len(one.row.body["files"]), person=one.row.body["person"], basis=one.row.body["basis"], reason=one.reason,
        )
        for one in rows
    ]  # fmt: skip


def _hold(one: Held) -> LegalHold:
    return LegalHold(urn=one.urn, about=one.about, since=one.at, reason=one.reason)
