"""Talking about policies and proposals, taking a proposal back, and saying that a policy is still right."""

from __future__ import annotations

from consilience.domains.access import queries as access
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.life import rules
from consilience.domains.policy.models import PolicyComment, PolicyProposal, PolicyReview
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refused, refusal, require

LONGEST = 10_000


def comment(*, actor: Actor, about: str, text: str, answers: str | None = None, now: Instant) -> PolicyComment:
    """Say something about a policy (its name) or a proposal (its URN); `answers` is the URN of a comment there."""
    with act(actor, verb="policy.commented", at=now) as opened:
        access.ensure(actor, "policy.discuss", LIBRARY, opened.asof)
        said = text.strip()
        if not said:
            raise BadInput("text", "is empty")
        if len(said) > LONGEST:
            raise BadInput("text", f"is longer than {LONGEST:,} characters")
        row = life.subject(about, opened.asof)
        if answers is not None and answers not in {one.urn for one in life.comments(row.urn, opened.asof)}:
            raise Refused(refusal("policy.answers_elsewhere"))
        opened.note(policy=row.slug)
        body = {
            "slug": row.slug, "about": row.urn, "person": actor.urn, "answers": answers, "text": opened.private(said),
        }  # fmt: skip
        return opened.record(PolicyComment, body=body)


def take_back(*, actor: Actor, proposal: str, reason: str, now: Instant) -> PolicyProposal:
    """Take back one's own proposal, which nobody has published yet."""
    with act(actor, verb="policy.proposal_taken_back", at=now) as opened:
        access.ensure(actor, "policy.propose", LIBRARY, opened.asof)
        row = life.open_proposal(proposal, opened.asof)
        require(rules.may_take_back(actor.urn, row.body["proposed_by"]))
        opened.note(policy=row.slug)
        return opened.withdraw(row, reason=opened.private(reason.strip()))


def still_right(*, actor: Actor, slug: str, next_look: Instant, note: str, now: Instant) -> PolicyReview:
    """Record that a policy was looked at again and is right as it stands, and when it must be looked at next."""
    with act(actor, verb="policy.reviewed", at=now) as opened:
        access.ensure(actor, "policy.publish", LIBRARY, opened.asof)
        row = queries.policy(slug, opened.asof)
        held = people.functions_of(actor.urn, opened.asof)
        require(rules.may_review(held, row.body["owner"], next_look=next_look, at=opened.at))
        opened.note(policy=slug, version=row.version, next=next_look)
        said = note.strip()
        body = {
            "slug": slug, "policy": row.name, "person": actor.urn, "next": next_look,
            "note": opened.private(said) if said else None,
        }  # fmt: skip
        return opened.record(PolicyReview, body=body)
