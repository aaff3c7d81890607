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
USES = (
    "credit_scoring", "fraud_detection", "insurance_pricing", "marketing", "hiring", "workforce_management", "education",
    "health_triage", "essential_services", "critical_infrastructure", "biometrics", "law_enforcement", "migration",
    "justice", "generative_assistant", "internal_tool", "other",
)  # fmt: skip
"""What a system is used for, in the words that tiering and obligations ask by."""
AUTONOMY = ("informs", "recommends", "decides_with_review", "decides_alone")
"""How much is left to people: one fact among others, a proposal for each decision, a right to overrule, nothing."""
DATA_CATEGORIES = (
    "personal", "special_category", "children", "financial", "health", "biometric", "location", "behaviour",
    "public", "synthetic", "not_personal",
)  # fmt: skip
"""What its data tell of whom; `special_category` as GDPR art. 9 has it."""
LAWFUL_BASES = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
    "public_licence", "not_personal",
)  # fmt: skip
"""GDPR art. 6(1)(a)-(f); `public_licence` for published data, `not_personal` where no person is described."""

_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_REFERENCE = re.compile(r"([a-z0-9-]{1,63})@([1-9][0-9]{0,8})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


RISK_FACTS = ("use", "autonomy", "people_affected", "data_categories", "line_of_business")
"""What a registration may say and need not."""
MOST_PEOPLE = 10_000_000_000


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
    use: str | None = None
    autonomy: str | None = None
    people_affected: int | None = None
    """In a year."""
    data_categories: Sequence[str] = ()
    line_of_business: str | None = None
    """A slug: the part of the organisation whose policies bind it beside everybody's."""

    def body(self) -> dict[str, Any]:
        slug(self.slug, "system")
        slug(self.purpose, "purpose")
        _filled("name", self.name)
        if self.tier not in TIERS:
            raise BadInput("tier", f"{self.tier!r} is unknown; expected one of {', '.join(TIERS)}")
        said = {**asdict(self), "jurisdictions": jurisdictions(self.jurisdictions),
                "audience": _texts("audience", self.audience), "affected_groups": _texts("affected groups", self.affected_groups)}  # fmt: skip
        for name in RISK_FACTS:
            del said[name]
        return said | self._of_its_risk()

    def _of_its_risk(self) -> dict[str, Any]:
        """What tiering asks, as far as it is said: what is not said is unknown, and stands in no body."""
        _known("use", self.use, USES)
        _known("autonomy", self.autonomy, AUTONOMY)
        for one in self.data_categories:
            _known("data categories", one, DATA_CATEGORIES)
        affected = self.people_affected
        if affected is not None and not 0 <= affected <= MOST_PEOPLE:
            raise BadInput("people affected", f"{affected} is no number of people in a year")
        if self.line_of_business is not None:
            slug(self.line_of_business, "line of business")
        said = {
            **{name: getattr(self, name) for name in RISK_FACTS},
            "data_categories": sorted(set(self.data_categories)),
        }
        return {name: value for name, value in said.items() if value not in (None, [])}


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


def is_jurisdiction(code: str) -> bool:
    """Whether this has the form of an ISO 3166 code, such as TW, DE or US-NY."""
    return _JURISDICTION.fullmatch(code) is not None


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


def _known(what: str, said: str | None, vocabulary: Collection[str]) -> None:
    if said is not None and said not in vocabulary:
        raise BadInput(what, f"{said!r} is unknown; expected one of {', '.join(vocabulary)}")
