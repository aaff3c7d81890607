"""Pages for what no page of ours has answered: addresses that nobody knows, requests that cannot be read, bugs.

They are drawn without the request: whatever went wrong may concern the session or the database too.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string


def not_understood(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    return HttpResponse(render_to_string("400.html"), status=400)


def not_allowed(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(render_to_string("403.html"), status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(render_to_string("404.html"), status=404)


def our_mistake(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    return HttpResponse(render_to_string("500.html"), status=500)
