"""Registered models, their versions, and what a version is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.gate import standing_queries
from consilience.domains.inventory import queries
from consilience.domains.inventory.models import RegisteredModel, System
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import queries as releases
from consilience.kit.clock import Instant
from consilience.kit.records.models import AsOf
from consilience.surfaces.web import words
from consilience.surfaces.web.inventory import (
    Gates,
    able_somewhere,
    attach_link,
    correct_link,
    fits,
    release_row,
    system_links,
    version_row,
)
from consilience.surfaces.web.shared import filtered, page, paged
from consilience.surfaces.web.view_models import activity, corrections, data, evidence_rows, profiled

Shown = dict[str, Any]


@page(action="inventory.read")
def models(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    box = filtered(request)
    rows = [
        row
        for row in queries.models(actor, asof)
        if fits(box["text"], row.slug, row.body["name"], row.body["description"])
    ]
    chosen, paging = paged(request, rows)
    known = {row.urn: row for row in queries.systems(actor, asof)}
    numbers = queries.version_numbers([row.urn for row in chosen], asof)
    context = {
        "models": [_model_row(row, numbers.get(row.urn, []), known) for row in chosen],
        "filter": box,
        "new": {"label": _("Register a model"), "url": reverse("model_new")}
        if able_somewhere(actor, "model", asof)
        else None,
        "no_right": "",
        "paging": paging,
    }
    return render(request, "consilience/models.html", context)


def _model_row(row: RegisteredModel, versions: Sequence[tuple[int, Instant]], known: Mapping[str, System]) -> Shown:
    latest = None
    if versions:
        number, at = versions[0]
        reference = f"{row.slug}@{number}"
        latest = {"label": reference, "url": reverse("version", args=[reference]), "at": at}
    return {
        "name": row.slug,
        "url": reverse("model", args=[row.slug]),
        "task": row.body["name"],
        "owner": "",
        "versions": len(versions),
        "systems": system_links(row.body["systems"], known),
        "latest": latest,
    }


@page(action="inventory.read")
def model(request: HttpRequest, actor: Actor, asof: AsOf, slug: str) -> HttpResponse:
    row = queries.model(actor, slug, asof)
    known = {one.urn: one for one in queries.systems(actor, asof)}
    chosen, paging = paged(request, queries.versions(row, asof))
    names = people.names(urn for one in chosen for urn in one.body["authors"])
    live = standing_queries.live_stages(actor, asof)
    new = []
    if access.can(actor, "inventory.correct", row, asof) is None:
        new.append(correct_link(_("Correct"), reverse("model_correct", args=[slug])))
    if access.can(actor, "inventory.register", row, asof) is None:
        new.append(
            {
                "label": _("Register a version"),
                "url": reverse("version_new", args=[slug]),
                "icon": "plus",
                "primary": True,
            }
        )
    context = {
        "model": {"name": slug, "title": row.body["name"], "description": row.body["description"]},
        "systems": system_links(row.body["systems"], known),
        "versions": [version_row(row, one, names, live) for one in chosen],
        "actions": new,
        "paging": paging,
        "models_url": reverse("models"),
        "corrections": corrections.of(actor, [row.urn], asof, withdrawn=queries.withdrawn_versions(row, asof)),
        **activity.about(actor, [row.urn, *(one.urn for one in chosen)], asof),
    }
    return render(request, "consilience/model.html", context)


@page(action="inventory.read")
def version(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    of = queries.version(actor, reference, asof)
    body = of.row.body
    training = [one for one in queries.dataset_versions_by_urn(body["training"], asof) if may_read(actor, one, asof)]
    records = [one.row for one in evidence.current([of.urn], asof)]
    known = {one.urn: one for one in queries.systems(actor, asof)}
    mine = releases.of_version(actor, of.urn, asof)
    gates = Gates(asof, {row.system for row in mine})
    names = people.names([*body["authors"], *(row.body["producer"] for row in records)])
    context = {
        "version": _version(of, names),
        "reference": _reference(actor, of, asof),
        "reference_url": reverse("version_compute", args=[reference]) + "?what=reference_profile"
        if access.can(actor, "evidence.compute", of, asof) is None
        else "",
        "datasets": [
            {"url": data.url(one), "label": data.label(one), "role": _("training"), "digest": one.row.body["digest"]}
            for one in training
        ],
        "releases": [
            {**release_row(one, gates, known[one.system].slug, names), "system": known[one.system].body["name"]}
            for one in mine
        ],
        "evidence": evidence_rows.table(records, evidence.kind_titles(asof), names, measured_on(actor, records, asof), asof),
        "actions": _version_actions(actor, of, asof),
        "no_right": "",
        "models_url": reverse("models"),
        **activity.about(actor, [of.urn, *(row.urn for row in records), *(row.urn for row in mine)], asof),
    }  # fmt: skip
    return render(request, "consilience/version.html", context)


def _version(of: queries.VersionOf, names: Mapping[str, str]) -> Shown:
    body = of.row.body
    unknown = len(body["unknown_authors"])
    authors = [{"name": names.get(urn, ""), "how": _("author")} for urn in body["authors"]]
    if unknown:
        authors.append({"name": _("%(n)s more") % {"n": unknown}, "how": _("by an address that nobody here has")})
    return {
        "label": of.reference,
        "model": of.model.slug,
        "model_url": reverse("model", args=[of.model.slug]),
        "description": of.model.body["description"] or of.model.body["name"],
        "revision": body["code_revision"],
        "framework": "",
        "registered_by": words.and_list([names.get(urn, "") for urn in body["authors"][:1]]),
        "at": of.row.valid_from,
        "artefact_digest": body["artefact"]["digest"],
        "digest": of.row.digest,
        "authors": authors,
        "parameters": [{"name": name, "value": value} for name, value in body["parameters"].items()],
    }


def _reference(actor: Actor, of: queries.VersionOf, asof: AsOf) -> Shown | None:
    """The profile from which everything later is measured."""
    row = evidence.stored_reference(of.urn, asof)
    dataset = "" if row is None else measured_on(actor, [row], asof).get(str(row.dataset), "")
    return profiled.reference(row, evidence.earlier_references(of.urn, asof), dataset)


def _version_actions(actor: Actor, of: queries.VersionOf, asof: AsOf) -> list[Shown]:
    logged = f"{reverse('predictions')}?version={of.reference}"
    made: list[Shown] = [{"label": _("Predictions"), "url": logged, "icon": "chain", "primary": False}]
    made.append(
        {"label": _("Model card"), "url": reverse("card", args=[of.reference]), "icon": "file", "primary": False}
    )
    if access.can(actor, "inventory.correct", of, asof) is None:
        made.append(correct_link(_("Withdraw"), reverse("version_withdraw", args=[of.reference])))
    if access.can(actor, "evidence.compute", of, asof) is None:
        url = reverse("version_compute", args=[of.reference])
        made.append({"label": _("Have evidence computed"), "url": url, "icon": "chart", "primary": False})
    if access.can(actor, "evidence.attach", of, asof) is None:
        made.append(attach_link(reverse("version_attach", args=[of.reference])))
    if access.can(actor, "release.propose", of, asof) is None:
        made.append(
            {
                "label": _("Propose a release"),
                "url": reverse("propose", args=[of.reference]),
                "icon": "flag",
                "primary": True,
            }
        )
    return made


def measured_on(actor: Actor, records: Sequence[Any], asof: AsOf) -> dict[str, str]:
    found = queries.dataset_versions_by_urn(sorted({row.dataset for row in records if row.dataset}), asof)
    return {one.urn: data.label(one) for one in found if may_read(actor, one, asof)}


def may_read(actor: Actor, one: queries.DataVersionOf, asof: AsOf) -> bool:
    return access.can(actor, "inventory.read", one, asof) is None
