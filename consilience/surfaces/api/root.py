"""The API: its routers, its OpenAPI document, and what every answer has in common."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, URLResolver
from ninja import NinjaAPI, Router
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser

from consilience.kit import canonical
from consilience.kit.errors import BadInput, NotFound
from consilience.surfaces.api import (
    access,
    backlog,
    card,
    customers,
    delegations,
    document,
    effects,
    erasure,
    errors,
    evaluations,
    evidence,
    gate,
    importing,
    inventory,
    keys,
    ledger,
    library,
    measurements,
    obligations,
    people,
    policy,
    predictions,
    profiles,
    release,
    review,
    samples,
    standings,
    starter_sets,
    tables,
    templates,
    tier,
    uploads,
    versions,
    waivers,
    witness,
)
from consilience.surfaces.api.auth import Session, Token
from consilience.surfaces.api.shared import OURS, OWN, Request, operation

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class StrictParser(Parser):
    """JSON as the records need it: duplicate keys, NaN, NUL and lone surrogates are refused at the door."""

    def parse_body(self, request: HttpRequest) -> Any:
        if request.content_type != "application/json":
            raise BadInput("request", "expected content type application/json")
        parsed = canonical.decode(request.body)
        if b"\\u" in request.body and _unfit(parsed):
            raise BadInput("JSON", "holds a character that no text has: NUL, or half of a surrogate pair")
        return parsed


class Api(NinjaAPI):
    """Every answer is marked as ours, and none is kept by a cache."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**options)
        document.complete(schema)
        return schema

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        return _marked(super().create_temporal_response(request))

    def create_response(self, request: HttpRequest, data: Any, **options: Any) -> HttpResponse:
        return _marked(super().create_response(request, data, **options))

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found = super()._get_urls()
        for one in found:
            if isinstance(one, URLPattern):
                one.callback = self._in_our_shape(one.callback)
        return found

    def _in_our_shape(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """ninja answers a method that an address does not take before any handler of ours is asked."""

        @wraps(view)
        def asked(request: HttpRequest, **named: Any) -> HttpResponse:
            response = view(request, **named)
            if isinstance(response, HttpResponseNotAllowed):
                return errors.other_method(self, request, response["Allow"].split(", "))
            return response

        return asked


api = Api(
    title="Consilience",
    version="1",
    description="Whether a machine-learning model may go live, on evidence and by sign-offs.",
    auth=[Token(), Session()],
    parser=StrictParser(),
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
    servers=[{"url": settings.PUBLIC_URL}],
)
errors.install(api)
own = Router(tags=["api"])
elsewhere = Router()


@operation(own.get, "/openapi.json", action=OWN, include_in_schema=False)
def openapi(request: Request) -> HttpResponse:  # noqa: ARG001 (ninja's signature)
    """This API, described by its types (OpenAPI 3.1)."""
    return _marked(HttpResponse(json.dumps(api.get_openapi_schema()), content_type="application/json"))


def nowhere(request: Request, address: str) -> HttpResponse:  # noqa: ARG001 (ninja's signature)
    raise NotFound("address", f"/{address}")


# Last, so that it answers only what nothing else does: in our shape, and for whoever is known here.
elsewhere.api_operation(METHODS, "/{path:address}", include_in_schema=False, openapi_extra={"x-action": OWN})(nowhere)

for one in (
    own,
    people,
    access,
    keys,
    inventory,
    importing,
    versions,
    uploads,
    evidence,
    evaluations,
    measurements,
    profiles,
    samples,
    effects,  # before `policy`, whose names would take its address
    library,  # likewise
    policy,
    tables,
    starter_sets,
    tier,
    obligations,
    templates,
    standings,
    backlog,
    release,
    card,
    customers,
    review,
    delegations,
    waivers,
    gate,
    predictions,
    erasure,
    ledger,
    witness,
):
    api.add_router("", one if isinstance(one, Router) else one.router)
api.add_router("", elsewhere)


def _marked(response: HttpResponse) -> HttpResponse:
    response[OURS] = "1"
    response["Cache-Control"] = "no-store"
    return response


def _unfit(value: Any) -> bool:
    """Whether some text in here holds NUL or half of a surrogate pair."""
    if isinstance(value, str):
        return any(character == "\0" or "\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return any(_unfit(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_unfit(part) for part in value)
