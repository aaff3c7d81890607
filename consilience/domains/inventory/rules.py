"""What a registration must say, and how things are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from consilience.kit.clock import Instant
from consilience.kit.errors import BadInput, Refusal, refusal
from consilience.kit.naming import slug

TIERS = ("minimal", "limited", "high")
LAWFUL_BASES = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
    "public_licence", "not_personal",
)  # fmt: skip
"""GDPR art. 6(1)(a)-(f); `public_licence` for published data, `not_personal` where no person is described."""

_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_REFERENCE = re.compile(r"([a-z0-9-]{1,63})@([1-9][0-9]{0,8})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class SystemFacts:
    """What a system's registration says."""

    slug: str
    name: str
    purpose: str
    description: str
    jurisdictions: Sequence[str]
    audience: Sequence[str]
    affected_groups: Sequence[str]
    owner: str
    squad: str
    sponsor: str | None
    tier: str

    def body(self) -> dict[str, Any]:
        slug(self.slug, "system")
        slug(self.purpose, "purpose")
        _filled("name", self.name)
        if self.tier not in TIERS:
            raise BadInput("tier", f"{self.tier!r} is unknown; expected one of {', '.join(TIERS)}")
        return {**asdict(self), "jurisdictions": jurisdictions(self.jurisdictions),
                "audience": _texts("audience", self.audience), "affected_groups": _texts("affected groups", self.affected_groups)}  # fmt: skip


@dataclass(frozen=True)
class NamedFacts:
    """What the registration of a model or a dataset says; `systems` are slugs."""

    name: str
    description: str
    systems: Sequence[str]

    def body(self, slug: str, systems: Iterable[str]) -> dict[str, Any]:
        """The body under its name in addresses, with the systems as URNs."""
        _filled("name", self.name)
        return {"slug": slug, "name": self.name, "description": self.description, "systems": sorted(set(systems))}


@dataclass(frozen=True)
class DataTerms:
    """On what terms a dataset version may be used."""

    provenance: str
    lawful_basis: str
    consent: bool
    consent_reference: str = ""
    agreement: str = ""
    agreement_until: Instant | None = None
    purposes: Sequence[str] = ()
    jurisdictions: Sequence[str] = ()
    retained_until: Instant | None = None
    personal_data: bool = True

    def body(self) -> dict[str, Any]:
        _filled("provenance", self.provenance)
        if self.lawful_basis not in LAWFUL_BASES:
            raise BadInput(
                "lawful basis", f"{self.lawful_basis!r} is unknown; expected one of {', '.join(LAWFUL_BASES)}"
            )
        if self.lawful_basis == "consent" and not self.consent:
            raise BadInput("consent", "the lawful basis is consent, but no consent is recorded")
        return {**asdict(self), "purposes": [slug(item, "purpose") for item in self.purposes],
                "jurisdictions": jurisdictions(self.jurisdictions)}  # fmt: skip


@dataclass(frozen=True)
class Authorship:
    """Who made a version: declared authors, committers since the last version, who triggered the run."""

    known: frozenset[str]
    """Person URNs."""
    unknown: tuple[str, ...] = field(default=())
    """Addresses that belong to no person here; kept as commitments, compared again before anybody signs."""


def has_human_author(authorship: Authorship) -> Refusal | None:
    return None if authorship.known else refusal("no_human_author", unknown=len(authorship.unknown))


def jurisdictions(codes: Iterable[str]) -> list[str]:
    """ISO 3166 codes, such as TW, DE or US-NY, in the order given."""
    listed = list(codes)
    for code in listed:
        if not _JURISDICTION.fullmatch(code):
            raise BadInput("jurisdiction", f"{code!r} is not an ISO 3166 code such as DE or US-NY")
    if not listed:
        raise BadInput("jurisdictions", "expected at least one")
    return listed


def reference(text: str, what: str) -> tuple[str, int]:
    """`name@3` as its slug and number."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise BadInput(what, f"{text!r} is not NAME@NUMBER, such as credit-risk@3")
    return found.group(1), int(found.group(2))


def sha256(text: str, where: str) -> str:
    if not _SHA256.fullmatch(text):
        raise BadInput(where, "expected a SHA-256 of 64 hexadecimal digits")
    return text


def parameters(values: Mapping[str, object]) -> dict[str, str]:
    """Training parameters as text, in the order of their names."""
    return {str(key): str(values[key]) for key in sorted(values)}


def same_slug(old: str, new: str) -> Refusal | None:
    """A name is never given to something else, so a correction keeps it."""
    return None if old == new else refusal("name_is_fixed", name=old)


def same_registration(noun: str, seen: str | None, newest: str, version: int) -> Refusal | None:
    """Nobody corrects what they did not see: `seen` is the digest of the row that was shown, None where none was."""
    if seen is None or seen == newest:
        return None
    return refusal("corrected_meanwhile", noun=noun, version=version)


def stays_where_proposed(model: str, dropped: Mapping[str, str], proposed_in: Collection[str]) -> Refusal | None:
    """A model keeps the systems in which a release of it is proposed. `dropped` are slugs by URN."""
    left = sorted(slug for urn, slug in dropped.items() if urn in proposed_in)
    return refusal("proposed_there", model=model, systems=left) if left else None


def _filled(where: str, text: str) -> None:
    if not text.strip():
        raise BadInput(where, "is empty")


def _texts(where: str, items: Iterable[str]) -> list[str]:
    listed = [item.strip() for item in items if item.strip()]
    if not listed:
        raise BadInput(where, "expected at least one")
    return listed
