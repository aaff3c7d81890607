"""Correcting what is registered: a thing is said anew, a wrong version is withdrawn. The old stays in the history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.inventory import actions, queries
from consilience.domains.inventory.models import Dataset, RegisteredModel, System
from consilience.domains.inventory.rules import DataTerms, NamedFacts
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf, Record
from consilience.surfaces.web import words
from consilience.surfaces.web.correct_forms import (
    CorrectionForm,
    NamedCorrectionForm,
    SystemCorrectionForm,
    TermsCorrectionForm,
    WithdrawalForm,
)
from consilience.surfaces.web.register import able, system_facts, terms_of
from consilience.surfaces.web.shared import attempt, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import principals

_LISTS = ("jurisdictions", "audience", "affected_groups")
_LAST_DAYS = ("agreement_until", "retained_until")


@page(action="inventory.correct", signs=Signs(("inventory.system_corrected",)))
def system(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    row = queries.system(actor, slug, asof)
    access.ensure(actor, "inventory.correct", row, asof)
    said = {**row.body, **_joined(row, _LISTS), "seen": row.digest}
    form = SystemCorrectionForm(posted(request), people=principals.choices(asof), initial=said)
    back = reverse("system", args=[slug])
    if _done(request, form, lambda: _correct_system(actor, slug, form)):
        messages.success(request, _("The system is corrected. What was said before stays in its history."))
        return redirect(back)
    return form_page(
        request, form, title=_("Correct the system"), submit=_("Correct the system"), cancel=back,
        lead=_("Sign-offs that rest on what you change are looked at again."),
        crumbs=[{"label": _("Systems"), "url": reverse("systems")}, {"label": row.body["name"], "url": back}],
    )  # fmt: skip


def _correct_system(actor: Actor, slug: str, form: CorrectionForm) -> System:
    facts = system_facts(form.facts() | {"slug": slug})
    return actions.correct_system(actor=actor, facts=facts, now=now(), **form.how())


@page(action="inventory.correct", signs=Signs(("inventory.model_corrected",)))
def model(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    row = queries.model(actor, slug, asof)
    access.ensure(actor, "inventory.correct", row, asof)
    form, back = _named(request, actor, row, asof), reverse("model", args=[slug])
    if _done(request, form, lambda: actions.correct_model(
        actor=actor, slug=slug, facts=NamedFacts(**form.facts()), now=now(), **form.how()
    )):  # fmt: skip
        messages.success(request, _("The model is corrected. What was said before stays in its history."))
        return redirect(back)
    return form_page(
        request, form, title=_("Correct the model"), submit=_("Correct the model"), cancel=back,
        lead=_("It keeps the systems in which a release of it is proposed, until the proposal is taken back."),
        crumbs=[{"label": _("Models"), "url": reverse("models")}, {"label": slug, "url": back}],
    )  # fmt: skip


@page(action="inventory.correct", signs=Signs(("inventory.dataset_corrected",)))
def dataset(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    row = queries.dataset(actor, slug, asof)
    access.ensure(actor, "inventory.correct", row, asof)
    form, back = _named(request, actor, row, asof), reverse("datasets")
    if _done(request, form, lambda: actions.correct_dataset(
        actor=actor, slug=slug, facts=NamedFacts(**form.facts()), now=now(), **form.how()
    )):  # fmt: skip
        messages.success(request, _("The dataset is corrected. What was said before stays in its history."))
        return redirect(back)
    return form_page(
        request, form, title=_("Correct the dataset"), submit=_("Correct the dataset"), cancel=back,
        lead=_("Members of the systems that you name may know of it. Its versions stay as they are."),
        crumbs=[{"label": _("Datasets"), "url": back}],
    )  # fmt: skip


def _named(request: HttpRequest, actor: Actor, row: RegisteredModel | Dataset, asof: AsOf) -> NamedCorrectionForm:
    """The form of a model or dataset: its systems as far as one may know of them, and those where one may register."""
    belongs = [one for one in queries.systems(actor, asof) if one.urn in row.body["systems"]]
    offered = {one.slug: one.body["name"] for one in belongs} | dict(able(actor, row.noun, asof))
    said = {**row.body, "systems": [one.slug for one in belongs], "seen": row.digest}
    return NamedCorrectionForm(posted(request), systems=sorted(offered.items()), initial=said)


@page(action="inventory.correct", signs=Signs(("inventory.dataset_terms_corrected",)))
def terms(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    of = queries.dataset_version(actor, reference, asof)
    access.ensure(actor, "inventory.correct", of, asof)
    said = {
        **of.row.body,
        **_joined(of.row, ("purposes", "jurisdictions")),
        **_last_days(of.row),
        "seen": of.row.digest,
    }
    form, back = TermsCorrectionForm(posted(request), initial=said), reverse("dataset", args=[reference])
    if _done(request, form, lambda: actions.correct_dataset_terms(
        actor=actor, reference=reference, terms=_terms(form, of.row), now=now(), **form.how()
    )):  # fmt: skip
        messages.success(request, _("The terms are corrected. What was said before stays in their history."))
        return redirect(back)
    return form_page(
        request, form, title=_("Correct the terms"), submit=_("Correct the terms"), cancel=back,
        lead=_("Sign-offs that rest on what you change are looked at again. The rows are what they are."),
        crumbs=[{"label": _("Datasets"), "url": reverse("datasets")}, {"label": reference, "url": back}],
    )  # fmt: skip


def _terms(form: CorrectionForm, row: Record) -> DataTerms:
    """What the form says. A day that nobody changed keeps its exact instant: a program may have said one of its own."""
    made, shown = terms_of(form.facts()), _last_days(row)
    kept = {name: row.body[name] for name in _LAST_DAYS if form.cleaned_data[name] == shown[name] != ""}
    return replace(made, **kept)


@page(action="inventory.correct", signs=Signs(("inventory.version_withdrawn",), texts=("reason",)))
def version(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    """Take a wrong version back: it is no longer proposed or decided on, and stays in the history."""
    of = queries.version(actor, reference, asof)
    access.ensure(actor, "inventory.correct", of, asof)
    form, back = WithdrawalForm(posted(request)), reverse("version", args=[reference])
    if _done(request, form, lambda: actions.withdraw_version(
        actor=actor, reference=reference, reason=form.cleaned_data["reason"], now=now(),
    )):  # fmt: skip
        messages.success(request, _("%(version)s is withdrawn. It stays in the history.") % {"version": reference})
        return redirect("model", of.model.slug)
    crumbs = [{"label": _("Models"), "url": reverse("models")}, {"label": reference, "url": back}]
    lead = _("Its releases go nowhere from then on. What was decided on it stays on record.")
    return _withdrawal(request, form, reference, back, lead, crumbs)


@page(action="inventory.correct", signs=Signs(("inventory.dataset_version_withdrawn",), texts=("reason",)))
def dataset_version(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    """Take wrong data back: nothing new uses them, and what did says so."""
    of = queries.dataset_version(actor, reference, asof)
    access.ensure(actor, "inventory.correct", of, asof)
    form, back = WithdrawalForm(posted(request)), reverse("dataset", args=[reference])
    if _done(request, form, lambda: actions.withdraw_dataset_version(
        actor=actor, reference=reference, reason=form.cleaned_data["reason"], now=now(),
    )):  # fmt: skip
        messages.success(request, _("%(version)s is withdrawn. It stays in the history.") % {"version": reference})
        return redirect("datasets")
    crumbs = [{"label": _("Datasets"), "url": reverse("datasets")}, {"label": reference, "url": back}]
    lead = _(
        "Nothing new can use it. Versions that learned from it and evidence measured on it say that it was withdrawn."
    )
    return _withdrawal(request, form, reference, back, lead, crumbs)


def _withdrawal(
    request: HttpRequest, form: WithdrawalForm, reference: str, back: str, lead: str, crumbs: Sequence[dict[str, Any]]
) -> HttpResponse:
    title = _("Withdraw %(version)s") % {"version": reference}
    return form_page(request, form, title=title, submit=title, cancel=back, danger=True, lead=lead, crumbs=crumbs)


def _done(request: HttpRequest, form: CorrectionForm | WithdrawalForm, correct: Callable[[], Record]) -> bool:
    """Whether the form was sent and what it says was recorded; a refusal stands on the form."""
    return request.method == "POST" and form.is_valid() and attempt(form, correct) is not None


def _joined(row: Record, names: Sequence[str]) -> dict[str, str]:
    return {name: ", ".join(row.body[name]) for name in names}


def _last_days(row: Record) -> dict[str, str]:
    return {name: words.last_day(row.body[name]) if row.body[name] else "" for name in _LAST_DAYS}
