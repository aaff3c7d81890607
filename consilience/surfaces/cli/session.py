"""Logging in with a password, as on the page: for the things that a token may not do, making a token and binding a key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from consilience.client import server_address
from consilience.kit import answers
from consilience.kit.errors import NotEntitled, NotFound, Unreachable, refusal

if TYPE_CHECKING:
    import httpx

LOGIN = "/accounts/login/"
_FORM = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Session:
    """The API as somebody who logged in with a password."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self._http, self._url = http, url

    def get(self, path: str, **params: Any) -> Any:
        return self._read(self._http.get(f"/api/v1{path}", params=params))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        headers = {"X-CSRFToken": self._http.cookies.get("csrftoken") or "", "Referer": self._url}
        return self._read(self._http.post(f"/api/v1{path}", json=dict(body), headers=headers))

    def robot(self, name: str) -> str:
        """The URN of a robot."""
        for one in self.get("/robots", limit=200)["items"]:
            if name in (one["urn"], one["name"]):
                return str(one["urn"])
        raise NotFound("robot", name)

    def _read(self, response: httpx.Response) -> Any:
        return answers.read(response.status_code, response.headers, response.content, url=self._url)


@contextmanager
def logged_in(email: str, password: str) -> Iterator[Session]:
    """A session of this person, left behind at the end."""
    import httpx

    url = server_address()
    try:
        with httpx.Client(base_url=url, timeout=30, follow_redirects=False) as http:
            page = http.get(LOGIN)
            form = _FORM.search(page.text)
            if page.status_code != httpx.codes.OK or form is None:
                raise Unreachable(f"{url}{LOGIN} answered HTTP {page.status_code}, which is no page to log in on")
            said = {"login": email, "password": password, "csrfmiddlewaretoken": form.group(1)}
            entered = http.post(LOGIN, data=said, headers={"Referer": f"{url}{LOGIN}"})
            if entered.status_code != httpx.codes.FOUND:
                raise NotEntitled(refusal("not_authenticated"), f"{url} knows no such address with this password")
            yield Session(http, url)
    except httpx.HTTPError as error:
        raise Unreachable(f"{url} cannot be reached ({str(error) or type(error).__name__})") from error


def make_token(email: str, password: str, body: Mapping[str, Any]) -> Any:
    """Log in, make a token, and leave the session behind. Returns what the API said."""
    with logged_in(email, password) as session:
        return session.post("/tokens", body)
