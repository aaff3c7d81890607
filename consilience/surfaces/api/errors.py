"""Every error of the API in one shape: {"error": {"code", "sentence", "params"}}."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from consilience.domains.ledger.rules import LedgerUnavailable
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
from consilience.surfaces import sentences
from consilience.surfaces.api.shared import PATTERNS
from consilience.surfaces.sentences import Said

STATUSES: tuple[tuple[type[ConsilienceError], int], ...] = (
    (NotEntitled, 403),
    (Refused, 409),
    (NotFound, 404),
    (BadInput, 422),
    (CannotTell, 422),
    (WrongUse, 422),
    (LedgerUnavailable, 503),
    (Unreachable, 503),
)
"""The first that an error is an instance of counts."""
log = logging.getLogger("consilience.api")


def other_method(api: NinjaAPI, request: HttpRequest, allowed: Iterable[str]) -> HttpResponse:
    """What an address says to a method that it does not take (405)."""
    said: dict[str, Any] = {"method": request.method, "allowed": sorted(allowed)}
    sentence = _("This address takes %(allowed)s, not %(method)s.") % {**said, "allowed": ", ".join(said["allowed"])}
    response = _answer(api, request, Said("method_not_allowed", sentence, said), 405)
    response["Allow"] = ", ".join(said["allowed"])
    return response


def _answer(api: NinjaAPI, request: HttpRequest, said: Said, status: int) -> HttpResponse:
    error = {"code": said.code, "sentence": said.sentence, "params": said.params}
    return api.create_response(request, {"error": error}, status=status)


def install(api: NinjaAPI) -> None:
    """Answer every exception in our shape."""

    def answer(request: HttpRequest, said: Said, status: int) -> HttpResponse:
        return _answer(api, request, said, status)

    def ours(request: HttpRequest, error: Any) -> HttpResponse:
        status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
        if status >= 500:
            log.error("%s %s: %s", request.method, request.path, error, exc_info=error)
        return bug(request, error) if status == 500 else answer(request, sentences.of_error(error), status)

    def bug(request: HttpRequest, error: Any) -> HttpResponse:
        log.error("%s %s: an error of ours", request.method, request.path, exc_info=error)
        return answer(request, Said("bug", _("This is an error of ours. The server's log has the details."), {}), 500)

    def anonymous(request: HttpRequest, _error: Any) -> HttpResponse:
        response = answer(request, sentences.of_error(Refused(refusal("not_authenticated"))), 401)
        response["WWW-Authenticate"] = 'Bearer realm="consilience"'
        return response

    def unfit(request: HttpRequest, error: Any) -> HttpResponse:
        return answer(request, _unfit(error.errors), 422)

    def http(request: HttpRequest, error: Any) -> HttpResponse:
        # ninja wraps what its parser raises.
        cause = error.__cause__
        return ours(request, cause if isinstance(cause, BadInput) else BadInput("request", str(error)))

    def hostile(request: HttpRequest, error: Any) -> HttpResponse:
        problem = _("is too large") if isinstance(error, RequestDataTooBig) else _("cannot be read")
        return ours(request, BadInput("request", problem))

    def unreadable(request: HttpRequest, error: Any) -> HttpResponse:
        return ours(request, LedgerUnavailable(str(error)))

    api.add_exception_handler(Exception, bug)
    api.add_exception_handler(ConsilienceError, ours)
    api.add_exception_handler(AuthenticationError, anonymous)
    api.add_exception_handler(ValidationError, unfit)
    api.add_exception_handler(HttpError, http)
    api.add_exception_handler(SuspiciousOperation, hostile)
    api.add_exception_handler(OperationalError, unreadable)
    api.add_exception_handler(Http404, lambda request, _error: ours(request, NotFound("address", request.path)))


def _unfit(errors: list[dict[str, Any]]) -> Said:
    """The first problem in the sentence, all of them in the parameters."""
    problems = [{"where": _where(one["loc"]), "problem": _problem(one)} for one in errors[:20]]
    first = problems[0]
    return Said("bad_input", f"{first['where']}: {first['problem']}", {**first, "problems": problems})


def _problem(error: dict[str, Any]) -> str:
    """What was expected, in words: nobody can read a regular expression aloud."""
    pattern = str(error.get("ctx", {}).get("pattern", ""))
    match error["type"]:
        case "missing":
            return _("is missing")
        case "string_too_short" if error["ctx"]["min_length"] == 1:
            return _("is empty")
        case "string_pattern_mismatch" if pattern in PATTERNS:
            return _("expected %(example)s") % {"example": PATTERNS[pattern]}
    return str(error["msg"])


def _where(place: tuple[Any, ...]) -> str:
    """`conditions.0.due_at` from ninja's ("body", "data", "conditions", 0, "due_at")."""
    inner = [str(part) for part in place[1:]]
    if place[0] == "body" and len(inner) > 1:
        inner = inner[1:]  # the name of the view's argument says nothing to a client
    return ".".join(inner) or str(place[0])
