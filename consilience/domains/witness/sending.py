"""Posting to an address that the operator named, and to no other: nothing of this machine goes along."""

from __future__ import annotations

import logging
from dataclasses import dataclass

TIMEOUT_S = 5
MAX_ANSWER = 64 * 1024
log = logging.getLogger("consilience.witness")


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


def post(url: str, body: bytes, content_type: str) -> Reply | None:
    """The answer; None where nobody can be reached within TIMEOUT_S, or says more than MAX_ANSWER bytes."""
    import httpx

    try:
        # No proxy's or .netrc's credentials, no cookies; an answer that sends us elsewhere is not followed.
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream("POST", url, content=body, headers={"Content-Type": content_type}) as answer,
        ):
            data = b""
            for chunk in answer.iter_bytes():
                data += chunk
                if len(data) > MAX_ANSWER:
                    return None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        log.info("%s does not answer: %s", url, type(error).__name__)
        return None
    return Reply(answer.status_code, answer.headers.get("Content-Type", ""), data)
