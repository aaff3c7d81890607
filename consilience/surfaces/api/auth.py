"""Whom a request stands for: the bearer of a token, or the person behind a session."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from consilience.domains.access import queries as access
from consilience.domains.keys import bearer
from consilience.domains.keys import queries as keys
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.people import queries as people
from consilience.kit.clock import now
from consilience.kit.errors import NotEntitled, refusal
from consilience.surfaces.session import actor_of

MAX_SECRET = 200


class Token(HttpBearer):
    """`Authorization: Bearer cns_...`. A token is worth nothing once its owner is deactivated."""

    def authenticate(self, request: HttpRequest, token: str) -> Actor | None:  # noqa: ARG002 (ninja's signature)
        asof = ledger.present(now())
        if token.startswith(bearer.PREFIX):
            return keys.bearer_of(token, asof)
        use = access.token(token, asof) if len(token) <= MAX_SECRET else None
        if use is None or not people.is_active(use.principal, asof):
            return None
        return Actor(use.principal, AuthenticatedBy.TOKEN, use.scopes, use.systems, use.urn)


class Session(APIKeyCookie):
    """The web's session. It comes with every request of the browser, so whatever changes something must prove its page."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Actor | None:
        if request.headers.get("Authorization"):
            return None  # who sends a token means the token: a bad one is never made good by a cookie
        actor = self.authenticate(request, None)
        if actor is not None and check_csrf(request) is not None:
            raise NotEntitled(refusal("csrf"))
        return actor

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:  # noqa: ARG002 (ninja's signature)
        return actor_of(request)
