"""Releases, their dossiers and facets, and the facts they give to policies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from consilience.domains.access import queries as access
from consilience.domains.evidence import queries as evidence
from consilience.domains.evidence import rules as evidence_rules
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import System
from consilience.domains.inventory.rules import RISK_FACTS
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.domains.release import rules
from consilience.domains.release.models import Release
from consilience.kit import canonical
from consilience.kit.errors import NotFound, Refused, refusal
from consilience.kit.records import commitments
from consilience.kit.records.models import AsOf

_T = TypeVar("_T")


@dataclass(frozen=True)
class ReleaseOf:
    """A release with what it is about, read at one moment."""

    row: Release
    system: System
    version: inventory.VersionOf
    training: tuple[inventory.DataVersionOf, ...]
    evaluation: tuple[inventory.DataVersionOf, ...]
    evidence: tuple[evidence.Current, ...]
    asof: AsOf
    _answers: dict[Callable[[ReleaseOf], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, read: Callable[[ReleaseOf], _T]) -> _T:
        """What `read` finds for this release at its moment. Neither can change, so it is read the first time only."""
        if read not in self._answers:
            self._answers[read] = read(self)
        found: _T = self._answers[read]
        return found

    @property
    def urn(self) -> str:
        return self.row.urn

    @property
    def reference(self) -> str:
        """`lending/credit-risk@3`"""
        return f"{self.system.slug}/{self.version.reference}"

    @property
    def guarded(self) -> Any:
        return self.row.guarded

    @cached_property
    def dossier(self) -> rules.Dossier:
        return rules.Dossier(
            system=self.system.urn,
            model_version=self.version.urn,
            artefact=self.version.row.body["artefact"]["digest"],
            stage=self.row.stage,
            items=tuple(sorted(_items(self))),
        )


def _items(release: ReleaseOf) -> list[rules.Item]:
    registered: list[tuple[str, str, Mapping[str, Any]]] = [
        ("system", release.system.urn, release.system.body),
        ("model-version", release.version.urn, release.version.row.body),
    ]
    seen = {data.urn: data for data in (*release.training, *release.evaluation)}
    registered += [("dataset-version", urn, data.row.body) for urn, data in seen.items()]
    items = [
        rules.Item(evidence_rules.item_key(noun, urn, "", None), canonical.digest(dict(body)))
        for noun, urn, body in registered
    ]
    items += [rules.Item(one.key, one.item_digest) for one in release.evidence]
    return items


def release(actor: Actor, system: str, version: str, stage: str, asof: AsOf) -> ReleaseOf:
    """The proposal to take `version` (credit-risk@3) in `system` (slug) to a stage."""
    within = inventory.system(actor, system, asof)
    of = inventory.version(actor, version, asof)
    return _read(_proposal(actor, within, of, stage, asof), within, of, asof)


def proposal(actor: Actor, system: str, version: str, stage: str, asof: AsOf) -> Release:
    """The proposal alone: it can be found, and taken back, when its version was withdrawn since."""
    within = inventory.system(actor, system, asof)
    return _proposal(actor, within, inventory.version_ever(actor, version, asof), stage, asof)


def _proposal(actor: Actor, within: System, of: inventory.VersionOf, stage: str, asof: AsOf) -> Release:
    row = Release.objects.as_of(asof).filter(system=within.urn, model_version=of.urn, stage=rules.stage(stage)).first()
    if row is None:
        raise NotFound("release", f"{within.slug}/{of.reference} to {stage}")
    access.ensure(actor, "release.read", row, asof, named=of.reference)
    return row


def release_by_urn(actor: Actor, urn: str, asof: AsOf) -> ReleaseOf:
    row = Release.objects.as_of(asof).filter(urn=urn).first()
    if row is None:
        raise NotFound("release", urn)
    access.ensure(actor, "release.read", row, asof, named=urn)
    return read(row, asof)


def releases(actor: Actor, asof: AsOf) -> list[Release]:
    """Every release the actor may know of, newest first."""
    visible = access.visible_systems(actor, asof)
    rows = Release.objects.as_of(asof).order_by("-position", "-ordinal")
    return list(rows if visible is None else rows.filter(system__in=visible))


def of_version(actor: Actor, version: str, asof: AsOf) -> list[Release]:
    """Releases of a version (URN) that the actor may know of: it may serve systems that they have no part in."""
    return [row for row in releases(actor, asof) if row.model_version == version]


def systems_proposed_in(model: str, asof: AsOf) -> frozenset[str]:
    """URNs of the systems in which a version of this model (URN) is proposed, a withdrawn version too."""
    rows = Release.objects.as_of(asof).filter(model_version__in=inventory.versions_ever(model))
    return frozenset(rows.values_list("system", flat=True))


def find_system(actor: Actor, version: str, stage: str, asof: AsOf) -> str:
    """The only system in which this version is proposed for the stage, for the short form `credit-risk@3`."""
    of = inventory.version(actor, version, asof)
    rows = [row for row in releases(actor, asof) if (row.model_version, row.stage) == (of.urn, stage)]
    if not rows:
        raise NotFound("release", f"{version} to {stage}")
    slugs = sorted(inventory.system_by_urn(row.system, asof).slug for row in rows)
    if len(slugs) > 1:
        raise Refused(refusal("which_system", version=version, systems=slugs))
    return slugs[0]


def references(urns: Collection[str], asof: AsOf) -> dict[str, str]:
    """What releases are called, `lending/credit-risk@3`, those that were taken back among them."""
    rows = Release.objects.filter(urn__in=urns, position__lt=asof.known_at)
    about = {row.urn: (row.system, row.model_version) for row in rows}
    systems = System.objects.filter(urn__in={system for system, _version in about.values()})
    slugs = dict(systems.values_list("urn", "slug"))
    labels = inventory.version_references({version for _system, version in about.values()}, asof)
    return {urn: f"{slugs[system]}/{labels[version]}" for urn, (system, version) in about.items()}


def read(row: Release, asof: AsOf) -> ReleaseOf:
    """Gather what a release rests on at (valid_at, known_at)."""
    version = inventory.version_by_urn(row.model_version, asof)
    return _read(row, inventory.system_by_urn(row.system, asof), version, asof)


def _read(row: Release, system: System, version: inventory.VersionOf, asof: AsOf) -> ReleaseOf:
    training = inventory.dataset_versions_by_urn(version.row.body["training"], asof)
    about = evidence.current([version.urn, system.urn, *(data.urn for data in training)], asof)
    measured = [one.row for one in about if one.row.kind in evidence_rules.COMPUTED_KINDS]
    measured_on = sorted({row.dataset for row in measured if row.dataset})
    evaluation = inventory.dataset_versions_by_urn(measured_on, asof)
    return ReleaseOf(row, system, version, tuple(training), tuple(evaluation), tuple(about), asof)


def readable(row: Release, asof: AsOf) -> ReleaseOf | None:
    """The same; None where its version was withdrawn, so that there is nothing left to decide on."""
    try:
        return read(row, asof)
    except NotFound:
        return None


def readable_by_urn(urn: str, asof: AsOf) -> ReleaseOf | None:
    """The release behind a URN, for whoever may know of it; None when it, or its version, was taken back."""
    row = Release.objects.as_of(asof).filter(urn=urn).first()
    return readable(row, asof) if row else None


def newest_changes(rows: Collection[Release], asof: AsOf) -> dict[str, int]:
    """By release URN, where the newest record stands that could have changed what any function answers for in it.

    1. Its system, its version, and the data that the version learned from.
    2. Evidence about any of these, and the data on which that was measured.
    3. The plan that says who answers for what.
    """
    training = inventory.training_of({row.model_version for row in rows}, asof)
    about = {row.urn: {row.system, row.model_version, *training.get(row.model_version, ())} for row in rows}
    subjects = {urn for named in about.values() for urn in named}
    measured_on = evidence.measured_on(subjects, asof)
    data = {urn for listed in measured_on.values() for urn in listed}
    recorded, shown = inventory.newest_positions(subjects | data, asof), evidence.newest_positions(subjects, asof)
    plan = evidence.facet_plan_position(asof)

    def newest(urn: str) -> int:
        on = [recorded.get(one, -1) for one in measured_on.get(urn, ())]
        return max(recorded.get(urn, -1), shown.get(urn, -1), *on, plan)

    return {release: max(newest(urn) for urn in named) for release, named in about.items()}


def at(release: ReleaseOf, asof: AsOf) -> ReleaseOf:
    """The same release as it stood at another moment, for whoever has been shown it now.

    What somebody may know of is always asked of the present: a grant that has ended opens no past, a new one does.
    """
    row = Release.objects.as_of(asof).filter(urn=release.urn).first()
    if row is None:
        raise NotFound("release", f"{release.reference} to {release.row.stage} at that moment")
    return read(row, asof)


def facet(release: ReleaseOf, function: str) -> rules.Facet:
    """What a function answers for in this release, as it stands at the release's moment."""
    return rules.facet(release.dossier, function, evidence.facet_plan(release.asof))


def facets(release: ReleaseOf) -> dict[str, rules.Facet]:
    """What every function answers for in this release."""
    return release.once(_facets)


def _facets(release: ReleaseOf) -> dict[str, rules.Facet]:
    plan, dossier = evidence.facet_plan(release.asof), release.dossier
    return {function: rules.facet(dossier, function, plan) for function in people.functions(release.asof)}


def authors_of(release: ReleaseOf) -> frozenset[str]:
    """Everybody whose work this is: named authors, and persons whose address was committed to as an unknown author's."""
    body = release.version.row.body
    addresses = commitments.opened(body["unknown_authors"]).values()
    return frozenset(body["authors"]) | frozenset(people.by_email(addresses).values())


def facts(release: ReleaseOf) -> dict[str, Any]:
    """The facts of a release, its system, model, data and evidence, in the shape of the fact schema."""
    by_kind: dict[str, list[dict[str, Any]]] = {kind: [] for kind in evidence.kind_names(release.asof)}
    for one in release.evidence:
        by_kind.setdefault(one.row.kind, []).append(_evidence_fact(one, release))
    return {
        "now": release.asof.valid_at,
        "release": {
            "urn": release.urn,
            "stage": release.row.stage,
            "proposed_at": release.row.body["proposed_at"],
            "proposed_by": release.row.body["proposed_by"],
        },
        "system": system_facts(release.system),
        "model": {"urn": release.version.model.urn, "slug": release.version.model.slug,
                  "name": release.version.model.body["name"]},
        "model_version": _version_fact(release),
        "training_datasets": [_data_fact(data) for data in release.training],
        "evaluation_datasets": [_data_fact(data) for data in release.evaluation],
        "evidence": by_kind,
    }  # fmt: skip


def system_facts(system: System) -> dict[str, Any]:
    """What is registered of a system, in the shape of the fact schema; what was not said stays absent."""
    said = {name: system.body[name] for name in RISK_FACTS if name in system.body}
    return {"urn": system.urn, **{name: system.body[name] for name in _SYSTEM}, **said}


_SYSTEM = ("slug", "purpose", "jurisdictions", "audience", "affected_groups", "owner", "squad", "sponsor", "tier")
_DATA = ("digest", "rows", "provenance", "lawful_basis", "consent", "agreement", "agreement_until", "purposes",
         "jurisdictions", "retained_until", "personal_data")  # fmt: skip


def _version_fact(release: ReleaseOf) -> dict[str, Any]:
    body = release.version.row.body
    first = release.version.row
    return {
        "urn": release.version.urn,
        "number": body["number"],
        "artefact": body["artefact"]["digest"],
        "code_revision": body["code_revision"],
        "registered_at": first.valid_from,
        "authors": body["authors"],
        "protected_attributes": body["protected_attributes"],
    }


def _data_fact(data: inventory.DataVersionOf) -> dict[str, Any]:
    body = data.row.body
    return {"urn": data.urn, "dataset": data.dataset.slug, "version": body["number"], **{n: body[n] for n in _DATA}}


def _evidence_fact(one: evidence.Current, release: ReleaseOf) -> dict[str, Any]:
    body = one.body
    expires = body["expires_at"]
    return {
        **body["fields"],
        "urn": one.row.urn,
        "method": one.row.method,
        "dataset": one.row.dataset,
        "grade": body["grade"],
        "recorded_at": body["produced_at"],
        "expires_at": expires,
        "expired": expires is not None and expires <= release.asof.valid_at,
        "attempts": one.attempts,
        "about_this_version": one.row.subject == release.version.urn,
    }
