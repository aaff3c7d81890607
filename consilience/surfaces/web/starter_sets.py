"""Starter sets: what each asks for, and proposing its policies."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from consilience.domains.access import queries as access
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import actions, queries
from consilience.domains.policy.starter_sets import StarterSet, starter_policy, starter_sets
from consilience.domains.policy.tables.words import in_language
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.shared import page

Shown = dict[str, Any]


@page(action="policy.read")
def listing(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Every set with its policies: which are in the library already, which wait, which can be proposed."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    may = access.can(actor, "policy.propose", actions.LIBRARY, asof) is None
    titles = people.functions(asof)
    known = {row.slug: reverse("policy", args=[row.slug]) for row in queries.library(asof)}
    waiting = {row.slug: reverse("proposal", args=[row.urn]) for row in queries.open_proposals(asof)}
    context = {
        "sets": [_set(one, asof, titles, known, waiting) for one in starter_sets().values()],
        "may_propose": may,
        "policies_url": reverse("policies"),
        "no_right": "" if may else _("Policies are proposed by engineers and reviewers, and published by a second person."),
    }  # fmt: skip
    return render(request, "consilience/starter_sets.html", context)


@require_POST
@page(action="policy.propose")
def propose(request: HttpRequest, actor: Actor, asof: AsOf, name: str, policy: str) -> HttpResponse:
    """Put one policy of a set forward, word for word as it is shipped."""
    access.ensure(actor, "policy.propose", actions.LIBRARY, asof)
    row = actions.propose(actor=actor, text=starter_policy(name, policy), now=now())
    messages.success(request, _("The policy is proposed. A second person publishes it."))
    return redirect("proposal", urn=row.urn)


def _set(one: StarterSet, asof: AsOf, titles: dict[str, str], known: dict[str, str], waiting: dict[str, str]) -> Shown:
    language = get_language() or "en"
    rows = [_policy(one.name, name, text, asof, titles, known, waiting) for name, text in one.policies.items()]
    return {
        "name": one.name,
        "title": in_language(one.title, language),
        "text": in_language(one.text, language),
        "policies": rows,
    }


def _policy(
    within: str,
    name: str,
    text: str,
    asof: AsOf,
    titles: dict[str, str],
    known: dict[str, str],
    waiting: dict[str, str],
) -> Shown:
    language = get_language() or "en"
    try:
        loaded = queries.draft(text, asof).loaded
    except BadInput as error:  # such as an owner that is no function here
        return {"name": name, "text": str(error), "function": "", "state": "", "url": "", "propose_url": "", "asks": 0}
    slug = loaded.slug
    state = "in_force" if slug in known else "draft" if slug in waiting else ""
    return {
        "name": in_language(loaded.title, language),
        "text": "; ".join(in_language(one.title, language) for one in loaded.requirements),
        "function": titles.get(loaded.owner, loaded.owner),
        "asks": len(loaded.requirements),
        "tables": len(loaded.tables),
        "state": state,
        "url": known.get(slug) or waiting.get(slug, ""),
        "propose_url": "" if state else reverse("starter_propose", args=[within, name]),
    }
