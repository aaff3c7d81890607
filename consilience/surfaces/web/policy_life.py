"""Versions compared, one requirement for people who are no programmers, what is said, reviews, files."""

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
from consilience.domains.evidence import queries as evidence
from consilience.domains.gate import requirement_seen
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import queries
from consilience.domains.policy.actions import LIBRARY
from consilience.domains.policy.changes import differences
from consilience.domains.policy.language.facts import bind
from consilience.domains.policy.life import actions
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.life.search import kinds_of_evidence
from consilience.domains.policy.life.story import requirement_of, since, story
from consilience.domains.policy.models import Policy
from consilience.domains.policy.obligations import queries as obligations
from consilience.domains.policy.requirement import Requirement
from consilience.domains.policy.rules import outcome_of
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant, now
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces.language import told_in
from consilience.surfaces.web import words
from consilience.surfaces.web.shared import asked, attempt, date_field, day, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import library as shown
from consilience.surfaces.web.view_models import plain
from consilience.surfaces.web.view_models.answer import in_language
from consilience.surfaces.web.view_models.requirements import cited

Shown = dict[str, Any]


class CommentForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What you say"), max_length=actions.LONGEST, widget=forms.Textarea(attrs={"rows": 4})
    )
    answers = forms.CharField(required=False, max_length=160, widget=forms.HiddenInput)


class TakeBackForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why"), required=False, max_length=actions.LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReviewForm(forms.Form):
    next_look = date_field(gettext_lazy("To be looked at again by"), required=True)
    note = forms.CharField(
        label=gettext_lazy("What you found"), required=False, max_length=actions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class VersionsForm(forms.Form):
    old = forms.TypedChoiceField(label=gettext_lazy("From"), coerce=int)
    new = forms.TypedChoiceField(label=gettext_lazy("To"), coerce=int)

    def __init__(self, *args: Any, versions: list[Policy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [
            (
                row.version,
                _("Version %(n)s, from %(day)s") % {"n": row.version, "day": words.when(Instant(row.valid_from))},
            )
            for row in versions
        ]
        for name in ("old", "new"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


@page(action="policy.read")
def compare(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """What one version of a policy says otherwise than another, in words; without an answer the last two."""
    access.ensure(actor, "policy.read", LIBRARY, asof)
    newest = queries.policy(slug, asof)
    versions = [row for row in queries.history(slug) if row.position < asof.known_at]
    usual = {"from": str(max(1, newest.version - 1)), "to": str(newest.version)}
    data = {field: asked(request, name) or usual[name] for field, name in (("old", "from"), ("new", "to"))}
    form = VersionsForm(data, versions=versions)
    context: Shown = {
        "name": in_language(queries.loaded(newest).title, told_in()), "form": form, "told": None,
        "policy_url": reverse("policy", args=[slug]), "policies_url": reverse("policies"),
        "effect_url": reverse("policy_effect", args=[slug]), "one": len(versions) < 2,
    }  # fmt: skip
    if form.is_valid():
        old, new = (life.version(slug, form.cleaned_data[name], asof) for name in ("old", "new"))
        context["told"] = shown.told(differences(queries.loaded(old), queries.loaded(new)))
        context["effect_url"] += f"?old={slug}@{old.version}&new={slug}@{new.version}"
    return render(request, "consilience/policy_compare.html", context, status=422 if form.errors else 200)


@page(action="policy.read")
def export(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """A published version as it was published, byte for byte."""
    access.ensure(actor, "policy.read", LIBRARY, asof)
    wanted = asked(request, "version")
    row = life.version(slug, int(wanted) if wanted.isdecimal() and len(wanted) < 10 else None, asof)
    response = HttpResponse(row.body["text"].encode(), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.yaml"'
    return response


@page(action="policy.read")
def requirement(request: HttpRequest, actor: Actor, asof: AsOf, slug: str, requirement: str) -> HttpResponse:
    """One requirement: what is asked, why, since when, from which law, who owns it, what it saw on each live release."""
    access.ensure(actor, "policy.read", LIBRARY, asof)
    row = queries.policy(slug, asof)
    loaded = queries.as_asked(row).loaded
    one = requirement_of(loaded, requirement)
    if one is None:
        raise NotFound("requirement", f"{slug}/{requirement}")
    language, titles, kinds = told_in(), people.functions(asof), evidence.kind_titles(asof)
    editions = life.editions(slug, asof)
    context: Shown = {
        "requirement": {
            "code": one.name, "title": in_language(one.title, language), "why": in_language(one.why, language),
            "severity": str(one.severity), "owner": {"code": one.owner, "name": titles.get(one.owner, one.owner)},
            "since": since(editions, one.id), "scope": shown.scope(one.scope), "source": one.source.rstrip("."),
            "examples": [
                {"name": each.name, "outcome": str(each.expect), "sentence": _said(one, each.facts, language)}
                for each in one.examples
            ],
            "evidence": [kinds.get(code, code) for code in kinds_of_evidence(one)], "expression": _rule(one),
            "waiver": _waiver_terms(one, titles),
            "may_loosen": [titles.get(code, code) for code in one.may_be_loosened_by],
        },
        "tightens": _named(one.tightens), "obligations": cited(one, obligations.known(asof))[1 if one.source else 0 :], "template": _template(one),
        "story": [
            {"version": each.edition.number, "begins": each.edition.begins, "told": shown.told(each.changes)}
            for each in reversed(story(editions, one.id))
        ],
        "seen": [_seen(each, language) for each in requirement_seen.seen(actor, slug, one.id, asof)],
        "policy": {"name": in_language(loaded.title, language), "url": reverse("policy", args=[slug])},
        "policies_url": reverse("policies"), "live_url": reverse("standings"),
    }  # fmt: skip
    return render(request, "consilience/requirement.html", context)


@page(action="policy.discuss", signs=Signs(("policy.commented",), texts=("text",)))
def comment(request: HttpRequest, actor: Actor, asof: AsOf, about: str) -> HttpResponse:
    """Say something about a policy (its name) or a proposal (its URN)."""
    access.ensure(actor, "policy.discuss", LIBRARY, asof)
    row, form = life.subject(about, asof), CommentForm(posted(request))
    back = reverse("policy", args=[row.slug]) if isinstance(row, Policy) else reverse("proposal", args=[row.urn])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        answers = said["answers"] or None
        made = attempt(
            form, lambda: actions.comment(actor=actor, about=about, text=said["text"], answers=answers, now=now())
        )
        if made is not None:
            return redirect(f"{back}#discussion")
    return form_page(
        request, form, title=_("Say something about %(name)s") % {"name": row.slug}, submit=_("Say it"), cancel=back,
        crumbs=[{"label": _("Policy library"), "url": reverse("policies")}, {"label": row.slug, "url": back}],
    )  # fmt: skip


@page(action="policy.propose", signs=Signs(("policy.proposal_taken_back",), texts=("reason",)))
def take_back(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """Take back one's own proposal."""
    access.ensure(actor, "policy.propose", LIBRARY, asof)
    row, form = life.proposal_ever(urn, asof), TakeBackForm(posted(request))
    back = reverse("proposal", args=[urn])
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        made = attempt(form, lambda: actions.take_back(actor=actor, proposal=urn, reason=reason, now=now()))
        if made is not None:
            messages.success(request, _("The proposal is taken back. Nobody can publish it any more."))
            return redirect(back)
    return form_page(
        request, form, title=_("Take the proposal back"), submit=_("Take it back"), cancel=back, danger=True,
        crumbs=[{"label": _("Policy library"), "url": reverse("policies")}, {"label": row.slug, "url": back}],
    )  # fmt: skip


@page(action="policy.publish", signs=Signs(("policy.reviewed",), texts=("note",)))
def review(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """Say that a policy was looked at again and is right as it stands."""
    access.ensure(actor, "policy.publish", LIBRARY, asof)
    queries.policy(slug, asof)
    form, back = ReviewForm(posted(request)), reverse("policy", args=[slug])
    if request.method == "POST" and form.is_valid():
        next_look, note = day(form.cleaned_data["next_look"], end=True), form.cleaned_data["note"]
        made = attempt(form, lambda: actions.still_right(
            actor=actor, slug=slug, next_look=next_look or asof.valid_at, note=note, now=now(),
        ))  # fmt: skip
        if made is not None:
            messages.success(request, _("It is recorded that the policy is right as it stands."))
            return redirect(back)
    return form_page(
        request, form, title=_("Reviewed, still right"), submit=_("Record the review"), cancel=back,
        lead=_("You looked at the policy again and would change nothing. Else propose another version."),
        crumbs=[{"label": _("Policy library"), "url": reverse("policies")}, {"label": slug, "url": back}],
    )  # fmt: skip


def _rule(one: Requirement) -> str:
    applies = f"applies_if: {one.applies_if.text.strip()}\n\n" if one.applies_if else ""
    return f"{applies}satisfied_if: {one.satisfied_if.text.strip()}"


def _said(one: Requirement, facts: Json, language: str) -> str:
    """What the requirement says of an example."""
    return outcome_of(one, bind(facts, one.satisfied_if.schema)).sentence(language)


def _named(name: str | None) -> Shown | None:
    if name is None:
        return None
    policy, _slash, requirement = name.partition("/")
    return {"label": name, "url": reverse("requirement", args=[policy, requirement])}


def _template(one: Requirement) -> Shown | None:
    """The template that made it, and where it can be filled in anew with the same values."""
    made = one.from_template
    if made is None:
        return None
    return {"label": made.id, "url": reverse("requirement_template", args=[made.id]) + f"?change={one.name}"}


def _waiver_terms(one: Requirement, titles: dict[str, str]) -> str:
    """Who may set a requirement aside for a release, in words."""
    if one.waiver is None:
        return _("by nobody")
    if one.waiver.never:
        return _("never")
    who = words.and_list([titles.get(code, code) for code in one.waiver.by])
    return _("by %(who)s, for at most %(days)s days") % {"who": who, "days": one.waiver.days}


def _seen(one: requirement_seen.Seen, language: str) -> Shown:
    release = one.release
    return {
        "name": release.reference, "stage": release.row.stage, "outcome": str(one.outcome.code),
        "sentence": one.outcome.sentence(language), "plain": plain.of_release(release, one.facts).told(one.outcome),
        "url": reverse("release", args=[release.system.slug, release.version.reference, release.row.stage]),
    }  # fmt: skip
