"""Joining, inviting, deactivating; holding functions; robots."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction

from consilience.domains.access import actions as access
from consilience.domains.access import queries as access_queries
from consilience.domains.access.models import Grant
from consilience.domains.access.rules import WORKSPACE, Role, may_remove_administrator
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.content.erasure import forgetting
from consilience.domains.content.erasure.rules import Asked
from consilience.domains.content.models import Erasure
from consilience.domains.ledger.act import Act, act
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries, rules
from consilience.domains.people.models import Account, Function, Holding, Person, Robot, SetupLink
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, NotFound, Refused, refusal, require


def found_functions(*, actor: Actor, now: Instant) -> None:
    """The functions that every workspace begins with."""
    with act(actor, verb="people.functions_founded", at=now) as opened:
        for slug, title in rules.FUNCTIONS.items():
            opened.record(Function, body={"slug": slug, "title": title})


def make_setup_link(*, person: str | None, now: Instant) -> str:
    """The secret of a new one-time link; person None is the first administrator's, of which one is open at a time."""
    if person is None:
        SetupLink.objects.filter(person=None).delete()
    secret = secrets.token_urlsafe(24)
    SetupLink.objects.create(
        secret_digest=hashlib.sha256(secret.encode()).hexdigest(),
        person=person,
        expires_at=shift(now, hours=rules.LINK_HOURS),
    )
    return secret


def become_first_administrator(
    *, operator: Actor, secret: str, name: str, email: str, password: str, now: Instant
) -> Person:
    """Use the one-time link of a workspace that has nobody yet. The operator, who handed the link out, acts."""
    with act(operator, verb="people.first_administrator_joined", at=now) as opened:
        if not queries.nobody_yet():
            raise Refused(refusal("has_administrator"))
        _use_link(secret, None, opened)
        person = _person(opened, name=name, email=email)
        access.record_grant(opened, principal=person.urn, role=Role.ADMINISTRATOR, system=None)
        _account(person, email, password)
        return person


def invite(
    *,
    actor: Actor,
    name: str,
    email: str,
    functions: Iterable[str],
    roles: Iterable[tuple[Role, str | None]],
    now: Instant,
) -> tuple[Person, str]:
    """Add a person with functions and grants. Returns the secret of the link by which they choose their password."""
    with act(actor, verb="people.invited", at=now) as opened:
        access_queries.ensure(actor, "people.manage", WORKSPACE, opened.asof)
        person = _person(opened, name=name, email=email)
        known = queries.functions(opened.asof)
        for function in dict.fromkeys(functions):  # one holding each, or ending it would leave the other
            if function not in known:
                raise BadInput("function", f"{function!r} is unknown; expected one of {', '.join(known)}")
            opened.record(Holding, body={"person": person.urn, "function": function, "until": None})
        for role, system in roles:
            access.record_grant(opened, principal=person.urn, role=role, system=system)
        _account(person, email, None)
        return person, make_setup_link(person=person.urn, now=opened.at)


def choose_password(*, secret: str, password: str, now: Instant) -> Account:
    """An invited person opens their link and sets a password. No record: a password is nobody's fact."""
    link = queries.setup_link(secret, at=now)
    if link is None or link.person is None:
        raise Refused(refusal("link_used_or_expired"))
    account = Account.objects.get(person=link.person)
    account.set_password(password)  # slow on purpose, so before the database is locked
    with transaction.atomic():  # a link that was used up without a password would lock the person out
        # The update decides which of two at once was first.
        if not SetupLink.objects.filter(secret_digest=link.digest, used_at=None).update(used_at=now):
            raise Refused(refusal("link_used_or_expired"))
        account.save(update_fields=["password"])
    return account


def end_grant(*, actor: Actor, urn: str, now: Instant) -> Grant:
    """Withdraw a grant. The last active administrator's stays; this room knows who is active."""
    with act(actor, verb="access.grant_ended", at=now) as opened:
        access_queries.ensure(actor, "access.manage", WORKSPACE, opened.asof)
        row = Grant.objects.as_of(opened.asof).filter(urn=urn).first()
        if row is None:
            raise NotFound("grant", urn)
        if row.role == Role.ADMINISTRATOR and row.system is None:
            require(may_remove_administrator(_active_administrators(opened, besides=row.principal)))
        return opened.withdraw(row)


def deactivate(*, actor: Actor, urn: str, now: Instant) -> Person | Robot:
    """End every right of a person or robot at once. The last administrator cannot be deactivated."""
    with act(actor, verb="people.deactivated", at=now) as opened:
        access_queries.ensure(actor, "people.manage", WORKSPACE, opened.asof)
        row = _known(urn, opened)
        if urn in access_queries.administrators(opened.asof):
            require(may_remove_administrator(_active_administrators(opened, besides=urn)))
        return opened.record(type(row), body={**row.body, "active": False}, replaces=row)


def reactivate(*, actor: Actor, urn: str, now: Instant) -> Person | Robot:
    """Undo a deactivation; grants and functions are as they were."""
    with act(actor, verb="people.reactivated", at=now) as opened:
        access_queries.ensure(actor, "people.manage", WORKSPACE, opened.asof)
        row = _known(urn, opened)
        return opened.record(type(row), body={**row.body, "active": True}, replaces=row)


def erase(
    *, actor: Actor, asked: Asked, basis: str, reason: str, seen: str, now: Instant
) -> tuple[Erasure, forgetting.Forgotten]:
    """Erase what was asked for: texts and files, or a person."""
    if asked.person is None:
        return erasing.erase(
            actor=actor, texts=asked.texts, files=asked.files, basis=basis, reason=reason, seen=seen, now=now
        )
    return erase_person(
        actor=actor, urn=asked.person, written=asked.written, basis=basis, reason=reason, seen=seen, now=now
    )


def erase_person(
    *, actor: Actor, urn: str, written: bool, basis: str, reason: str, seen: str, now: Instant
) -> tuple[Erasure, forgetting.Forgotten]:
    """Erase the name, the address and the log-in of somebody who was deactivated; `written`: every text of theirs too.

    What they decided stays, by a URN that says nothing of them. `seen` is the digest of the list that the actor looked at.
    """
    with act(actor, verb=erasing.VERB, at=now) as opened:
        access_queries.ensure(actor, "content.erase", WORKSPACE, opened.asof)
        person = queries.person(urn, opened.asof)
        if person is None:
            raise NotFound("person", urn)
        plan = queries.erasure_of(urn, written=written)
        row = erasing.record_erasure(
            opened, plan, basis=basis, reason=reason, seen=seen, active=bool(person.body["active"])
        )
        SetupLink.objects.filter(person=urn).delete()
        Account.objects.filter(person=urn).delete()
    return row, forgetting.forget()


def hold(*, actor: Actor, person: str, function: str, until: Instant | None, now: Instant) -> Holding:
    """Let a person speak for a function."""
    with act(actor, verb="people.function_held", at=now) as opened:
        access_queries.ensure(actor, "people.manage", WORKSPACE, opened.asof)
        if queries.person(person, opened.asof) is None:
            raise NotFound("person", person)
        if function not in queries.functions(opened.asof):
            raise NotFound("function", function)
        if until is not None and until <= opened.at:
            raise BadInput("until", "must lie ahead")
        if function in queries.functions_of(person, opened.asof):
            raise Refused(refusal("holds_already", function=function))
        return opened.record(Holding, body={"person": person, "function": function, "until": until})


def end_holding(*, actor: Actor, person: str, function: str, now: Instant) -> Holding:
    with act(actor, verb="people.function_ended", at=now) as opened:
        access_queries.ensure(actor, "people.manage", WORKSPACE, opened.asof)
        rows = [row for row in queries.holdings(opened.asof) if (row.person, row.function) == (person, function)]
        if not rows:
            raise NotFound("holding", f"{function} by {person}")
        return opened.withdraw(rows[0])


def add_robot(
    *, actor: Actor, slug: str, purpose: str, owner: str, roles: Iterable[tuple[Role, str | None]], now: Instant
) -> Robot:
    """A robot and its grants. A person answers for it."""
    with act(actor, verb="people.robot_added", at=now) as opened:
        access_queries.ensure(actor, "people.manage", WORKSPACE, opened.asof)
        if Robot.objects.filter(slug=slug).exists():
            raise Refused(refusal("name_taken", noun="robot", name=slug))
        if queries.person(owner, opened.asof) is None:
            raise NotFound("person", owner)
        body = {"slug": rules.robot_name(slug), "purpose": purpose, "owner": owner, "active": True}
        robot = opened.record(Robot, body=body)
        for role, system in roles:
            access.record_grant(opened, principal=robot.urn, role=role, system=system)
        return robot


def _person(opened: Act, *, name: str, email: str) -> Person:
    address = rules.email(email)
    if Account.objects.filter(email=address).exists():
        raise Refused(refusal("email_taken"))
    body = {
        "name": opened.private(rules.full_name(name)),
        "email": opened.private(address),
        "active": True,
    }
    return opened.record(Person, body=body)


def _account(person: Person, email: str, password: str | None) -> Account:
    account = Account(email=rules.email(email), person=person.urn)
    account.set_password(password)  # None leaves an account that no password opens
    account.save()
    return account


def _use_link(secret: str, person: str | None, opened: Act) -> None:
    link = queries.setup_link(secret, at=opened.at)
    if link is None or link.person != person:
        raise Refused(refusal("link_used_or_expired"))
    SetupLink.objects.filter(secret_digest=link.digest).update(used_at=opened.at)


def _known(urn: str, opened: Act) -> Person | Robot:
    row = queries.principal(urn, opened.asof)
    if row is None:
        raise NotFound("person", urn)
    return row


def _active_administrators(opened: Act, *, besides: str) -> int:
    others = access_queries.administrators(opened.asof) - {besides}
    return sum(queries.is_active(other, opened.asof) for other in others)
