"""What is registered, as far as the asking actor may know."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from consilience.domains.access import queries as access
from consilience.domains.access.rules import Guarded
from consilience.domains.inventory import rules
from consilience.domains.inventory.models import Dataset, DatasetVersion, ModelVersion, RegisteredModel, System
from consilience.domains.ledger.rules import Actor
from consilience.kit.clock import Instant
from consilience.kit.errors import NotFound
from consilience.kit.records.models import AsOf


@dataclass(frozen=True)
class VersionOf:
    """A model version with its model, as one thing to look at and to guard."""

    model: RegisteredModel
    row: ModelVersion

    @property
    def urn(self) -> str:
        return self.row.urn

    @property
    def reference(self) -> str:
        return f"{self.model.slug}@{self.row.number}"

    @property
    def guarded(self) -> Guarded:
        return Guarded("model-version", frozenset(self.model.body["systems"]))


@dataclass(frozen=True)
class DataVersionOf:
    """A dataset version with its dataset."""

    dataset: Dataset
    row: DatasetVersion

    @property
    def urn(self) -> str:
        return self.row.urn

    @property
    def withdrawn(self) -> bool:
        return self.row.withdrawn

    @property
    def reference(self) -> str:
        return f"{self.dataset.slug}@{self.row.number}"

    @property
    def guarded(self) -> Guarded:
        return Guarded("dataset-version", frozenset(self.dataset.body["systems"]))


def systems(actor: Actor, asof: AsOf) -> list[System]:
    """The systems this actor may know of, by name."""
    visible = access.visible_systems(actor, asof)
    rows = System.objects.as_of(asof).order_by("slug")
    return list(rows if visible is None else rows.filter(urn__in=visible))


def system(actor: Actor, slug: str, asof: AsOf) -> System:
    row = System.objects.as_of(asof).filter(slug=slug).first()
    if row is None:
        raise NotFound("system", slug)
    access.ensure(actor, "inventory.read", row, asof, named=slug)
    return row


def models(actor: Actor, asof: AsOf) -> list[RegisteredModel]:
    visible = access.visible_systems(actor, asof)
    return [row for row in RegisteredModel.objects.as_of(asof).order_by("slug") if _shared(row, visible)]


def model(actor: Actor, slug: str, asof: AsOf) -> RegisteredModel:
    row = RegisteredModel.objects.as_of(asof).filter(slug=slug).first()
    if row is None:
        raise NotFound("model", slug)
    access.ensure(actor, "inventory.read", row, asof, named=slug)
    return row


def versions(of: RegisteredModel, asof: AsOf) -> list[ModelVersion]:
    return list(ModelVersion.objects.as_of(asof).filter(model=of.urn).order_by("-number"))


def versions_ever(model: str) -> list[str]:
    """URNs of every version that a model (URN) ever had, the withdrawn ones too."""
    return list(ModelVersion.objects.filter(model=model, version=1).values_list("urn", flat=True))


def versions_of(models: Collection[str], asof: AsOf) -> list[ModelVersion]:
    """The versions of these models (URNs), the last recorded first. Whoever asks may know of the models."""
    return list(ModelVersion.objects.as_of(asof).filter(model__in=models).order_by("-position"))


def version_numbers(models: Collection[str], asof: AsOf) -> dict[str, list[tuple[int, Instant]]]:
    """By model URN, the number of each version and since when it is registered, the highest first."""
    rows = ModelVersion.objects.as_of(asof).filter(model__in=models).order_by("-number")
    found: dict[str, list[tuple[int, Instant]]] = {}
    for of, number, at in rows.values_list("model", "number", "valid_from"):
        found.setdefault(of, []).append((number, Instant(at)))
    return found


def version(actor: Actor, reference: str, asof: AsOf) -> VersionOf:
    """The version that `credit-risk@3` names."""
    slug, number = rules.reference(reference, "model version")
    of = model(actor, slug, asof)
    row = ModelVersion.objects.as_of(asof).filter(model=of.urn, number=number).first()
    if row is None:
        raise NotFound("model version", reference)
    return VersionOf(of, row)


def version_ever(actor: Actor, reference: str, asof: AsOf) -> VersionOf:
    """The same, of a version that may have been withdrawn since: for whoever clears up what still names it."""
    slug, number = rules.reference(reference, "model version")
    of = model(actor, slug, asof)
    known = ModelVersion.objects.filter(model=of.urn, number=number, position__lt=asof.known_at)
    row = known.order_by("-version").first()
    if row is None:
        raise NotFound("model version", reference)
    return VersionOf(of, row)


def training_of(versions: Collection[str], asof: AsOf) -> dict[str, list[str]]:
    """By URN of a model version, the URNs of the dataset versions that it learned from."""
    rows = ModelVersion.objects.as_of(asof).filter(urn__in=versions)
    return {row.urn: row.body["training"] for row in rows}


def registered(versions: Collection[str], asof: AsOf) -> frozenset[str]:
    """Those of these model versions (URNs) that were not withdrawn."""
    return frozenset(ModelVersion.objects.as_of(asof).filter(urn__in=versions).values_list("urn", flat=True))


def version_by_urn(urn: str, asof: AsOf) -> VersionOf:
    """The version behind a URN, for rooms that hold one already and have asked `can`."""
    row = ModelVersion.objects.as_of(asof).filter(urn=urn).first()
    of = RegisteredModel.objects.as_of(asof).filter(urn=row.model).first() if row else None
    if row is None or of is None:
        raise NotFound("model version", urn)
    return VersionOf(of, row)


def version_known(urn: str, asof: AsOf) -> VersionOf:
    """The same, of a version that may have been withdrawn since: what it did before is still told."""
    row = ModelVersion.objects.filter(urn=urn, position__lt=asof.known_at).order_by("-version").first()
    of = RegisteredModel.objects.as_of(asof).filter(urn=row.model).first() if row else None
    if row is None or of is None:
        raise NotFound("model version", urn)
    return VersionOf(of, row)


def version_references(urns: Iterable[str], asof: AsOf) -> dict[str, str]:
    """What model versions are called (`credit-risk@3`), by URN, for rooms that have asked `can`.

    A withdrawn one keeps its name: what was decided on it is still told.
    """
    rows = {row.urn: row for row in ModelVersion.objects.filter(urn__in=set(urns), position__lt=asof.known_at)}
    models = RegisteredModel.objects.as_of(asof).filter(urn__in={row.model for row in rows.values()})
    slugs = dict(models.values_list("urn", "slug"))
    return {urn: f"{slugs[row.model]}@{row.number}" for urn, row in rows.items()}


def system_by_urn(urn: str, asof: AsOf) -> System:
    row = System.objects.as_of(asof).filter(urn=urn).first()
    if row is None:
        raise NotFound("system", urn)
    return row


def system_ever(urn: str) -> System:
    """The last that was recorded of a system, for whoever still has to tell somebody of it."""
    row: System | None = System.objects.filter(urn=urn).order_by("-version").first()
    if row is None:
        raise NotFound("system", urn)
    return row


def datasets(actor: Actor, asof: AsOf) -> list[Dataset]:
    visible = access.visible_systems(actor, asof)
    return [row for row in Dataset.objects.as_of(asof).order_by("slug") if _shared(row, visible)]


def dataset(actor: Actor, slug: str, asof: AsOf) -> Dataset:
    row = Dataset.objects.as_of(asof).filter(slug=slug).first()
    if row is None:
        raise NotFound("dataset", slug)
    access.ensure(actor, "inventory.read", row, asof, named=slug)
    return row


def dataset_versions(of: Dataset, asof: AsOf) -> list[DatasetVersion]:
    return list(DatasetVersion.objects.as_of(asof).filter(dataset=of.urn).order_by("-number"))


def newest_dataset_versions(datasets: Collection[str], asof: AsOf) -> dict[str, DatasetVersion]:
    """The last version of each of these datasets (URNs) that has one."""
    rows = DatasetVersion.objects.as_of(asof).filter(dataset__in=datasets).order_by("number")
    return {row.dataset: row for row in rows}


def dataset_version(actor: Actor, reference: str, asof: AsOf) -> DataVersionOf:
    """The dataset version that `card-panel@1` names."""
    slug, number = rules.reference(reference, "dataset version")
    of = dataset(actor, slug, asof)
    row = DatasetVersion.objects.as_of(asof).filter(dataset=of.urn, number=number).first()
    if row is None:
        raise NotFound("dataset version", reference)
    return DataVersionOf(of, row)


def dataset_versions_by_urn(urns: list[str], asof: AsOf) -> list[DataVersionOf]:
    """Dataset versions behind URNs, in the order of the URNs. One that was withdrawn is among them and says so.

    What learned from it, or was measured on it, did so all the same: were it absent, terms that forbid a use would
    be forgotten with it.
    """
    known = DatasetVersion.objects.filter(urn__in=urns, valid_from__lte=asof.valid_at, position__lt=asof.known_at)
    rows = {row.urn: row for row in known.order_by("valid_from", "position", "ordinal")}
    sets = {row.urn: row for row in Dataset.objects.as_of(asof).filter(urn__in={row.dataset for row in rows.values()})}
    return [
        DataVersionOf(sets[rows[urn].dataset], rows[urn]) for urn in urns if urn in rows and rows[urn].dataset in sets
    ]


def newest_positions(urns: Collection[str], asof: AsOf) -> dict[str, int]:
    """By URN, where the newest record of a system, model version or dataset version stands in the ledger."""
    found: dict[str, int] = {}
    for kind in (System, ModelVersion, DatasetVersion):
        rows = kind._default_manager.filter(urn__in=urns, position__lt=asof.known_at)
        found.update(rows.values_list("urn").annotate(Max("position")))
    return found


def histories(urn: str) -> list[Any]:
    """Every recorded version of a registration, oldest first: what was corrected stays to be seen."""
    for kind in (System, RegisteredModel, ModelVersion, Dataset, DatasetVersion):
        rows = list(kind.objects.filter(urn=urn).order_by("version"))
        if rows:
            return rows
    return []


def withdrawn_versions(of: RegisteredModel | Dataset, asof: AsOf) -> dict[str, str]:
    """By URN, what the versions of this thing are called that were taken back: `credit-risk@3`."""
    kind = ModelVersion if isinstance(of, RegisteredModel) else DatasetVersion
    rows = kind._default_manager.filter(**{of.noun: of.urn}, withdrawn=True, position__lt=asof.known_at)
    return {urn: f"{of.slug}@{number}" for urn, number in rows.order_by("number").values_list("urn", "number")}


def _shared(row: RegisteredModel | Dataset, visible: frozenset[str] | None) -> bool:
    """Whether this belongs to a system that the actor may know of: `can` for a whole list, with one look at the grants."""
    return visible is None or not visible.isdisjoint(row.body["systems"])
