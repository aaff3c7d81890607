"""The content store's tables: what is held, under which key, and what was erased or must not be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models

from consilience.kit.records.models import Record


class Blob(models.Model):
    """Bytes in the content store, named by their SHA-256. Written after the file is durable."""

    digest = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    added_at = models.CharField(max_length=27)

    class Meta:
        db_table = "content_blob"

    def __str__(self) -> str:
        return self.digest


class Key(models.Model):
    """The key under which one file of the store is sealed. Erasable: without it nobody reads the file, in no copy."""

    digest = models.CharField(max_length=64, primary_key=True)
    key = models.BinaryField(max_length=32)

    class Meta:
        db_table = "content_key"

    def __str__(self) -> str:
        return self.digest


class Erasure(Record):
    """What was erased, in whose matter and on which ground: commitments of texts and digests of files, never what they said."""

    noun = "erasure"
    schema_now = "erasure:1"
    never_backdated: ClassVar[bool] = True

    class Meta(Record.Meta):
        db_table = "content_erasure"


class Hold(Record):
    """A legal hold: what must not be erased until it is lifted, though somebody asks for it. Lifting it is a withdrawal."""

    noun = "legal-hold"
    schema_now = "legal-hold:1"
    never_backdated: ClassVar[bool] = True

    about = models.CharField(max_length=160)

    class Meta(Record.Meta):
        db_table = "content_hold"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"about": body["about"]}
