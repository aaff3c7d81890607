"""Records of evidence as rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from consilience.domains.evidence.models import Evidence
from consilience.kit.records.models import AsOf
from consilience.surfaces import sentences
from consilience.surfaces.web import words
from consilience.surfaces.web.view_models.gathered import Gathered
from consilience.surfaces.web.view_models.items import Labels

Shown = dict[str, Any]


def current(found: Gathered, labels: Labels) -> list[Shown]:
    """The evidence that a release rests on."""
    rows = sorted((one.row for one in found.release.evidence), key=lambda row: -row.position)
    made = table(rows, found.kinds, found.names, labels.data, found.asof)
    for shown, row in zip(made, rows, strict=True):
        if row.subject != found.release.version.urn:
            shown["method"] += f" · {labels.of(f'system/{row.subject}//')[0]}"
    return made


def table(
    rows: Sequence[Evidence],
    kinds: Mapping[str, str],
    names: Mapping[str, str],
    datasets: Mapping[str, str],
    asof: AsOf,
) -> list[Shown]:
    """`datasets` are references by URN of those that the reader may know of."""
    return [
        {
            "url": reverse("evidence", args=[row.urn]),
            "kind": title(row, kinds),
            "method": sentences.word(words.METHODS, row.method),
            "dataset": datasets.get(row.dataset or "", ""),
            "grade": row.body["grade"],
            "by": names.get(row.body["producer"], ""),
            "download_url": download_url(row),
            "standing": standing(row, asof),
            "recorded_at": row.body["produced_at"],
            "digest": row.digest,
        }
        for row in rows
    ]


def title(row: Evidence, kinds: Mapping[str, str]) -> str:
    named = kinds.get(row.kind, words.attribute(row.kind).capitalize())
    said = (row.body["fields"] or {}).get("title")
    if not isinstance(said, str) or not said or len(said) > 80:
        return named
    return said if said.lower().startswith(named.lower()) else f"{named}: {said}"


def standing(row: Evidence, asof: AsOf) -> str:
    if row.withdrawn:
        return "withdrawn"
    expires = row.body["expires_at"]
    return "expired" if expires is not None and expires <= asof.valid_at else "current"


def download_url(row: Evidence) -> str:
    files = row.body["files"]
    return reverse("evidence_file", args=[row.urn, files[0]["digest"]]) if files else ""
