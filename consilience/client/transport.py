"""One connection to a server: every answer is a value or an error, and takes no longer than it may."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from consilience.client.login import kept_token, robot_at_hand, server_address
from consilience.kit import answers
from consilience.kit.errors import BadInput, Unreachable, WrongUse

if TYPE_CHECKING:
    import httpx

LANGUAGES = ("en", "de")


def _language() -> str:
    """In which language the server tells rules and law."""
    said = os.environ.get("CONSILIENCE_LANGUAGE", "en")
    if said not in LANGUAGES:
        raise WrongUse(f"CONSILIENCE_LANGUAGE: {said!r} is neither en nor de")
    return said


class Transport:
    """One connection to a server, and its answers as values or errors."""

    def __init__(
        self, url: str | None, token: str | None, timeout: float, transport: httpx.BaseTransport | None
    ) -> None:
        import httpx  # 0.3 s: only whoever talks to a server pays for it

        self.url = server_address(url)
        said = token or os.environ.get("CONSILIENCE_TOKEN")
        self.robot = None if said else robot_at_hand()
        secret = said or ("by key" if self.robot else kept_token(self.url))
        if not secret:
            raise WrongUse(
                f"no token for {self.url}: run `consilience login`, or set CONSILIENCE_URL and CONSILIENCE_TOKEN"
            )
        if self.robot is None and (not secret.isascii() or not secret.isprintable() or " " in secret):
            raise WrongUse("the token holds characters that no token has")
        self._secret = secret
        headers = {"Accept": "application/json", "Accept-Language": _language()}
        self._timeout = timeout
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1", headers=headers, timeout=timeout, follow_redirects=False, transport=transport,
            event_hooks={"request": [self._authorise]},
        )  # fmt: skip

    def _authorise(self, request: httpx.Request) -> None:
        """A robot's token lasts minutes, so each request has its own."""
        secret = self.robot.held.token(self.robot.urn) if self.robot else self._secret
        request.headers["Authorization"] = f"Bearer {secret}"

    def call(
        self, method: str, path: str, *, body: Any = None, params: Mapping[str, Any] | None = None, files: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """The JSON of a good answer; see `answers.read` for all others. No answer takes longer than the time-out."""
        import httpx

        said = {name: value for name, value in (params or {}).items() if value is not None}
        until = time.monotonic() + self._timeout
        try:
            with self._http.stream(method, path, json=body, params=said, files=files, headers=headers) as response:
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    if files is None and time.monotonic() > until:
                        raise Unreachable(f"{self.url} did not finish its answer within {self._timeout:g} s")
            return answers.read(response.status_code, response.headers, bytes(received), url=self.url)
        except httpx.TimeoutException as error:
            raise Unreachable(f"{self.url} did not answer within {self._timeout:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{self.url} cannot be reached ({str(error) or type(error).__name__})") from error

    def text(self, path: str) -> str:
        """An answer that is plain text."""
        import httpx

        try:
            response = self._http.get(path)
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.url} cannot be reached ({str(error) or type(error).__name__})") from error
        if response.status_code != 200 or answers.OURS not in response.headers:
            answers.read(response.status_code, response.headers, response.content, url=self.url)
        return response.text

    def download(self, path: str, target: Path, *, headers: dict[str, str] | None = None) -> Path:
        """The bytes of a file of evidence, written to a new file. `headers` is filled with those of the answer."""
        import httpx

        try:
            with self._http.stream("GET", path) as response:
                if response.status_code != 200 or answers.OURS not in response.headers:
                    answers.read(response.status_code, response.headers, response.read(), url=self.url)
                if headers is not None:
                    headers.update(response.headers)
                with target.open("xb") as stream:
                    try:
                        for chunk in response.iter_bytes():
                            stream.write(chunk)
                    except BaseException:  # half a file is none; one that was there before is left alone
                        target.unlink()
                        raise
            return target
        except FileExistsError as error:
            raise BadInput(str(target), "is there already") from error
        except OSError as error:
            raise BadInput(str(target), f"cannot be written ({error.strerror})") from error
        except httpx.HTTPError as error:
            raise Unreachable(f"{self.url} cannot be reached ({str(error) or type(error).__name__})") from error

    def close(self) -> None:
        self._http.close()
