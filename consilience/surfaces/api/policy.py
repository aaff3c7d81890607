"""Policies: the library, proposals by one person, publications by two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from ninja import Query, Router
from pydantic import Field, StringConstraints

from consilience.domains.access import queries as access
from consilience.domains.policy import actions, queries
from consilience.domains.policy.below import no_longer_kept
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
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

router = Router(tags=["policy"])
PolicyText = Annotated[str, StringConstraints(min_length=1, max_length=1_000_000)]


class PolicyIn(In):
    text: PolicyText


class ProposalIn(PolicyIn):
    replaces: UrnText | None = None
    """A proposal of one's own of the same policy, which is taken back in the same act."""


class ProposalOut(Out):
    urn: str
    policy: str
    owner: str
    by: By
    at: str
    text: str


class PublishIn(In):
    in_force_from: Moment | None = None
    ahead_of: int | None = Field(None, ge=1, le=1_000_000)
    """The number of a scheduled version that will replace this one; needed to begin before it."""


class PolicyOut(Out):
    urn: str
    policy: str
    version: int
    digest: str
    owner: str
    proposed_by: By
    published_by: By
    in_force_from: str
    in_force: bool


class MutantOut(Out):
    """A threshold or operator changed: where it stands in the expression `place`, and what became of what."""

    id: str
    place: str
    line: int
    column: int
    before: str
    after: str


class DeclaredOut(MutantOut):
    why: str


class ContradictedOut(MutantOut):
    noticed_by: str


class CostOut(Out):
    """At most so many items are looked at, where lists are as long as the policy says; the bound in words."""

    steps: int
    bound: str


class CheckedOut(Out):
    """One requirement: how many of its changes an example notices, and those that none does.

    `declared` cannot matter, as their author says; `contradicted` are declared, yet an example notices them; `unknown`
    are declared, yet there is no such change.
    """

    id: str
    changes: int
    noticed: int
    survivors: list[MutantOut]
    declared: list[DeclaredOut]
    contradicted: list[ContradictedOut]
    unknown: list[str]
    cost: dict[str, CostOut]


class CheckOut(Out):
    """What the examples of a policy notice, and what it may cost. Only what is complete can be published."""

    policy: str
    language: int
    complete: bool
    cut: bool
    """Too large for every change to be tried."""
    requirements: list[CheckedOut]
    unused: list[str]


class BelowOut(Out):
    """A policy that no longer keeps to what stands above it."""

    policy: str
    code: str
    sentence: str


class ProposalShown(ProposalOut):
    check: CheckOut
    below: list[BelowOut]
    """Policies that would no longer keep to what is above them with this text."""


class PolicyShown(PolicyOut):
    text: str
    history: list[PolicyOut]
    check: CheckOut
    below: list[BelowOut]
    """Policies, this one among them, that no longer keep to what is above them."""


@operation(router.get, "/policies", action="policy.read")
def library(request: Request, query: Query[Page]) -> Paged[PolicyOut]:
    """The newest published version of each policy, in force or still to come."""
    asof = present()
    access.ensure(request.auth, "policy.read", actions.LIBRARY, asof)
    return paged(queries.library(asof), query, lambda rows: _policies(rows, asof))


@operation(router.get, "/policies/proposals", action="policy.read")
def proposals(request: Request, query: Query[Page]) -> Paged[ProposalOut]:
    """Proposals that are not published yet."""
    asof = present()
    access.ensure(request.auth, "policy.read", actions.LIBRARY, asof)
    return paged(queries.open_proposals(asof), query, proposals_out)


@operation(router.post, "/policies/proposals", action="policy.propose")
def propose(request: Request, data: ProposalIn) -> ProposalOut:
    """Put a draft forward. It must load: types, sentences, examples that come out as stated."""
    return proposals_out([actions.propose(actor=request.auth, text=data.text, replaces=data.replaces, now=now())])[0]


@operation(router.post, "/policies/check", action="policy.propose")
def check(request: Request, data: PolicyIn) -> CheckOut:
    """What the examples of a draft notice, and what it may cost. Nothing is recorded."""
    asof = present()
    access.ensure(request.auth, "policy.propose", actions.LIBRARY, asof)
    return _check(queries.draft(data.text, asof))


@operation(router.get, "/policies/proposals/{urn}", action="policy.read")
def proposal(request: Request, urn: UrnText) -> ProposalShown:
    """One proposal, with what its examples notice."""
    asof = present()
    access.ensure(request.auth, "policy.read", actions.LIBRARY, asof)
    row = queries.proposal(urn, asof)
    drafted = queries.draft(row.body["text"], asof)
    return ProposalShown(
        **proposals_out([row])[0].model_dump(), check=_check(drafted), below=_below(drafted.loaded, asof)
    )


@operation(router.post, "/policies/proposals/{urn}/publish", action="policy.publish", signable=True)
def publish(request: Request, urn: UrnText, data: PublishIn) -> PolicyOut:
    """Publish somebody else's proposal, in force at once or from a moment that lies ahead."""
    row = actions.publish(
        actor=request.auth, proposal=urn, in_force_from=read_time(data.in_force_from), ahead_of=data.ahead_of, now=now()
    )  # fmt: skip
    return _policies([row], present())[0]


@operation(router.get, "/policies/{slug}", action="policy.read")
def policy(request: Request, slug: Slug) -> PolicyShown:
    asof = present()
    access.ensure(request.auth, "policy.read", actions.LIBRARY, asof, what="policy", named=slug)
    row = queries.policy(slug, asof)
    shown = _policies([row, *queries.history(slug)], asof)
    check = CheckOut.model_validate(queries.checked_row(row))
    return PolicyShown(
        **shown[0].model_dump(),
        text=row.body["text"],
        history=shown[1:],
        check=check,
        below=_below(queries.loaded(row), asof),
    )


def _below(loaded: Loaded, asof: AsOf) -> list[BelowOut]:
    return [
        BelowOut(policy=one.policy, code=one.why.code, sentence=sentences.of_refusal(one.why))
        for one in no_longer_kept(loaded, asof)
    ]


def _check(draft: queries.InForce) -> CheckOut:
    return CheckOut.model_validate(queries.checked(draft.text, draft.zone, draft.loaded))


def _policies(rows: Sequence[Policy], asof: AsOf) -> list[PolicyOut]:
    names = Names(urn for row in rows for urn in (row.body["proposed_by"], row.body["published_by"]))
    current = {row.digest for row in queries.rows_in_force(asof)}
    return [
        PolicyOut(
            urn=row.urn,
            policy=row.slug,
            version=row.version,
            digest=row.digest,
            owner=row.body["owner"],
            proposed_by=names.by(row.body["proposed_by"]),
            published_by=names.by(row.body["published_by"]),
            in_force_from=row.valid_from,
            in_force=row.digest in current,
        )
        for row in rows
    ]


def proposals_out(rows: Sequence[PolicyProposal]) -> list[ProposalOut]:
    names = Names(row.body["proposed_by"] for row in rows)
    return [
        ProposalOut(
            urn=row.urn, policy=row.slug, owner=row.body["owner"], by=names.by(row.body["proposed_by"]),
            at=row.valid_from, text=row.body["text"],
        )
        for row in rows
    ]  # fmt: skip
