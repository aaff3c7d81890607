"""Proposing a policy, a proposal's page, and publishing it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

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
from consilience.domains.policy import actions, queries
from consilience.domains.policy.changes import differences
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.obligations import queries as obligations
from consilience.kit.clock import Instant, now
from consilience.kit.records.models import AsOf
from consilience.surfaces.language import told_in
from consilience.surfaces.web import tables, words
from consilience.surfaces.web.effects import of_proposal
from consilience.surfaces.web.shared import asked, attempt, date_field, day, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import library as shown
from consilience.surfaces.web.view_models.answer import in_language
from consilience.surfaces.web.view_models.requirements import requirements

Shown = dict[str, Any]


class ProposalForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("The policy, as YAML"), max_length=1_000_000, strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "mono"}),
        help_text=gettext_lazy("Every requirement brings its sentences and examples; the examples must come out as stated."),
    )  # fmt: skip


class PublishForm(forms.Form):
    in_force_from = date_field(
        gettext_lazy("In force from"), help_text=gettext_lazy("Leave it empty for at once. It cannot lie in the past.")
    )
    ahead_of = forms.TypedChoiceField(
        label=gettext_lazy("Until"), required=False, coerce=int, empty_value=None,
        help_text=gettext_lazy("A version that begins before a scheduled one is replaced by it then."),
    )  # fmt: skip

    def __init__(self, *args: Any, scheduled: Collection[Policy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not scheduled:
            del self.fields["ahead_of"]
            return
        until = [
            (
                one.version,
                _("Version %(version)s begins, on %(day)s")
                % {"version": one.version, "day": words.when(Instant(one.valid_from))},
            )
            for one in scheduled
        ]
        self.fields["ahead_of"].choices = [("", _("Another version is published")), *until]  # type: ignore[attr-defined]


@page(action="policy.read")
def proposal(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """A proposed policy, word for word, as it would be in force."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    row = life.proposal_ever(urn, asof)
    drafted, problem = shown.drafted(row, asof)
    titles, names = people.functions(asof), people.names([row.body["proposed_by"]])
    known = obligations.known(asof)
    open_still = row.urn in {one.urn for one in queries.open_proposals(asof)}
    url = reverse("proposal_publish", args=[row.urn])
    may = open_still and access.can(actor, "policy.publish", actions.LIBRARY, asof) is None
    own = row.body["proposed_by"] == actor.urn
    publish_it = {"label": _("Publish it"), "url": url, "icon": "check", "primary": True}
    context: Shown = {
        "policy": {
            "name": in_language(drafted.loaded.title, told_in()) if drafted else row.slug, "version": "",
            "text": _("Proposed by %(name)s. It is in force once a second person publishes it.") % {"name": names.get(row.body["proposed_by"], "")},
            "state": "draft" if open_still else "superseded", "digest": row.digest, "in_force_from": None,
            "published_at": None, "published_by": [], "download_url": "",
        },
        "tables": [tables.told(one) for one in drafted.loaded.tables] if drafted else [],
        "requirements": requirements(drafted.loaded, titles, known, queries.checked(drafted.text, drafted.zone, drafted.loaded))
        if drafted else [],
        "versions": [{"label": _("Proposal"), "url": "", "state": "draft", "at": row.valid_from,
                      "by": names.get(row.body["proposed_by"], ""), "current": True}],
        "actions": ([publish_it] if may and not own else []) + (_own_proposal(row) if own and open_still else []),
        "no_right": problem or _why_not(row, own=own, open_still=open_still),
        "policies_url": reverse("policies"), "compare_url": "", "review": None,
        "scope": shown.scope(drafted.loaded.scope) if drafted else "",
        "loosens": shown.loosened(drafted.loaded) if drafted else [],
        "below": shown.below(drafted.loaded, asof) if drafted and open_still else [],
        "earlier": _earlier(row, drafted, asof),
        "discussion": shown.discussion(actor, row.urn, reverse("proposal_comment", args=[row.urn]), asof),
        "effect": of_proposal(actor, row.urn, row.slug, asof) if open_still else None,
    }  # fmt: skip
    return render(request, "consilience/policy.html", context)


@page(action="policy.propose", signs=Signs(("policy.proposed",), texts=("text",)))
def propose(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "policy.propose", actions.LIBRARY, asof)
    replaces = asked(request, "replaces") or None
    initial = {"text": _begins_with(replaces, asked(request, "of"), asof)}
    form = ProposalForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"].replace("\r\n", "\n")
        row = attempt(form, lambda: actions.propose(actor=actor, text=text, replaces=replaces, now=now()))
        if row is not None:
            messages.success(request, _("The policy is proposed. A second person publishes it."))
            return redirect("proposal", urn=row.urn)
    return form_page(
        request, form, title=_("Propose a policy"), submit=_("Propose the policy"), cancel=reverse("policies"),
        lead=_("It is checked before it is proposed: types, sentences, and the examples of each requirement."),
        crumbs=[{"label": _("Policy library"), "url": reverse("policies")}],
    )  # fmt: skip


def _begins_with(replaces: str | None, of: str, asof: AsOf) -> str:
    """The text that a draft starts from: the proposal whose place it takes, else the newest version of a policy, else none."""
    if replaces:
        return str(life.open_proposal(replaces, asof).body["text"])
    return str(queries.policy(of, asof).body["text"]) if of else ""


@page(action="policy.publish", signs=Signs(("policy.published",)))
def publish(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    access.ensure(actor, "policy.publish", actions.LIBRARY, asof)
    row = queries.proposal(urn, asof)
    form = PublishForm(posted(request), scheduled=queries.scheduled(row.slug, asof))
    back = reverse("proposal", args=[urn])
    if request.method == "POST" and form.is_valid():
        start, ahead_of = day(form.cleaned_data["in_force_from"]), form.cleaned_data.get("ahead_of")
        made = attempt(form, lambda: actions.publish(
            actor=actor, proposal=urn, in_force_from=start, ahead_of=ahead_of, now=now(),
        ))  # fmt: skip
        if made is not None:
            messages.success(request, _("The policy is published. Gates that it concerns answer by it from then on."))
            return redirect("policy", made.slug)
    return form_page(
        request, form, title=_("Publish %(name)s") % {"name": row.slug}, submit=_("Publish %(name)s") % {"name": row.slug},
        cancel=back, lead=_("Two people publish a policy, one of them of the function that owns it."),
        crumbs=[{"label": _("Policy library"), "url": reverse("policies")}, {"label": row.slug, "url": back}],
    )  # fmt: skip


def _own_proposal(row: PolicyProposal) -> list[Shown]:
    """What its author may do with a proposal that is open."""
    return [
        {"label": _("Put another text in its place"), "url": reverse("policy_new") + f"?replaces={row.urn}", "icon": "pen", "primary": False},
        {"label": _("Take it back"), "url": reverse("proposal_take_back", args=[row.urn]), "icon": "x", "primary": False},
    ]  # fmt: skip


def _why_not(row: PolicyProposal, *, own: bool, open_still: bool) -> str:
    if row.withdrawn:
        replaced = row.body.get("replaced_by")
        return _("Another proposal took its place.") if replaced else _("It was taken back by whoever proposed it.")
    return _("You proposed it; a second person publishes it.") if own and open_still else ""


def _earlier(row: PolicyProposal, drafted: queries.InForce | None, asof: AsOf) -> Shown | None:
    """What a proposal says otherwise than the one before it; None where there is none, or one does not load by now."""
    before = life.earlier(row, asof)
    if before is None or drafted is None:
        return None
    old, _problem = shown.drafted(before, asof)
    if old is None:
        return None
    return {
        "told": shown.told(differences(old.loaded, drafted.loaded)),
        "url": reverse("proposal", args=[before.urn]),
    }
