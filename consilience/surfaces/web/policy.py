"""The library of policies: what is in force, each requirement in words, proposing and publishing."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
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
from consilience.domains.policy.life.search import search
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.obligations import queries as obligations
from consilience.domains.policy.requirement import Policy as Loaded
from consilience.domains.policy.requirement import Requirement
from consilience.kit.clock import Instant, now
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces import law
from consilience.surfaces.web import tables, words
from consilience.surfaces.web.effects import of_proposal
from consilience.surfaces.web.shared import asked, attempt, date_field, day, form_page, page, posted
from consilience.surfaces.web.view_models import library as shown
from consilience.surfaces.web.view_models.answer import in_language
from consilience.surfaces.web.view_models.proved import proved

Shown = dict[str, Any]
NO_PAGES: Mapping[str, str] = {}


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
def library(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    published, proposals = queries.library(asof), queries.open_proposals(asof)
    titles = people.functions(asof)
    names = people.names(urn for row in published for urn in (row.body["proposed_by"], row.body["published_by"]))
    may = access.can(actor, "policy.propose", actions.LIBRARY, asof) is None
    in_force = _in_force(asof)
    rows = [_row(row, titles, names, in_force, asof) for row in published]
    rows += [_proposal_row(row, titles, asof) for row in proposals]
    text = asked(request, "text")
    found = search((queries.loaded(row) for row in published), text) if text else []
    context = {
        "policies": rows,
        "find": {"text": text, "active": bool(text), "hits": shown.hits(found, titles), "clear_url": request.path},
        "new": {"label": _("Propose a policy"), "url": reverse("policy_new")} if may else None,
        "sets_url": reverse("starter_sets"),
        "templates_url": reverse("requirement_templates"),
        "no_right": ""
        if may
        else _("Policies are proposed by engineers and reviewers, and published by a second person."),
    }
    return render(request, "consilience/policies.html", context)


@page(action="policy.read")
def policy(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    """One version of a policy: the newest, or the one that the address asks for."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    newest = queries.policy(slug, asof)
    history = [row for row in queries.history(slug) if row.position < asof.known_at]
    wanted = asked(request, "version")
    row = next((one for one in history if str(one.version) == wanted), newest)
    loaded = queries.published(row.body["text"], row.body["schema"], tuple(row.body["functions"]), row.body["zone"])
    names = people.names(urn for one in history for urn in (one.body["proposed_by"], one.body["published_by"]))
    titles, held, in_force = people.functions(asof), people.holders(asof), _in_force(asof)
    known = obligations.known(asof)

    def by(urn: str) -> Shown:
        functions = [titles[code] for code in titles if urn in held.get(code, ())]
        return {"name": names.get(urn, ""), "function": ", ".join(functions)}

    context: Shown = {
        "policy": {
            "name": in_language(loaded.title, "en"), "version": str(row.version), "text": _owned(loaded.owner, titles),
            "state": _state(row, in_force, asof), "digest": row.digest, "in_force_from": row.valid_from,
            "published_at": _published_at(row), "download_url": reverse("policy_export", args=[slug]) + f"?version={row.version}",
            "published_by": [by(row.body["proposed_by"]), by(row.body["published_by"])],
        },
        "tables": [tables.told(one, row.slug) for one in loaded.tables],
        "requirements": _requirements(loaded, titles, known, queries.checked_row(row), _pages(newest)),
        "versions": [_version(one, in_force, row, names, asof) for one in reversed(history)],
        "actions": [{"label": _("What a change does"), "url": reverse("policy_effect", args=[slug]), "icon": "scale", "primary": False}],
        "no_right": "", "policies_url": reverse("policies"), "effect": None, "earlier": None,
        "scope": shown.scope(loaded.scope), "loosens": shown.loosened(loaded),
        "compare_url": reverse("policy_compare", args=[slug]) + (f"?from={row.version - 1}&to={row.version}" if row.version > 1 else ""),
        "review": shown.review(row, actor, asof),
        "discussion": shown.discussion(actor, row.urn, reverse("policy_comment", args=[slug]), asof),
    }  # fmt: skip
    return render(request, "consilience/policy.html", context)


@page(action="policy.read")
def proposal(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """A proposed policy, word for word, as it would be in force."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    row = life.proposal_ever(urn, asof)
    drafted, problem = _drafted(row, asof)
    titles, names = people.functions(asof), people.names([row.body["proposed_by"]])
    known = obligations.known(asof)
    open_still = row.urn in {one.urn for one in queries.open_proposals(asof)}
    url = reverse("proposal_publish", args=[row.urn])
    may = open_still and access.can(actor, "policy.publish", actions.LIBRARY, asof) is None
    own = row.body["proposed_by"] == actor.urn
    publish_it = {"label": _("Publish it"), "url": url, "icon": "check", "primary": True}
    context: Shown = {
        "policy": {
            "name": in_language(drafted.loaded.title, "en") if drafted else row.slug, "version": "",
            "text": _("Proposed by %(name)s. It is in force once a second person publishes it.") % {"name": names.get(row.body["proposed_by"], "")},
            "state": "draft" if open_still else "superseded", "digest": row.digest, "in_force_from": None,
            "published_at": None, "published_by": [], "download_url": "",
        },
        "tables": [tables.told(one) for one in drafted.loaded.tables] if drafted else [],
        "requirements": _requirements(drafted.loaded, titles, known, queries.checked(drafted.text, drafted.zone, drafted.loaded))
        if drafted else [],
        "versions": [{"label": _("Proposal"), "url": "", "state": "draft", "at": row.valid_from,
                      "by": names.get(row.body["proposed_by"], ""), "current": True}],
        "actions": ([publish_it] if may and not own else []) + (_own_proposal(row) if own and open_still else []),
        "no_right": problem or _why_not(row, own=own, open_still=open_still),
        "policies_url": reverse("policies"), "compare_url": "", "review": None,
        "scope": shown.scope(drafted.loaded.scope) if drafted else "",
        "loosens": shown.loosened(drafted.loaded) if drafted else [],
        "earlier": _earlier(row, drafted, asof),
        "discussion": shown.discussion(actor, row.urn, reverse("proposal_comment", args=[row.urn]), asof),
        "effect": of_proposal(actor, row.urn, row.slug, asof) if open_still else None,
    }  # fmt: skip
    return render(request, "consilience/policy.html", context)


@page(action="policy.propose")
def propose(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "policy.propose", actions.LIBRARY, asof)
    replaces = asked(request, "replaces") or None
    initial = {"text": life.open_proposal(replaces, asof).body["text"]} if replaces else {}
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


@page(action="policy.publish")
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


def _pages(newest: Policy) -> dict[str, str]:
    """The pages of the requirements of a policy, by id: those of its newest version."""
    listed = queries.loaded(newest).requirements
    return {one.id: reverse("requirement", args=[newest.slug, one.id]) for one in listed}


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
    old, _problem = _drafted(before, asof)
    if old is None:
        return None
    return {
        "told": shown.told(differences(old.loaded, drafted.loaded)),
        "url": reverse("proposal", args=[before.urn]),
    }


def _row(row: Policy, titles: dict[str, str], names: dict[str, str], in_force: Collection[str], asof: AsOf) -> Shown:
    loaded = queries.published(row.body["text"], row.body["schema"], tuple(row.body["functions"]), row.body["zone"])
    return {
        "url": reverse("policy", args=[row.slug]),
        "name": in_language(loaded.title, "en"),
        "version": str(row.version),
        "text": "; ".join(in_language(one.title, "en") for one in loaded.requirements[:3]),
        "state": _state(row, in_force, asof),
        "source": "",
        "scope": shown.scope(loaded.scope),
        "review": shown.due_shown(life.due(row, asof)),
        "requirements": len(loaded.requirements),
        "functions": [{"code": row.body["owner"], "name": titles.get(row.body["owner"], row.body["owner"])}],
        "in_force_from": row.valid_from,
        "published_by": [names.get(row.body[one], "") for one in ("proposed_by", "published_by")],
    }


def _proposal_row(row: PolicyProposal, titles: dict[str, str], asof: AsOf) -> Shown:
    drafted, _problem = _drafted(row, asof)
    loaded = drafted.loaded if drafted else None
    return {
        "url": reverse("proposal", args=[row.urn]),
        "name": in_language(loaded.title, "en") if loaded else row.slug,
        "version": "",
        "text": "",
        "state": "draft",
        "source": "",
        "requirements": len(loaded.requirements) if loaded else None,
        "functions": [{"code": row.body["owner"], "name": titles.get(row.body["owner"], row.body["owner"])}],
        "in_force_from": None,
        "published_by": [],
    }


def _drafted(row: PolicyProposal, asof: AsOf) -> tuple[queries.InForce | None, str]:
    """The loaded draft, or what keeps it from loading by now."""
    try:
        return queries.draft(row.body["text"], asof), ""
    except BadInput as error:
        return None, str(error)


def _state(row: Policy, in_force: Collection[str], asof: AsOf) -> str:
    """`in_force` are the digests of the versions that the gate asks: a newer one may begin before one published earlier."""
    if row.digest in in_force:
        return "in_force"
    return "scheduled" if row.valid_from > asof.valid_at and not row.withdrawn else "retired"


def _in_force(asof: AsOf) -> set[str]:
    return {row.digest for row in queries.rows_in_force(asof)}


def _published_at(row: Policy) -> str:
    from consilience.domains.ledger import queries as ledger

    return str(ledger.entry(row.position).at)


def _owned(owner: str, titles: dict[str, str]) -> str:
    return _("Owned by %(function)s. Changing it takes two people, one of them of this function.") % {
        "function": titles.get(owner, owner)
    }


def _version(one: Policy, in_force: Collection[str], shown: Policy, names: dict[str, str], asof: AsOf) -> Shown:
    return {
        "label": _("Version %(n)s") % {"n": one.version},
        "url": reverse("policy", args=[one.slug]) + f"?version={one.version}",
        "state": _state(one, in_force, asof),
        "at": one.valid_from,
        "by": names.get(one.body["published_by"], ""),
        "current": one.digest == shown.digest,
    }


def _requirements(
    loaded: Loaded,
    titles: dict[str, str],
    known: Mapping[str, obligations.Found],
    report: Shown,
    pages: Mapping[str, str] = NO_PAGES,
) -> list[Shown]:
    """`pages` are the addresses of the requirements that have one of their own, by id."""
    found = proved(report)
    return [
        {**_requirement(one, titles, known), "proved": found[one.id], "url": pages.get(one.id, "")}
        for one in loaded.requirements
    ]


def _requirement(one: Requirement, titles: dict[str, str], known: Mapping[str, obligations.Found]) -> Shown:
    expression = one.satisfied_if.text.strip()
    if one.applies_if is not None:
        expression = f"applies_if: {one.applies_if.text.strip()}\n\nsatisfied_if: {expression}"
    return {
        "code": one.id,
        "sentence": in_language(one.title, "en"),
        "reason": in_language(one.why, "en"),
        "applies": "" if one.applies_if else _("always"),
        "severity": str(one.severity),
        "expression": expression,
        "function": {"code": one.owner, "name": titles.get(one.owner, one.owner)},
        "stages": [],
        "thresholds": [],
        "obligations": _obligations(one, known),
        "examples": [
            {
                "name": each.name,
                "outcome": str(each.expect),
                "facts": json.dumps(each.facts, indent=2, ensure_ascii=False),
            }
            for each in one.examples
        ],
    }


def _obligations(one: Requirement, known: Mapping[str, obligations.Found]) -> list[Shown]:
    """Where it follows from: the source in words, and the obligations that it cites; a name that nobody explains says so."""
    listed: list[Shown] = [{"label": one.source.rstrip("."), "url": ""}] if one.source else []
    for name in one.obligations:
        found = known.get(name)
        if found is None:
            listed.append({"label": _("%(name)s, which no pack explains") % {"name": name}, "url": ""})
        else:
            label = f"{law.text(found.obligation.title)} ({name})"
            listed.append({"label": label, "url": reverse("obligation", args=[found.obligation.id])})
    return listed
