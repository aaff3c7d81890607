"""Live releases and how each stands; what somebody was told of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from consilience.domains.gate import notices as told
from consilience.domains.gate import review_notices
from consilience.domains.gate import standing_actions as actions
from consilience.domains.gate import standing_queries as queries
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import queries as releases
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces.web import backlog
from consilience.surfaces.web.shared import OWN, page, paged
from consilience.surfaces.web.view_models import library, standing


@page(action="gate.read")
def live(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """The live releases, those that do not comply first."""
    rows = queries.standings(actor, asof)
    chosen, paging = paged(request, rows)
    names = {one.urn: one.body["name"] for one in inventory.systems(actor, asof)}
    context = {
        "releases": [standing.stands_row(one, names.get(one.release.system, "")) for one in chosen],
        "paging": paging,
        "systems_url": reverse("systems"),
        "backlog": backlog.summary(actor, asof),
        "actions": [{"label": _("Waivers"), "url": reverse("waivers"), "icon": "over", "primary": False}],
    }
    return render(request, "consilience/standings.html", context)


@page(action=OWN)
def notices(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """What whoever asks was told, newest first."""
    rows = told.notices(actor, asof)
    chosen, paging = paged(request, rows)
    labels = releases.references({one.row.release for one in chosen}, asof)
    titles, reviews = people.functions(asof), review_notices.told(actor, asof)
    context = {
        "reviews": [library.review_notice(one) for one in reviews],
        "notices": [
            standing.change(one.row, labels[one.row.release], titles)
            | {"id": one.notice.pk, "unread": one.notice.read_at is None}
            for one in chosen
        ],
        "unread": told.unread(actor, asof),
        "read_url": reverse("notices_read"),
        "live_url": reverse("standings"),
        "paging": paging,
    }
    return render(request, "consilience/notices.html", context)


@require_POST
@page(action=OWN)
def read(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:  # noqa: ARG001 - every page is asked so
    """Mark one notice, or all of them, as read."""
    named = request.POST.get("notice", "")
    one = [int(named)] if named.isdecimal() and len(named) < 10 else None
    done = actions.mark_read(actor=actor, notices=(one or []) if named else None, now=now())
    messages.success(
        request, ngettext("%(n)s notice is marked as read.", "%(n)s notices are marked as read.", done) % {"n": done}
    )
    return redirect("notices")
