"""What was said about policies, which proposals there were, and when policies must be looked at again."""

from __future__ import annotations

from dataclasses import dataclass

from consilience.domains.policy import queries
from consilience.domains.policy.life import rules
from consilience.domains.policy.models import Policy, PolicyComment, PolicyProposal, PolicyReview
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound, Refused, refusal
from consilience.kit.naming import is_urn
from consilience.kit.records.commitments import opened
from consilience.kit.records.models import AsOf


def subject(about: str, asof: AsOf) -> Policy | PolicyProposal:
    """What a discussion is about: a policy by its name, or a proposal by its URN, taken back or not."""
    return proposal_ever(about, asof) if is_urn(about, PolicyProposal.noun) else queries.policy(about, asof)


def proposal_ever(urn: str, asof: AsOf) -> PolicyProposal:
    """A proposal as it last stood, also one that was taken back."""
    row = PolicyProposal.objects.filter(urn=urn, position__lt=asof.known_at).order_by("-version").first()
    if row is None:
        raise NotFound("policy proposal", urn)
    return row


def open_proposal(urn: str, asof: AsOf) -> PolicyProposal:
    """A proposal that is neither published nor taken back; Refused with the reason otherwise."""
    row = proposal_ever(urn, asof)
    if row.withdrawn:
        raise Refused(refusal("policy.proposal_taken_back"))
    if row.urn not in {one.urn for one in queries.open_proposals(asof)}:
        raise Refused(refusal("published_already"))
    return row


def earlier(row: PolicyProposal, asof: AsOf) -> PolicyProposal | None:
    """The proposal of the same policy that came before this one: what it replaced, else the last that was put forward."""
    replaced = row.body.get("replaces")
    if replaced is not None:
        return proposal_ever(replaced, asof)
    first = PolicyProposal.objects.get(urn=row.urn, version=1)
    rows = PolicyProposal.objects.filter(slug=row.slug, version=1, position__lt=first.position)
    return rows.order_by("-position").first()


# Discussion


@dataclass(frozen=True)
class Said:
    """A comment; `text` None where it was erased. `answers` is the URN of the comment that it answers."""

    row: PolicyComment
    text: str | None

    @property
    def answers(self) -> str | None:
        answers: str | None = self.row.body["answers"]
        return answers


def comments(about: str, asof: AsOf) -> list[PolicyComment]:
    """The comments on a policy or a proposal (its URN), the oldest first."""
    return list(PolicyComment.objects.as_of(asof).filter(about=about).order_by("position", "ordinal"))


def discussion(about: str, asof: AsOf) -> list[Said]:
    """The same with their texts."""
    rows = comments(about, asof)
    texts = opened(row.body["text"] for row in rows)
    return [Said(row, texts.get(row.body["text"]["commitment"])) for row in rows]


# Reviews


def reviews(slug: str, asof: AsOf) -> list[PolicyReview]:
    """When people found a policy right, the oldest first."""
    return list(PolicyReview.objects.as_of(asof).filter(slug=slug).order_by("position", "ordinal"))


def due(row: Policy, asof: AsOf) -> rules.Due:
    """When this version of a policy must be looked at again."""
    said = [Instant(one.body["next"]) for one in reviews(row.slug, asof) if one.body["policy"] == row.name]
    return rules.due(queries.loaded(row).review_by, said, asof.valid_at)


def all_due(asof: AsOf) -> list[tuple[Policy, rules.Due]]:
    """The policies in force with their next reviews, those without one left out; what is due first comes first."""
    found = [(row, due(row, asof)) for row in queries.rows_in_force(asof)]
    return sorted(
        [(row, when) for row, when in found if when.by is not None], key=lambda each: (each[1].by or "", each[0].slug)
    )
