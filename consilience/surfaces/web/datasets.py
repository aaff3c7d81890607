"""Datasets and their versions: where data come from, and on what terms they may be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.inventory import queries
from consilience.domains.inventory.models import Dataset, DatasetVersion
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit.clock import Instant
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.inventory import able_somewhere, attach_link, correct_link, fits
from consilience.surfaces.web.shared import filtered, page, paged
from consilience.surfaces.web.versions import measured_on
from consilience.surfaces.web.view_models import activity, corrections, evidence_rows, voices

Shown = dict[str, Any]


@page(action="inventory.read")
def datasets(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    box = filtered(request)
    rows = [
        row
        for row in queries.datasets(actor, asof)
        if fits(box["text"], row.slug, row.body["name"], row.body["description"])
    ]
    chosen, paging = paged(request, rows)
    newest = queries.newest_dataset_versions([row.urn for row in chosen], asof)
    used = _users(actor, asof)
    context = {
        "datasets": [_row(row, newest.get(row.urn), used, asof) for row in chosen],
        "filter": box,
        "new": {"label": _("Register a dataset"), "url": reverse("dataset_new")}
        if able_somewhere(actor, "dataset", asof)
        else None,
        "no_right": "",
        "paging": paging,
    }
    return render(request, "consilience/datasets.html", context)


def _row(row: Dataset, newest: DatasetVersion | None, used: Mapping[str, list[Shown]], asof: AsOf) -> Shown:
    made = {
        "url": reverse("dataset_version_new", args=[row.slug]), "label": row.slug, "lawful_basis": "", "rows": None,
        "description": row.body["name"], "at": row.valid_from, "used_by": 0, "ends": None,
    }  # fmt: skip
    if newest is None:
        return made | {"description": _("%(name)s. No version is registered yet.") % {"name": row.body["name"]}}
    body = newest.body
    return made | {
        "url": reverse("dataset", args=[f"{row.slug}@{newest.number}"]),
        "label": f"{row.slug}@{newest.number}",
        "lawful_basis": sentences.word(words.LAWFUL_BASES, body["lawful_basis"]),
        "rows": body["rows"],
        "at": newest.valid_from,
        "used_by": len(used.get(newest.urn, ())),
        "ends": _ends(body["agreement_until"], asof),
    }


def _ends(at: Instant | None, asof: AsOf) -> Shown | None:
    return {"at": words.last_day(at), "state": voices.due_state(at, asof.valid_at)} if at else None


def _users(actor: Actor, asof: AsOf) -> dict[str, list[Shown]]:
    """Model versions that were made from each dataset version, as far as the reader may know of them."""
    models = {row.urn: row.slug for row in queries.models(actor, asof)}
    found: dict[str, list[Shown]] = {}
    for row in queries.versions_of(models.keys(), asof):
        reference = f"{models[row.model]}@{row.number}"
        for urn in row.body["training"]:
            found.setdefault(urn, []).append(
                {"url": reverse("version", args=[reference]), "label": reference, "role": _("training")}
            )
    return found


@page(action="inventory.read")
def dataset(request: HttpRequest, actor: Actor, asof: AsOf, reference: str) -> HttpResponse:
    of = queries.dataset_version(actor, reference, asof)
    records = [one.row for one in evidence.current([of.urn], asof)]
    names = people.names(row.body["producer"] for row in records)
    acts = activity.about(actor, [of.urn, of.dataset.urn], asof)
    context = {
        "dataset": _dataset(of, acts["activity"], asof),
        "columns": [
            {"name": name, "type": kind, "meaning": "", "protected": False} for name, kind in of.row.body["columns"]
        ],
        "checks": [],
        "used_by": _users(actor, asof).get(of.urn, []),
        "evidence": evidence_rows.table(
            records, evidence.kind_titles(asof), names, measured_on(actor, records, asof), asof
        ),
        "actions": _actions(actor, of, asof),
        "no_right": "",
        "datasets_url": reverse("datasets"),
        "corrections": corrections.of(
            actor, [of.urn, of.dataset.urn], asof, withdrawn=queries.withdrawn_versions(of.dataset, asof)
        ),
        **acts,
    }
    return render(request, "consilience/dataset.html", context)


def _dataset(of: queries.DataVersionOf, acts: Sequence[Shown], asof: AsOf) -> Shown:
    body = of.row.body
    consent = (body["consent_reference"] or _("recorded")) if body["consent"] else _("none")
    return {
        "name": of.dataset.slug,
        "label": of.reference,
        "description": of.dataset.body["description"] or of.dataset.body["name"],
        "source": body["provenance"],
        "lawful_basis": sentences.word(words.LAWFUL_BASES, body["lawful_basis"]),
        "consent": consent,
        "agreement": body["agreement"],
        "retention": words.last_day(body["retained_until"]) if body["retained_until"] else "",
        "registered_by": acts[-1]["who"] if acts else "",
        "at": of.row.valid_from,
        "digest": body["digest"],
        "rows": body["rows"],
        "purposes": body["purposes"],
        "jurisdictions": body["jurisdictions"],
        "ends": _ends(body["agreement_until"], asof),
    }


def _actions(actor: Actor, of: queries.DataVersionOf, asof: AsOf) -> list[Shown]:
    made = []
    if access.can(actor, "inventory.correct", of, asof) is None:
        made.append(correct_link(_("Correct"), reverse("dataset_correct", args=[of.dataset.slug])))
        made.append(correct_link(_("Correct the terms"), reverse("terms_correct", args=[of.reference])))
        made.append(correct_link(_("Withdraw"), reverse("dataset_withdraw", args=[of.reference])))
    if access.can(actor, "evidence.attach", of, asof) is None:
        made.append(attach_link(reverse("dataset_attach", args=[of.reference])))
    if access.can(actor, "inventory.register", of, asof) is None:
        url = reverse("dataset_version_new", args=[of.dataset.slug])
        made.append({"label": _("Register a version"), "url": url, "icon": "plus", "primary": False})
    return made
