"""Whom a session stands for: the web asks it of every page, the API of every request that brings no token."""

from __future__ import annotations

from django.http import HttpRequest

from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.people import queries as people
from consilience.domains.people.models import Account
from consilience.kit.clock import now


def actor_of(request: HttpRequest) -> Actor | None:
    """The person behind a session; None for anonymous and for people who were deactivated after they logged in."""
    account = request.user
    if not isinstance(account, Account) or not people.is_active(account.person, ledger.present(now())):
        return None
    return Actor(account.person, AuthenticatedBy.PASSWORD)
