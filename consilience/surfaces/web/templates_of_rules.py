"""Requirement templates: choosing one, filling it in while the page says what it would mean, proposing it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.gate.trying import tried
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import actions, queries
from consilience.domains.policy.examples import told_by_example
from consilience.domains.policy.templates import template as templates
from consilience.domains.policy.templates.adding import added, new_policy
from consilience.domains.policy.templates.parameters import STAGES, Parameter
from consilience.domains.policy.templates.template import Template
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces.language import told_in
from consilience.surfaces.web import words
from consilience.surfaces.web.register_forms import slug_field
from consilience.surfaces.web.shared import asked, attempt, filtered, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import lawful
from consilience.surfaces.web.view_models.answer import in_language

Shown = dict[str, Any]
NEW = ""
"""The choice of a policy that does not exist yet."""


class TemplateForm(forms.Form):
    """The blanks of a template, then where the requirement goes."""

    def __init__(self, *args: Any, of: Template, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in of.parameters:
            self.fields[one.name] = _field(one)
        self.of = of

    def values(self) -> dict[str, Any]:
        """What was filled in, by name of the blank."""
        return {one.name: self.cleaned_data[one.name] for one in self.of.parameters}


class PlaceForm(forms.Form):
    """Where a requirement goes: into a policy that exists, or a new one."""

    add_to = forms.ChoiceField(
        label=gettext_lazy("Where it goes"), required=False,
        help_text=gettext_lazy("In a policy that has a requirement of this name it takes that one's place."),
    )  # fmt: skip
    slug = slug_field(gettext_lazy("Name of the new policy in addresses"))
    title = forms.CharField(label=gettext_lazy("Title of the new policy"), required=False, max_length=200)
    owner = forms.ChoiceField(label=gettext_lazy("Function that owns the new policy"), required=False)

    def __init__(
        self, *args: Any, policies: list[tuple[str, str]], functions: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slug"].required = False
        self.fields["add_to"].choices = [*policies, (NEW, _("A new policy"))]  # type: ignore[attr-defined]
        self.fields["owner"].choices = functions  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if not said.get("add_to"):
            for name in ("slug", "title", "owner"):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, _("A new policy needs this."))
        return said


@page(action="policy.read")
def listing(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Every template, by what it is about, found by a word of its title or purpose."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    text = asked(request, "text").lower()
    titles = people.functions(asof)
    found = [_card(one, titles) for one in templates.shipped().values()]
    found = [one for one in found if text in f"{one['title']} {one['about']} {one['id']}".lower()]
    grouped = [
        (words.TEMPLATE_GROUPS[group], list(listed)) for group, listed in groupby(found, lambda one: one["group"])
    ]
    context = {"groups": grouped, "filter": filtered(request), "policies_url": reverse("policies")}
    return render(request, "consilience/requirement_templates.html", context)


@page(action="policy.read", signs=Signs(("policy.proposed",)))
def fill(request: HttpRequest, actor: Actor, asof: AsOf, template: str) -> HttpResponse:
    """A template as a form: what it says follows what is filled in, and whoever may proposes it."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    of = templates.template(template)
    may = access.can(actor, "policy.propose", actions.LIBRARY, asof) is None
    changed = _made_from(of, asked(request, "change"), asof)
    form = TemplateForm(posted(request), of=of, initial={**of.defaults, **(changed[1] if changed else {})})
    place = PlaceForm(
        request.POST if _proposing(request) else None, policies=_policies(asof),
        functions=[(code, str(name)) for code, name in people.functions(asof).items()],
        initial={"owner": of.body["owner"], "add_to": changed[0] if changed else _usual_place(of, asof)},
    )  # fmt: skip
    if _proposing(request) and form.is_valid() and place.is_valid():
        access.ensure(actor, "policy.propose", actions.LIBRARY, asof)
        row = attempt(place, lambda: actions.propose(actor=actor, text=_text(form, place, asof), now=now()))
        if row is not None:
            messages.success(request, _("The requirement is proposed. A second person publishes it."))
            return redirect("proposal", urn=row.urn)
    context = {
        "template": _card(of, people.functions(asof)), "form": form, "place": place if may else None, "preview": _preview(actor, form, asof),
        "templates_url": reverse("requirement_templates"), "policies_url": reverse("policies"),
        "preview_url": reverse("requirement_preview", args=[of.id]),
        "no_right": "" if may else _("You can try it here. Engineers and reviewers propose policies."),
    }  # fmt: skip
    wrong = request.method == "POST" and bool(form.errors or (place.is_bound and place.errors))
    return render(request, "consilience/requirement_template.html", context, status=422 if wrong else 200)


@page(action="policy.read")
def preview(request: HttpRequest, actor: Actor, asof: AsOf, template: str) -> HttpResponse:
    """What the form would say, as the part of the page that follows it while somebody types."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    of = templates.template(template)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = TemplateForm(request.POST, of=of)
    return render(request, "consilience/parts/template_preview.html", {"preview": _preview(actor, form, asof)})


def _made_from(of: Template, name: str, asof: AsOf) -> tuple[str, Mapping[str, Any]] | None:
    """The policy and the values of a requirement (`policy/requirement`) that this template made; None of any other."""
    slug, _slash, requirement = name.partition("/")
    row = next((one for one in queries.library(asof) if one.slug == slug), None)
    for one in queries.loaded(row).requirements if row else ():
        if one.id == requirement and one.from_template is not None and one.from_template.id == of.id:
            return slug, one.from_template.values
    return None


def _proposing(request: HttpRequest) -> bool:
    return request.method == "POST" and request.POST.get("do") == "propose"


def _text(form: TemplateForm, place: PlaceForm, asof: AsOf) -> str:
    requirement, said = templates.fill(form.of, form.values()), place.cleaned_data
    if said["add_to"]:
        return added(queries.policy(said["add_to"], asof).body["text"], requirement)
    title = {told_in(): said["title"], "en": said["title"]}
    return new_policy(said["slug"], title=title, owner=said["owner"], requirement=requirement)


def _policies(asof: AsOf) -> list[tuple[str, str]]:
    return [(row.slug, _said(queries.loaded(row).title)) for row in queries.library(asof)]


def _preview(actor: Actor, form: TemplateForm, asof: AsOf) -> Shown:
    """Words, rule and verdicts for what is filled in; why not, where that is impossible."""
    if form.is_bound and not form.is_valid():
        wrong = [f"{form.fields[name].label}: {error}" for name, errors in form.errors.items() for error in errors]
        return {"problem": " ".join(wrong)}
    values = form.values() if form.is_bound else {}
    try:
        requirement = templates.fill(form.of, values)
        text = new_policy("tried", title={"en": "Tried"}, owner=requirement["owner"], requirement=requirement)
        found = tried(actor, text, asof)
        [loaded] = queries.draft(text, asof).loaded.requirements
    except BadInput as error:
        return {"problem": f"{error.where}: {error.problem}"}
    return {
        "problem": "", "title": _said(requirement["title"]), "why": _said(requirement["why"]),
        "sentences": list(_said(told_by_example(loaded)).items()),
        "expression": _rule(requirement), "yaml": templates.as_yaml(requirement), "examples": len(requirement["examples"]),
        "verdicts": [
            {"url": reverse("release", args=[one.release.system.slug, one.release.version.reference, one.release.row.stage]),
             "label": one.release.reference, "stage": one.release.row.stage, "outcome": str(outcome.code),
             "sentence": outcome.sentence(told_in())}
            for one in found for outcome in one.outcomes
        ],
    }  # fmt: skip


def _usual_place(of: Template, asof: AsOf) -> str:
    """The first policy of the function that usually owns such a requirement; a new one where it has none."""
    owned = (row.slug for row in queries.library(asof) if row.body["owner"] == of.body["owner"])
    return next(owned, NEW)


def _said(texts: Mapping[str, Any]) -> Any:
    """What is said in the reader's language, or in English."""
    return in_language(texts, told_in())


def _rule(requirement: Mapping[str, Any]) -> str:
    return f"applies_if: {requirement['applies_if']}\n\nsatisfied_if: {requirement['satisfied_if']}"


def _card(one: Template, titles: Mapping[str, str]) -> Shown:
    return {
        "id": one.id, "group": one.group, "url": reverse("requirement_template", args=[one.id]),
        "title": _said(one.title), "about": _said(one.about), "owner": lawful.function(one.body["owner"], titles),
    }  # fmt: skip


def _field(one: Parameter) -> forms.Field:
    """The field that asks for a blank. What may be said is checked again by the template itself."""
    label, hint = _said(one.title), _said(one.help) if one.help else ""
    language = told_in()
    if one.kind == "choice":
        return forms.ChoiceField(
            label=label, help_text=hint, choices=[(code, one.words(code, language)) for code in one.choices]
        )
    if one.kind == "stages":
        return forms.MultipleChoiceField(
            label=label, help_text=hint, choices=[(code, one.words(code, language)) for code in STAGES],
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
    if one.numeric:
        least, most = (end if abs(end) < 1e300 else None for end in (one.least, one.most))
        kind = forms.IntegerField if one.whole else forms.FloatField
        step = {} if one.whole else {"widget": forms.NumberInput(attrs={"step": "any"})}
        return kind(label=label, help_text=hint, min_value=least, max_value=most, **step)  # type: ignore[arg-type]
    if one.kind == "texts":
        return _ListField(label=label, help_text=hint or _("With commas between them."), max_length=10_000)
    return forms.CharField(label=label, help_text=hint, max_length=200)


class _ListField(forms.CharField):
    """Texts with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, (list, tuple)) else value
