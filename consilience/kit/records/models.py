"""Records: one table per noun, a row is a version, rows are only inserted. Defined exactly in docs/formats.md."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar

from django.db import models
from django.db.models import Expression

from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.naming import Urn

_T = TypeVar("_T")


@dataclass(frozen=True)
class AsOf:
    """The two times of every question: when it was true, and how much of the ledger we knew.

    `known_at` is a tree size n: rows with position < n are seen.
    """

    valid_at: Instant
    known_at: int
    _answers: dict[Callable[[AsOf], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, read: Callable[[AsOf], _T]) -> _T:
        """What `read` finds at this moment. Records below `known_at` never change, so it is read the first time only.

        For what many questions of one moment share, such as the policies in force; kept as long as this object is.
        """
        if read not in self._answers:
            self._answers[read] = read(self)
        found: _T = self._answers[read]
        return found


_R_co = TypeVar("_R_co", bound="Record", covariant=True)


class _InForce(Expression):
    """The condition of `as_of`, written down as SQL: building it from parts cost more than running it."""

    conditional = True
    output_field = models.BooleanField()

    def __init__(self, table: str, asof: AsOf) -> None:
        super().__init__()
        self.table, self.asof = table, asof

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:  # noqa: ARG002 - Django's signature
        here = compiler.quote_name_unless_alias(compiler.query.get_initial_alias())
        table = compiler.quote_name_unless_alias(self.table)
        sql = (
            f"({here}.valid_from <= %s AND {here}.position < %s AND NOT {here}.withdrawn AND NOT EXISTS ("  # noqa: S608
            f"SELECT 1 FROM {table} later WHERE later.urn = {here}.urn AND later.valid_from <= %s AND later.position < %s "
            f"AND (later.valid_from, later.position, later.ordinal) > ({here}.valid_from, {here}.position, {here}.ordinal)))"
        )
        known = (str(self.asof.valid_at), self.asof.known_at)
        return sql, (*known, *known)


class RecordQuerySet(models.QuerySet[_R_co]):
    def as_of(self, asof: AsOf) -> Self:
        """The row in force of each URN: greatest (valid_from, position, ordinal) among those true and known by then.

        A URN whose row in force is a withdrawal has none.
        """
        return self.filter(_InForce(self.model._meta.db_table, asof))

    def newest(self, urn: str) -> _R_co | None:
        """The last version recorded of a URN, whatever its valid time: the one a next version supersedes."""
        return self.filter(urn=urn).order_by("-version").first()


class Record(models.Model):
    """A version of something. `canonical` holds the exact bytes that `digest` covers; all else is drawn from them."""

    digest = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField()
    ordinal = models.IntegerField()
    canonical = models.TextField()
    urn = models.CharField(max_length=160, db_index=True)
    version = models.IntegerField()
    schema = models.CharField(max_length=64)
    valid_from = models.CharField(max_length=27)
    supersedes = models.CharField(max_length=64, null=True, unique=True)
    withdrawn = models.BooleanField()

    objects = RecordQuerySet.as_manager()

    noun: ClassVar[str]
    schema_now: ClassVar[str]
    never_backdated: ClassVar[bool] = False
    """True where `valid_from` may not lie in the past: grants, sign-offs, waivers, policies."""

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(fields=["position", "ordinal"], name="%(class)s_place"),
            models.UniqueConstraint(fields=["urn", "version"], name="%(class)s_version"),
        )

    def __str__(self) -> str:
        return f"{self.urn}:{self.version}"

    @cached_property
    def body(self) -> dict[str, Any]:
        """What the row says, parsed from its canonical bytes."""
        body: dict[str, Any] = json.loads(self.canonical)["body"]  # our own bytes: `verify` reads them strictly
        return body

    @property
    def name(self) -> str:
        """The URN of exactly this version, as entries name it."""
        return f"{self.urn}:{self.version}"

    @classmethod
    def index(cls, body: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG003 - subclasses read it
        """The noun's own index columns, drawn from the body. `verify` draws them again."""
        return {}

    @classmethod
    def prepared(
        cls, *, urn: Urn, version: int, valid_from: Instant, supersedes: str | None, body: Mapping[str, Any]
    ) -> Self:
        """An unsaved row with its digest. Its place in the ledger is not part of it, so it can be signed first."""
        document = {
            "urn": urn,
            "version": version,
            "schema": cls.schema_now,
            "valid_from": valid_from,
            "supersedes": supersedes,
            "body": dict(body),
        }
        exact = canonical.encode(document)
        return cls(digest=canonical.sha256(exact), canonical=canonical.text_of(exact), **cls.columns(document))

    @classmethod
    def columns(cls, document: Mapping[str, Any]) -> dict[str, Any]:
        """Every column that follows from the canonical document."""
        body = document["body"]
        return {
            "urn": document["urn"],
            "version": document["version"],
            "schema": document["schema"],
            "valid_from": document["valid_from"],
            "supersedes": document["supersedes"],
            "withdrawn": body.get("withdrawn", False),
            **cls.index(body),
        }


FIXED_COLUMNS = (
    "digest", "position", "ordinal", "canonical", "urn", "version", "schema", "valid_from", "supersedes",
)  # fmt: skip
"""Columns that no UPDATE may touch; the others are index columns, which a migration may fill."""


class Private(models.Model):
    """Personal text behind a commitment. Erasable: deleting the row forgets the text and breaks no digest."""

    commitment = models.CharField(max_length=64, primary_key=True)
    salt = models.BinaryField(max_length=32)
    value = models.TextField()

    class Meta:
        db_table = "private"

    def __str__(self) -> str:
        return self.commitment


class Erased(models.Model):
    """Which entry erased a text (by its commitment) or a file (by its digest): drawn from the erasures, for pages to say."""

    what = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField()
    at = models.CharField(max_length=27)

    class Meta:
        db_table = "erased"

    def __str__(self) -> str:
        return f"{self.what} by entry {self.position}"
