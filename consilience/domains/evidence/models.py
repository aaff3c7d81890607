"""Kinds of evidence, the plan of facets, and the evidence itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.kit.records.models import Record


class Kind(Record):
    """What evidence of a kind says: fields, types, methods. Versions only add."""

    noun = "kind"
    schema_now = "kind:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "evidence_kind"
        constraints = (
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["slug"], condition=models.Q(version=1), name="kind_slug_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}


class FacetPlan(Record):
    """Which items of a dossier each function answers for, by selectors. One URN; the row in force counts."""

    noun = "facet-plan"
    schema_now = "facet-plan:1"

    class Meta(Record.Meta):
        db_table = "evidence_facet_plan"


class Evidence(Record):
    """An immutable record about a subject, of a kind. A withdrawal is a version; a newer record takes its place."""

    noun = "evidence"
    schema_now = "evidence:1"

    kind = models.CharField(max_length=63, db_index=True)
    subject = models.CharField(max_length=160, db_index=True)
    method = models.CharField(max_length=63)
    dataset = models.CharField(max_length=160, null=True)

    class Meta(Record.Meta):
        db_table = "evidence_evidence"
        indexes = (models.Index(fields=["subject", "position"], name="evidence_of_subject"),)

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"kind": body["kind"], "subject": body["subject"], "method": body["method"], "dataset": body["dataset"]}
