"""Where the bytes of a digest lie."""

from __future__ import annotations

from django.db import models


class Blob(models.Model):
    """Bytes in the content store, named by their SHA-256. Written after the file is durable."""

    digest = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    added_at = models.CharField(max_length=27)

    class Meta:
        db_table = "content_blob"

    def __str__(self) -> str:
        return self.digest
