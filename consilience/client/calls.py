"""Asking the API and reading what it says: what every part of the client is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from consilience.client import signed
from consilience.client.transport import Transport
from consilience.kit.errors import BadInput, Unreachable

Json = dict[str, Any]
MAX_PAGE = 200


class Calls:
    """Any address of the API, by its path. Close it, or use it as a context manager."""

    _server: Transport

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        return self._server.url

    def get(self, path: str, **params: Any) -> Any:
        """Anything that the API can show, by its address under /api/v1."""
        return self._server.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        """Anything that the API can do, by its address under /api/v1; signed where a robot's key is at hand."""
        robot = self._server.robot
        if robot is not None and method == "POST" and signed.signable(path):
            asked = {} if body is None else body
            return signed.signed(self._server, path, asked, signer=robot.held, key=robot.urn, agree=lambda _: None)
        return self._server.call(method, path, body={} if body is None else body)

    def listed(self, path: str, **params: Any) -> Iterator[Json]:
        """Every item of a list, page after page."""
        offset = 0
        while True:
            page = self.get(path, **params, limit=MAX_PAGE, offset=offset)
            yield from page["items"]
            offset += len(page["items"])
            if offset >= page["count"] or not page["items"]:
                return

    def me(self) -> Json:
        return self._json(self.get("/me"))

    def upload(self, paths: Iterable[Path], *, personal: bool = False) -> list[Json]:
        """Send files to the server; each answer's `upload` is the ticket that a registration names.

        `personal`: they hold personal data, and are stored so that nobody can test a guess of them against the log.
        """
        said = {"personal": "true"} if personal else {}
        found: list[Json] = []
        for path in paths:
            with ExitStack() as opened:
                try:
                    stream = opened.enter_context(path.open("rb"))
                except OSError as error:
                    raise BadInput(str(path), f"cannot be read ({error.strerror})") from error
                sent = self._server.call("POST", "/content/files", params=said, files=[("files", (path.name, stream))])
            found += sent["files"]
        return found

    @staticmethod
    def _json(said: Any) -> Json:
        if not isinstance(said, dict):
            raise Unreachable("the server answered with something else than was asked")
        return said


def given(said: Mapping[str, Any]) -> Json:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in said.items() if value is not None
    }
