"""Reviews: sign-offs and what follows them, conditions, objections, blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from ninja import Path, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.release import queries as releases
from consilience.domains.release.rules import Stage
from consilience.domains.review import actions, queries, rules
from consilience.domains.review.models import Proof
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import Instant, now
from consilience.kit.errors import NotFound
from consilience.kit.records import commitments
from consilience.surfaces.api.changes import ChangeOut, changes_out
from consilience.surfaces.api.people import person_urn
from consilience.surfaces.api.shared import (
    By,
    In,
    Line,
    Moment,
    Names,
    Out,
    Reference,
    Request,
    Sha256,
    Slug,
    UrnText,
    operation,
    present,
    read_time,
)
from consilience.surfaces.api.versions import ReasonIn

router = Router(tags=["review"])
Words = Annotated[str, StringConstraints(min_length=1, max_length=rules.MAX_REASON)]
Index = Annotated[int, Field(ge=0, le=10_000)]


class ConditionIn(In):
    text: Words
    owner: Line
    """URN, log-in address, or `me`."""
    due_at: Moment


class SignOffIn(In):
    function: Slug
    verdict: Verdict
    reason: Words
    seen: Sha256
    """The digest of the facet that the person was shown; refused when it has changed since."""
    conditions: list[ConditionIn] = Field(default_factory=list, max_length=100)
    expires_at: Moment | None = None


class ProofIn(In):
    proof: Words


class AcceptIn(In):
    seen: Sha256 | None = None
    """The digest of the proof that the person read; refused when another was offered since."""


class AnswerIn(In):
    text: Words


class SignOffOut(Out):
    urn: str
    function: str
    by: By
    verdict: str
    standing: str
    counts: bool
    """Whether it counts as this function's approval: it stands, and each person counts once."""
    at: str
    expires_at: str | None
    facet: str
    reason: str | None
    position: int
    """The entry that recorded it."""
    authenticated_by: str
    """How whoever decided was known: passkey and ssh signed it; totp, password and token did not."""
    user_verified: bool
    """Whether the key that signed says that it checked a finger, a face or a PIN."""
    device_bound: bool
    """Whether the key that signed says that it cannot be copied to another device."""
    changes: list[ChangeOut]
    instead_of: By | None
    """In whose stead it was given, by delegation."""
    delegation: str | None


class ProofOut(Out):
    digest: str
    """What an acceptance names as seen."""
    by: By
    proof: str | None
    accepted_by: By | None


class ConditionOut(Out):
    id: str
    sign_off: str
    index: int
    function: str
    text: str | None
    owner: By
    due_at: str
    state: str
    proof: ProofOut | None


class AnswerOut(Out):
    by: By
    at: str
    text: str | None


class ObjectionOut(Out):
    urn: str
    function: str
    by: By
    at: str
    reason: str | None
    answers: list[AnswerOut]


class BlockEndOut(Out):
    how: str
    by: By
    at: str
    reason: str | None


class BlockOut(Out):
    urn: str
    function: str
    by: By
    at: str
    reason: str | None
    ended: bool
    ends: list[BlockEndOut]


class Recorded(Out):
    urn: str
    at: str


@operation(router.post, "/releases/{system}/{version}/{stage}/sign-offs", action="review.sign_off", signable=True)
def sign_off(request: Request, system: Slug, version: Reference, stage: Stage, data: SignOffIn) -> SignOffOut:
    """Give a function's verdict on the facet whose digest you saw."""
    actor, asof = request.auth, present()
    found = releases.release(actor, system, version, stage, asof)
    row = actions.sign_off(
        actor=actor,
        release=found.urn,
        function=data.function,
        verdict=data.verdict,
        reason=data.reason,
        seen=data.seen,
        conditions=[
            rules.NewCondition(one.text, person_urn(actor, one.owner, asof), _due(one.due_at))
            for one in data.conditions
        ],
        expires_at=read_time(data.expires_at, end=True),
        now=now(),
    )
    listed = Reviews(releases.release(actor, system, version, stage, present()), actor).sign_offs()
    return next(one for one in listed if one.urn == row.urn)


@operation(router.get, "/sign-offs/{urn}/conditions/{index}", action="review.read")
def condition(request: Request, urn: UrnText, index: Path[Index]) -> ConditionOut:
    """One condition with the proof that was offered last, and its digest."""
    asof, name = present(), f"{urn}#{index}"
    row, _release = queries.guarded(request.auth, "review.read", urn, asof, what="condition", named=name)
    found = next((one for one in queries.said_in_system(row.system, asof).conditions() if one.id == name), None)
    if found is None:
        raise NotFound("condition", name)
    texts = commitments.opened([found.text, *([found.proof.body["proof"]] if found.proof else [])])
    return _condition(found, Names(_people_of(found)), texts)


@operation(router.post, "/sign-offs/{urn}/conditions/{index}/proof", action="review.close_condition", signable=True)
def offer_proof(request: Request, urn: UrnText, index: Path[Index], data: ProofIn) -> Recorded:
    """Say how a condition was met. It counts once a holder of the imposing function accepts it."""
    row = actions.offer_proof(actor=request.auth, condition=f"{urn}#{index}", proof=data.proof, now=now())
    return Recorded(urn=row.urn, at=row.valid_from)


@operation(router.post, "/sign-offs/{urn}/conditions/{index}/accept", action="review.sign_off", signable=True)
def accept_proof(request: Request, urn: UrnText, index: Path[Index], data: AcceptIn | None = None) -> Recorded:
    """Accept the proof, for the function that imposed the condition; `seen` binds it to the proof that was read."""
    seen = data.seen if data else None
    row = actions.accept_proof(actor=request.auth, condition=f"{urn}#{index}", seen=seen, now=now())
    return Recorded(urn=row.urn, at=row.valid_from)


@operation(router.post, "/objections/{urn}/answers", action="review.answer", signable=True)
def answer(request: Request, urn: UrnText, data: AnswerIn) -> Recorded:
    """Answer somebody else's objection in writing."""
    row = actions.answer(actor=request.auth, objection=urn, text=data.text, now=now())
    return Recorded(urn=row.urn, at=row.valid_from)


@operation(router.post, "/blocks/{urn}/end", action="review.sign_off", signable=True)
def end_block(request: Request, urn: UrnText, data: ReasonIn) -> Recorded:
    """Withdraw your own block, or say as a member of the panel that it should end."""
    row = actions.end_block(actor=request.auth, block=urn, reason=data.reason, now=now())
    return Recorded(urn=row.urn, at=row.valid_from)


class Reviews:
    """What everybody has said about a release, with names and texts read once."""

    def __init__(self, release: releases.ReleaseOf, actor: Actor) -> None:
        self._asof, self._visible = release.asof, access.visible_systems(actor, release.asof)
        said = queries.said(release)
        self._given, self._objections = said.sign_offs(release), said.objections(release)
        self._conditions, self._blocks = said.conditions(), said.blocks()
        self._rows = [
            *(one.row for one in self._given),
            *(one.row for one in self._objections),
            *(one.row for one in self._blocks),
        ]
        self._counted = rules.counted_once(queries.standing_approvals(self._given))
        self._known = ledger.known_at(one.row.position for one in self._given)
        self._names = Names(self._people())
        self._texts = commitments.opened(self._commitments())

    def _people(self) -> list[str | None]:
        found: list[str | None] = [row.person for row in self._rows]
        found += [one.given.instead_of for one in self._given]
        for one in self._conditions:
            found += _people_of(one)
        found += [one.body["person"] for objection in self._objections for one in objection.answers]
        return found + [one.body["person"] for block in self._blocks for one in block.ends]

    def _commitments(self) -> list[Any]:
        found = [row.body["reason"] for row in self._rows]
        found += [one.text for one in self._conditions]
        found += [one.proof.body["proof"] for one in self._conditions if one.proof]
        found += [one.body["text"] for objection in self._objections for one in objection.answers]
        return found + [one.body["reason"] for block in self._blocks for one in block.ends]

    def _text(self, commitment: dict[str, str]) -> str | None:
        return self._texts.get(commitment["commitment"])

    def sign_offs(self) -> list[SignOffOut]:
        return [
            SignOffOut(
                urn=one.row.urn,
                function=one.row.function,
                by=self._names.by(one.row.person),
                verdict=one.row.verdict,
                standing=str(one.standing),
                counts=one.row.urn in self._counted,
                at=one.given.signed_at,
                expires_at=one.given.expires_at,
                facet=one.given.facet,
                reason=self._text(one.row.body["reason"]),
                position=one.row.position,
                **asdict(self._known[one.row.position]),
                changes=changes_out(one.changes, self._asof, self._visible),
                instead_of=self._names.maybe(one.given.instead_of),
                delegation=one.row.body.get("delegation"),
            )
            for one in self._given
        ]

    def conditions(self) -> list[ConditionOut]:
        return [_condition(one, self._names, self._texts) for one in self._conditions]

    def objections(self) -> list[ObjectionOut]:
        return [
            ObjectionOut(
                urn=one.row.urn,
                function=one.row.function,
                by=self._names.by(one.row.person),
                at=one.row.body["signed_at"],
                reason=self._text(one.row.body["reason"]),
                answers=[
                    AnswerOut(
                        by=self._names.by(row.body["person"]), at=row.valid_from, text=self._text(row.body["text"])
                    )
                    for row in one.answers
                ],
            )
            for one in self._objections
        ]

    def blocks(self) -> list[BlockOut]:
        return [
            BlockOut(
                urn=one.row.urn,
                function=one.row.function,
                by=self._names.by(one.row.person),
                at=one.row.body["signed_at"],
                reason=self._text(one.row.body["reason"]),
                ended=one.ended,
                ends=[
                    BlockEndOut(
                        how=row.body["how"],
                        by=self._names.by(row.body["person"]),
                        at=row.valid_from,
                        reason=self._text(row.body["reason"]),
                    )
                    for row in one.ends
                ],
            )
            for one in self._blocks
        ]


def _people_of(one: queries.Condition) -> list[str | None]:
    proof = one.proof.body if one.proof else {}
    return [one.owner, proof.get("offered_by"), proof.get("accepted_by")]


def _condition(one: queries.Condition, names: Names, texts: Mapping[str, str]) -> ConditionOut:
    return ConditionOut(
        id=one.id,
        sign_off=one.sign_off.urn,
        index=int(one.id.rpartition("#")[2]),
        function=one.sign_off.function,
        text=texts.get(one.text["commitment"]),
        owner=names.by(one.owner),
        due_at=one.due_at,
        state=str(one.state),
        proof=_proof(one.proof, names, texts) if one.proof else None,
    )


def _proof(row: Proof, names: Names, texts: Mapping[str, str]) -> ProofOut:
    return ProofOut(
        digest=row.digest,
        by=names.by(row.body["offered_by"]),
        proof=texts.get(row.body["proof"]["commitment"]),
        accepted_by=names.maybe(row.body["accepted_by"]),
    )


def _due(text: str) -> Instant:
    found = read_time(text, end=True)
    assert found is not None
    return found
