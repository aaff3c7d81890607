"""Deciding for a function, on exactly what the page showed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.ledger.rules import Actor
from consilience.domains.policy.outcome import Code
from consilience.domains.release import queries as releases
from consilience.domains.release.rules import Facet, changes
from consilience.domains.review import actions, rules
from consilience.domains.review.models import SignOff
from consilience.kit.clock import now
from consilience.kit.errors import NotFound, Refused
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web import release as release_pages
from consilience.surfaces.web import signing, words
from consilience.surfaces.web.charts import figures
from consilience.surfaces.web.shared import attempt, date_field, day, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import items, principals, proof_panel, voices
from consilience.surfaces.web.view_models.gathered import Gathered, gather

LONG = forms.Textarea(attrs={"rows": 6})


class SignOffForm(forms.Form):
    """`seen` is the digest of what the page showed, `known_at` how much of the ledger it rested on."""

    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    known_at = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label=gettext_lazy("Decision"),
        widget=forms.RadioSelect,
        choices=[(str(one), sentences.VERDICTS[str(one)]) for one in rules.Verdict],
        error_messages={"required": gettext_lazy("Choose one.")},
    )
    reasons = forms.CharField(
        label=gettext_lazy("Reasons"), max_length=rules.MAX_REASON, widget=LONG,
        help_text=gettext_lazy("Everybody who works on this release reads them, and auditors do. Name no customer."),
        error_messages={"required": gettext_lazy("Say why; a decision without reasons cannot be relied on later.")},
    )  # fmt: skip
    expires_on = date_field(
        gettext_lazy("Valid until"), help_text=gettext_lazy("Leave it empty for as long as the content stays the same.")
    )


class ConditionForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What must happen"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    owner = forms.ChoiceField(label=gettext_lazy("Who does it"), required=False)
    due_on = date_field(gettext_lazy("By when"))

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [("", figures.DASH), *people]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        given = [name for name in ("text", "owner", "due_on") if said.get(name)]
        for name in {"text", "owner", "due_on"} - set(given) if given and not self.errors else ():
            self.add_error(name, _("A condition needs all three."))
        return said


Conditions = forms.formset_factory(ConditionForm, extra=3, max_num=20, absolute_max=20)


@page(action="review.sign_off", signs=Signs(("review.signed_off",), texts=("reasons",)))
def sign(
    request: HttpRequest, actor: Actor, asof: AsOf, system: str, version: str, stage: str, function: str
) -> HttpResponse:
    """The facet of a function, and the form by which one of its people decides on exactly that."""
    found = gather(actor, system, version, stage, asof)
    if function not in found.titles:
        raise NotFound("function", function)
    facet, everybody = releases.facet(found.release, function), principals.choices(asof)
    form = SignOffForm(posted(request), initial={"seen": facet.digest, "known_at": asof.known_at})
    conditions = Conditions(posted(request), prefix="conditions", form_kwargs={"people": everybody})
    if request.method == "POST" and form.is_valid() and conditions.is_valid():
        try:
            row = _signed_off(form, conditions, found, function)
        except Refused as error:
            if error.refusal.code != "facet_changed":
                raise
            found = gather(actor, system, version, stage, asof)
            facet = releases.facet(found.release, function)
            form = _asked_again(request.POST, form, facet, found, error)
        else:
            if row is not None:
                messages.success(request, _signed(row, found, function))
                return redirect("release", system, version, stage)
    release = found.release
    signing.holds(
        request, typed={"verdict": "verdict", "facet": "seen"},
        function=function, release=release.reference, stage=release.row.stage,
    )  # fmt: skip
    context = _sign_context(found, function, facet, form)
    status = 422 if form.errors or (request.method == "POST" and not conditions.is_valid()) else 200
    return render(
        request, "consilience/signoff.html", context | {"form": form, "conditions": conditions}, status=status
    )


def _signed_off(form: SignOffForm, conditions: Any, found: Gathered, function: str) -> SignOff | None:
    """The recorded decision; None after a refusal was written on the form. A changed facet is for the caller."""
    said = form.cleaned_data
    changed: list[Refused] = []

    def act() -> SignOff | None:
        try:
            return actions.sign_off(
                actor=found.actor, release=found.release.urn, function=function,
                verdict=rules.Verdict(said["verdict"]), reason=said["reasons"], seen=said["seen"],
                conditions=[_new_condition(row.cleaned_data) for row in conditions if row.cleaned_data.get("text")],
                expires_at=day(said["expires_on"], end=True), now=now(),
            )  # fmt: skip
        except Refused as error:
            if error.refusal.code != "facet_changed":
                raise
            changed.append(error)
            return None

    row = attempt(form, act)
    if changed:
        raise changed[0]
    return row


def _new_condition(said: dict[str, Any]) -> rules.NewCondition:
    due_at = day(said["due_on"], end=True)
    assert due_at is not None
    return rules.NewCondition(said["text"], said["owner"], due_at)


def _asked_again(sent: QueryDict, given: SignOffForm, facet: Facet, found: Gathered, error: Refused) -> SignOffForm:
    """The same form over the facet as it stands now: nothing that was typed is lost, and the person decides again."""
    data = sent.copy()
    data["seen"], data["known_at"] = facet.digest, str(found.asof.known_at)
    form = SignOffForm(data)
    form.full_clean()
    form.add_error(None, sentences.of_error(error).sentence + " " + _("What changed is marked beside the form."))
    form.then = given.cleaned_data["known_at"], given.cleaned_data["seen"]  # type: ignore[attr-defined]
    return form


def _signed(row: SignOff, found: Gathered, function: str) -> str:
    return _("Your decision for %(function)s is recorded as entry #%(n)s.") % {
        "function": found.titles[function], "n": f"{row.position:,}",
    }  # fmt: skip


def _sign_context(found: Gathered, function: str, facet: Facet, form: SignOffForm) -> dict[str, Any]:
    labels = items.Labels(found.release, found.kinds, found.visible)
    _standing, said = found.voices.standing(function)
    then = getattr(form, "then", None)
    if then is not None:
        changed = _since(found, function, facet, *then)
    else:
        changed = rules.stale_because(said.given, facet) if said else []
    outcomes = [
        one for one in found.assessment.outcomes if one.owner == function and one.code is not Code.NOT_APPLICABLE
    ]
    release = release_pages.head(found)
    count = len(found.assessment.policies)
    return {
        "release": release,
        "function": found.function(function),
        "policy": {"label": _("Policies in force: %(n)s") % {"n": count}, "url": reverse("policies")},
        "facet": {
            "digest": facet.digest,
            "items": items.facet_items(facet.items, changed, found, labels),
            "gone": [items.change_in_words(one, found.asof, labels) for one in changed if one.after is None],
        },
        "items": [{"state": voices.TICKS[one.code], "text": one.sentence()} for one in outcomes if not one.sign_off],
        "proof": _proof(found, said.row.position) if said else None,
        "previous": {"verdict": said.row.verdict, "by": found.signer(said), "at": said.given.signed_at, "signed_with": found.signed_with(said.row)}
        if said else None,
        "no_right": _who_can(found, function),
        "instead_of": _instead_of(found, function),
        "cancel_url": release["url"],
    }  # fmt: skip


def _instead_of(found: Gathered, function: str) -> str:
    """In whose stead this person decides here, by delegation; "" where they decide for themselves, or not at all."""
    mine = (one for one in found.stand_ins if (one.receiver, one.function) == (found.actor.urn, function))
    lent = next(mine, None) if function not in found.held else None
    return found.name(lent.giver) if lent else ""


def _proof(found: Gathered, position: int) -> dict[str, Any]:
    return proof_panel.of(found.actor, position, found.asof, system=found.release.system.slug)


def _since(found: Gathered, function: str, facet: Facet, known_at: int, seen: str) -> list[Any]:
    """What changed between the facet that the page showed and the one that stands now."""
    if known_at > found.asof.known_at:
        return []
    try:
        shown = releases.facet(releases.at(found.release, AsOf(found.asof.valid_at, known_at)), function)
    except NotFound:
        return []
    return changes(shown.items, facet.items) if shown.digest == seen else []


def _who_can(found: Gathered, function: str) -> str:
    """Why this person cannot decide here, and who can."""
    why = voices.why_not_sign(function, found)
    if not why:
        return ""
    others = [found.name(urn) for urn in found.holders.get(function, []) if urn not in found.authors]
    if not others:
        return why + " " + _("Nobody else holds this function yet.")
    who = {"names": words.and_list(others), "function": found.titles[function]}
    return why + " " + _("%(names)s can decide for %(function)s.") % who
