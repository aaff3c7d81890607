"""Starter sets: what each is for, its requirements in sentences, worked systems, and proposing its policies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from consilience.domains.access import queries as access
from consilience.domains.gate import worked as gate
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.policy import actions, adopting, queries
from consilience.domains.policy.adopting import Held
from consilience.domains.policy.outcome import Code
from consilience.domains.policy.requirement import Policy, Requirement
from consilience.domains.policy.starter_sets import StarterSet, starter_policy, starter_set, starter_sets
from consilience.domains.policy.tables.words import in_language
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.surfaces.language import told_in
from consilience.surfaces.web.shared import page

Shown = dict[str, Any]


@page(action="policy.read")
def listing(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Every set: what it is for, and how many policies it has."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    context = {"sets": [_card(one) for one in starter_sets().values()], "policies_url": reverse("policies")}
    return render(request, "consilience/starter_sets.html", context)


@page(action="policy.read")
def one_set(request: HttpRequest, actor: Actor, asof: AsOf, name: str) -> HttpResponse:
    """A set: its policies with what is in the library already, its requirements, and the set at work on two systems."""
    access.ensure(actor, "policy.read", actions.LIBRARY, asof)
    found, schema = starter_set(name), queries.schema(asof)
    may = access.can(actor, "policy.propose", actions.LIBRARY, asof) is None
    loaded = gate.loaded(found, schema)
    rows = _policies(found, adopting.states(found, asof), loaded, people.functions(asof))
    missing = sum(not one["state"] for one in rows)
    context = {
        "set": _card(found),
        "policies": rows,
        "worked": [_worked(gate.worked(found, which), loaded, schema) for which in found.worked],
        "missing": missing,
        "may_propose": may,
        "propose_all_url": reverse("starter_propose_all", args=[name]) if may and missing else "",
        "policies_url": reverse("policies"),
        "sets_url": reverse("starter_sets"),
        "no_right": "" if may else _("Policies are proposed by engineers and reviewers, and published by a second person."),
    }  # fmt: skip
    return render(request, "consilience/starter_set.html", context)


@require_POST
@page(action="policy.propose")
def propose(request: HttpRequest, actor: Actor, asof: AsOf, name: str, policy: str) -> HttpResponse:
    """Put one policy of a set forward, word for word as it is shipped, unless there is one of its name."""
    access.ensure(actor, "policy.propose", actions.LIBRARY, asof)
    for state in adopting.states(starter_set(name), asof):
        if state.name == policy and state.held is not Held.ABSENT:
            messages.info(
                request, _("Left as they are, since they are there already: %(names)s.") % {"names": state.slug}
            )
            return redirect("starter_set", name=name)
    row = actions.propose(actor=actor, text=starter_policy(name, policy), now=now())
    messages.success(request, _("The policy is proposed. A second person publishes it."))
    return redirect("proposal", urn=row.urn)


@require_POST
@page(action="policy.propose")
def propose_all(request: HttpRequest, actor: Actor, asof: AsOf, name: str) -> HttpResponse:
    """Put every policy of a set forward that is not there yet, and say of each what came of it."""
    access.ensure(actor, "policy.propose", actions.LIBRARY, asof)
    made = actions.propose_missing(actor=actor, of=starter_set(name), asof=asof, clock=now)
    done = [one.slug for one in made if one.proposed_now]
    if done:
        said = ngettext("%(n)s policy is proposed: %(names)s.", "%(n)s policies are proposed: %(names)s.", len(done))
        more = _("A second person publishes each.")
        messages.success(request, said % {"n": len(done), "names": ", ".join(done)} + " " + more)
    there = [one.slug for one in made if one.held is not Held.ABSENT and not one.proposed_now]
    if there:
        messages.info(
            request, _("Left as they are, since they are there already: %(names)s.") % {"names": ", ".join(there)}
        )
    for one in made:
        if one.problem:
            messages.error(
                request, _("%(name)s cannot be proposed here: %(why)s") % {"name": one.slug, "why": one.problem}
            )
    return redirect("starter_set", name=name)


def _card(one: StarterSet) -> Shown:
    language = told_in()
    return {
        "name": one.name,
        "title": in_language(one.title, language),
        "text": in_language(one.text, language),
        "count": len(one.policies),
        "worked": bool(one.worked),
        "url": reverse("starter_set", args=[one.name]),
    }


def _policies(
    found: StarterSet, states: Sequence[adopting.State], loaded: Sequence[Policy], titles: Mapping[str, str]
) -> list[Shown]:
    language = told_in()
    return [
        {
            "name": in_language(policy.title, language),
            "code": state.slug,
            "function": {"code": policy.owner, "name": titles.get(policy.owner, policy.owner)},
            "tables": len(policy.tables),
            "state": _status(state),
            "differs": state.held is not Held.ABSENT and not state.same,
            "url": _held_at(state),
            "propose_url": reverse("starter_propose", args=[found.name, state.name])
            if state.held is Held.ABSENT
            else "",
            "requirements": [_requirement(one, language) for one in policy.requirements],
        }
        for state, policy in zip(states, loaded, strict=True)
    ]


def _status(state: adopting.State) -> str:
    """The status code of a policy in the library; empty where there is none."""
    if state.held is Held.PUBLISHED:
        return "in_force" if state.in_force else "scheduled"
    return "draft" if state.held is Held.PROPOSED else ""


def _held_at(state: adopting.State) -> str:
    if state.held is Held.PUBLISHED:
        return reverse("policy", args=[state.slug])
    return reverse("proposal", args=[state.urn]) if state.urn else ""


def _requirement(one: Requirement, language: str) -> Shown:
    return {
        "title": in_language(one.title, language),
        "why": in_language(one.why, language),
        "source": one.source,
        "obligations": list(one.obligations),
        "stages": gate.stages_of(one),
        "severity": str(one.severity),
    }


def _worked(system: gate.Worked, loaded: Sequence[Policy], schema: Any) -> Shown:
    language = told_in()
    titles = {
        (policy.slug, one.id): in_language(one.title, language) for policy in loaded for one in policy.requirements
    }
    return {
        "passes": system.name == gate.PASSES,
        "title": in_language(system.title, language),
        "text": in_language(system.text, language),
        "wrong": [in_language(one.said, language) for one in system.wrong],
        "stages": [_stage(one, titles, language) for one in gate.judged(loaded, system, schema, system.wrong)],
    }


def _stage(one: gate.AtStage, titles: Mapping[tuple[str, str], str], language: str) -> Shown:
    applying = [each for each in one.outcomes if each.code is not Code.NOT_APPLICABLE]
    refused = [each for each in applying if f"{each.policy}/{each.requirement}" in one.verdict.unmet]
    listed = refused + [each for each in applying if each not in refused]
    return {
        "stage": one.stage,
        "state": "allowed" if one.verdict.allowed else "blocked",
        "tier": one.tier,
        "open": bool(refused),
        "outcomes": [
            {
                "title": titles[each.policy, each.requirement],
                "code": f"{each.policy}/{each.requirement}",
                "outcome": str(each.code),
                "sentence": each.sentence(language),
            }
            for each in listed
        ],
    }
