"""Logging in with a password, as on the page: for the one thing that a token may not do, making a token."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from consilience.client import server_address
from consilience.kit import answers
from consilience.kit.errors import NotEntitled, Unreachable, refusal

LOGIN = "/accounts/login/"
_FORM = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def make_token(email: str, password: str, body: Mapping[str, Any]) -> Any:
    """Log in, make a token, and leave the session behind. Returns what the API said."""
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
            headers = {"X-CSRFToken": http.cookies.get("csrftoken") or "", "Referer": url}
            made = http.post("/api/v1/tokens", json=dict(body), headers=headers)
            return answers.read(made.status_code, made.headers, made.content, url=url)
    except httpx.HTTPError as error:
        raise Unreachable(f"{url} cannot be reached ({str(error) or type(error).__name__})") from error
