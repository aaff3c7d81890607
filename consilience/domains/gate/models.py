"""Decisions of the gate."""

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

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"release": body["release"], "system": body["system"], "allowed": body["allowed"]}

    @property
    def guarded(self) -> Guarded:
        return Guarded("decision", frozenset({self.system}))
