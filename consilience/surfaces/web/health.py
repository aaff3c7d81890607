"""What watches the server asks: is it alive, can it do its work, how does it stand."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.surfaces import health as checks

_LOOPBACK = ("127.0.0.1", "::1")
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@never_cache
def health(_request: HttpRequest) -> JsonResponse:
    """Whether the database answers and the workspace is there. Says nothing else, since anybody may ask."""
    try:
        ledger.workspace()
    except (LedgerUnavailable, DatabaseError):
        return JsonResponse({"status": "unavailable"}, status=503)
    return JsonResponse({"status": "ok"})


@never_cache
def ready(_request: HttpRequest) -> JsonResponse:
    """Whether acts can be recorded: database, tables of this version, key, content. Names of checks alone, since anybody may ask."""
    failing = [one.name for one in checks.ready() if not one.good]
    if failing:
        return JsonResponse({"status": "not ready", "failing": failing}, status=503)
    return JsonResponse({"status": "ready"})


@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus, for whoever was let in by a setting; for everybody else there is no such address."""
    if not _let_in(request):
        raise Http404
    try:
        text = checks.exposition()
    except (LedgerUnavailable, DatabaseError):
        return HttpResponse("# the database does not answer\n", content_type="text/plain", status=503)
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _let_in(request: HttpRequest) -> bool:
    """By the token of the setting; or (`local`) from this machine itself, and not through a proxy on it."""
    if settings.METRICS_TOKEN:
        scheme, _space, said = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and hmac.compare_digest(said.encode(), settings.METRICS_TOKEN.encode()):
            return True
    near = request.META.get("REMOTE_ADDR", "") in _LOOPBACK and not any(name in request.headers for name in _FORWARDED)
    return bool(settings.METRICS_LOCAL and near)
