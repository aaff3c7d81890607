"""Reviews of policies that are due: whoever holds the owner function is told, once when it is soon and once when it is late."""

from __future__ import annotations

from dataclasses import dataclass

from consilience.domains.access import queries as access
from consilience.domains.access.rules import Guarded
from consilience.domains.gate.models import Notice
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.life.rules import Review, last_day
from consilience.domains.policy.models import Policy
from consilience.kit.clock import Instant
from consilience.kit.records.models import AsOf

TOLD = (Review.SOON, Review.OVERDUE)


@dataclass(frozen=True)
class ReviewTold:
    """A notice about a review, with the version of the policy that it is about."""

    notice: Notice
    row: Policy
    state: Review
    by: str
    """The last day on which the review is or was in time: 2027-06-30."""


def tell(asof: AsOf) -> int:
    """Tell holders of the owner function of every review that is soon due or late. Returns how many notices were made."""
    holders = people.holders(asof)
    wanted = {
        (person, about_of(row, due.state, due.by))
        for row, due in life.all_due(asof)
        if due.state in TOLD and due.by is not None
        for person in holders.get(row.body["owner"], ())
    }
    known = set(Notice.objects.filter(about__in={about for _, about in wanted}).values_list("person", "about"))
    new = sorted(wanted - known)
    Notice.objects.bulk_create(
        [Notice(person=person, about=about, system="", made_at=asof.valid_at) for person, about in new],
        ignore_conflicts=True,
    )
    return len(new)


def about_of(row: Policy, state: Review, by: Instant) -> str:
    """What a notice is about: the version, the state and the day, so that each is told once."""
    return f"{row.name}#{state}#{last_day(by, ledger.zone())}"


def told(actor: Actor, asof: AsOf) -> list[ReviewTold]:
    """What somebody was told of reviews, the newest first; nothing where they may not read policies by now."""
    if access.can(actor, "policy.read", Guarded("policy"), asof) is not None:
        return []
    rows = [row for row in Notice.objects.filter(person=actor.urn, system="").order_by("-id") if "#" in row.about]
    named = {row.about.split("#")[0] for row in rows}
    found = {one.name: one for one in Policy.objects.filter(urn__in={name.rpartition(":")[0] for name in named})}
    return [
        ReviewTold(row, found[name], Review(state), by)
        for row in rows
        for name, state, by in [row.about.split("#")]
        if name in found
    ]
