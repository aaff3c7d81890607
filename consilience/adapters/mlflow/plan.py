"""What an import would do: a registry held against what is registered. Values only; the same import twice plans nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from consilience.adapters.mlflow.registry import NO_STAGE, Model, Registry, Version, document
from consilience.kit import canonical
from consilience.kit.errors import BadInput

MARK = "mlflow."
"""Parameters of a registered version that begin so say where in MLflow it comes from."""
MOST_PARAMETERS = 900
READY = "READY"


@dataclass(frozen=True)
class Home:
    """Where in MLflow a version that is registered here comes from, and the bytes that were registered."""

    registry: str
    model: str
    number: int
    artefact: str


@dataclass(frozen=True)
class Known:
    """A version that is registered here, and the digest of the registry's document that counts for it now."""

    reference: str
    artefact: str
    home: Home | None
    document: str | None


@dataclass(frozen=True)
class Wishes:
    """What whoever imports decides: names, systems, and who people are."""

    systems: Mapping[str, str]
    """By the model's name in MLflow; under "" the one for all others."""
    slugs: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    """MLflow's user -> log-in address."""
    author: str | None = None
    """Who answers for versions whose run names nobody."""


@dataclass(frozen=True)
class NewModel:
    slug: str
    name: str
    system: str
    description: str


@dataclass(frozen=True)
class NewVersion:
    slug: str
    version: Version
    author: str
    code_revision: str
    parameters: Mapping[str, str]
    notes: Sequence[str]
    document: bytes


@dataclass(frozen=True)
class NewDocument:
    """What the registry says of a version that is registered already is new, or other than it was."""

    reference: str
    version: Version
    notes: Sequence[str]
    document: bytes


@dataclass(frozen=True)
class Plan:
    models: Sequence[NewModel]
    versions: Sequence[NewVersion]
    documents: Sequence[NewDocument]
    unchanged: int
    """Versions about which there is nothing new."""

    @property
    def empty(self) -> bool:
        return not (self.models or self.versions or self.documents)


def plan(registry: Registry, known: Mapping[str, Sequence[Known]], wishes: Wishes) -> Plan:
    """`known` maps the slugs of models that are registered here to their versions. Raises BadInput that lists every gap."""
    slugs = _slugs(registry, wishes)
    gaps: list[str] = []
    models: list[NewModel] = []
    versions: list[NewVersion] = []
    documents: list[NewDocument] = []
    unchanged = 0
    for model in registry.models:
        slug = slugs[model.name]
        if slug not in known:
            system = wishes.systems.get(model.name) or wishes.systems.get("")
            if system is None:
                gaps.append(f"no system is said for {model.name!r}")
            models.append(NewModel(slug, model.name, system or "", _description(model)))
        for version in model.versions:
            written = document(registry, model, version)
            registered = _same(known.get(slug, ()), registry.address, version)
            if registered is None:
                versions.append(_new_version(slug, registry, version, written, wishes, gaps))
            elif registered.document != canonical.sha256(written):
                documents.append(NewDocument(registered.reference, version, notes_on(version), written))
            else:
                unchanged += 1
    if gaps:
        raise BadInput(registry.address, "; ".join(dict.fromkeys(gaps)))
    return Plan(models, versions, documents, unchanged)


def notes_on(version: Version) -> list[str]:
    """What somebody should know about where a version comes from."""
    found = []
    if version.status != READY:
        found.append(f"its status in MLflow is {version.status}")
    if version.stage != NO_STAGE:
        found.append(f"its stage in MLflow is {version.stage}, which says nothing here")
    if version.run_id and version.run is None:
        found.append("its run was removed from MLflow for good")
    if version.run is not None and version.run.deleted:
        found.append("its run lies in MLflow's bin")
    if version.run is not None and version.run.status != "FINISHED":
        found.append(f"its run ended as {version.run.status}")
    if version.run is not None and version.run.parent:
        found.append(f"its run is part of {version.run.parent}")
    if version.signature is None:
        found.append("its model has no signature")
    if version.run is not None and len(version.run.parameters) > MOST_PARAMETERS:
        found.append(f"its run has {len(version.run.parameters)} parameters: they stand in the attached document only")
    return found


def slug_of(name: str) -> str:
    """A name for addresses: a-z, 0-9 and - only, at most 63."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].rstrip("-")


def _slugs(registry: Registry, wishes: Wishes) -> dict[str, str]:
    found: dict[str, str] = {}
    for model in registry.models:
        slug = wishes.slugs.get(model.name) or slug_of(model.name)
        taken = next((name for name, other in found.items() if other == slug), None)
        if not slug or taken is not None:
            why = (
                f"would be called {slug!r}, as {taken!r} is"
                if slug
                else "has no letter or digit for a name in addresses"
            )
            raise BadInput(registry.address, f"{model.name!r} {why}; say --as {model.name!r}=NAME")
        found[model.name] = slug
    return found


def _same(known: Sequence[Known], address: str, version: Version) -> Known | None:
    """The registered version that comes from this one; else one with the same bytes that comes from no registry."""
    for one in known:
        home = one.home
        if home and (home.registry, home.model, home.number) == (address, version.model, version.number):
            return one
    return next((one for one in known if one.home is None and one.artefact == version.artefact), None)


def _new_version(
    slug: str, registry: Registry, version: Version, written: bytes, wishes: Wishes, gaps: list[str]
) -> NewVersion:
    run = version.run
    user = run.user if run else None
    author = wishes.people.get(user or "") or (user if user and "@" in user else None) or wishes.author
    if author is None:
        who = f"MLflow's user {user!r} is" if user else "no user of its run is"
        gaps.append(
            f"{version.name}: {who} known by no log-in address; say --person {user or 'NAME'}=ADDRESS or --author ADDRESS"
        )
    marks = {
        f"{MARK}registry": registry.address, f"{MARK}model": version.model, f"{MARK}version": str(version.number),
        **({f"{MARK}run": version.run_id} if version.run_id else {}),
    }  # fmt: skip
    own = run.parameters if run and len(run.parameters) <= MOST_PARAMETERS else {}
    revision = (run.commit if run else None) or (
        f"mlflow-run:{version.run_id}" if version.run_id else f"mlflow:{version.name}"
    )
    return NewVersion(slug, version, author or "", revision, {**own, **marks}, notes_on(version), written)


def _description(model: Model) -> str:
    tags = ", ".join(f"{key}={value}" for key, value in sorted(model.tags.items()))
    return " ".join(part for part in (model.description, f"Tags in MLflow: {tags}." if tags else "") if part)
