"""What belongs to a system, as rows of record tables: for finding the entries that are about it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import ModelVersion, RegisteredModel, System
from consilience.domains.ledger.rules import Actor
from consilience.domains.monitor.models import PredictionBatch
from consilience.domains.review.models import Answer, BlockEnd, SignOff
from consilience.kit.records.models import AsOf
from consilience.kit.records.registry import record_models


def rows_about(actor: Actor, slug: str, asof: AsOf) -> list[QuerySet[Any]]:
    """The system itself, what names it, its models with their versions, batches and evidence, answers to what was said of it.

    NotFound where the actor may not know of the system.
    """
    system = inventory.system(actor, slug, asof).urn
    models = [row.urn for row in inventory.models(actor, asof) if system in row.body["systems"]]
    # As a list: with one version the database reads the newest few of an index and sorts nothing.
    versions = list(ModelVersion.objects.filter(model__in=models).values_list("urn", flat=True).distinct())
    said = SignOff.objects.filter(system=system).values("urn")
    return [
        System.objects.filter(urn=system),
        *_naming(system),
        RegisteredModel.objects.filter(urn__in=models),
        ModelVersion.objects.filter(model__in=models),
        PredictionBatch.objects.filter(model_version__in=versions),
        Evidence.objects.filter(subject=system),
        Evidence.objects.filter(subject__in=versions),
        Answer.objects.filter(objection__in=said),
        BlockEnd.objects.filter(block__in=said),
    ]


def _naming(system: str) -> list[QuerySet[Any]]:
    """Rows of every table that has a column for the system."""
    found: list[QuerySet[Any]] = []
    for model in record_models():
        manager: Any = model._default_manager
        if any(field.name == "system" for field in model._meta.concrete_fields):
            found.append(manager.filter(system=system))
    return found
