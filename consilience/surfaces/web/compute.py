"""Having evidence computed from artefacts and data that the server holds: everything that can be measured of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.access import queries as access
from consilience.domains.evidence import compute, queries
from consilience.domains.evidence.computing import (
    comparisons,
    drifts,
    populations,
    profiles,
    segments,
    synthetics,
    tasks,
    validations,
    windows,
)
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.rules import REFERENCE
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.records.models import AsOf
from consilience.measure.task import Task
from consilience.surfaces.web.compute_forms import (
    Choices,
    ComparisonForm,
    ComputeForm,
    DriftForm,
    PopulationForm,
    ProfileForm,
    ReferenceForm,
    SyntheticForm,
    ValidationForm,
    WhatForm,
)
from consilience.surfaces.web.compute_roles import ClassesForm, EvaluationForm, NumbersForm, SegmentsForm, WindowsForm
from consilience.surfaces.web.shared import asked, attempt, form_page, page, posted
from consilience.surfaces.web.view_models import data

Made = list[Evidence]


@dataclass(frozen=True)
class What:
    """Something that can be computed: its kind, how the choice is said, its form and its action."""

    kind: str
    title: str | Promise
    form: type[ComputeForm]
    act: Callable[[Actor, str, Any], Made]


def _drift(actor: Actor, version: str, form: DriftForm) -> Made:
    said = form.said()
    if "reference_dataset" not in said:
        return drifts.from_data(actor=actor, version=version, now=now(), **said)
    return compute.drift_from_data(actor=actor, version=version, now=now(), **said)


def _reference(actor: Actor, version: str, form: ReferenceForm) -> Made:
    return profiles.from_data(actor=actor, version=version, kind=REFERENCE, now=now(), **form.said())


def _profile(actor: Actor, version: str, form: ProfileForm) -> Made:
    return profiles.from_data(actor=actor, version=version, kind=profiles.KIND, now=now(), **form.said())


def _compare(actor: Actor, version: str, form: ComparisonForm) -> Made:
    said = form.said()
    if form.from_artefacts:
        return comparisons.from_artefacts(actor=actor, version=version, now=now(), **{"positive": None, **said})
    return comparisons.from_data(actor=actor, version=version, now=now(), **said)


def _validate(actor: Actor, version: str, form: ValidationForm) -> Made:
    return validations.from_data(actor=actor, version=version, now=now(), **form.said())


def _represent(actor: Actor, version: str, form: PopulationForm) -> Made:
    return populations.from_data(actor=actor, version=version, now=now(), **form.said())


def _synthetic(actor: Actor, version: str, form: SyntheticForm) -> Made:
    return synthetics.from_data(actor=actor, version=version, now=now(), **form.said())


def _evaluate(actor: Actor, version: str, form: EvaluationForm) -> Made:
    said = form.said()
    if not form.from_artefact:
        return compute.from_data(actor=actor, version=version, now=now(), **said)
    kept = {name: said[name] for name in ("dataset", "label", "protected", "method")}
    return compute.from_artefact(actor=actor, version=version, now=now(), **kept)


def _numbers(actor: Actor, version: str, form: NumbersForm) -> Made:
    return tasks.from_data(actor=actor, version=version, task=Task.REGRESSION, now=now(), **form.said())


def _classes(actor: Actor, version: str, form: ClassesForm) -> Made:
    return tasks.from_data(actor=actor, version=version, task=Task.MULTICLASS, now=now(), **form.said())


def _segments(actor: Actor, version: str, form: SegmentsForm) -> Made:
    return segments.from_data(actor=actor, version=version, now=now(), **form.said())


def _windows(actor: Actor, version: str, form: WindowsForm) -> Made:
    return windows.from_data(actor=actor, version=version, now=now(), **form.said())


EVERY = (
    What("evaluation", gettext_lazy("How good and how fair its predictions are"), EvaluationForm, _evaluate),
    What(tasks.REGRESSION, gettext_lazy("How far off predicted numbers are"), NumbersForm, _numbers),
    What(tasks.MULTICLASS, gettext_lazy("How often one of several classes is predicted right"), ClassesForm, _classes),
    What("drift_evaluation", gettext_lazy("How far rows moved from a reference (drift)"), DriftForm, _drift),
    What(
        comparisons.KIND,
        gettext_lazy("How this version compares with another on the same rows"),
        ComparisonForm,
        _compare,
    ),
    What(validations.KIND, gettext_lazy("Whether data keep a contract"), ValidationForm, _validate),
    What(segments.KIND, gettext_lazy("Where it errs more than elsewhere (weak segments)"), SegmentsForm, _segments),
    What(windows.KIND, gettext_lazy("How its figures go over time"), WindowsForm, _windows),
    What(REFERENCE, gettext_lazy("Its reference: what everything later is measured from"), ReferenceForm, _reference),
    What(profiles.KIND, gettext_lazy("What the columns of some data hold"), ProfileForm, _profile),
    What(populations.KIND, gettext_lazy("Whether data look like the population"), PopulationForm, _represent),
    What(synthetics.KIND, gettext_lazy("Whether synthetic data stand for real data"), SyntheticForm, _synthetic),
)


@page(action="evidence.compute")
def of_version(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    """First what to compute, then from which data: two plain pages, so that it works without a script."""
    of = inventory.version(actor, reference, asof)
    access.ensure(actor, "evidence.compute", of, asof, named=reference)
    back, crumbs = (
        reverse("version", args=[reference]),
        [{"label": reference, "url": reverse("version", args=[reference])}],
    )
    known = {one.slug: one for one in queries.kinds(asof)}
    what = next((one for one in EVERY if one.kind == asked(request, "what") and one.kind in known), None)
    if what is None:
        form = WhatForm(posted(request), choices=[(one.kind, str(one.title)) for one in EVERY if one.kind in known])
        if request.method == "POST" and form.is_valid():
            return redirect(f"{request.path}?what={form.cleaned_data['what']}")
        return form_page(
            request, form, title=_("Have evidence computed"), submit=_("Continue"), cancel=back, crumbs=crumbs,
            lead=_("About %(name)s, from data that the server holds. Its grade says that the server computed it.")
            % {"name": reference},
        )  # fmt: skip
    named: dict[str, Any] = {"kind": known[what.kind], "datasets": _held(actor, asof)}
    if what.form is ComparisonForm:
        named["versions"] = _others(of, asof)
    if what.form in (DriftForm, ReferenceForm):
        row = queries.stored_reference(of.urn, asof)
        named["stored"] = "" if row is None else row.body["fields"]["profile"]
    computed = what.form(posted(request), **named)
    if request.method == "POST" and computed.is_valid():
        made = attempt(computed, lambda: what.act(actor, reference, computed))
        if made:
            messages.success(request, _("%(kind)s is recorded.") % {"kind": known[what.kind].title})
            return redirect("evidence", urn=made[0].urn)
    return form_page(
        request, computed, title=known[what.kind].title, submit=_("Compute it"), cancel=back, crumbs=crumbs,
        lead=_("About %(name)s. The server reads the files itself: a few seconds for each million rows.") % {"name": reference},
        wait=_("The server is counting rows. Keep this page open: the evidence is shown when it is done."),
        notice=_nothing_held() if not named["datasets"] else _nothing_else() if named.get("versions") == [] else None,
    )  # fmt: skip


def _held(actor: Actor, asof: AsOf) -> Choices:
    """Dataset versions whose files the server holds, for whoever may know of them; the newest of each first."""
    rows = [row for of in inventory.datasets(actor, asof) for row in inventory.dataset_versions(of, asof)]
    held = [row.urn for row in rows if row.body["file"]["held"]]
    found = {one.urn: one for one in inventory.dataset_versions_by_urn(held, asof)}
    return [(found[urn].reference, data.label(found[urn])) for urn in held if urn in found]


def _others(of: inventory.VersionOf, asof: AsOf) -> Choices:
    """The other versions of the same model, the newest first."""
    others = [row for row in inventory.versions(of.model, asof) if row.urn != of.urn]
    names = inventory.version_references([row.urn for row in others], asof)
    return [(names[row.urn], names[row.urn]) for row in others if row.urn in names]


def _nothing_else() -> dict[str, str]:
    return {
        "tone": "warn", "icon": "cube", "head": _("This model has no other version."),
        "text": _("Register another one, or the baseline as a version of its own, to compare with it."),
    }  # fmt: skip


def _nothing_held() -> dict[str, str]:
    return {
        "tone": "warn", "icon": "database", "head": _("The server holds no data that you may know of."),
        "text": _("Register a version of a dataset with its file, or count where the data lie with `consilience drift --attach`."),
    }  # fmt: skip
