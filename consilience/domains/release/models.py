"""The proposal to take a model version, in a system, to a stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.domains.access.rules import Guarded
from consilience.kit.records.models import Record


class Release(Record):
    """A proposal. Its dossier is computed whenever it is asked for, never frozen."""

    noun = "release"
    schema_now = "release:1"

    system = models.CharField(max_length=160, db_index=True)
    model_version = models.CharField(max_length=160, db_index=True)
    stage = models.CharField(max_length=32)

    class Meta(Record.Meta):
        db_table = "release_release"
        constraints = (
            *Record.Meta.constraints,
            models.UniqueConstraint(
                fields=["system", "model_version", "stage"], condition=models.Q(version=1), name="release_once"
            ),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"system": body["system"], "model_version": body["model_version"], "stage": body["stage"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("release", frozenset({self.system}))
