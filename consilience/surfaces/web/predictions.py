"""Batches of predictions: what was logged, and checking the proof of one row that somebody drops on the page."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.monitor import batch_proofs, queries
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.naming import is_urn
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.shared import OWN, asked, page, paged, posted, uploaded
from consilience.surfaces.web.view_models import proof_panel

Shown = dict[str, Any]
MOST_SHOWN = 60
"""Columns of a row that a page lists; the whole row stands in the proof."""


class ProofForm(forms.Form):
    """A proof file that somebody was given."""

    proof = forms.FileField(
        label=gettext_lazy("Proof of a prediction"),
        max_length=200,
        help_text=gettext_lazy("Drop the file here, or choose it. It ends in .proof.json and is not kept."),
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
    )

    def clean_proof(self) -> Any:
        found = self.cleaned_data["proof"]
        if found.size > batch_proofs.MAX_BYTES:
            raise forms.ValidationError(_("This is larger than any proof of a prediction."))
        return found


@page(action="predictions.read")
def batches(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """The batches that were logged, newest first; of one version where the address names it."""
    named = asked(request, "version")
    rows = queries.batches(actor, asof, version=_version(actor, named, asof) if named else None)
    chosen, paging = paged(request, rows)
    context = {
        "batches": [_row(one) for one in chosen],
        "filter": {"version": named, "active": bool(named), "clear_url": reverse("predictions")},
        "form": ProofForm(),
        "check_url": reverse("prediction_check"),
        "paging": paging,
    }
    return render(request, "consilience/predictions.html", context)


@page(action="predictions.read")
def batch(request: HttpRequest, actor: Actor, asof: AsOf, urn: str) -> HttpResponse:
    """One batch: what it is known by, and where it stands in the record."""
    found = queries.batch(actor, "predictions.read", urn, asof)
    body = found.body
    digests = queries.file_digests(found)
    context = {
        "batch": _row(found) | {
            "urn": urn,
            "root": body["root"],
            "columns": [{"name": name, "kind": kind} for name, kind in body["columns"]],
            "id_column": body["id_column"] or "",
            "since": (body["period"] or {}).get("from"),
            "until": (body["period"] or {}).get("until"),
            "files": [one for one in digests if one],
            "erased": digests.count(None),
            "position": found.row.position,
        },
        "proof": proof_panel.of(actor, found.row.position, asof),
        "form": ProofForm(),
        "check_url": reverse("prediction_check"),
        "list_url": reverse("predictions"),
    }  # fmt: skip
    return render(request, "consilience/prediction_batch.html", context)


@page(action=OWN)
def check(request: HttpRequest, actor: Actor, asof: AsOf) -> HttpResponse:
    """Check a proof with this workspace's key. Nothing is kept; whoever is known here may."""
    form = ProofForm(posted(request), uploaded(request))
    result = None
    if form.is_bound and form.is_valid():
        result = _result(actor, form.cleaned_data["proof"].read(), asof)
    context = {
        "form": form,
        "check_url": reverse("prediction_check"),
        "result": result,
        "list_url": reverse("predictions"),
    }
    return render(request, "consilience/prediction_check.html", context, status=422 if form.errors else 200)


def _result(actor: Actor, data: bytes, asof: AsOf) -> Shown:
    key = ledger.log_key()
    found = batch_proofs.check(data, key)
    steps = [{"title": _TITLES[name], "holds": holds, "about": about} for name, holds, about in found.steps]
    row = json.loads(found.row) if found.outcome == "good" else {}
    listed = sorted(row.items())
    return {
        "outcome": found.outcome,
        "steps": steps,
        "row": [{"name": name, "value": "" if value is None else str(value)} for name, value in listed[:MOST_SHOWN]],
        "more": max(0, len(listed) - MOST_SHOWN),
        "batch": _known_batch(actor, found, asof),
        "position": found.position,
        "at": found.entry.at if found.entry else None,
        "key": key,
    }


_TITLES = {
    "file": gettext_lazy("The file"),
    "row": gettext_lazy("The row"),
    "batch": gettext_lazy("The batch"),
    "entry": gettext_lazy("The entry of the record"),
    "head": gettext_lazy("The signed head"),
}


def _known_batch(actor: Actor, found: batch_proofs.Checked, asof: AsOf) -> Shown | None:
    """The batch, where this actor may know of it."""
    names = [name.rpartition(":")[0] for name, _digest in found.entry.subjects] if found.entry else []
    for urn in names:
        if found.outcome == "good" and is_urn(urn, "prediction-batch"):
            try:
                return _row(queries.batch(actor, "predictions.read", urn, asof))
            except NotFound:
                return None
    return None


def _version(actor: Actor, named: str, asof: AsOf) -> str:
    """The URN of the version that was asked for; one that nobody knows has no batches."""
    try:
        return inventory.version_ever(actor, named, asof).urn
    except (NotFound, BadInput):
        return ""


def _row(found: queries.BatchOf) -> Shown:
    return {
        "url": reverse("prediction_batch", args=[found.row.urn]),
        "version": found.version.reference,
        "version_url": "" if found.version.row.withdrawn else reverse("version", args=[found.version.reference]),
        "rows": found.body["rows"],
        "at": found.row.valid_from,
        "day": (found.body["period"] or {}).get("from"),
        "position": found.row.position,
    }
