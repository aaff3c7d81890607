"""Decisions of the gate; how the releases that it let through stand since, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.domains.access.rules import Guarded
from consilience.kit.records.models import Record


class Decision(Record):
    """What the gate answered, and by digest everything it answered from, so that it can be replayed."""

    noun = "decision"
    schema_now = "decision:1"
    never_backdated = True

    release = models.CharField(max_length=160, db_index=True)
    system = models.CharField(max_length=160, db_index=True)
    allowed = models.BooleanField()

    class Meta(Record.Meta):
        db_table = "gate_decision"
        indexes = (models.Index(fields=["system", "position"], name="decision_of_system"),)

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"release": body["release"], "system": body["system"], "allowed": body["allowed"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("decision", frozenset({self.system}))


class Standing(Record):
    """How a live release stands. A version is a change: what was asked, what came of it, and what it was held against."""

    noun = "standing"
    schema_now = "standing:1"
    never_backdated = True

    release = models.CharField(max_length=160, db_index=True)
    system = models.CharField(max_length=160, db_index=True)
    state = models.CharField(max_length=32)

    class Meta(Record.Meta):
        db_table = "gate_standing"
        constraints = (
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["release"], condition=models.Q(version=1), name="standing_release_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"release": body["release"], "system": body["system"], "state": body["state"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("standing", frozenset({self.system}))


class Grandfathering(Record):
    """A version that was live before the gate waits for it until a day: who decided so, and why."""

    noun = "grandfathering"
    schema_now = "grandfathering:1"
    never_backdated = True

    system = models.CharField(max_length=160, db_index=True)
    model_version = models.CharField(max_length=160, db_index=True)

    class Meta(Record.Meta):
        db_table = "gate_grandfathering"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"system": body["system"], "model_version": body["model_version"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("grandfathering", frozenset({self.system}))


class Looked(models.Model):
    """When a live release was last looked at, and until when its standing cannot change by time alone. A memo."""

    release = models.CharField(max_length=160, primary_key=True)
    looked_at = models.CharField(max_length=27)
    due_at = models.CharField(max_length=27)

    class Meta:
        db_table = "gate_looked"

    def __str__(self) -> str:
        return self.release


class Cursor(models.Model):
    """How far a reaction has read the ledger: it has dealt with every entry before this position."""

    name = models.CharField(max_length=63, primary_key=True)
    position = models.BigIntegerField()

    class Meta:
        db_table = "gate_cursor"

    def __str__(self) -> str:
        return f"{self.name} {self.position}"


class Notice(models.Model):
    """Somebody is told of a change of standing (`about`, the URN of that version), once. `read_at` is all that changes."""

    person = models.CharField(max_length=160)
    about = models.CharField(max_length=171)
    system = models.CharField(max_length=160)
    made_at = models.CharField(max_length=27)
    read_at = models.CharField(max_length=27, null=True)

    class Meta:
        db_table = "gate_notice"
        constraints = (models.UniqueConstraint(fields=["person", "about"], name="notice_once"),)

    def __str__(self) -> str:
        return f"{self.person} {self.about}"
