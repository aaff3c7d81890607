"""Who is here, what they are called, which functions they hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from consilience.domains.content.erasure import queries as erasures
from consilience.domains.content.erasure.rules import Asked, Plan, may_erase
from consilience.domains.ledger.models import Workspace
from consilience.domains.people.models import Account, Function, Holding, Person, Robot, SetupLink
from consilience.kit.clock import Instant
from consilience.kit.errors import Refusal
from consilience.kit.naming import noun_of
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf


def is_active(urn: str, asof: AsOf) -> bool:
    """Whether this person or robot may act at all."""
    row = principal(urn, asof)
    return row is not None and bool(row.body["active"])


def persons(asof: AsOf) -> list[Person]:
    return list(Person.objects.as_of(asof).order_by("urn"))


def person(urn: str, asof: AsOf) -> Person | None:
    return Person.objects.as_of(asof).filter(urn=urn).first()


def robots(asof: AsOf) -> list[Robot]:
    return list(Robot.objects.as_of(asof).order_by("slug"))


def principal(urn: str, asof: AsOf) -> Person | Robot | None:
    """The person or robot behind a URN."""
    if noun_of(urn) == Robot.noun:
        return Robot.objects.as_of(asof).filter(urn=urn).first()
    return person(urn, asof)


def functions(asof: AsOf) -> dict[str, str]:
    """Slug and title of every function, the default four first."""
    return dict(asof.once(_functions))


def _functions(asof: AsOf) -> dict[str, str]:
    rows = Function.objects.as_of(asof).order_by("position", "ordinal")
    return {row.slug: row.body["title"] for row in rows}


def holdings(asof: AsOf) -> list[Holding]:
    rows = Holding.objects.as_of(asof).order_by("urn")
    return [row for row in rows if row.body["until"] is None or asof.valid_at < row.body["until"]]


def functions_of(person: str, asof: AsOf) -> frozenset[str]:
    """The functions this person may sign for at this moment."""
    return frozenset(row.function for row in holdings(asof) if row.person == person)


def holders(asof: AsOf) -> dict[str, list[str]]:
    """Active persons by function."""
    active = {row.urn for row in persons(asof) if row.body["active"]}
    found: dict[str, list[str]] = {}
    for row in holdings(asof):
        if row.person in active:
            found.setdefault(row.function, []).append(row.person)
    return found


def names(urns: Iterable[str]) -> dict[str, str]:
    """What to call these principals on a page. A person whose name was erased is called so."""
    wanted = {urn for urn in urns if urn}
    found: dict[str, str] = {}
    rows = {row.urn: row for row in Person.objects.filter(urn__in=wanted).order_by("version")}
    texts = commitments.opened(row.body["name"] for row in rows.values())
    for urn, row in rows.items():
        found[urn] = texts.get(row.body["name"]["commitment"], "Erased person")
    found.update({row.urn: row.slug for row in Robot.objects.filter(urn__in=wanted)})
    operators = {str(row.body["operator"]) for row in Workspace.objects.all()}
    found.update(dict.fromkeys(wanted & operators, "Operator"))
    return found


def addresses(urns: Iterable[str]) -> dict[str, str]:
    """Log-in addresses by person URN, for those who have one."""
    return dict(Account.objects.filter(person__in=set(urns)).values_list("person", "email"))


def by_email(addresses: Iterable[str]) -> dict[str, str]:
    """Person URNs by log-in address, for those who have one."""
    wanted = {address.strip().lower() for address in addresses}
    return dict(Account.objects.filter(email__in=wanted).values_list("email", "person"))


@dataclass(frozen=True)
class OpenLink:
    digest: str
    person: str | None


def setup_link(secret: str, *, at: Instant) -> OpenLink | None:
    """The unused, unexpired link behind this secret."""
    digest = hashlib.sha256(secret.encode()).hexdigest()
    row = SetupLink.objects.filter(secret_digest=digest, used_at=None, expires_at__gt=at).first()
    return OpenLink(digest, row.person) if row else None


@dataclass(frozen=True)
class Erasing:
    """What would be erased, and the refusal that stands against it, if one does."""

    plan: Plan
    refused: Refusal | None


def erasing(asked: Asked, asof: AsOf) -> Erasing:
    """The list for somebody who has not confirmed it yet. Whoever shows it asks `can` first: it holds the texts."""
    if asked.person is None:
        plan, active = erasures.plan(asked.texts, asked.files), False
    else:
        plan = erasure_of(asked.person, written=asked.written)
        active = is_active(asked.person, asof)
    return Erasing(plan, may_erase(plan, erasures.holds(asof), seen=plan.seen, active=active))


def erasure_of(person: str, *, written: bool) -> Plan:
    """What erasing this person would take away: name, address, log-in, and (`written`) every text of acts that they did."""
    has_log_in = Account.objects.filter(person=person).exists() or SetupLink.objects.filter(person=person).exists()
    return erasures.plan_of_person(person, written=written, log_in=has_log_in)


def nobody_yet() -> bool:
    return not Account.objects.exists()
