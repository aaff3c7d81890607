"""Batches of predictions: what was predicted stays where it is, its root is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.kit.records.models import Record


class PredictionBatch(Record):
    """Predictions of one model version, known by the root over their rows."""

    noun = "prediction-batch"
    schema_now = "prediction-batch:1"

    model_version = models.CharField(max_length=160, db_index=True)

    class Meta(Record.Meta):
        db_table = "monitor_prediction_batch"
        indexes = (models.Index(fields=["model_version", "position"], name="prediction_batch_place"),)

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"model_version": body["model_version"]}
