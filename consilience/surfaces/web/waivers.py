"""Waivers: the list of what is set aside; setting a requirement aside for a release, and taking that back."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.review import actions, waiving
from consilience.domains.review import waiver_queries as queries
from consilience.domains.review.rules import MAX_REASON
from consilience.domains.review.waiver_queries import State
from consilience.kit.clock import now, shift
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web.shared import attempt, date_field, day, form_page, page, paged, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models.texts import shown as shown_texts

STATUSES = {State.IN_FORCE: "waived", State.OVER: "ended", State.WITHDRAWN: "withdrawn"}
LONG = forms.Textarea(attrs={"rows": 4})


class WaiverForm(forms.Form):
    reasons = forms.CharField(label=gettext_lazy("Reasons"), max_length=MAX_REASON, widget=LONG)
    control = forms.CharField(
        label=gettext_lazy("What is done in its place"), max_length=MAX_REASON, widget=LONG,
        help_text=gettext_lazy("The control that keeps people safe while the requirement is not met."),
    )  # fmt: skip
    until = date_field(gettext_lazy("Until"), required=True, help_text=gettext_lazy("The last day."))


class TakeBackForm(forms.Form):
    reasons = forms.CharField(label=gettext_lazy("Reasons"), max_length=MAX_REASON, widget=LONG)


@page(action="review.read")
def listing(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """What is set aside, the next to end first."""
    rows = queries.listed(actor, asof)
    chosen, paging = paged(request, rows)
    names = people.names(one.row.person for one in chosen)
    texts = shown_texts([one.row.body[name] for one in chosen for name in ("reason", "control")])
    labels = releases.references({one.row.release for one in chosen}, asof)
    stages = dict(Release.objects.filter(urn__in=labels).values_list("urn", "stage"))
    context = {
        "waivers": [
            {
                "release": labels.get(one.row.release, ""),
                "url": reverse("release", args=[*labels[one.row.release].split("/"), stages[one.row.release]]),
                "requirement": f"{one.row.body['policy']}/{one.row.body['requirement']}",
                "requirement_url": reverse("requirement", args=[one.row.body["policy"], one.row.body["requirement"]]),
                "by": names.get(one.row.person, ""),
                "reason": texts.get(one.row.body["reason"]["commitment"]) or _("The text was erased."),
                "control": texts.get(one.row.body["control"]["commitment"]) or _("The text was erased."),
                "last": shift(one.row.body["until"], microseconds=-1),
                "state": STATUSES[one.state],
                "end_url": reverse("waiver_withdraw", args=[one.row.urn])
                if one.state is State.IN_FORCE and access.can(actor, "review.sign_off", one.row.guarded, asof) is None else "",
            }
            for one in chosen
        ],
        "count": sum(one.state is State.IN_FORCE for one in rows),
        "paging": paging,
        "standings_url": reverse("standings"),
    }  # fmt: skip
    return render(request, "consilience/waivers.html", context)


@page(action="review.sign_off", signs=Signs(("review.waived",), texts=("reasons", "control")))
def waive(
    request: HttpRequest, actor: Actor, asof: AsOf, system: str, version: str, stage: str, policy: str, requirement: str
) -> HttpResponse:
    """Set a requirement aside for a release."""
    found = releases.release(actor, system, version, stage, asof)
    access.ensure(actor, "review.sign_off", found, asof)
    name = f"{policy}/{requirement}"
    asked = queries.asked(name, found)
    if asked is None:
        raise NotFound("requirement", name)
    held, authors = people.functions_of(actor.urn, asof), releases.authors_of(found)
    refused = waiving.may_waive(actor.urn, asked.waiver, requirement=name, held=held, authors=authors)
    form, back = WaiverForm(posted(request)), reverse("release", args=[system, version, stage])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        until = day(said["until"], end=True)
        assert until is not None
        row = attempt(form, lambda: actions.waive(
            actor=actor, release=found.urn, requirement=name, until=until, reason=said["reasons"],
            control=said["control"], now=now(),
        ))  # fmt: skip
        if row is not None:
            messages.success(request, _("The requirement is set aside. On the day it ends it is asked again."))
            return redirect(back)
    lead = _("%(title)s. It is set aside for %(release)s alone, for at most %(days)s days.") % {
        "title": asked.title["en"], "release": version, "days": asked.waiver.days if asked.waiver else 0,
    }  # fmt: skip
    return form_page(
        request, form, title=_("Set a requirement aside"), submit=_("Set it aside for this release"), danger=True,
        lead="" if refused else lead, no_right=sentences.of_refusal(refused) if refused else "", cancel=back,
        crumbs=[{"label": version, "url": back}],
    )  # fmt: skip


@page(action="review.sign_off", signs=Signs(("review.waiver_withdrawn",), texts=("reasons",)))
def withdraw(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """Take a waiver back before its day."""
    row = queries.newest(urn, asof)
    if row is None:
        raise NotFound("waiver", urn)
    access.ensure(actor, "review.sign_off", row.guarded, asof, what="waiver", named=urn)
    form, back = TakeBackForm(posted(request)), reverse("waivers")
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reasons"]
        if attempt(form, lambda: actions.withdraw_waiver(actor=actor, urn=urn, reason=reason, now=now())) is not None:
            messages.success(request, _("The waiver is taken back. The requirement is asked again."))
            return redirect("waivers")
    return form_page(
        request, form, title=_("Take a waiver back"), submit=_("Take it back"), cancel=back, danger=True,
        lead=_("%(name)s is asked again at once.") % {"name": f"{row.body['policy']}/{row.body['requirement']}"},
        crumbs=[{"label": _("Waivers"), "url": back}],
    )  # fmt: skip
