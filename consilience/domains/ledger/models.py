"""The log's tables. Entries are what counts; nodes, head and checkpoints follow from them and are checked by verify."""

from __future__ import annotations

from django.db import models

from consilience.kit.records.models import Record


class Entry(models.Model):
    """One entry: its dense position, its leaf hash and its exact bytes. Verb, actor and time are index columns."""

    position = models.BigIntegerField(primary_key=True)
    leaf = models.BinaryField(max_length=32)
    exact = models.BinaryField()
    verb = models.CharField(max_length=64)
    actor = models.CharField(max_length=160)
    at = models.CharField(max_length=27, db_index=True)

    class Meta:
        db_table = "ledger_entry"
        # With the position behind them: the newest entries of an act are found without reading all of its kind.
        indexes = (
            models.Index(fields=["verb", "position"], name="ledger_entry_verb_position"),
            models.Index(fields=["actor", "position"], name="ledger_entry_actor_position"),
        )

    def __str__(self) -> str:
        return f"{self.position} {self.verb}"


class Node(models.Model):
    """Hash of a complete subtree: node (level, nth) covers leaves [nth * 2^level, (nth + 1) * 2^level)."""

    pk = models.CompositePrimaryKey("level", "nth")
    level = models.IntegerField()
    nth = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        db_table = "ledger_node"

    def __str__(self) -> str:
        return f"{self.level}/{self.nth}"


class Head(models.Model):
    """The one row that the next position is taken from, under a lock."""

    size = models.BigIntegerField()
    frontier = models.BinaryField()
    at = models.CharField(max_length=27)

    class Meta:
        db_table = "ledger_head"

    def __str__(self) -> str:
        return str(self.size)


class Checkpoint(models.Model):
    """The signed head after each act (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()

    class Meta:
        db_table = "ledger_checkpoint"

    def __str__(self) -> str:
        return str(self.size)


class Workspace(Record):
    """The organisation's workspace: its zone, its log's public key, its operator. One row in force, written first."""

    noun = "workspace"
    schema_now = "workspace:1"

    class Meta(Record.Meta):
        db_table = "ledger_workspace"


class Epoch(Record):
    """A new epoch of the log: which head a restore went back to, and which later one was lost by it."""

    noun = "epoch"
    schema_now = "epoch:1"
    never_backdated = True

    class Meta(Record.Meta):
        db_table = "ledger_epoch"
