"""Keys that people and robots sign with, and what is prepared for signing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.kit.records.models import Record


class Key(Record):
    """A public key bound to a person or robot; withdrawing it revokes it.

    The order in the ledger decides what its signatures are worth: an entry counts that stands behind the binding and
    before the revocation, whatever the clocks said.
    """

    noun = "key"
    schema_now = "key:1"
    never_backdated = True

    holder = models.CharField(max_length=160, db_index=True)
    kind = models.CharField(max_length=16)
    fingerprint = models.CharField(max_length=64, db_index=True)

    class Meta(Record.Meta):
        db_table = "keys_key"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"holder": body["holder"], "kind": body["kind"], "fingerprint": body["fingerprint"]}


class Preparation(models.Model):
    """An act that waits for its signature: the statement, what chance gave the act, what was shown. Gone once signed or late.

    What was asked for is not kept: whoever signs asks for the same again, and anything else is refused.
    """

    nonce = models.CharField(max_length=64, primary_key=True)
    actor = models.CharField(max_length=160, db_index=True)
    key = models.CharField(max_length=160)
    statement = models.BinaryField()
    shown = models.BinaryField()
    drawn = models.TextField()
    at = models.CharField(max_length=27)
    expires_at = models.CharField(max_length=27, db_index=True)

    class Meta:
        db_table = "keys_preparation"

    def __str__(self) -> str:
        return self.nonce[:12]


class OneTime(models.Model):
    """One-time codes of a person: the secret, encrypted, and what was used of it. Nobody's fact, so not a record."""

    person = models.CharField(max_length=160, primary_key=True)
    secret = models.TextField()
    since = models.CharField(max_length=27)
    used_step = models.BigIntegerField(default=0)
    recovery = models.TextField(default="[]")
    failures = models.IntegerField(default=0)
    locked_until = models.CharField(max_length=27, null=True)

    class Meta:
        db_table = "keys_onetime"

    def __str__(self) -> str:
        return self.person
