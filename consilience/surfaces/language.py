"""In which language rules and law are told: English or German. The words of pages around them stay English.

On pages a reader chooses it (`?words=de`, kept in a cookie), on the API `Accept-Language` asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import lazy
from django.utils.translation.trans_real import parse_accept_lang_header

from consilience.surfaces.german import GERMAN

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}
ASKED, COOKIE, KEPT_S = "words", "words", 365 * 24 * 3600

_T = TypeVar("_T")
_told_in: ContextVar[str] = ContextVar("told_in", default=ENGLISH)


def told_in() -> str:
    """The language in which rules and law are told to whoever is asking."""
    return _told_in.get()


def said(english: str) -> str:
    """What is written in English here, in the language in which rules and law are told."""
    return GERMAN.get(english, english) if told_in() == "de" else english


said_later = lazy(said, str)
"""The same for a word in a table: its language is that of the moment at which it is shown."""


def speaking(language: str, do: Callable[[], _T]) -> _T:
    """What `do` gives where rules and law are told in this language."""
    before = _told_in.set(language)
    try:
        return do()
    finally:
        _told_in.reset(before)


def told_to_reader(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: each request is answered in the language that its reader chose, where rules and law are told."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/api/"):
            language = _accepted(request.headers.get("Accept-Language", ""))
            response = speaking(language, lambda: get_response(request))
            response["Content-Language"] = language
            return response
        chosen = request.GET.get(ASKED)
        if request.method == "GET" and chosen in LANGUAGES:
            return _kept(request, chosen)
        kept = request.COOKIES.get(COOKIE, "")
        return speaking(kept if kept in LANGUAGES else ENGLISH, lambda: get_response(request))

    return answered


def _accepted(header: str) -> str:
    """The first of our languages among those that the header names, those that it wants most first."""
    wanted = (code.partition("-")[0] for code, _weight in parse_accept_lang_header(header))
    return next((code for code in wanted if code in LANGUAGES), ENGLISH)


def _kept(request: HttpRequest, chosen: str) -> HttpResponse:
    """Back to the same page, which remembers the choice."""
    others = [(name, value) for name, listed in request.GET.lists() for value in listed if name != ASKED]
    here = "/" + request.path.lstrip("/")  # two slashes would name another server
    response = HttpResponseRedirect(here + (f"?{urlencode(others)}" if others else ""))
    secure = bool(settings.SESSION_COOKIE_SECURE)
    response.set_cookie(COOKIE, chosen, max_age=KEPT_S, samesite="Lax", httponly=True, secure=secure)
    return response
