"""What was erased and what must not be; erasing in two steps: the list first, then the ground and the confirmation."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.content.erasure import actions, queries
from consilience.domains.content.erasure.rules import Asked, Held, Item, Kind
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import actions as people
from consilience.domains.people import queries as people_queries
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.naming import noun_of
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web.erasure_forms import BASES, EraseForm, HoldForm, LiftForm, WhatForm
from consilience.surfaces.web.shared import attempt, form_page, page, paged, posted
from consilience.surfaces.web.signing import Signs

SHOWN = 300
"""As many characters of a text as the list shows."""


@page(action="ledger.read")
def overview(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "ledger.read", WORKSPACE, asof)
    may_erase = access.can(actor, "content.erase", WORKSPACE, asof) is None
    may_hold = access.can(actor, "content.hold", WORKSPACE, asof) is None
    rows, paging = paged(request, queries.erasures())
    names = people_queries.names(one.by for one in rows)
    made = []
    if may_hold:
        made.append({"label": _("Place a legal hold"), "url": reverse("hold_new"), "icon": "lock", "primary": False})
    if may_erase:
        made.append({"label": _("Erase something"), "url": reverse("erase"), "icon": "x", "primary": True})
    context = {
        "erasers": _erasers(asof),
        "erasures": [_erasure(one, names) for one in rows],
        "holds": [_hold(one, may_hold, asof) for one in queries.holds(asof)],
        "paging": paging,
        "actions": made,
        "no_right": ""
        if may_erase
        else _("Erasing and holding takes the role “Data protection” or “Administrator” in the whole workspace."),
    }
    return render(request, "consilience/erasure.html", context)


@page(action="content.erase", signs=Signs(("content.erased",), texts=("reason",)))
def erase(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """What to erase is part of the address; without it, the form that asks for it."""
    access.ensure(actor, "content.erase", WORKSPACE, asof)
    names = people_queries.names(row.urn for row in people_queries.persons(asof))
    form = WhatForm(request.GET or None, people=sorted(names.items(), key=lambda one: one[1].lower()))
    if form.is_bound and form.is_valid() and form.cleaned_data["words"]:
        found_texts = attempt(form, lambda: queries.texts_with(form.cleaned_data["words"]))
        return _what(request, form, found_texts)
    asked = attempt(form, form.asked) if form.is_bound and form.is_valid() else None
    found = attempt(form, lambda: people_queries.erasing(asked, asof)) if asked else None
    if asked is None or found is None:
        return _what(request, form)
    sent = posted(request)
    confirming = EraseForm(sent, initial={"seen": found.plan.seen})
    if sent is not None and confirming.is_valid():
        said = confirming.cleaned_data
        done = attempt(confirming, lambda: people.erase(
            actor=actor, asked=asked, basis=said["basis"], reason=said["reason"], seen=said["seen"], now=now(),
        ))  # fmt: skip
        if done is not None:
            messages.success(request, _("It is erased, by entry %(entry)s.") % {"entry": done[0].position})
            return redirect("erasure")
    refused = sentences.of_refusal(found.refused) if found.refused else ""
    context = {
        "title": _title(asked), "items": [_item(one) for one in found.plan.items], "log_in": found.plan.log_in,
        "count": _count(len(found.plan.texts), len(found.plan.files)), "form": confirming, "refused": refused, "back_url": reverse("erase"),
        "erasure_url": reverse("erasure"),
    }  # fmt: skip
    return render(request, "consilience/erase.html", context, status=422 if confirming.errors else 200)


def _what(request: HttpRequest, form: WhatForm, found: list[Item] | None = None) -> HttpResponse:
    """The form, and what a search for words has found, where one was made."""
    listed = None if found is None else [_item(one) | {"url": f"{reverse('erase')}?texts={one.what}"} for one in found]
    context = {"form": form, "found": listed, "erasure_url": reverse("erasure")}
    return render(request, "consilience/erase_what.html", context, status=422 if form.errors else 200)


@page(action="content.hold", signs=Signs(("content.hold_placed",), texts=("reason",)))
def hold(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "content.hold", WORKSPACE, asof)
    form = HoldForm(posted(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        about = said["about"].strip()
        if attempt(form, lambda: actions.place_hold(actor=actor, about=about, reason=said["reason"], now=now())):
            messages.success(request, _("The legal hold stands: nothing of this is erased until it is lifted."))
            return redirect("erasure")
    return form_page(
        request, form, title=_("Place a legal hold"), submit=_("Place the hold"), cancel=reverse("erasure"), crumbs=_crumbs(),
        lead=_("For a dispute, an audit or an authority: whatever it is about is not erased, though somebody asks for it."),
    )  # fmt: skip


@page(action="content.hold", signs=Signs(("content.hold_lifted",), texts=("reason",)))
def lift(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    access.ensure(actor, "content.hold", WORKSPACE, asof)
    held = next((one for one in queries.holds(asof) if one.urn == urn), None)
    if held is None:
        raise NotFound("legal hold", urn)
    form = LiftForm(posted(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if attempt(form, lambda: actions.lift_hold(actor=actor, urn=urn, reason=said["reason"], now=now())):
            messages.success(request, _("The legal hold is lifted."))
            return redirect("erasure")
    return form_page(
        request, form, title=_("Lift the legal hold"), submit=_("Lift the hold"), cancel=reverse("erasure"),
        crumbs=_crumbs(), danger=True,
        lead=_("It is about: %(about)s. Once it is lifted, that can be erased.") % {"about": _about(held.about, asof)},
    )  # fmt: skip


def _erasers(asof: AsOf) -> list[dict[str, str]]:
    """Who may erase just now, by name: those who are active and whose grants in the whole workspace carry it."""
    entitled = access.entitled("content.erase", asof)
    named = people_queries.names(
        row.urn for row in people_queries.persons(asof) if row.urn in entitled and row.body["active"]
    )
    listed = [{"name": name, "url": reverse("person", args=[urn])} for urn, name in named.items()]
    return sorted(listed, key=lambda one: one["name"].lower())


def _crumbs() -> list[dict[str, str]]:
    return [{"label": _("Erasure"), "url": reverse("erasure")}]


def _title(asked: Asked) -> str:
    if asked.person is None:
        return _("Erase texts and files")
    return _("Erase %(name)s") % {"name": people_queries.names([asked.person])[asked.person]}


def _count(texts: int, files: int) -> str:
    said = [ngettext("%(n)s text", "%(n)s texts", texts) % {"n": texts}] if texts else []
    said += [ngettext("%(n)s file", "%(n)s files", files) % {"n": files}] if files else []
    return ", ".join(said)


def _item(one: Any) -> dict[str, Any]:
    text = (one.text or "")[:SHOWN]
    nouns = sorted({noun_of(name) for name in one.held_by})
    return {
        "is_file": one.kind is Kind.FILE, "what": one.what, "size": one.size, "held_by": ", ".join(nouns),
        "text": text + ("…" if len(one.text or "") > SHOWN else ""),
    }  # fmt: skip


def _erasure(one: queries.Done, names: dict[str, str]) -> dict[str, Any]:
    body = one.row.body
    return {
        "position": one.row.position, "url": reverse("ledger_entry", args=[one.row.position]), "at": one.at,
        "by": names.get(one.by, ""), "what": _count(len(body["texts"]), len(body["files"])), "person": bool(body["person"]),
        "basis": BASES.get(body["basis"], body["basis"]), "reason": one.reason or "",
    }  # fmt: skip


def _hold(one: Held, may: bool, asof: AsOf) -> dict[str, Any]:
    lift_url = reverse("hold_lift", args=[one.urn]) if may else ""
    return {"about": _about(one.about, asof), "since": one.at, "reason": one.reason or "", "lift_url": lift_url}


def _about(about: str, asof: AsOf) -> str:
    """What a hold is about, as people call it."""
    try:
        noun = noun_of(about)
    except BadInput:
        return _("everything") if about == "everything" else about
    if noun == "person":
        return people_queries.names([about]).get(about, about)
    if noun == "system":
        with suppress(NotFound):
            return str(inventory.system_by_urn(about, asof).body["name"])
    return about
