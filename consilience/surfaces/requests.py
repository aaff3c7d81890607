"""What every request carries: an id, taken from the proxy or made here, on each line of the log and on the answer."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponseBase

from consilience.kit.naming import uuid7

HEADER = "X-Request-ID"
_FITS = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_current: ContextVar[str] = ContextVar("request_id", default="-")
log = logging.getLogger("consilience.request")


def current() -> str:
    """The id of the request that this thread answers; "-" outside of one."""
    return _current.get()


class WithRequestId:
    """Middleware, the outermost. One line for each answer: which route, never the address, since that may hold a one-time link."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        said = request.headers.get(HEADER, "")
        token = _current.set(said if _FITS.fullmatch(said) else str(uuid7()))
        begun = time.monotonic()
        try:
            response = self._answer(request)
            response[HEADER] = current()
            match = request.resolver_match
            took_ms = round((time.monotonic() - begun) * 1000, 1)
            about = {
                "method": request.method,
                "route": match.route if match else "-",
                "status": response.status_code,
                "ms": took_ms,
            }
            log.info("%(method)s %(route)s %(status)s %(ms)s ms", about, extra={"about": about})
            return response
        finally:
            _current.reset(token)
