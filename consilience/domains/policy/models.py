"""Policies: proposals by one person, publications by two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from consilience.kit.records.models import Record


class PolicyProposal(Record):
    """A draft that somebody put forward, word for word."""

    noun = "policy-proposal"
    schema_now = "policy-proposal:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "policy_proposal"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}


class Policy(Record):
    """A published version: its text, and the language and fact schema that it loads under for ever.

    `valid_from` is when it comes into force, never before its publication.
    """

    noun = "policy"
    schema_now = "policy:1"
    never_backdated = True

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "policy_policy"
        constraints = (
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["slug"], condition=models.Q(version=1), name="policy_slug_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}


class PolicyComment(Record):
    """What somebody said about a policy or a proposal (`about`: its URN). The text is erasable; an answer names what it answers."""

    noun = "policy-comment"
    schema_now = "policy-comment:1"
    never_backdated = True

    slug = models.CharField(max_length=63, db_index=True)
    about = models.CharField(max_length=160, db_index=True)

    class Meta(Record.Meta):
        db_table = "policy_comment"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"], "about": body["about"]}


class PolicyReview(Record):
    """That somebody of the owner function looked at a policy again and found it right, until the day of the next look."""

    noun = "policy-review"
    schema_now = "policy-review:1"
    never_backdated = True

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "policy_review"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}


class PackProposal(Record):
    """A pack of obligations that somebody put forward, word for word."""

    noun = "obligation-pack-proposal"
    schema_now = "obligation-pack-proposal:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "policy_pack_proposal"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}


class ObligationPack(Record):
    """An adopted edition of a pack: its text, the roles in which it binds, and what it loads under for ever.

    A withdrawal takes it out of use. It may be adopted again: the next version follows.
    """

    noun = "obligation-pack"
    schema_now = "obligation-pack:1"
    never_backdated = True

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "policy_obligation_pack"
        constraints = (
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["slug"], condition=models.Q(version=1), name="obligation_pack_slug_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}
