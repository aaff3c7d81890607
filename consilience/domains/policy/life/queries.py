"""What was said about policies, which proposals there were, and when policies must be looked at again."""

from __future__ import annotations

from dataclasses import dataclass

from consilience.domains.policy import queries
from consilience.domains.policy.changes import TextChange, differences
from consilience.domains.policy.life import rules
from consilience.domains.policy.life.story import Edition
from consilience.domains.policy.models import Policy, PolicyComment, PolicyProposal, PolicyReview
from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, NotFound, Refused, refusal
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


# Versions


def edition(row: Policy) -> Edition:
    return Edition(row.version, Instant(row.valid_from), queries.as_asked(row).loaded)


def editions(slug: str, asof: AsOf) -> list[Edition]:
    """Every published version of a policy, the first first."""
    found = [edition(row) for row in queries.history(slug) if row.position < asof.known_at]
    if not found:
        raise NotFound("policy", slug)
    return found


def version(slug: str, number: int | None, asof: AsOf) -> Policy:
    """One published version of a policy; the newest where no number is given."""
    if number is None:
        return queries.policy(slug, asof)
    for row in queries.history(slug):
        if row.version == number and row.position < asof.known_at:
            return row
    raise NotFound("policy", f"{slug}@{number}")


@dataclass(frozen=True)
class Draft:
    """A text of a folder, held against the library: `same`, `changed`, `new` or `not_valid` with what is wrong."""

    policy: str
    state: str
    changes: tuple[TextChange, ...] = ()
    problem: str = ""


def status(text: str, asof: AsOf) -> Draft:
    """How a text stands towards the published version of its policy. Nothing is recorded."""
    try:
        drafted = queries.draft(text, asof).loaded
    except BadInput as error:
        return Draft("", "not_valid", problem=f"{error.where}: {error.problem}")
    row = next((one for one in queries.library(asof) if one.slug == drafted.slug), None)
    if row is None:
        return Draft(drafted.slug, "new")
    if row.body["text"] == text:
        return Draft(drafted.slug, "same")
    return Draft(drafted.slug, "changed", tuple(differences(queries.loaded(row), drafted)))
