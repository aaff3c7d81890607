"""The life of a policy after and beside its publication: when it must be looked at again, who may take a proposal back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from consilience.kit.clock import Instant, moment, shift
from consilience.kit.errors import Refusal, refusal

SOON_DAYS = 30
"""So many days before it a review is said to be due soon."""


class Review(StrEnum):
    """How a policy stands towards its next review."""

    NONE = "none"
    SET = "set"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Due:
    """When a policy must have been looked at again, and how that stands; `by` None where nobody set a day."""

    state: Review
    by: Instant | None = None


def due(review_by: Instant | None, next_looks: Iterable[Instant], at: Instant) -> Due:
    """When a version must be looked at again. `next_looks` are what reviews of this version said, the oldest first.

    The last review counts before the day that the text names. A day that has passed is overdue from its end on.
    """
    by = review_by
    for one in next_looks:
        by = one
    if by is None:
        return Due(Review.NONE)
    if by <= at:
        return Due(Review.OVERDUE, by)
    return Due(Review.SOON if by <= shift(at, days=SOON_DAYS) else Review.SET, by)


def last_day(by: Instant, zone: str) -> str:
    """The last day before an end, where the workspace is: 2027-06-30."""
    return moment(shift(by, microseconds=-1)).astimezone(ZoneInfo(zone)).date().isoformat()


def may_review(held: Collection[str], owner: str, *, next_look: Instant, at: Instant) -> Refusal | None:
    """Only the function that owns a policy says that it is still right, and names a day that lies ahead."""
    if owner not in held:
        return refusal("policy.owner_reviews", function=owner)
    if next_look <= at:
        return refusal("policy.review_in_the_past", next=next_look)
    return None


def may_take_back(actor: str, proposed_by: str) -> Refusal | None:
    """A proposal is taken back by whoever made it."""
    return None if actor == proposed_by else refusal("policy.author_takes_back")


def same_policy(slug: str, replaced: str) -> Refusal | None:
    """A proposal takes the place of one of the same policy."""
    return None if slug == replaced else refusal("policy.replaces_another", policy=slug, other=replaced)
