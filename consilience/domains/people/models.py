"""Persons, robots, functions and who holds them; accounts to log in with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from consilience.kit.records.models import Record


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(email=username)


class Account(AbstractBaseUser):
    """A log-in: e-mail and password of a person. Mutable and erasable; the person's record holds commitments only."""

    email = models.EmailField(unique=True)
    person = models.CharField(max_length=160, unique=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    class Meta:
        db_table = "people_account"

    def __str__(self) -> str:
        return self.person


class SetupLink(models.Model):
    """A one-time link, by the digest of its secret: for the first administrator, or for an invited person's password."""

    secret_digest = models.CharField(max_length=64, primary_key=True)
    person = models.CharField(max_length=160, null=True)
    expires_at = models.CharField(max_length=27)
    used_at = models.CharField(max_length=27, null=True)

    class Meta:
        db_table = "people_setuplink"

    def __str__(self) -> str:
        return self.secret_digest[:12]


class Person(Record):
    """Somebody who acts. Name and e-mail are commitments; `active` false ends every right at once."""

    noun = "person"
    schema_now = "person:1"

    class Meta(Record.Meta):
        db_table = "people_person"


class Robot(Record):
    """A pipeline or service that acts with tokens, answered for by a person."""

    noun = "robot"
    schema_now = "robot:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "people_robot"
        constraints = (
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["slug"], condition=models.Q(version=1), name="robot_slug_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}


class Function(Record):
    """A discipline that governs."""

    noun = "function"
    schema_now = "function:1"

    slug = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "people_function"
        constraints = (
            *Record.Meta.constraints,
            models.UniqueConstraint(fields=["slug"], condition=models.Q(version=1), name="function_slug_once"),
        )

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"slug": body["slug"]}


class Holding(Record):
    """A person holds a function, and may sign for it, until it is withdrawn or ends."""

    noun = "holding"
    schema_now = "holding:1"
    never_backdated = True

    person = models.CharField(max_length=160, db_index=True)
    function = models.CharField(max_length=63, db_index=True)

    class Meta(Record.Meta):
        db_table = "people_holding"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:
        return {"person": body["person"], "function": body["function"]}
