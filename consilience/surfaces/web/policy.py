"""The library of policies: what is in force, each requirement in words, proposing and publishing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import actions, queries
from consilience.domains.policy.life import queries as life
from consilience.domains.policy.life.search import search
from consilience.domains.policy.models import Policy, PolicyProposal
from consilience.domains.policy.obligations import queries as obligations
from consilience.kit.records.models import AsOf
from consilience.surfaces.language import told_in
from consilience.surfaces.web import tables
from consilience.surfaces.web.shared import asked, page
from consilience.surfaces.web.view_models import library as shown
from consilience.surfaces.web.view_models import proof_panel
from consilience.surfaces.web.view_models.answer import in_language
from consilience.surfaces.web.view_models.requirements import requirements

Shown = dict[str, Any]


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
            "name": in_language(loaded.title, told_in()), "version": str(row.version), "text": _owned(loaded.owner, titles),
            "state": _state(row, in_force, asof), "digest": row.digest, "in_force_from": row.valid_from,
            "published_at": _published_at(row), "download_url": reverse("policy_export", args=[slug]) + f"?version={row.version}",
            "published_by": [by(row.body["proposed_by"]), by(row.body["published_by"])],
        },
        "tables": [tables.told(one, row.slug) for one in loaded.tables],
        "requirements": requirements(loaded, titles, known, queries.checked_row(row), _pages(newest)),
        "versions": [_version(one, in_force, row, names, asof) for one in reversed(history)],
        "actions": [*_next_version(actor, slug, asof),
                    {"label": _("What a change does"), "url": reverse("policy_effect", args=[slug]), "icon": "scale", "primary": False}],
        "no_right": "", "policies_url": reverse("policies"), "effect": None, "earlier": None,
        "scope": shown.scope(loaded.scope), "loosens": shown.loosened(loaded),
        "below": shown.below(loaded, asof) if row.digest == newest.digest else [],
        "compare_url": reverse("policy_compare", args=[slug]) + (f"?from={row.version - 1}&to={row.version}" if row.version > 1 else ""),
        "review": shown.review(row, actor, asof),
        "proof": proof_panel.of(actor, row.position, asof),
        "discussion": shown.discussion(actor, row.urn, reverse("policy_comment", args=[slug]), asof),
    }  # fmt: skip
    return render(request, "consilience/policy.html", context)


def _next_version(actor: Actor, slug: str, asof: AsOf) -> list[Shown]:
    """Where whoever may drafts the version after the newest, starting from its text."""
    if access.can(actor, "policy.propose", actions.LIBRARY, asof) is not None:
        return []
    url = reverse("policy_new") + f"?of={slug}"
    return [{"label": _("Draft the next version"), "url": url, "icon": "pen", "primary": False}]


def _pages(newest: Policy) -> dict[str, str]:
    """The pages of the requirements of a policy, by id: those of its newest version."""
    listed = queries.loaded(newest).requirements
    return {one.id: reverse("requirement", args=[newest.slug, one.id]) for one in listed}


def _row(row: Policy, titles: dict[str, str], names: dict[str, str], in_force: Collection[str], asof: AsOf) -> Shown:
    loaded = queries.published(row.body["text"], row.body["schema"], tuple(row.body["functions"]), row.body["zone"])
    return {
        "url": reverse("policy", args=[row.slug]),
        "name": in_language(loaded.title, told_in()),
        "version": str(row.version),
        "text": "; ".join(in_language(one.title, told_in()) for one in loaded.requirements[:3]),
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
    drafted, _problem = shown.drafted(row, asof)
    loaded = drafted.loaded if drafted else None
    return {
        "url": reverse("proposal", args=[row.urn]),
        "name": in_language(loaded.title, told_in()) if loaded else row.slug,
        "version": "",
        "text": "",
        "state": "draft",
        "source": "",
        "requirements": len(loaded.requirements) if loaded else None,
        "functions": [{"code": row.body["owner"], "name": titles.get(row.body["owner"], row.body["owner"])}],
        "in_force_from": None,
        "published_by": [],
    }


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
