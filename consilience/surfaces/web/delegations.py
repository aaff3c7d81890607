"""Delegations: who decides in whose stead; lending one's voice, and taking it back."""

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
from consilience.domains.access.rules import WORKSPACE
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.people.rules import PEOPLE
from consilience.domains.review import actions
from consilience.domains.review import delegation_queries as queries
from consilience.domains.review.delegation_queries import Known, State
from consilience.domains.review.rules import MAX_REASON
from consilience.kit.clock import now, shift
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.shared import OWN, attempt, date_field, day, form_page, page, paged, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import principals
from consilience.surfaces.web.view_models.texts import shown as shown_texts

LIVE = (State.AHEAD, State.IN_FORCE)
STATUSES = {State.AHEAD: "scheduled", State.IN_FORCE: "in_force", State.OVER: "ended", State.ENDED: "withdrawn"}


class DelegationForm(forms.Form):
    function = forms.ChoiceField(label=gettext_lazy("For which function"))
    to = forms.ChoiceField(label=gettext_lazy("Who decides in your stead"))
    system = forms.ChoiceField(label=gettext_lazy("Where"), required=False)
    starts = date_field(gettext_lazy("From"), help_text=gettext_lazy("Leave it empty to begin at once."))
    until = date_field(gettext_lazy("Until"), required=True, help_text=gettext_lazy("The last day."))
    reasons = forms.CharField(
        label=gettext_lazy("Reasons"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Everybody here may read them. Say no more of your absence than is needed."),
    )  # fmt: skip


class EndDelegationForm(forms.Form):
    reasons = forms.CharField(
        label=gettext_lazy("Reasons"), max_length=MAX_REASON, widget=forms.Textarea(attrs={"rows": 3})
    )


@page(action="people.read")
def listing(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Who decides in whose stead, the newest first."""
    access.ensure(actor, "people.read", PEOPLE, asof)
    chosen, paging = paged(request, queries.listed(actor, asof))
    names = people.names([urn for one in chosen for urn in (one.row.person, one.row.receiver)])
    texts = shown_texts([one.row.body["reason"] for one in chosen])
    titles, systems = people.functions(asof), dict(_systems(actor, asof))
    manages = access.can(actor, "people.manage", WORKSPACE, asof) is None
    made = {"label": _("Lend your voice"), "url": reverse("delegation_new"), "icon": "plus", "primary": True}
    holds = people.functions_of(actor.urn, asof)
    context = {
        "delegations": [
            {
                "function": {"code": one.row.function, "name": titles.get(one.row.function, one.row.function)},
                "by": names.get(one.row.person, ""),
                "to": names.get(one.row.receiver, ""),
                "where": _where(one, systems),
                "starts": one.start,
                "last": shift(one.row.body["until"], microseconds=-1),
                "state": STATUSES[one.state],
                "reason": texts.get(one.row.body["reason"]["commitment"]) or _("The text was erased."),
                "end_url": reverse("delegation_end", args=[one.row.urn])
                if one.state in LIVE and (manages or one.row.person == actor.urn) else "",
            }
            for one in chosen
        ],
        "actions": [made] if holds else [],
        "paging": paging,
        "people_url": reverse("people"),
    }  # fmt: skip
    return render(request, "consilience/delegations.html", context)


def _where(one: Known, systems: dict[str, str]) -> str:
    system = one.row.body["system"]
    return systems.get(system, "") if system else _("everywhere")


@page(action="review.sign_off", signs=Signs(("review.delegated",), texts=("reasons",)))
def delegate(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Lend one's voice for a function to another person."""
    access.ensure(actor, "people.read", PEOPLE, asof)
    titles, held = people.functions(asof), people.functions_of(actor.urn, asof)
    form = DelegationForm(posted(request))
    may_here = [pair for pair in _systems(actor, asof) if _may_sign(actor, pair[0], asof)]
    everywhere = [("", _("Everywhere"))] if access.can(actor, "review.sign_off", WORKSPACE, asof) is None else []
    choices: dict[str, list[tuple[str, str]]] = {
        "function": [(code, title) for code, title in titles.items() if code in held],
        "to": [pair for pair in principals.choices(asof) if pair[0] != actor.urn],
        "system": [*everywhere, *may_here],
    }
    for name, listed in choices.items():
        form.fields[name].choices = listed  # type: ignore[attr-defined]
    may = bool(held and choices["system"])
    if request.method == "POST" and form.is_valid() and may:
        said = form.cleaned_data
        until = day(said["until"], end=True)
        assert until is not None
        row = attempt(form, lambda: actions.delegate(
            actor=actor, function=said["function"], to=said["to"], system=said["system"] or None,
            start=day(said["starts"]), until=until, reason=said["reasons"], now=now(),
        ))  # fmt: skip
        if row is not None:
            messages.success(request, _("It is recorded. Every decision that is taken by it says so."))
            return redirect("delegations")
    return _form(
        request, form, title=_("Lend your voice"), submit=_("Let them decide in your stead"),
        lead=_("They cannot lend it on, and never decide by it on work of their own or of yours. You can end it any time."),
        no_right="" if may else _("Only who holds a function, and may decide somewhere, can lend that to somebody else."),
    )  # fmt: skip


@page(action=OWN, signs=Signs(("review.delegation_ended",), texts=("reasons",)))
def end(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """End a delegation before its day: whoever gave it may, and who manages people."""
    row = queries.newest(urn, asof)
    if row is None or access.can(actor, "people.read", row.guarded, asof) is not None:
        raise NotFound("delegation", urn)
    if row.person != actor.urn:
        access.ensure(actor, "people.manage", WORKSPACE, asof)
    form = EndDelegationForm(posted(request))
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reasons"]
        if attempt(form, lambda: actions.end_delegation(actor=actor, urn=urn, reason=reason, now=now())) is not None:
            messages.success(request, _("The delegation has ended. What was decided by it stays on record."))
            return redirect("delegations")
    names = people.names([row.person, row.receiver])
    title = people.functions(asof).get(row.function, row.function)
    lead = _("%(to)s decides for %(function)s in the stead of %(by)s.") % {
        "to": names.get(row.receiver, ""), "by": names.get(row.person, ""), "function": title,
    }  # fmt: skip
    return _form(request, form, title=_("End a delegation"), submit=_("End it now"), lead=lead, danger=True)


def _form(request: HttpRequest, form: forms.Form, **said: Any) -> HttpResponse:
    back = reverse("delegations")
    return form_page(request, form, cancel=back, crumbs=[{"label": _("Delegations"), "url": back}], **said)


def _systems(actor: Actor, asof: AsOf) -> list[tuple[str, str]]:
    return [(row.urn, row.body["name"]) for row in inventory.systems(actor, asof)]


def _may_sign(actor: Actor, system: str, asof: AsOf) -> bool:
    return access.can(actor, "review.sign_off", inventory.system_by_urn(system, asof).guarded, asof) is None
