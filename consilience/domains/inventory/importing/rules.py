"""What a file would register, and what stands against it, row by row and column by column. Values in, a plan out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from consilience.domains.inventory import rules as inventory
from consilience.domains.inventory.importing.columns import Mapped
from consilience.domains.inventory.importing.sheets import Row
from consilience.kit.errors import BadInput

BUILT_IN: Mapping[str, str] = {
    "tier": "high",
    "audience": "not stated",
    "affected_groups": "not stated",
    "squad": "not stated",
    "code_revision": "not stated",
}
"""What is written where a file says nothing and whoever imports named nothing else: the careful answer, or that nothing is known."""
DEFAULTS = ("owner", "purpose", "tier", "jurisdictions", "audience", "affected_groups", "squad", "code_revision")
"""Fields that may be said once for all rows."""
EARLIEST = date(1970, 1, 1)
"""No model that is live today went live before; 1900-01-01 is what Excel makes of an empty date."""
_LISTS = ("jurisdictions", "audience", "affected_groups")
_SYSTEM = ("purpose", "description", "tier", "owner", "squad", "sponsor", *_LISTS)
_TIERS = {"low": "minimal", "niedrig": "minimal", "gering": "minimal", "minimal": "minimal", "medium": "limited", "mittel": "limited",
          "moderate": "limited", "limited": "limited", "begrenzt": "limited", "high": "high", "hoch": "high", "critical": "high",
          "1": "high", "2": "limited", "3": "minimal"}  # fmt: skip
_GERMAN_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_SLASHED = re.compile(r"\d{1,4}/\d{1,2}/\d{1,4}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Finding:
    """Something in one row: a code, its parameters, and the heading of the column. An `error` lets nothing be imported."""

    row: int
    column: str
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    error: bool = True


@dataclass(frozen=True)
class Known:
    """What the workspace has already. Slugs that somebody may not know of are among `taken` and nowhere else."""

    people: Mapping[str, str]
    """URNs by log-in address, small letters."""
    systems: frozenset[str]
    models: Mapping[str, frozenset[str]]
    """By slug, the slugs of the systems that each model serves."""
    imported: frozenset[tuple[str, str]]
    """(model slug, version as the file called it) of what was imported before."""
    taken: Mapping[str, frozenset[str]]
    """`system` and `model` to slugs that nothing else may have."""


@dataclass(frozen=True)
class Thing:
    """One registration to be made: what, from which row, and its facts as plain data."""

    noun: str
    row: int
    facts: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"noun": self.noun, "row": self.row, "facts": dict(self.facts)}


@dataclass(frozen=True)
class Plan:
    """Everything that a file would register, systems first, and everything that was found."""

    things: tuple[Thing, ...]
    findings: tuple[Finding, ...]
    rows: int

    @property
    def errors(self) -> int:
        return sum(one.error for one in self.findings)

    def count(self, noun: str) -> int:
        return sum(one.noun == noun for one in self.things)


@dataclass
class _Draft:
    """What is gathered while the rows are read one by one."""

    mapped: Mapped
    defaults: Mapping[str, str]
    known: Known
    today: date
    shared: bool
    findings: list[Finding] = field(default_factory=list)
    systems: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    names: dict[str, tuple[int, str]] = field(default_factory=dict)
    models: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    versions: list[Thing] = field(default_factory=list)
    seen: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def say(self, row: Row, of: str, code: str, *, error: bool = True, **params: str | int) -> None:
        self.findings.append(Finding(row.number, self.mapped.heading(of) or of, code, params, error))


def plan(
    rows: Sequence[Row], mapped: Mapped, *, defaults: Mapping[str, str], known: Known, today: date, shared: bool = False
) -> Plan:
    """What the rows below the headings would register.

    1. Cells that cannot be taken as they stand: formulas, errors, merged ranges.
    2. The system of the row: its facts are those of its first row; a later row may repeat them and not contradict.
    3. The model, which serves that system. The same name in another system is an error, or (`shared`) one model for both.
    4. The version: the same one twice is an error in both rows.
    """
    unknown = sorted(defaults.keys() - set(DEFAULTS))
    if unknown:
        raise BadInput("defaults", f"{unknown[0]!r} cannot be said for all rows; expected one of {', '.join(DEFAULTS)}")
    draft = _Draft(mapped, {**BUILT_IN, **{key: said for key, said in defaults.items() if said}}, known, today, shared)
    below = [row for row in rows if row.number > mapped.row and not row.empty]
    for row in below:
        _row(draft, row)
    things = [
        *(
            Thing("system", number, facts)
            for number, facts in draft.systems.values()
            if facts["slug"] not in known.systems
        ),
        *(
            Thing("model", number, facts)
            for number, facts in draft.models.values()
            if facts["slug"] not in known.models
        ),
        *draft.versions,
    ]
    order = sorted(draft.findings, key=lambda one: (one.row, not one.error))
    return Plan(tuple(things), tuple(order), len(below))


def slug_of(name: str) -> str:
    """A name as it stands in addresses; "" where nothing of it can."""
    letters = unicodedata.normalize("NFKD", name.casefold().replace("ß", "ss"))
    kept = "".join(one for one in letters if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "-", kept).strip("-")[:63].strip("-")


def day_of(text: str) -> date | str:
    """The day that a cell means, or the code of what is wrong with it."""
    iso, german = _ISO_DAY.fullmatch(text), _GERMAN_DAY.fullmatch(text)
    try:
        if iso:
            return date(*(int(part) for part in iso.groups()))
        if german:
            return date(int(german[3]), int(german[2]), int(german[1]))
    except ValueError:
        return "no_such_day"
    if _SLASHED.fullmatch(text):
        return "day_ambiguous"
    return "day_is_number" if text.replace(".", "", 1).isdigit() else "no_day"


# One row


def _row(draft: _Draft, row: Row) -> None:
    before = len(draft.findings)
    said = _cells(draft, row)
    system = _system(draft, row, said)
    model = _model(draft, row, said, system) if system else None
    if system and model:
        version = _version(draft, row, said, system, model)
        if version is not None and not any(one.error for one in draft.findings[before:]):
            draft.versions.append(version)


def _cells(draft: _Draft, row: Row) -> dict[str, str]:
    """The row's text by field. What cannot be taken as it stands is named, in whatever column it is used."""
    said = {}
    for name, nth in draft.mapped.columns.items():
        problem = row.problems.get(nth)
        if problem:
            draft.say(row, name, problem)
        said[name] = row.cells[nth] if nth < len(row.cells) and not problem else ""
    return said


def _named(draft: _Draft, row: Row, of: str, name: str) -> str:
    found = slug_of(name)
    if not found:
        draft.say(row, of, "no_name" if not name else "no_address", name=name[:100])
        return ""
    first, spelt = draft.names.setdefault(f"{of} {found}", (row.number, name))
    if spelt.casefold() != name.casefold():
        draft.say(row, of, "same_address", name=name[:100], other=spelt[:100], first=first, address=found)
    return found


def _system(draft: _Draft, row: Row, said: Mapping[str, str]) -> str:
    slug = "" if row.problems.get(draft.mapped.columns["system"]) else _named(draft, row, "system", said["system"])
    if not slug:
        return ""
    if slug in draft.known.systems:
        if slug not in draft.systems:
            draft.say(row, "system", "system_known", error=False, name=slug)
            draft.systems[slug] = (row.number, {"slug": slug})
        return slug
    if slug in draft.systems:
        _repeats(draft, row, said, *draft.systems[slug])
        return slug
    if slug in draft.known.taken["system"]:
        draft.say(row, "system", "name_taken", name=slug)
    draft.systems[slug] = (row.number, _facts(draft, row, said, slug))
    return slug


def _facts(draft: _Draft, row: Row, said: Mapping[str, str], slug: str) -> dict[str, Any]:
    """The facts of a system from its first row, empty cells filled from what was said for all."""
    purpose = slug_of(_said(draft, said, "purpose")) or slug
    tier = _TIERS.get(_said(draft, said, "tier").casefold())
    if tier is None:
        draft.say(row, "tier", "no_tier", said=said["tier"][:60])
    facts: dict[str, Any] = {
        "slug": slug, "name": said["system"][:200], "purpose": purpose, "description": said.get("description", ""),
        "tier": tier, "squad": _said(draft, said, "squad")[:200], "owner": _person(draft, row, said, "owner"),
        "sponsor": _person(draft, row, said, "sponsor", needed=False),
        **{name: _list(_said(draft, said, name)) for name in _LISTS},
    }  # fmt: skip
    facts["jurisdictions"] = [one.upper() for one in facts["jurisdictions"]]
    if not facts["jurisdictions"]:
        draft.say(row, "jurisdictions", "empty")
    for one in facts["jurisdictions"]:
        if not inventory.is_jurisdiction(one):
            draft.say(row, "jurisdictions", "no_jurisdiction", said=one[:40])
    return facts


def _repeats(draft: _Draft, row: Row, said: Mapping[str, str], first: int, facts: Mapping[str, Any]) -> None:
    """A later row of a system says the same of it, or nothing."""
    if "name" not in facts:
        return
    for name in _SYSTEM:
        cell = said.get(name, "")
        if not cell or name not in facts:
            continue
        meant: Any = cell
        if name in _LISTS:
            meant = [one.upper() if name == "jurisdictions" else one for one in _list(cell)]
        elif name == "tier":
            meant = _TIERS.get(cell.casefold())
        elif name == "purpose":
            meant = slug_of(cell)
        elif name in ("owner", "sponsor"):
            meant = draft.known.people.get(cell.casefold())
        elif name == "description":
            continue  # rows of several models describe the model
        if meant != facts[name]:
            draft.say(row, name, "contradicts", first=first, said=cell[:60])


def _model(draft: _Draft, row: Row, said: Mapping[str, str], system: str) -> str:
    column = draft.mapped.columns.get("model")
    if column is not None and row.problems.get(column):
        return ""
    name = said.get("model", "") or said["system"]
    slug = _named(draft, row, "model", name)
    if not slug:
        return ""
    if slug in draft.known.models:
        if system not in draft.known.models[slug]:
            draft.say(row, "model", "model_elsewhere", name=slug, systems=", ".join(sorted(draft.known.models[slug])))
        return slug
    if slug in draft.known.taken["model"]:
        draft.say(row, "model", "name_taken", name=slug)
    if slug not in draft.models:
        description = said.get("model_description", "") or said.get("description", "")
        made: dict[str, Any] = {"slug": slug, "name": name[:200], "description": description, "systems": [system]}
        draft.models[slug] = (row.number, made)
        return slug
    first, facts = draft.models[slug]
    if system not in facts["systems"]:
        if draft.shared:
            facts["systems"].append(system)
        else:
            draft.say(row, "model", "model_twice", name=name[:100], first=first, system=facts["systems"][0])
    return slug


def _version(draft: _Draft, row: Row, said: Mapping[str, str], system: str, model: str) -> Thing | None:
    label = said.get("version", "")[:100]
    first = draft.seen.setdefault((system, model, label), row.number)
    if first != row.number:
        draft.say(row, "version" if "version" in draft.mapped.columns else "model", "version_twice", first=first)
        return None
    if (model, label) in draft.known.imported:
        draft.say(row, "version", "imported_before", error=False, name=model, version=label)
        return None
    digest = said.get("artefact", "").lower()
    if digest and not _SHA256.fullmatch(digest):
        draft.say(row, "artefact", "no_digest")
    authors = [one for one in _list(said.get("authors", "")) if one]
    owner = _person(draft, row, said, "owner", quiet=True)
    facts = {
        "model": model, "system": system, "version": label, "live_since": _live_since(draft, row, said), "artefact": digest,
        "code_revision": _said(draft, said, "code_revision")[:200], "authors": sorted(set(authors) or {owner or ""} - {""}),
    }  # fmt: skip
    return Thing("version", row.number, facts)


def _live_since(draft: _Draft, row: Row, said: Mapping[str, str]) -> str | None:
    text = said.get("live_since", "")
    if not text:
        return None
    found = day_of(text)
    if isinstance(found, str):
        draft.say(row, "live_since", found, said=text[:40])
        return None
    if found > draft.today:
        draft.say(row, "live_since", "day_ahead", said=text[:40])
    elif found < EARLIEST:
        draft.say(row, "live_since", "day_too_early", said=text[:40])
    return found.isoformat()


def _person(
    draft: _Draft, row: Row, said: Mapping[str, str], of: str, *, needed: bool = True, quiet: bool = False
) -> str | None:
    """The person whom a cell names by their log-in address."""
    address = said.get(of, "") or (draft.defaults.get(of, "") if needed else "")
    found = draft.known.people.get(address.casefold())
    if found is None and not quiet:
        if address:
            draft.say(row, of, "nobody", said=address[:100])
        elif needed:
            draft.say(row, of, "empty")
    return found


def _said(draft: _Draft, said: Mapping[str, str], of: str) -> str:
    return said.get(of, "") or draft.defaults.get(of, "")


def _list(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]


def addresses(rows: Collection[Row], mapped: Mapped, defaults: Mapping[str, str]) -> set[str]:
    """Every text that may be somebody's log-in address, small letters."""
    found = {defaults.get("owner", "").casefold()}
    for name in ("owner", "sponsor"):
        nth = mapped.columns.get(name)
        if nth is not None:
            found |= {row.cells[nth].casefold() for row in rows if row.number > mapped.row and nth < len(row.cells)}
    return found - {""}


def slugs(rows: Collection[Row], mapped: Mapped) -> dict[str, set[str]]:
    """The slugs that the rows would give to systems and to models."""
    found: dict[str, set[str]] = {"system": set(), "model": set()}
    for row in rows:
        if row.number > mapped.row:
            said = {name: row.cells[nth] for name, nth in mapped.columns.items() if nth < len(row.cells)}
            found["system"].add(slug_of(said.get("system", "")))
            found["model"].add(slug_of(said.get("model", "") or said.get("system", "")))
    return found
