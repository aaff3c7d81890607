"""The page of a release; proposing one, taking it back, asking the gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from consilience.domains.access import queries as access
from consilience.domains.evidence.models import Evidence
from consilience.domains.gate import actions as gate
from consilience.domains.gate import queries as gate_queries
from consilience.domains.gate import tiering
from consilience.domains.gate.models import Decision
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.domains.release import actions, queries
from consilience.domains.release.models import Release
from consilience.domains.release.rules import Stage
from consilience.kit.clock import moment, now
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web.shared import attempt, form_page, page, posted
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import (
    activity,
    answer,
    drifted,
    evidence_rows,
    items,
    measured,
    pictured,
    standing,
    tier,
    voices,
)
from consilience.surfaces.web.view_models.gathered import Gathered, answer_code, gather


class ProposalForm(forms.Form):
    system = forms.ChoiceField(
        label=gettext_lazy("System"), help_text=gettext_lazy("Where this version shall be used.")
    )
    stage = forms.ChoiceField(
        label=gettext_lazy("Stage"),
        choices=[(str(one), sentences.STAGES[str(one)]) for one in Stage],
        initial="operation",
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Why now, and what whoever decides should know. Name no customer."),
    )  # fmt: skip


class ReasonForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}))


@page(action="release.read")
def shown(request: HttpRequest, actor: Actor, asof: AsOf, system: str, version: str, stage: str) -> HttpResponse:
    """May this version go to this stage, what did each function say, and on what evidence."""
    found = gather(actor, system, version, stage, asof)
    request.known_names = found.names  # type: ignore[attr-defined] # the frame names the reader, who is among them
    return render(request, "consilience/release.html", _context(found))


@require_POST
@page(action="gate.decide")
def ask(request: HttpRequest, actor: Actor, asof: AsOf, system: str, version: str, stage: str) -> HttpResponse:
    """Ask the gate, and record its answer with everything that it was drawn from."""
    queries.release(actor, system, version, stage, asof)
    row = gate.decide(actor=actor, system=system, version=version, stage=stage, now=now())
    said = answer.headline(answer_code(row.body["exit_code"]), stage)
    messages.success(request, _("The gate was asked, and its answer is recorded: %(said)s") % {"said": said})
    return redirect("decision", urn=row.urn)


@page(action="release.propose", signs=Signs(("release.proposed",), texts=("note",)))
def propose(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    """Propose a version for a stage in one of the systems that it serves."""
    of = inventory.version(actor, reference, asof)
    form = ProposalForm(posted(request))
    able = [one for one in inventory.systems(actor, asof) if one.urn in of.model.body["systems"]]
    allowed = [one for one in able if access.can(actor, "release.propose", one, asof) is None]
    form.fields["system"].choices = [(one.slug, one.body["name"]) for one in allowed]  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: actions.propose(actor=actor, version=reference, **form.cleaned_data, now=now()))
        if row is not None:
            messages.success(request, _("The release is proposed. Each function now sees what waits for it."))
            return redirect("release", form.cleaned_data["system"], reference, form.cleaned_data["stage"])
    return form_page(
        request, form, title=_("Propose a release"), submit=_("Propose %(version)s") % {"version": reference},
        lead=_("The requirements in force and the functions that decide follow from the system and the stage."),
        crumbs=[{"label": _("Models"), "url": reverse("models")}, {"label": reference, "url": _version_url(reference)}],
        cancel=_version_url(reference),
        no_right="" if allowed else _("Proposing takes the role of an engineer in a system that this model serves."),
    )  # fmt: skip


@page(action="release.propose", signs=Signs(("release.withdrawn",), texts=("reason",)))
def withdraw(request: HttpRequest, actor: Actor, asof: AsOf, system: str, version: str, stage: str) -> HttpResponse:
    """Take a proposal back. What was signed stays on record."""
    found = queries.proposal(actor, system, version, stage, asof)
    access.ensure(actor, "release.propose", found, asof)
    within = inventory.system(actor, system, asof)
    # The release of a withdrawn version has no page of its own to go back to.
    back = reverse("release", args=[system, version, stage]) if queries.readable(found, asof) else ""
    form, place = ReasonForm(posted(request)), reverse("system", args=[system])
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: actions.withdraw(
            actor=actor, system=system, version=version, stage=stage, reason=form.cleaned_data["reason"], now=now(),
        ))  # fmt: skip
        if row is not None:
            messages.success(request, _("The proposal was taken back. What was signed stays on record."))
            return redirect("system", system)
    return form_page(
        request, form, title=_("Take the proposal back"), submit=_("Take the proposal back"), cancel=back or place, danger=True,
        lead=_("%(version)s to %(stage)s. Decisions that were given stay on record.")
        % {"version": version, "stage": sentences.word(sentences.STAGES, stage).lower()},
        crumbs=[{"label": within.body["name"], "url": place}, *([{"label": version, "url": back}] if back else [])],
    )  # fmt: skip


def _context(found: Gathered) -> dict[str, Any]:
    labels = items.Labels(found.release, found.kinds, found.visible)
    newest = _newest(found)
    agreed = measured.bounds(found.requirements, found.assessment.outcomes)
    reference = found.release.version.reference
    address = [found.release.system.slug, reference, found.release.row.stage]
    return {
        "release": head(found),
        "actions": _actions(found),
        "ask_url": reverse("release_ask", args=address) if found.may("gate.decide") else "",
        "stages": _stages(found),
        "gate": answer.answer(found),
        "tier_change": tier.change(gate_queries.tier_change(found.assessment)),
        "functions": voices.function_cards(found, labels),
        "requirement_groups": answer.requirement_groups(found),
        "fairness": measured.fairness(newest.get("fairness_evaluation"), agreed, found.plainly),
        "performance": measured.performance(newest.get("evaluation"), agreed, found.plainly),
        "calibration_rows": measured.calibration(newest.get("evaluation"), agreed, found.plainly),
        "calibration": None,
        "drift": drifted.card(newest.get("drift_evaluation")),
        "measured": pictured.cards(found.actor, newest, found.kinds, found.asof),
        "evidence": evidence_rows.current(found, labels),
        "evidence_new": {"label": _("Attach evidence"), "url": reverse("version_attach", args=[reference])}
        if found.may("evidence.attach") else None,
        "conditions": voices.conditions(found.voices.conditions, found),
        "standing": standing.card(found),
        "objections": voices.objections(found),
        "blocks": voices.blocks(found),
        "dossier": items.dossier(found, labels),
        "dossier_digest": found.release.dossier.whole,
        "no_right": "",
        **_activity(found),
    }  # fmt: skip


def head(found: Gathered) -> dict[str, Any]:
    """The head of every page about a release."""
    release, system = found.release, found.release.system
    note = found.text(release.row.body["note"])
    return {
        "name": release.version.reference,
        "stage": sentences.word(sentences.STAGES, release.row.stage).lower(),
        "description": note or system.body["description"],
        "owner": found.name(system.body["owner"]),
        "affected": "",
        "proposed_by": found.name(release.row.body["proposed_by"]),
        "proposed_at": release.row.body["proposed_at"],
        "url": reverse("release", args=[system.slug, release.version.reference, release.row.stage]),
        "version": {"label": release.version.reference, "url": _version_url(release.version.reference)},
        "system": {"name": system.body["name"], "url": reverse("system", args=[system.slug])},
        "jurisdictions": system.body["jurisdictions"],
        "risk": tier.status(tiering.tier(system, found.asof)),
    }


def _version_url(reference: str) -> str:
    return reverse("version", args=[reference])


def _actions(found: Gathered) -> list[dict[str, Any]]:
    release = found.release
    address = [release.system.slug, release.version.reference, release.row.stage]
    made = [
        {"label": _("Model version"), "url": _version_url(release.version.reference), "icon": "cube", "primary": False}
    ]
    made.append(
        {"label": _("For customers"), "url": reverse("customers", args=address), "icon": "users", "primary": False}
    )
    if found.may("release.propose"):
        made.append(
            {"label": _("Take it back"), "url": reverse("release_withdraw", args=address), "icon": "", "primary": False}
        )
    return made


def _newest(found: Gathered) -> Mapping[str, Evidence]:
    """The newest record of each kind about this version."""
    about = [one.row for one in found.release.evidence if one.row.subject == found.release.version.urn]
    return {row.kind: row for row in sorted(about, key=lambda row: (row.position, row.ordinal))}


def _stages(found: Gathered) -> list[dict[str, str]]:
    """Where this version stands in this system: stages that the gate let it pass, the proposed one, the others."""
    release, here = found.release, Stage(found.release.row.stage)
    siblings = Release.objects.as_of(found.asof).filter(system=release.system.urn, model_version=release.version.urn)
    stages = {row.urn: row.stage for row in siblings}
    passed = {
        stages[row.release]: date_format(moment(row.body["valid_at"]), "j M")
        for row in Decision.objects.as_of(found.asof).filter(release__in=stages, allowed=True).order_by("position")
    }
    decided = sum(found.voices.standing(code)[0] not in ("waiting", "stale", "expired") for code in found.titles)
    made = []
    for one in Stage:
        note, state = "", ""
        if one is here:
            note, state = _("%(n)s of %(all)s decided") % {"n": decided, "all": len(found.titles)}, "now"
        elif str(one) in passed:
            note, state = passed[str(one)], "done"
        elif str(one) in stages.values():
            note = _("proposed")
        made.append({"name": sentences.word(sentences.STAGES, str(one)), "note": note, "state": state})
    return made


def _attached(found: Gathered) -> dict[int, str]:
    """What was attached, by the position of the entry: the entry itself holds only URNs and digests."""
    stated = [one.row for one in found.release.evidence if one.body["grade"] == "stated"]
    return {row.position: evidence_rows.title(row, found.kinds) for row in stated}


def _activity(found: Gathered) -> dict[str, Any]:
    said = found.voices
    rows: list[Any] = [found.release.row, *(one.row for one in said.sign_offs), *found.decisions]
    rows += [row for one in said.objections for row in one.answers]
    rows += [one.row for one in found.release.evidence]
    spoken = [one.row for one in said.sign_offs] + [row for one in said.objections for row in one.answers]
    quotes = {row.position: found.text(row.body.get("reason") or row.body.get("text")) for row in spoken}
    return activity.of_rows(found.actor, rows, found.asof, quotes=quotes, known=found.names, objects=_attached(found))
