"""Correcting what is registered: a system is said anew, a wrong version is withdrawn. The old stays in the history."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.inventory import actions, queries
from consilience.domains.inventory.models import System
from consilience.domains.inventory.rules import SystemFacts
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.register_forms import SystemForm
from consilience.surfaces.web.shared import attempt, form_page, lines, page, posted
from consilience.surfaces.web.view_models import principals

_LISTS = ("jurisdictions", "audience", "affected_groups")


class CorrectionForm(SystemForm):
    """A system as it is registered; its name in addresses stays."""

    since = forms.ChoiceField(
        label=gettext_lazy("Since when it is so"), widget=forms.RadioSelect, initial="now",
        choices=[
            ("now", gettext_lazy("It changed just now")),
            ("start", gettext_lazy("It was wrong from the start: decisions of the past are shown with it")),
        ],
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["slug"]


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("What is wrong with it. Register the right one as the next version."),
    )  # fmt: skip


@page(action="inventory.correct")
def system(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    row = queries.system(actor, slug, asof)
    access.ensure(actor, "inventory.correct", row, asof)
    form = CorrectionForm(posted(request), people=principals.choices(asof), initial=_registered(row))
    back = reverse("system", args=[slug])
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: _correct(actor, slug, form))
        if made is not None:
            messages.success(request, _("The system is corrected. What was said before stays in its history."))
            return redirect(back)
    return form_page(
        request, form, title=_("Correct the system"), submit=_("Correct the system"), cancel=back,
        lead=_("Sign-offs that rest on what you change are looked at again."),
        crumbs=[{"label": _("Systems"), "url": reverse("systems")}, {"label": row.body["name"], "url": back}],
    )  # fmt: skip


def _registered(row: System) -> dict[str, Any]:
    return {**row.body, **{name: ", ".join(row.body[name]) for name in _LISTS}}


def _correct(actor: Actor, slug: str, form: CorrectionForm) -> System:
    said = dict(form.cleaned_data)
    from_the_start = said.pop("since") == "start"
    listed = {name: lines(said[name]) for name in _LISTS}
    facts = SystemFacts(**said | {"slug": slug, "sponsor": said["sponsor"] or None, **listed})
    return actions.correct_system(actor=actor, facts=facts, wrong_from_the_start=from_the_start, now=now())


@page(action="inventory.correct")
def version(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    """Take a wrong version back: it is no longer proposed or decided on, and stays in the history."""
    of = queries.version(actor, reference, asof)
    access.ensure(actor, "inventory.correct", of, asof)
    form, back = WithdrawalForm(posted(request)), reverse("version", args=[reference])
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: actions.withdraw_version(
            actor=actor, reference=reference, reason=form.cleaned_data["reason"], now=now(),
        ))  # fmt: skip
        if row is not None:
            messages.success(request, _("%(version)s is withdrawn. It stays in the history.") % {"version": reference})
            return redirect("model", of.model.slug)
    name = {"version": reference}
    return form_page(
        request, form, title=_("Withdraw %(version)s") % name, submit=_("Withdraw %(version)s") % name, cancel=back,
        danger=True, lead=_("Its releases go nowhere from then on. What was decided on it stays on record."),
        crumbs=[{"label": _("Models"), "url": reverse("models")}, {"label": reference, "url": back}],
    )  # fmt: skip
