"""Asking the API as somebody: with a token of theirs, through Django's test client or over HTTP with the SDK."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client as Browser

from consilience.client import Client
from consilience.domains.access import actions as access
from consilience.domains.access import rules
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import actions as people
from consilience.domains.people.models import Robot
from consilience.kit.clock import Instant, now
from tests.harness.builders import Someone, later, operator

EVERY_SCOPE = tuple(rules.SCOPES)


def a_token(
    of: Someone | Robot,
    *,
    scopes: Collection[str] = EVERY_SCOPE,
    systems: Collection[str] | None = None,
    days: int = 30,
    made_at: Instant | None = None,
) -> str:
    """The secret of a token; made now by the real clock, since the API reads that one."""
    actor: Actor = operator() if isinstance(of, Robot) else of.actor
    secret, _ = access.make_token(
        actor=actor, principal=of.urn, label="test", scopes=scopes, systems=systems, days=days, now=made_at or now()
    )
    return secret


def a_robot(name: str, owner: Someone, *roles: tuple[rules.Role, str | None]) -> Robot:
    return people.add_robot(actor=operator(), slug=name, purpose="Builds", owner=owner.urn, roles=roles, now=later())


@dataclass(frozen=True)
class Answer:
    """A status and what stood in the body."""

    status: int
    said: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.said["error"]["code"])

    @property
    def params(self) -> dict[str, Any]:
        found: dict[str, Any] = self.said["error"]["params"]
        return found


class Caller:
    """Somebody who asks the API with a token; None is nobody."""

    def __init__(self, secret: str | None) -> None:
        self._browser = Browser(enforce_csrf_checks=True)
        self._headers = {"Authorization": f"Bearer {secret}"} if secret else {}

    def get(self, path: str, **params: Any) -> Answer:
        return self._read(self._browser.get(f"/api/v1{path}", params, headers=self._headers))

    def post(
        self, path: str, body: Any = None, *, method: str = "POST", headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = body if isinstance(body, bytes) else json.dumps({} if body is None else body)
        return self._read(
            self._browser.generic(
                method,
                f"/api/v1{path}",
                sent,
                content_type="application/json",
                headers={**self._headers, **(headers or {})},
            )
        )

    def upload(self, *files: Any) -> Answer:
        return self._read(self._browser.post("/api/v1/content/files", {"files": list(files)}, headers=self._headers))

    @staticmethod
    def _read(response: Any) -> Answer:
        body = b"".join(response.streaming_content) if response.streaming else response.content
        said = json.loads(body) if response["Content-Type"].startswith("application/json") else body
        return Answer(response.status_code, said, {name.lower(): value for name, value in response.items()})


def as_(someone: Someone | Robot, **token: Any) -> Caller:
    return Caller(a_token(someone, **token))


def sdk(someone: Someone | Robot, **token: Any) -> Client:
    """The SDK in this process: its requests go straight into the product."""
    import httpx

    return Client("http://127.0.0.1", a_token(someone, **token), transport=httpx.WSGITransport(app=WSGIHandler()))
