"""Logging in: which accounts may."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from consilience.domains.ledger import queries as ledger
from consilience.domains.people import queries as people
from consilience.domains.people.models import Account
from consilience.kit.clock import now


class Backend(AuthenticationBackend):
    """allauth's, for active people only: whether somebody is active is computed from their record."""

    def user_can_authenticate(self, user: Any) -> bool:
        return isinstance(user, Account) and people.is_active(user.person, ledger.present(now()))


class Adapter(DefaultAccountAdapter):
    """People are invited; nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        return False
