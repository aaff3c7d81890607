"""Waivers: a requirement set aside for one release until a day, by somebody whom the requirement itself entitles. Pure."""

from __future__ import annotations

from collections.abc import Collection

from consilience.domains.policy.requirement import WaiverTerms
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, Refusal, refusal


def may_waive(
    person: str, terms: WaiverTerms | None, *, requirement: str, held: Collection[str], authors: Collection[str]
) -> Refusal | None:
    """Whether somebody may set a requirement aside: its policy names a function that they hold, and the work is another's."""
    if person.split(":")[3] != "person":
        return refusal("only_people_sign")
    if terms is None:
        return refusal("waiver_nobody", requirement=requirement)
    if terms.never:
        return refusal("waiver_never", requirement=requirement)
    if not set(terms.by) & set(held):
        return refusal("waiver_others", requirement=requirement, functions=sorted(terms.by))
    return refusal("own_work") if person in authors else None


def well_dated(until: Instant, terms: WaiverTerms, *, at: Instant) -> None:
    """BadInput unless it ends ahead, and within as many days as the requirement lets it run."""
    if until <= at:
        raise BadInput("until", "must lie ahead")
    if until > shift(at, days=terms.days + 1):  # the last day counts as a whole
        raise BadInput("until", f"this requirement is set aside for at most {terms.days} days at a time")


def may_withdraw(
    person: str, *, granter: str, terms: WaiverTerms | None, held: Collection[str], over: bool
) -> Refusal | None:
    """Whoever granted a waiver takes it back, and everybody who could have granted it."""
    if over:
        return refusal("waiver_over_already")
    entitled = set(terms.by) & set(held) if terms is not None else set()
    return None if person == granter or entitled else refusal("waiver_of_another")
