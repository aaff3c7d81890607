"""Which witnesses the workspace relies on (a record), and what they and time-stampers said of its heads (mutable: it is about
heads, so it cannot stand in the log whose heads they are; each line is checked against a head and a key when it is taken in)."""

from __future__ import annotations

from django.db import models

from consilience.kit.records.models import Record


class WitnessPolicy(Record):
    """The trust policy as its text (C2SP tlog-policy): witnesses, their addresses, the quorum. One thing, many versions."""

    noun = "witness-policy"
    schema_now = "witness-policy:1"
    never_backdated = True

    class Meta(Record.Meta):
        db_table = "witness_policy"


class Cosignature(models.Model):
    """A witness's signature line over the head of this size."""

    size = models.BigIntegerField()
    key = models.CharField(max_length=400)
    """The witness's vkey."""
    line = models.TextField()
    at_s = models.BigIntegerField()
    """When the witness signed, by its clock: POSIX seconds."""

    class Meta:
        db_table = "witness_cosignature"
        constraints = (models.UniqueConstraint(fields=["size", "key"], name="cosignature_once"),)

    def __str__(self) -> str:
        return f"{self.size} {self.key}"


class Contact(models.Model):
    """What came of asking a witness last."""

    key = models.CharField(max_length=400, primary_key=True)
    asked_at = models.CharField(max_length=27)
    size = models.BigIntegerField()
    """Entries of the head that it was asked to cosign."""
    outcome = models.CharField(max_length=32)
    seen = models.BigIntegerField(null=True)
    """Entries that it says to have seen, where it said so."""
    failures = models.IntegerField(default=0)
    """How often in a row it did not cosign."""

    class Meta:
        db_table = "witness_contact"

    def __str__(self) -> str:
        return f"{self.key} {self.outcome}"


class Timestamp(models.Model):
    """A time-stamping authority's answer about the head of this size (RFC 3161), and the certificate it is checked with."""

    size = models.BigIntegerField()
    response = models.BinaryField()
    certificate = models.TextField()
    """PEM."""
    at = models.CharField(max_length=27)
    """When the authority saw the head, by its clock."""

    class Meta:
        db_table = "witness_timestamp"

    def __str__(self) -> str:
        return f"{self.size} {self.at}"
