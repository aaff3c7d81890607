"""Sign-offs and what follows them: proofs of conditions, answers to objections, ends of blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.domains.access.rules import Guarded
from consilience.kit.records.models import Record


class SignOff(Record):
    """A function's verdict on exactly one facet. Never changed; a later one by the same person takes its place."""

    noun = "sign-off"
    schema_now = "sign-off:1"
    never_backdated = True

    release = models.CharField(max_length=160, db_index=True)
    system = models.CharField(max_length=160, db_index=True)
    function = models.CharField(max_length=63)
    person = models.CharField(max_length=160, db_index=True)
    verdict = models.CharField(max_length=32)

    class Meta(Record.Meta):
        db_table = "review_sign_off"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {name: body[name] for name in ("release", "system", "function", "person", "verdict")}


class Proof(Record):
    """That a condition has been met: offered by one person, accepted by another who holds the imposing function."""

    noun = "proof"
    schema_now = "proof:1"
    never_backdated = True

    condition = models.CharField(max_length=200, db_index=True)

    class Meta(Record.Meta):
        db_table = "review_proof"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"condition": body["condition"]}


class Answer(Record):
    """A written answer to an objection, by another person."""

    noun = "answer"
    schema_now = "answer:1"
    never_backdated = True

    objection = models.CharField(max_length=160, db_index=True)

    class Meta(Record.Meta):
        db_table = "review_answer"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"objection": body["objection"]}


class BlockEnd(Record):
    """A block is withdrawn by its author, or a member of the panel says that it should end."""

    noun = "block-end"
    schema_now = "block-end:1"
    never_backdated = True

    block = models.CharField(max_length=160, db_index=True)

    class Meta(Record.Meta):
        db_table = "review_block_end"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"block": body["block"]}


class Delegation(Record):
    """Somebody lends another person their voice for one function: everywhere or in one system, from a day until a day."""

    noun = "delegation"
    schema_now = "delegation:1"
    never_backdated = True

    person = models.CharField(max_length=160, db_index=True)
    receiver = models.CharField(max_length=160, db_index=True)
    function = models.CharField(max_length=63)

    class Meta(Record.Meta):
        db_table = "review_delegation"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"person": body["person"], "receiver": body["to"], "function": body["function"]}

    @property
    def guarded(self) -> Guarded:
        system = self.body["system"]
        return Guarded("people") if system is None else Guarded("delegation", frozenset({system}))


class Waiver(Record):
    """A requirement is set aside for one release until a day; something else is done in its place."""

    noun = "waiver"
    schema_now = "waiver:1"
    never_backdated = True

    release = models.CharField(max_length=160, db_index=True)
    system = models.CharField(max_length=160, db_index=True)
    person = models.CharField(max_length=160)

    class Meta(Record.Meta):
        db_table = "review_waiver"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {name: body[name] for name in ("release", "system", "person")}

    @property
    def guarded(self) -> Guarded:
        return Guarded("waiver", frozenset({self.system}))


class Panel(Record):
    """The people who may decide a block against its author: two of them must say the same."""

    noun = "panel"
    schema_now = "panel:1"
    never_backdated = True

    class Meta(Record.Meta):
        db_table = "review_panel"
