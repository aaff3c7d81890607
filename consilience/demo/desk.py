"""A person or robot at work: log-in, token, and the API, over HTTP like anybody else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from consilience.kit.errors import ConsilienceError

SCOPES = ("read", "register", "release", "sign", "gate", "policy", "manage")


class DemoFailed(ConsilienceError):
    """The server said something that the story does not expect."""


@dataclass
class Desk:
    """Somebody's connection to the server."""

    who: str
    http: httpx.Client
    session: httpx.Client | None = None
    """The browser's log-in, which alone may make tokens."""

    def make_token(self, principal: str, scopes: Sequence[str]) -> str:
        """A token's secret, made as on the page: by the session, with its CSRF token."""
        assert self.session is not None
        said = self.session.post(
            "/api/v1/tokens", json={"principal": principal, "label": "demo", "scopes": list(scopes), "days": 30},
            headers={"X-CSRFToken": self.session.cookies["csrftoken"], "Referer": str(self.session.base_url)},
        )  # fmt: skip
        return str(self._said(said)["secret"])

    def get(self, path: str, **params: Any) -> Any:
        return self._said(self.http.get(f"/api/v1{path}", params=params))

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._said(self.http.post(f"/api/v1{path}", json=dict(body or {})))

    def upload(self, path: Path, name: str | None = None) -> str:
        """Put a file into the content store; returns the ticket that names it once."""
        return str(self.upload_bytes(name or path.name, path.read_bytes())["upload"])

    def upload_bytes(self, name: str, data: bytes) -> dict[str, Any]:
        said = self._said(self.http.post("/api/v1/content/files", files={"files": (name, data)}))
        found: dict[str, Any] = said["files"][0]
        return found

    def refused(self, path: str, body: Mapping[str, Any]) -> str:
        """Do what must not be possible; returns the sentence that says why not."""
        answer = self.http.post(f"/api/v1{path}", json=dict(body))
        if answer.is_success:
            raise DemoFailed(f"{self.who}: {path} should have been refused")
        return str(answer.json()["error"]["sentence"])

    def _said(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json()
        raise DemoFailed(
            f"{self.who}: {answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:300]}"
        )


def log_in(url: str, who: str, email: str, password: str) -> Desk:
    """Log in on the page, as in a browser, and make a token for the API."""
    http = httpx.Client(base_url=url, timeout=60)
    page = http.get("/accounts/login/")
    answer = http.post(
        "/accounts/login/", data={"login": email, "password": password, "csrfmiddlewaretoken": _token_in(page.text)}
    )
    if answer.status_code != httpx.codes.FOUND:
        raise DemoFailed(f"{who} could not log in: {answer.status_code}")
    desk = Desk(who, http, http)
    return replace(with_token(url, who, desk.make_token("me", SCOPES)), session=http)


def with_token(url: str, who: str, secret: str) -> Desk:
    return Desk(who, httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {secret}"}))


def open_link(link: str, fields: Mapping[str, str]) -> None:
    """Fill in the form behind a one-time link."""
    with httpx.Client(timeout=60) as http:
        page = http.get(link)
        answer = http.post(
            link, data={**fields, "csrfmiddlewaretoken": _token_in(page.text)}, headers={"Referer": link}
        )
        if answer.status_code != httpx.codes.FOUND:
            raise DemoFailed(f"the one-time link did not work: {answer.status_code} {answer.text[:200]}")


def _token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise DemoFailed("the page holds no form")
    return found.group(1)
