"""What a record of evidence measured, in pictures: all of them for its own page, the first of each kind for a release."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from consilience.domains.access import queries as access
from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory import queries as inventory
from consilience.domains.ledger.rules import Actor
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf
from consilience.surfaces.web.view_models import (
    classified,
    compared,
    data,
    drifted,
    measured,
    numbered,
    populated,
    profiled,
    segmented,
    synthesized,
    validated,
    windowed,
)

Shown = dict[str, Any]
BY_ITSELF: Mapping[str, Callable[[Evidence], list[Shown]]] = {
    "regression_evaluation": numbered.charts,
    "multiclass_evaluation": classified.charts,
    "window_evaluation": windowed.charts,
    "weak_segments": segmented.charts,
    "data_validation": validated.charts,
    "representativeness_evaluation": populated.charts,
    "synthetic_evaluation": synthesized.charts,
    "reference_profile": profiled.charts,
    "data_profile": profiled.charts,
}
"""Kinds whose pictures need nothing but the record."""
ON_A_RELEASE = (
    "regression_evaluation", "multiclass_evaluation", "comparison_evaluation", "window_evaluation", "weak_segments",
    "data_validation", "representativeness_evaluation", "synthetic_evaluation", "reference_profile", "data_profile",
)  # fmt: skip
"""Kinds that have one card each on a release; performance, fairness and drift have cards of their own."""


def charts(actor: Actor, row: Evidence, asof: AsOf) -> list[Shown]:
    """The parts of the evidence page: `title`, `sub`, `chart`, and what it says as `head` and `text`."""
    fields = row.body["fields"]
    if row.kind in BY_ITSELF:
        return BY_ITSELF[row.kind](row)
    if row.kind == "drift_evaluation":
        return drifted.charts(row, dataset(actor, fields["reference"], asof))
    if row.kind == "comparison_evaluation":
        return compared.charts(row, version(actor, fields["baseline_version"], asof))
    return _of_groups(row) if row.kind == "fairness_evaluation" else []


def cards(actor: Actor, newest: Mapping[str, Evidence], titles: Mapping[str, str], asof: AsOf) -> list[Shown]:
    """For a release: of the newest record of each kind the picture that says most, with its sentence. `titles` are of kinds."""
    found = [(newest[kind], _first(actor, newest[kind], asof)) for kind in ON_A_RELEASE if kind in newest]
    return [
        {
            **part,
            "title": titles.get(row.kind, row.kind),
            "sub": ". ".join(one for one in (part["title"], part["sub"]) if one),
            "evidence": {"label": _("All figures"), "url": reverse("evidence", args=[row.urn])},
        }
        for row, part in found
        if part is not None
    ]


def _first(actor: Actor, row: Evidence, asof: AsOf) -> Shown | None:
    """The first part of a record; of a profile all columns in one. None where the record says nothing that can be drawn."""
    if row.kind in ("reference_profile", "data_profile"):
        return profiled.summary(row)
    return next(iter(charts(actor, row, asof)), None)


def _of_groups(row: Evidence) -> list[Shown]:
    made = []
    for part in [*measured.fairness(row, {}), *measured.combined(row)]:
        name = {"attribute": part["attribute"]}
        made.append({"title": _("Predicted positive by %(attribute)s") % name, "sub": part["sub"], "chart": part["chart"],
                     "head": part["head"], "text": part["text"]})  # fmt: skip
        made.append({"title": _("Gaps by %(attribute)s") % name, "sub": _("The largest difference between two groups."),
                     "chart": part["gaps"], "head": part["widest"], "text": ""})  # fmt: skip
    return made


def dataset(actor: Actor, urn: str | None, asof: AsOf) -> str:
    """What a dataset version is called, for whoever may know of it."""
    found = inventory.dataset_versions_by_urn([urn], asof) if urn else []
    return data.label(found[0]) if found and access.can(actor, "inventory.read", found[0], asof) is None else ""


def version(actor: Actor, urn: str | None, asof: AsOf) -> str:
    """What a model version is called, for whoever may know of it."""
    try:
        found = inventory.version_by_urn(urn, asof) if urn else None
    except NotFound:
        return ""
    return found.reference if found and access.can(actor, "inventory.read", found, asof) is None else ""
