"""A policy and its requirements, compiled and ready to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from consilience.domains.policy.language.expression import Expression, roots
from consilience.domains.policy.language.names import NOTHING, Vocabulary
from consilience.domains.policy.language.types import Schema
from consilience.domains.policy.outcome import Code, Severity
from consilience.domains.policy.scope import ORGANISATION, Loosening, Scope
from consilience.domains.policy.sentences import Template
from consilience.domains.policy.tables.table import Table
from consilience.kit.canonical import Json
from consilience.kit.clock import Instant

SENTENCED = (Code.SATISFIED, Code.UNSATISFIED, Code.NO_EVIDENCE, Code.NOT_APPLICABLE)
"""The outcomes that a requirement has its own sentence for."""
_MEASURED = ("evidence", "training_datasets", "evaluation_datasets")


@dataclass(frozen=True, slots=True)
class Effective:
    """When a requirement is in force: from <= t < until; an end that is None is open."""

    start: Instant | None = None
    until: Instant | None = None

    def holds(self, at: Instant) -> bool:
        return (self.start is None or self.start <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Example:
    """A fact document, and the outcome that the requirement's author expects over it."""

    name: str
    facts: Json
    expect: Code


@dataclass(frozen=True, slots=True)
class FromTemplate:
    """Where a requirement came from: the template, its version, and what was filled in."""

    id: str
    version: int
    values: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class WaiverTerms:
    """Who may set a requirement aside for a release, and for how many days at a time; or that nobody ever may."""

    by: tuple[str, ...] = ()
    days: int = 0
    never: bool = False

    def __str__(self) -> str:
        return "never" if self.never else f"{', '.join(self.by)}, at most {self.days} days"


@dataclass(frozen=True, eq=False)
class Requirement:
    """One rule in words and in code.

    `applies_if` None means always; it joins what the policy says with `own_applies_if`, the requirement's own condition.
    `equivalent` names changes that cannot matter (see `mutation`), each with its author's reason. `scope` is its policy's;
    `tightens` names a requirement of a wider policy (`policy/requirement`) that it is stricter than, and
    `may_be_loosened_by` the functions whose members may set it aside for a narrower scope. `waiver` says who may set it aside
    for one release; where nothing is said, nobody may.
    """

    policy: str
    id: str
    title: Mapping[str, str]
    why: Mapping[str, str]
    owner: str
    severity: Severity
    applies_if: Expression | None
    satisfied_if: Expression
    obligations: tuple[str, ...]
    source: str
    effective: Effective
    sentences: Mapping[str, Mapping[Code, Template]]
    examples: tuple[Example, ...]
    from_template: FromTemplate | None = None
    own_applies_if: Expression | None = None
    equivalent: Mapping[str, str] = field(default_factory=dict)
    scope: Scope = ORGANISATION
    tightens: str | None = None
    may_be_loosened_by: tuple[str, ...] = ()
    waiver: WaiverTerms | None = None

    @property
    def name(self) -> str:
        return f"{self.policy}/{self.id}"

    @cached_property
    def sign_off(self) -> bool:
        """Whether only people's words can satisfy it: it reads sign-offs, and no evidence and no dataset."""
        asked = roots(self.satisfied_if)
        return "signoffs" in asked and asked.isdisjoint(_MEASURED)


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A policy version: its requirements, and the schema they were checked against.

    From language 2 on it may also have names of its own (`vocabulary`), decision tables, and a condition that
    every requirement's own was joined with. `sizes` says of lists, by path, how long they are at most (see `cost`).
    `scope` is whom it binds, `loosens` what it sets aside of wider policies, `review_by` when somebody must look at it again.
    """

    slug: str
    title: Mapping[str, str]
    owner: str
    language: int
    requirements: tuple[Requirement, ...]
    schema: Schema
    vocabulary: Vocabulary = NOTHING
    applies_if: Expression | None = None
    tables: tuple[Table, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    scope: Scope = ORGANISATION
    loosens: tuple[Loosening, ...] = ()
    review_by: Instant | None = None
