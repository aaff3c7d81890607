"""The log as static resources below /log (C2SP tlog-tiles): checkpoint, tiles of hashes, bundles of entries.

Whoever may read the ledger may read them, by token or session. The setting CONSILIENCE_PUBLISH_LOG opens checkpoint and
tiles of hashes to everybody; entries stay closed. Answers to programs are plain text, and nobody is sent to log in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Final

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.ledger import tile_queries, tiles
from consilience.domains.ledger.rules import Actor, LedgerUnavailable
from consilience.domains.witness import queries as witness
from consilience.kit.errors import BadInput, ConsilienceError, NotEntitled, NotFound, Refused, refusal
from consilience.surfaces import sentences
from consilience.surfaces.api.auth import Session, Token
from consilience.surfaces.api.shared import present

ACTION: Final = "ledger.read"
A_YEAR_S = 365 * 24 * 3600
log = logging.getLogger("consilience.api")
View = Callable[..., HttpResponse]


def _answered(view: View) -> View:
    """Errors as one sentence in plain text, which no cache keeps."""

    @wraps(view)
    def answer(request: HttpRequest, **named: str) -> HttpResponse:
        try:
            return view(request, **named)
        except NotEntitled as error:
            return _no(error, 403)
        except Refused as error:
            response = _no(error, 401)
            response["WWW-Authenticate"] = 'Bearer realm="consilience"'
            return response
        except (NotFound, BadInput) as error:  # a name that is no address of a tile is no resource either
            return _no(error, 404)
        except (LedgerUnavailable, OperationalError) as error:
            log.exception("%s %s", request.method, request.path)
            return _no(LedgerUnavailable(str(error)), 503)

    answer.action = ACTION  # type: ignore[attr-defined]
    return answer


@require_safe
@_answered
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest head that the quorum of witnesses cosigned, with their lines; without one the newest signed head.

    The header `Consilience-Quorum` says which: `none` asked for, `missing`, or `reached`, with how many entries there are.
    """
    public = settings.PUBLISH_LOG
    if not public:
        _ensure(request)
    found = witness.served()
    response = HttpResponse(found.note, content_type="text/plain; charset=utf-8")
    response["Consilience-Quorum"] = f"{found.quorum}; newest={found.newest}"
    response["Cache-Control"] = "no-cache" if public else "no-store"
    return response


@require_safe
@gzip_page
@_answered
def tile(request: HttpRequest, name: str) -> HttpResponse:
    """A tile of hashes or a bundle of entries; what lies at one address never changes."""
    wanted = tiles.read_address(f"tile/{name}")
    public = settings.PUBLISH_LOG and wanted.level is not None
    if not public:
        _ensure(request)
    response = HttpResponse(tile_queries.data(wanted), content_type="application/octet-stream")
    response["Cache-Control"] = f"{'public' if public else 'private'}, max-age={A_YEAR_S}, immutable"
    if not public:
        patch_vary_headers(response, ["Authorization", "Cookie"])
    return response


urlpatterns = [
    path("checkpoint", checkpoint, name="log_checkpoint"),
    path("tile/<path:name>", tile, name="log_tile"),
]


def _ensure(request: HttpRequest) -> None:
    actor = Token()(request) or Session()(request)
    if not isinstance(actor, Actor):
        raise Refused(refusal("not_authenticated"))
    access.ensure(actor, ACTION, WORKSPACE, present())


def _no(error: ConsilienceError, status: int) -> HttpResponse:
    response = HttpResponse(
        f"{sentences.of_error(error).sentence}\n", status=status, content_type="text/plain; charset=utf-8"
    )
    response["Cache-Control"] = "no-store"
    return response
