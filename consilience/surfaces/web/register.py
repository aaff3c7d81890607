"""Registering systems, models, datasets and their versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.access.rules import WORKSPACE, Guarded
from consilience.domains.content import actions as content
from consilience.domains.content import queries as contents
from consilience.domains.inventory import actions, queries
from consilience.domains.inventory.rules import DataTerms, SystemFacts
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.kit.tables import shape_of
from consilience.measure import artefact
from consilience.surfaces.web.register_forms import (
    DatasetForm,
    DatasetVersionForm,
    ModelForm,
    SystemForm,
    VersionForm,
)
from consilience.surfaces.web.shared import asked, attempt, day, form_page, lines, page, posted, uploaded
from consilience.surfaces.web.signing import Signs
from consilience.surfaces.web.view_models import principals


@page(action="inventory.register", signs=Signs(("inventory.system_registered",)))
def system(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    access.ensure(actor, "inventory.register", WORKSPACE, asof)
    form = SystemForm(posted(request), people=principals.choices(asof), initial={"owner": actor.urn, "tier": "high"})
    if request.method == "POST" and form.is_valid():
        facts = system_facts(form.cleaned_data)
        row = attempt(form, lambda: actions.register_system(actor=actor, facts=facts, now=now()))
        if row is not None:
            messages.success(request, _("The system is registered. Register a model for it next."))
            return redirect("system", row.slug)
    return form_page(
        request, form, title=_("Register a system"), submit=_("Register the system"), cancel=reverse("systems"),
        lead=_("A system is an AI in use for a purpose. The requirements that apply follow from what you say here."),
        crumbs=[{"label": _("Systems"), "url": reverse("systems")}],
    )  # fmt: skip


def system_facts(said: dict[str, Any]) -> SystemFacts:
    """What the form says of a system; an empty choice says nothing."""
    listed = {name: lines(said[name]) for name in ("jurisdictions", "audience", "affected_groups")}
    unsaid = {name: said[name] or None for name in ("sponsor", "use", "autonomy")}
    return SystemFacts(**said | listed | unsaid)


@page(action="inventory.register", signs=Signs(("inventory.model_registered",)))
def model(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    offered = able(actor, "model", asof)
    form = ModelForm(posted(request), systems=offered, initial={"systems": [asked(request, "system")]})
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: actions.register_model(actor=actor, **form.cleaned_data, now=now()))
        if row is not None:
            messages.success(request, _("The model is registered. Register its first version next."))
            return redirect("model", row.slug)
    return form_page(
        request, form, title=_("Register a model"), submit=_("Register the model"), cancel=reverse("models"),
        crumbs=[{"label": _("Models"), "url": reverse("models")}], no_right=_nowhere(offered),
    )  # fmt: skip


@page(action="inventory.register", signs=Signs(("inventory.version_registered",)))
def version(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    of = queries.model(actor, slug, asof)
    access.ensure(actor, "inventory.register", of, asof)
    form = VersionForm(posted(request), uploaded(request))
    if request.method == "POST" and form.is_valid():
        made = attempt(form, lambda: _version(actor, slug, form))
        if made is not None:
            messages.success(request, _("%(version)s is registered.") % {"version": made.reference})
            return redirect("version", made.reference)
    back = reverse("model", args=[slug])
    return form_page(
        request, form, title=_("Register a version"), submit=_("Register the next version"), cancel=back,
        lead=_("Authors, committers and you yourself cannot decide on this version for a function."),
        crumbs=[{"label": _("Models"), "url": reverse("models")}, {"label": slug, "url": back}],
    )  # fmt: skip


def _version(actor: Actor, slug: str, form: VersionForm) -> queries.VersionOf:
    said = form.cleaned_data
    return actions.register_version(
        actor=actor, model=slug, artefact=_artefact(said["artefact"], said["digest"], said["declared"]),
        code_revision=said["code_revision"], parameters=_parameters(said["parameters"]),
        training=lines(said["training"]), authors=lines(said["authors"]), committers=lines(said["committers"]),
        triggered_by=None, protected_attributes=lines(said["protected_attributes"]), now=now(),
    )  # fmt: skip


def _artefact(file: UploadedFile[Any] | None, digest: str, declared: bool) -> dict[str, Any]:
    """What was built: uploaded, and then hashed here; or named by the digest that somebody computed elsewhere."""
    if file is None:
        return {"digest": digest, "kind": "file", "held": False, "computed_by": "client"}
    stored = content.put_stream(file.chunks(), now=now(), limit=VersionForm.limit)
    if declared:
        artefact.load(contents.read(stored))
    return {"digest": stored, "kind": "declared" if declared else "file", "held": True, "computed_by": "server"}


def _parameters(text: str) -> dict[str, str]:
    made = {}
    for line in text.splitlines():
        if line.strip():
            name, sign, value = line.partition("=")
            if not sign or not name.strip():
                raise BadInput("parameters", _("“%(line)s” is not NAME = VALUE") % {"line": line[:80]})
            made[name.strip()] = value.strip()
    return made


@page(action="inventory.register", signs=Signs(("inventory.dataset_registered",)))
def dataset(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    offered = able(actor, "dataset", asof)
    form = DatasetForm(posted(request), systems=offered)
    if request.method == "POST" and form.is_valid():
        row = attempt(form, lambda: actions.register_dataset(actor=actor, **form.cleaned_data, now=now()))
        if row is not None:
            messages.success(request, _("The dataset is registered. Register its first version next."))
            return redirect("dataset_version_new", row.slug)
    return form_page(
        request, form, title=_("Register a dataset"), submit=_("Register the dataset"), cancel=reverse("datasets"),
        crumbs=[{"label": _("Datasets"), "url": reverse("datasets")}], no_right=_nowhere(offered),
    )  # fmt: skip


@page(action="inventory.register", signs=Signs(("inventory.dataset_version_registered",)))
def dataset_version(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    of = queries.dataset(actor, slug, asof)
    may = access.can(actor, "inventory.register", of, asof) is None
    form = DatasetVersionForm(posted(request), uploaded(request))
    if request.method == "POST":
        access.ensure(actor, "inventory.register", of, asof)
        made = attempt(form, lambda: _dataset_version(actor, slug, form)) if form.is_valid() else None
        if made is not None:
            messages.success(request, _("%(version)s is registered.") % {"version": made.reference})
            return redirect("dataset", made.reference)
    return form_page(
        request, form, title=_("Register a version of %(dataset)s") % {"dataset": slug},
        submit=_("Register the next version"), cancel=reverse("datasets"),
        lead=_("Exactly these rows, where they come from, and on what terms they may be used."),
        crumbs=[{"label": _("Datasets"), "url": reverse("datasets")}],
        no_right="" if may else _("Registering data takes the role of an engineer in one of its systems."),
    )  # fmt: skip


def _dataset_version(actor: Actor, slug: str, form: DatasetVersionForm) -> queries.DataVersionOf:
    said, file = form.cleaned_data, form.cleaned_data["file"]
    terms = terms_of(said)
    terms.body()  # before a large file is stored
    if file is not None:
        digest = content.put_stream(file.chunks(), now=now(), limit=form.limit)
        with contents.named(digest, file.name) as path:
            shape = shape_of(path, name=file.name)
        rows, columns, held = shape.rows, shape.columns, True
    else:
        digest, rows, columns, held = said["digest"], said["rows"], _columns(said["columns"]), False
    return actions.register_dataset_version(
        actor=actor, dataset=slug, digest=digest, rows=rows, columns=columns, terms=terms, now=now(),
        file={"name": file.name if file else said["name"], "held": held, "reference": said["reference"],
              "computed_by": "server" if held else "client"},
    )  # fmt: skip


def terms_of(said: Mapping[str, Any]) -> DataTerms:
    """The terms that a form says; its two days are the last ones."""
    return DataTerms(
        **{name: said[name] for name in ("provenance", "lawful_basis", "consent", "consent_reference", "agreement", "personal_data")},
        agreement_until=day(said["agreement_until"], end=True), purposes=lines(said["purposes"]),
        jurisdictions=lines(said["jurisdictions"]), retained_until=day(said["retained_until"], end=True),
    )  # fmt: skip


def _columns(text: str) -> tuple[tuple[str, str], ...]:
    """`limit_bal: int64`, one a line."""
    made = []
    for line in text.splitlines():
        if line.strip():
            name, _colon, kind = line.partition(":")
            made.append((name.strip(), kind.strip() or "unknown"))
    return tuple(made)


def able(actor: Actor, noun: str, asof: AsOf) -> list[tuple[str, str]]:
    """Systems for which this person may register something, by name."""
    return [
        (row.slug, row.body["name"])
        for row in queries.systems(actor, asof)
        if access.can(actor, "inventory.register", Guarded(noun, frozenset({row.urn})), asof) is None
    ]


def _nowhere(offered: Sequence[object]) -> str:
    return (
        ""
        if offered
        else _("Registering takes the role of an engineer in a system, and there is none where you have it.")
    )
