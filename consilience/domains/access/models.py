"""Grants and tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.kit.records.models import Record


class Grant(Record):
    """A role for a principal in a system or in the workspace. Withdrawing it ends it."""

    noun = "grant"
    schema_now = "grant:1"
    never_backdated = True

    principal = models.CharField(max_length=160, db_index=True)
    role = models.CharField(max_length=32)
    system = models.CharField(max_length=160, null=True, db_index=True)

    class Meta(Record.Meta):
        db_table = "access_grant"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"principal": body["principal"], "role": body["role"], "system": body["system"]}


class Token(Record):
    """A secret that stands for a principal on the API, by its SHA-256; narrower than the principal's grants, and dated."""

    noun = "token"
    schema_now = "token:1"
    never_backdated = True

    principal = models.CharField(max_length=160, db_index=True)
    secret_digest = models.CharField(max_length=64, db_index=True)

    class Meta(Record.Meta):
        db_table = "access_token"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"principal": body["principal"], "secret_digest": body["secret_digest"]}
