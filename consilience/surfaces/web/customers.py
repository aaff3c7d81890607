"""The page that says what a release means for the people whom it judges."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from consilience.domains.access import queries as access
from consilience.domains.evidence.plain.meaning import KIND
from consilience.domains.ledger.rules import Actor
from consilience.domains.release import customer_queries, queries
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.shared import asked, page
from consilience.surfaces.web.view_models import plain


@page(action="release.read")
def shown(request: HttpRequest, actor: Actor, asof: AsOf, system: str, version: str, stage: str) -> HttpResponse:
    """Sentences for everybody and for each customer group; `?language=de` in German."""
    found = queries.release(actor, system, version, stage, asof)
    language = plain.language_of(asked(request, "language"))
    told = customer_queries.customers(found, language)
    may_say = access.can(actor, "evidence.attach", found.version, asof) is None
    context = {
        **plain.customers(told),
        "release": {"name": found.version.reference, "url": reverse("release", args=[system, version, stage])},
        "system": {"name": found.system.body["name"], "url": reverse("system", args=[system])},
        "say_url": reverse("system_attach", args=[system]) + f"?kind={KIND}" if may_say and not told.stated else "",
    }
    return render(request, "consilience/customers.html", context)
