"""Setting up one-time codes, and giving password and code once more for an act."""

from __future__ import annotations

import json
from dataclasses import replace

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction

from consilience.domains.keys import onetime
from consilience.domains.keys.models import OneTime
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.people.models import Account
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, Refused, refusal


def set_up(*, actor: Actor, secret: bytes, code: str, now: Instant) -> list[str]:
    """Keep a secret once the person's app has shown that it has it. Returns recovery codes, of which digests are kept."""
    used = onetime.step_of(secret, code, at=now, used=0)
    if used is None:
        raise BadInput(
            "code", "is not what your app should show now; check the time of your phone, then type the next one"
        )
    codes = onetime.new_recovery_codes()
    OneTime.objects.update_or_create(
        person=actor.urn,
        defaults={
            "secret": onetime.sealed(secret, settings.SECRET_KEY), "since": now, "used_step": used, "failures": 0,
            "recovery": json.dumps([onetime.recovery_digest(one) for one in codes]), "locked_until": None,
        },
    )  # fmt: skip
    return codes


def take_away(*, actor: Actor) -> None:
    """Forget the secret and the recovery codes."""
    OneTime.objects.filter(person=actor.urn).delete()


def again(*, actor: Actor, password: str, code: str, now: Instant) -> Actor:
    """The same person, known by password and one-time code given once more. Refused where either is wrong, or too often was.

    Which of the two was wrong is not said.
    """
    account = Account.objects.filter(person=actor.urn).first()
    knows = account is not None and account.check_password(password)  # slow on purpose, so before the row is locked
    with transaction.atomic():
        row = OneTime.objects.select_for_update().filter(person=actor.urn).first()
        if row is None:
            raise Refused(refusal("onetime_not_set_up"))
        if row.locked_until is not None and now < row.locked_until:
            raise Refused(refusal("onetime_locked", until=row.locked_until))
        counts = knows and _use(row, code, now)
        row.failures = 0 if counts else row.failures + 1
        row.locked_until = None
        if row.failures >= onetime.MOST_FAILURES:
            row.failures, row.locked_until = 0, shift(now, minutes=onetime.LOCKED_MINUTES)
        row.save()  # also after a failure: the count of them must stay
    if not counts:
        raise Refused(refusal("onetime_wrong"))
    return replace(actor, authenticated_by=AuthenticatedBy.TOTP)


def _use(row: OneTime, code: str, now: Instant) -> bool:
    """Whether the code counts; it is used up then."""
    try:
        secret = onetime.opened(row.secret, settings.SECRET_KEY)
    except InvalidToken as error:
        raise Refused(refusal("onetime_not_set_up")) from error
    used = onetime.step_of(secret, code, at=now, used=row.used_step)
    if used is not None:
        row.used_step = used
        return True
    left = onetime.without(code, json.loads(row.recovery))
    if left is None:
        return False
    row.recovery = json.dumps(left)
    return True
