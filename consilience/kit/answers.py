"""Reading what a server answered: our JSON, or the error that it means. Values in, value or exception out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from consilience.kit.errors import (
    BadInput,
    CannotTell,
    ConsilienceError,
    NotEntitled,
    NotFound,
    Refused,
    Unreachable,
    WrongUse,
    refusal,
)

OURS = "x-consilience"
"""The header that our server puts on every answer; a proxy's page has none."""
NO_ADDRESS = "address"


def read(status: int, headers: Mapping[str, str], body: bytes, *, url: str) -> Any:
    """The JSON of a good answer of ours. Everything else raises, and nothing that is not ours is ever a yes.

    1. A redirect is never followed: whoever it leads to did not get our question.
    2. 401 and 403 mean "not entitled", whoever says so on the way.
    3. Then only answers that carry our mark and hold JSON count; the rest, and every 5xx, is "unreachable".
    """
    if 300 <= status < 400:
        raise Unreachable(
            f"{url} redirects (HTTP {status}); a redirect is never followed, so name the server's own address"
        )
    said = _json(body) if headers.get(OURS) else None
    if status in (401, 403):
        raise _not_entitled(status, said, url)
    if said is None:
        kind = headers.get("content-type", "").partition(";")[0] or "no content type"
        raise Unreachable(f"{url} answered HTTP {status} with something that is not ours ({kind}, {len(body)} bytes)")
    if 200 <= status < 300:
        return said
    raise _error(status, said, url)


def _json(body: bytes) -> Any:
    """None for what cannot be read: a page, or an answer that was cut off."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _parts(said: Any) -> tuple[str, str, dict[str, Any]] | None:
    error = said.get("error") if isinstance(said, dict) else None
    if not isinstance(error, dict):
        return None
    code, sentence, params = error.get("code"), error.get("sentence"), error.get("params")
    if not isinstance(code, str) or not isinstance(sentence, str) or not isinstance(params, dict):
        return None
    return code, sentence, params


def _not_entitled(status: int, said: Any, url: str) -> ConsilienceError:
    code, sentence, params = _parts(said) or (
        "not_authenticated" if status == 401 else "not_entitled",
        f"{url} did not let us in (HTTP {status})",
        {},
    )
    return NotEntitled(refusal(code, **params), sentence)


def _error(status: int, said: Any, url: str) -> ConsilienceError:
    parts = _parts(said)
    if parts is None:
        return Unreachable(f"{url} answered HTTP {status} in a form that is not ours")
    code, sentence, params = parts
    if status == 404 and params.get("what") != NO_ADDRESS:
        return NotFound(str(params.get("what", "thing")), str(params.get("name", "")))
    if status == 409:
        return Refused(refusal(code, **params), sentence)
    if status == 422:
        if code == "cannot_tell":
            return CannotTell(sentence)
        if code == "wrong_use":
            return WrongUse(sentence)
        return BadInput(str(params.get("where", "input")), str(params.get("problem", sentence)))
    return Unreachable(f"{url} answered HTTP {status}: {sentence}")
