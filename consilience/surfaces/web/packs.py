"""Packs of obligations: reading one, what adopting it would change, adopting it, putting one's own forward."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.gate import coverage as coverages
from consilience.domains.gate import pack_impact
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy.models import ObligationPack
from consilience.domains.policy.obligations import actions, queries
from consilience.domains.policy.obligations.pack import Pack
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces import law, sentences
from consilience.surfaces.web import pack_terms
from consilience.surfaces.web.shared import attempt, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import impacts, lawful

Shown = dict[str, Any]


class PackForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("The pack, as YAML"), max_length=1_000_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "mono"}),
        help_text=gettext_lazy("Export a shipped pack to see how one is written. Kinds of evidence, clocks and functions must exist."),
    )  # fmt: skip


class AdoptForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("You are bound as"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("What is addressed to other roles will not apply to your systems."),
    )  # fmt: skip

    def __init__(self, *args: Any, pack: Pack, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not pack.roles:
            del self.fields["roles"]
            return
        choices = [(role, sentences.word(law.ROLES, role)) for role in pack.roles]
        self.fields["roles"].choices = choices  # type: ignore[attr-defined]


class DropForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=10_000, widget=forms.Textarea)


def may_adopt(actor: Actor, asof: AsOf) -> bool:
    return access.can(actor, "policy.adopt_pack", actions.PACKS, asof) is None


def pack_row(one: queries.Offer) -> Shown:
    """A pack in a list, or on top of its page."""
    pack, used = one.pack, one.adopted
    return {
        "slug": one.slug,
        "url": reverse("pack", args=[one.slug]),
        "name": law.text(pack.title),
        "text": law.text(pack.summary),
        "edition": pack.edition,
        "state": "offered" if used is None else "newer" if one.newer else "in_force",
        "words": _("In use") if used is not None and not one.newer else "",
        "roles": law.roles(used.roles) if used else "",
        "obligations": len(pack.obligations),
        "clocks": len(pack.clocks),
        "source": pack.source,
    }


@page(action="policy.read")
def pack(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    access.ensure(actor, "policy.read", actions.PACKS, asof)
    one = queries.offer(slug, asof)
    may = may_adopt(actor, asof)
    history = queries.history(slug, asof)
    names = people.names(row.body["adopted_by"] for row in history)
    today = coverages.present_day(asof)
    made = []
    if may and one.shipped is not None and not one.same:
        made.append(
            {
                "label": _("See what adopting it would change"),
                "url": reverse("pack_impact", args=[slug]),
                "icon": "check",
                "primary": True,
            }
        )
    made.append(
        {"label": _("Export as YAML"), "url": reverse("pack_export", args=[slug]), "icon": "download", "primary": False}
    )
    if may and one.adopted is not None:
        made.append(
            {"label": _("Change its terms"), "url": reverse("pack_terms", args=[slug]), "icon": "pen", "primary": False}
        )
        made.append(
            {"label": _("Take it out of use"), "url": reverse("pack_drop", args=[slug]), "icon": "x", "primary": False}
        )
    readings = [
        (each, reading)
        for each in one.pack.obligations
        for wording in [each.on(today)]
        if wording
        for reading in wording.readings
    ]
    context = {
        "pack": pack_row(one),
        "obligations": [
            {**lawful.link(each), "article": each.article, "status": str(each.status), "text": law.text(each.wordings[-1].text),
             "disputed": each.wordings[-1].disputed}
            for each in one.pack.obligations
        ],
        "clocks": [lawful.clock(each) for each in one.pack.clocks],
        "timeline": lawful.timeline(readings, today, today, _("What begins when")),
        "history": [_version(row, names) for row in history],
        "actions": made,
        "terms": pack_terms.shown(actor, one.adopted.terms, asof) if one.adopted else None,
        "no_right": "" if may else _("Packs are adopted by administrators and reviewers."),
        "obligations_url": reverse("obligations"),
        "no_advice": law.NO_ADVICE,
    }  # fmt: skip
    return render(request, "consilience/pack.html", context)


@page(action="policy.read")
def export(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:  # noqa: ARG001 - every page has it
    """The YAML of a pack: as it is in use, else as it is shipped."""
    access.ensure(actor, "policy.read", actions.PACKS, asof)
    one = queries.offer(slug, asof)
    text = one.adopted.row.body["text"] if one.adopted else queries.shipped(slug)
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.yaml"'
    return response


@page(action="policy.adopt_pack", signs=Signs(("policy.pack_adopted",)))
def impact(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """What adopting the shipped edition would change, and the button that does it."""
    access.ensure(actor, "policy.adopt_pack", actions.PACKS, asof)
    drafted, here = queries.draft(queries.shipped(slug), asof).pack, queries.offer(slug, asof).adopted
    roles = [one for one in here.roles if one in drafted.roles] if here else list(drafted.roles)
    form = AdoptForm(posted(request), pack=drafted, initial={"roles": roles})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("roles")
        made = attempt(form, lambda: actions.adopt_shipped(actor=actor, slug=slug, roles=chosen, now=now()))
        if made is not None:
            return _adopted(request, made)
    shown = roles if request.method == "GET" else request.POST.getlist("roles")
    return _impact_page(request, actor, asof, drafted, form, [one for one in shown if one in drafted.roles])


@page(action="policy.read", signs=Signs(("policy.pack_adopted",)))
def proposal(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """A pack that somebody put forward: what it would change, and the button for a second person."""
    access.ensure(actor, "policy.read", actions.PACKS, asof)
    row = queries.proposal(urn, asof)
    drafted = queries.draft(row.body["text"], asof).pack
    form = AdoptForm(posted(request), pack=drafted, initial={"roles": list(drafted.roles)})
    waits = row.urn in {one.urn for one in queries.open_proposals(asof)}
    no_right = _cannot(actor, asof, row.body["proposed_by"], waits=waits)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("roles")
        made = attempt(form, lambda: actions.adopt_proposed(actor=actor, proposal=urn, roles=chosen, now=now()))
        if made is not None:
            return _adopted(request, made)
    name = people.names([row.body["proposed_by"]]).get(row.body["proposed_by"], "")
    by = _("Put forward by %(name)s. It is in use once a second person adopts it.") % {"name": name}
    return _impact_page(request, actor, asof, drafted, form, list(drafted.roles), no_right=no_right, lead=by)


def _cannot(actor: Actor, asof: AsOf, proposed_by: str, *, waits: bool) -> str:
    if not waits:
        return _("This pack was adopted already.")
    if not may_adopt(actor, asof):
        return _("Packs are adopted by administrators and reviewers.")
    return _("You put this pack forward. Somebody else adopts it.") if actor.urn == proposed_by else ""


@page(action="policy.adopt_pack", signs=Signs(("policy.pack_proposed",), texts=("text",)))
def propose(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "policy.adopt_pack", actions.PACKS, asof)
    form = PackForm(posted(request))
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"].replace("\r\n", "\n")
        row = attempt(form, lambda: actions.propose(actor=actor, text=text, now=now()))
        if row is not None:
            messages.success(request, _("The pack is proposed. A second person adopts it."))
            return redirect("pack_proposal", urn=row.urn)
    return form_page(
        request, form, title=_("Propose a pack of obligations"), submit=_("Propose the pack"), cancel=reverse("obligations"),
        lead=_("For what binds you beside the shipped packs: contracts, house rules, the law of other places."),
        crumbs=[{"label": _("Obligations"), "url": reverse("obligations")}],
    )  # fmt: skip


@page(action="policy.adopt_pack", signs=Signs(("policy.pack_dropped",), texts=("reason",)))
def drop(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    access.ensure(actor, "policy.adopt_pack", actions.PACKS, asof)
    name = law.text(queries.pack_of(queries.adopted_row(slug, asof)).title)
    form = DropForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        made = attempt(form, lambda: actions.drop(actor=actor, slug=slug, reason=reason, now=now()))
        if made is not None:
            messages.success(request, _("The pack is out of use. Its history stays."))
            return redirect("pack", slug=slug)
    return form_page(
        request, form, title=_("Take %(name)s out of use") % {"name": name}, submit=_("Take %(name)s out of use") % {"name": name},
        cancel=reverse("pack", args=[slug]), danger=True,
        lead=_("From then on it asks for nothing here. Requirements that cite it stay as they are."),
        crumbs=[{"label": _("Obligations"), "url": reverse("obligations")}, {"label": name, "url": reverse("pack", args=[slug])}],
    )  # fmt: skip


def _adopted(request: HttpRequest, made: ObligationPack) -> HttpResponse:
    messages.success(request, _("The pack is in use. Every system shows from now on how it stands towards it."))
    return redirect("pack", slug=made.slug)


def _impact_page(
    request: HttpRequest,
    actor: Actor,
    asof: AsOf,
    drafted: Pack,
    form: AdoptForm,
    roles: list[str],
    *,
    no_right: str = "",
    lead: str = "",
) -> HttpResponse:
    found = pack_impact.impact(actor, drafted, roles, asof)
    context = {
        "title": law.text(drafted.title), "edition": law.day(drafted.edition), "replaces": law.day(found.before.edition) if found.before else "",
        "lead": lead, "form": form, "no_right": no_right, "obligations_url": reverse("obligations"),
        "systems": [impacts.of_system(one) for one in found.systems],
        "replay": impacts.replay(found.replay),
        "look_again": impacts.look_again(found, people.functions(asof)) if found.systems else [],
        "submit": _("Adopt %(name)s") % {"name": law.text(drafted.title)}, "no_advice": law.NO_ADVICE,
    }  # fmt: skip
    return render(request, "consilience/pack_impact.html", context, status=422 if form.errors else 200)


def _version(row: ObligationPack, names: dict[str, str]) -> Shown:
    return {
        "label": _("Version %(n)s, edition of %(day)s") % {"n": row.version, "day": law.day(row.body["edition"])},
        "state": "retired" if row.withdrawn else "in_force",
        "words": _("Taken out of use") if row.withdrawn else _("Adopted"),
        "at": row.valid_from,
        "by": names.get(row.body["adopted_by"], ""),
        "roles": law.roles(row.body["roles"]),
    }
