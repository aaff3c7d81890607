"""Systems, registered models and their versions, datasets and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Q, UniqueConstraint

from consilience.domains.access.rules import Guarded
from consilience.kit.records.models import Record


def _named_once(name: str) -> UniqueConstraint:
    """A slug is never reused within the workspace: first versions of two URNs cannot share one."""
    return UniqueConstraint(fields=["slug"], condition=Q(version=1), name=name)


class System(Record):
    """An AI system in use for a purpose: who owns it, where it acts, whom it touches, how risky it is."""

    noun = "system"
    schema_now = "system:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "inventory_system"
        constraints = (*Record.Meta.constraints, _named_once("system_slug_once"))

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("system", frozenset({self.urn}))


class RegisteredModel(Record):
    """A model by name, and the systems it serves."""

    noun = "model"
    schema_now = "model:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "inventory_model"
        constraints = (*Record.Meta.constraints, _named_once("model_slug_once"))

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("model", frozenset(self.body["systems"]))


class ModelVersion(Record):
    """What was built: artefact, code, parameters, training data, authors. Corrected by superseding, never edited."""

    noun = "model-version"
    schema_now = "model-version:1"

    model = models.CharField(max_length=160, db_index=True)
    number = models.IntegerField()

    class Meta(Record.Meta):
        db_table = "inventory_model_version"
        constraints = (
            *Record.Meta.constraints,
            UniqueConstraint(fields=["model", "number"], condition=Q(version=1), name="model_version_number_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"model": body["model"], "number": body["number"]}


class Dataset(Record):
    """Data by name, and the systems whose members may know of it."""

    noun = "dataset"
    schema_now = "dataset:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "inventory_dataset"
        constraints = (*Record.Meta.constraints, _named_once("dataset_slug_once"))

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("dataset", frozenset(self.body["systems"]))


class DatasetVersion(Record):
    """Exactly these rows: digest, columns, count; where they come from and on what terms they may be used."""

    noun = "dataset-version"
    schema_now = "dataset-version:1"

    dataset = models.CharField(max_length=160, db_index=True)
    number = models.IntegerField()

    class Meta(Record.Meta):
        db_table = "inventory_dataset_version"
        constraints = (
            *Record.Meta.constraints,
            UniqueConstraint(fields=["dataset", "number"], condition=Q(version=1), name="dataset_version_number_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"dataset": body["dataset"], "number": body["number"]}
