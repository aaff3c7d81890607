"""The life of policies: versions and what changed between them, search, discussion, reviews, each requirement's story."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ninja import Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.gate import requirement_seen
from consilience.domains.policy import queries
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.changes import TextChange, differences
from consilience.domains.policy.life import actions
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.life.search import kinds_of_evidence, search
from consilience.domains.policy.life.story import requirement_of, since, story
from consilience.domains.policy.models import Policy, PolicyReview
from consilience.kit.clock import now
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces import effects as words
from consilience.surfaces.api.policy import PolicyText
from consilience.surfaces.api.shared import (
    By,
    In,
    Moment,
    Names,
    Out,
    Page,
    Paged,
    Request,
    Slug,
    UrnText,
    operation,
    paged,
    present,
    read_time,
)
from consilience.surfaces.language import told_in

router = Router(tags=["policy"])
Number = Annotated[int, Field(ge=1, le=1_000_000)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=actions.LONGEST)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class SearchQuery(Page):
    words: Words


class HitOut(Out):
    """A requirement that has every word; `requirement` null is the policy itself. `where` says where they were found."""

    policy: str
    requirement: str | None
    title: str
    owner: str
    where: list[str]
    evidence: list[str]


class DueOut(Out):
    """When a policy must be looked at again: `set`, `soon` (within 30 days) or `overdue`."""

    policy: str
    version: int
    owner: str
    state: str
    by: str
    last_day: str
    """The last day on which it is in time, where the workspace is: 2027-06-30."""


class TextDifferenceOut(Out):
    """One difference between two versions; `requirement` is empty where the policy itself is meant."""

    what: str
    requirement: str
    before: str | None
    after: str | None
    clause: str
    sentence: str


class CompareQuery(In):
    old: Number
    new: Number


class CompareOut(Out):
    policy: str
    old: int
    new: int
    differences: list[TextDifferenceOut]


class PolicyVersionOut(Out):
    """A published version, word for word."""

    policy: str
    version: int
    digest: str
    in_force_from: str
    text: str


class StatusIn(In):
    text: PolicyText


class StatusOut(Out):
    """A text held against the library: `same`, `changed`, `new`, or `not_valid` with what is wrong."""

    policy: str
    state: str
    differences: list[TextDifferenceOut]
    problem: str


class CommentIn(In):
    text: Text
    answers: UrnText | None = None


class CommentOut(Out):
    """What somebody said; `text` is null where it was erased."""

    urn: str
    by: By
    at: str
    text: str | None
    answers: str | None


class TakeBackIn(In):
    reason: Annotated[str, StringConstraints(max_length=actions.LONGEST)] = ""


class TakenBackOut(Out):
    urn: str
    policy: str
    at: str


class ReviewIn(In):
    next: Moment
    note: Annotated[str, StringConstraints(max_length=actions.LONGEST)] = ""


class ReviewOut(Out):
    urn: str
    policy: str
    by: By
    at: str
    next: str
    last_day: str


class ChapterOut(Out):
    """A version in which the requirement came (no differences) or was changed."""

    version: int
    begins: str
    differences: list[TextDifferenceOut]


class SeenOnOut(Out):
    """What a requirement says of a live release."""

    release: str
    stage: str
    outcome: str
    sentence: str


class FromTemplateOut(Out):
    id: str
    version: int


class LibraryRequirementOut(Out):
    """A requirement for people: what is asked, why, since when, from which law, and what it sees."""

    policy: str
    requirement: str
    version: int
    title: str
    why: str
    owner: str
    severity: str
    scope: dict[str, str]
    since: str
    source: str
    obligations: list[str]
    evidence: list[str]
    tightens: str | None
    may_be_loosened_by: list[str]
    waiver: str | None
    """Who may set it aside for a release, and for how many days at a time; `never`; null where nobody is named."""
    from_template: FromTemplateOut | None
    history: list[ChapterOut]
    seen: list[SeenOnOut]


@operation(router.get, "/policy-search", action="policy.read")
def found(request: Request, query: Query[SearchQuery]) -> Paged[HitOut]:
    """The requirements of the library that have every word: in title, why, sentences, names, obligations, evidence."""
    asof = _may_read(request)
    hits = search((queries.loaded(row) for row in queries.library(asof)), query.words)
    return paged(hits, query, lambda rows: [
        HitOut(
            policy=one.policy.slug, requirement=one.requirement.id if one.requirement else None,
            title=(one.requirement or one.policy).title["en"], owner=(one.requirement or one.policy).owner,
            where=list(one.where), evidence=kinds_of_evidence(one.requirement) if one.requirement else [],
        )
        for one in rows
    ])  # fmt: skip


@operation(router.get, "/policy-reviews", action="policy.read")
def reviews_due(request: Request, query: Query[Page]) -> Paged[DueOut]:
    """The policies in force that must be looked at again, what is due first comes first."""
    asof = _may_read(request)
    return paged(life.all_due(asof), query, lambda rows: [
        DueOut(policy=row.slug, version=row.version, owner=row.body["owner"], state=due.state, by=due.by,
               last_day=words.last_day(due.by))
        for row, due in rows if due.by is not None
    ])  # fmt: skip


@operation(router.post, "/policies/status", action="policy.read")
def status(request: Request, data: StatusIn) -> StatusOut:
    """How a text stands towards the published version of its policy. Nothing is recorded."""
    told = life.status(data.text, _may_read(request))
    return StatusOut(policy=told.policy, state=told.state, differences=_told(told.changes), problem=told.problem)


@operation(router.post, "/policies/proposals/{urn}/take-back", action="policy.propose")
def take_back(request: Request, urn: UrnText, data: TakeBackIn) -> TakenBackOut:
    """Take back one's own proposal, which nobody has published yet."""
    row = actions.take_back(actor=request.auth, proposal=urn, reason=data.reason, now=now())
    return TakenBackOut(urn=row.urn, policy=row.slug, at=row.valid_from)


@operation(router.get, "/policies/proposals/{urn}/comments", action="policy.read")
def proposal_comments(request: Request, urn: UrnText, query: Query[Page]) -> Paged[CommentOut]:
    """What was said about a proposal, the oldest first."""
    return paged(life.discussion(life.proposal_ever(urn, _may_read(request)).urn, present()), query, _comments)


@operation(router.post, "/policies/proposals/{urn}/comments", action="policy.discuss")
def comment_on_proposal(request: Request, urn: UrnText, data: CommentIn) -> CommentOut:
    """Say something about a proposal, or answer a comment there."""
    row = actions.comment(actor=request.auth, about=urn, text=data.text, answers=data.answers, now=now())
    return _comments([life.Said(row, data.text.strip())])[0]


@operation(router.get, "/policies/{slug}/comments", action="policy.read")
def comments(request: Request, slug: Slug, query: Query[Page]) -> Paged[CommentOut]:
    """What was said about a policy, the oldest first."""
    asof = _may_read(request, slug)
    return paged(life.discussion(queries.policy(slug, asof).urn, asof), query, _comments)


@operation(router.post, "/policies/{slug}/comments", action="policy.discuss")
def comment(request: Request, slug: Slug, data: CommentIn) -> CommentOut:
    """Say something about a policy, or answer a comment there."""
    row = actions.comment(actor=request.auth, about=slug, text=data.text, answers=data.answers, now=now())
    return _comments([life.Said(row, data.text.strip())])[0]


@operation(router.post, "/policies/{slug}/review", action="policy.publish")
def review(request: Request, slug: Slug, data: ReviewIn) -> ReviewOut:
    """Say that a policy was looked at again and is right as it stands, and by when it must be looked at next."""
    day = read_time(data.next, end=True) or present().valid_at
    row = actions.still_right(actor=request.auth, slug=slug, next_look=day, note=data.note, now=now())
    return _review(row)


@operation(router.get, "/policies/{slug}/versions/{number}", action="policy.read")
def version(request: Request, slug: Slug, number: Number) -> PolicyVersionOut:
    """One published version, word for word."""
    row = life.version(slug, number, _may_read(request, slug))
    return PolicyVersionOut(
        policy=slug, version=row.version, digest=row.digest, in_force_from=row.valid_from, text=row.body["text"]
    )


@operation(router.get, "/policies/{slug}/compare", action="policy.read")
def compare(request: Request, slug: Slug, query: Query[CompareQuery]) -> CompareOut:
    """What one version of a policy says otherwise than another, in words."""
    asof = _may_read(request, slug)
    old, new = (life.version(slug, number, asof) for number in (query.old, query.new))
    return CompareOut(policy=slug, old=query.old, new=query.new, differences=_between(old, new))


@operation(router.get, "/policies/{slug}/requirements/{requirement}", action="policy.read")
def requirement(request: Request, slug: Slug, requirement: Slug) -> LibraryRequirementOut:
    """One requirement: what is asked, why, since when, from which law, who owns it, and what it sees on live releases."""
    asof = _may_read(request, slug)
    row, editions = queries.policy(slug, asof), life.editions(slug, asof)
    one = requirement_of(queries.as_asked(row).loaded, requirement)
    if one is None:
        raise NotFound("requirement", f"{slug}/{requirement}")
    made = one.from_template
    return LibraryRequirementOut(
        policy=slug, requirement=one.id, version=row.version, title=one.title["en"], why=one.why["en"], owner=one.owner,
        severity=str(one.severity), scope=one.scope.as_json(), since=since(editions, one.id) or row.valid_from,
        source=one.source, obligations=list(one.obligations), evidence=kinds_of_evidence(one), tightens=one.tightens,
        may_be_loosened_by=list(one.may_be_loosened_by),
        waiver=str(one.waiver) if one.waiver else None,
        from_template=FromTemplateOut(id=made.id, version=made.version) if made else None,
        history=[
            ChapterOut(version=each.edition.number, begins=each.edition.begins, differences=_told(each.changes))
            for each in story(editions, one.id)
        ],
        seen=[
            SeenOnOut(release=each.release.reference, stage=each.release.row.stage, outcome=str(each.outcome.code),
                    sentence=each.outcome.sentence())
            for each in requirement_seen.seen(request.auth, slug, one.id, asof)
        ],
    )  # fmt: skip


def _may_read(request: Request, slug: str = "") -> AsOf:
    asof = present()
    access.ensure(request.auth, "policy.read", LIBRARY, asof, what="policy", named=slug)
    return asof


def _between(old: Policy, new: Policy) -> list[TextDifferenceOut]:
    return _told(differences(queries.loaded(old), queries.loaded(new)))


def _told(changes: Sequence[TextChange]) -> list[TextDifferenceOut]:
    return [
        TextDifferenceOut(
            what=str(one.what), requirement=one.requirement, before=one.before, after=one.after, clause=one.clause,
            sentence=words.difference(one, told_in()),
        )
        for one in changes
    ]  # fmt: skip


def _comments(rows: Sequence[life.Said]) -> list[CommentOut]:
    names = Names(one.row.body["person"] for one in rows)
    return [
        CommentOut(
            urn=one.row.urn, by=names.by(one.row.body["person"]), at=one.row.valid_from, text=one.text,
            answers=one.answers,
        )
        for one in rows
    ]  # fmt: skip


def _review(row: PolicyReview) -> ReviewOut:
    names = Names([row.body["person"]])
    return ReviewOut(
        urn=row.urn,
        policy=row.slug,
        by=names.by(row.body["person"]),
        at=row.valid_from,
        next=row.body["next"],
        last_day=words.last_day(row.body["next"]),
    )
