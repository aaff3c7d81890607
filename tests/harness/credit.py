"""The credit model of the demo in a test's workspace, by the product's actions: policies in force, data and artefact
held, everything measured or stated that the starter policies ask for. What a test is about it changes itself.

    story = credit()                    # ready for sign-offs
    story.sign_everything()
    assert story.assess().verdict.allowed
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from consilience.demo import training
from consilience.domains.content import actions as content
from consilience.domains.evidence import actions as evidence
from consilience.domains.evidence import compute
from consilience.domains.gate import actions as gate
from consilience.domains.gate import queries as gate_queries
from consilience.domains.gate.models import Decision
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.queries import DataVersionOf, VersionOf
from consilience.domains.inventory.rules import DataTerms
from consilience.domains.ledger.models import Head
from consilience.domains.policy import actions as policy
from consilience.domains.policy import document
from consilience.domains.release import actions as releases
from consilience.domains.release import queries as release_queries
from consilience.domains.release.models import Release
from consilience.domains.review import actions as review
from consilience.domains.review.rules import Verdict
from consilience.kit import canonical
from consilience.kit.clock import Instant, read_instant
from consilience.kit.records.models import AsOf
from tests.harness import builders, workspaces
from tests.harness.builders import Someone, a_model, a_person, a_system, as_of, later, operator

_KEPT: dict[bytes, tuple[Path, Credit]] = {}
"""By the frontier of the log that a story began at: a folder with the workspace it made, and its people and things."""
FUNCTIONS = ("engineering", "product", "legal", "ethics")


@dataclass
class Credit:
    """The model, its release to operation, and the people."""

    reviewers: dict[str, Someone]
    author: Someone
    version: VersionOf
    training: DataVersionOf
    holdout: DataVersionOf
    release: Release
    system: str

    @property
    def address(self) -> dict[str, str]:
        return {"system": self.system, "version": self.version.reference, "stage": "operation"}

    def assess(self, *, at: Instant | None = None, known_at: int | None = None) -> gate_queries.Assessment:
        return assess(**self.address, asof=as_of(at, known_at=known_at))

    def outcomes(self) -> dict[str, str]:
        return {one.requirement: str(one.code) for one in self.assess().outcomes}

    def decide(self) -> Decision:
        return gate.decide(actor=operator(), **self.address, now=later())

    def sign(self, function: str, verdict: Verdict = Verdict.APPROVE, **more: Any) -> Any:
        found = release_queries.release(operator(), **self.address, asof=as_of())
        return review.sign_off(
            actor=self.reviewers[function].actor, release=self.release.urn, function=function, verdict=verdict,
            reason="The evidence meets what we ask.", seen=release_queries.facet(found, function).digest,
            now=later(), **more,
        )  # fmt: skip

    def sign_everything(self) -> None:
        for function in FUNCTIONS:
            self.sign(function)

    def attach(self, kind: str, method: str, fields: dict[str, Any], **more: Any) -> Any:
        subject = evidence.Subject(self.version.urn, self.version)
        return evidence.attach(
            actor=self.author.actor, subject=subject, said=evidence.Said(kind, method, fields, **more), now=later()
        )

    def measure(self, dataset: DataVersionOf | None = None) -> Any:
        return compute.from_artefact(
            actor=operator(), version=self.version.reference, dataset=(dataset or self.holdout).reference,
            label=training.LABEL, protected=training.PROTECTED, method="holdout", now=later(),
        )  # fmt: skip


def assess(system: str, version: str, stage: str, asof: AsOf) -> gate_queries.Assessment:
    """What the gate says of a release, asked as the operator."""
    return gate_queries.assess_release(release_queries.release(operator(), system, version, stage, asof))


def credit(artefact: bytes | None = None, holdout: Path | None = None) -> Credit:
    """Policies published, data and artefact held, figures computed, everything else stated; nobody has signed.

    The unchanged story of a fresh workspace on SQLite is told once a process; each further one gets a copy of it.
    """
    if artefact is not None or holdout is not None or connection.vendor != "sqlite":
        return _told(artefact, holdout)
    begun = bytes(Head.objects.get().frontier)
    if begun not in _KEPT:
        story = _told(artefact, holdout)
        _KEPT[begun] = (workspaces.kept(settings.HOME), story)
    copy, story = _KEPT[begun]
    workspaces.brought(copy, settings.HOME)
    return deepcopy(story)


def _told(artefact: bytes | None, holdout: Path | None) -> Credit:
    reviewers = {function: a_person(f"{function} reviewer", functions=[function]) for function in FUNCTIONS}
    publish_starter(reviewers)
    author = a_person("Model engineer")
    system = a_system("lending", owner=reviewers["product"], purpose="limit-increase", jurisdictions=["TW"])
    trained = data(system.slug, "card-training", training.data_file("card-training.parquet"))
    held_out = data(system.slug, "card-holdout", holdout or training.data_file("card-holdout.parquet"))
    model = a_model("credit-risk", systems=[system])
    exact = training.shipped().read_bytes() if artefact is None else artefact
    version = inventory.register_version(
        actor=author.actor, model=model.slug, code_revision="c0de", parameters=training.PARAMETERS,
        artefact={"digest": content.put(exact, now=later()), "kind": "declared", "held": True, "computed_by": "server"},
        training=[trained.reference], authors=[], committers=[], triggered_by=None,
        protected_attributes=training.PROTECTED, now=later(),
    )  # fmt: skip
    release = releases.propose(
        actor=author.actor, system=system.slug, version=version.reference, stage="operation", note="", now=later()
    )
    story = Credit(reviewers, author, version, trained, held_out, release, system.slug)
    story.measure()
    _stated(story, canonical.sha256(exact))
    return story


def publish_starter(reviewers: dict[str, Someone]) -> None:
    """The four starter policies, each proposed by its reviewer and published by another."""
    for text in document.starter_texts().values():
        owner = next(line.split(":")[1].strip() for line in text.splitlines() if line.startswith("owner:"))
        second = reviewers["legal" if owner != "legal" else "ethics"]
        proposal = policy.propose(actor=reviewers[owner].actor, text=text, now=later())
        policy.publish(actor=second.actor, proposal=proposal.urn, in_force_from=None, now=later())


def data(system: str, slug: str, path: Path) -> DataVersionOf:
    inventory.register_dataset(actor=operator(), slug=slug, name=slug, description="", systems=[system], now=later())
    terms = DataTerms(
        provenance="UCI", lawful_basis="public_licence", consent=False, purposes=["limit-increase"],
        jurisdictions=["TW"], retained_until=read_instant("2099-12-31", zone="UTC"),
    )  # fmt: skip
    return inventory.register_dataset_version(
        actor=operator(), dataset=slug, digest=content.put(path.read_bytes(), now=later()), rows=1, columns=[],
        file={"name": path.name, "held": True, "reference": "", "computed_by": "server"}, terms=terms, now=later(),
    )  # fmt: skip


def _stated(story: Credit, artefact: str) -> None:
    story.attach("training_run", "recorded", {
        "code_revision": "c0de", "split_digest": training.split_digest(), "train_rows": 2000, "holdout_rows": 3000, "seed": 0,
    })  # fmt: skip
    story.attach(
        "reproducibility_run", "retrained", {"artefact": artefact, "reproduced": True, "code_revision": "c0de"}
    )
    story.attach("load_test", "single_process", {"p50_ms": 0.2, "p99_ms": 0.6, "requests": 1000, "artefact": artefact})
    story.attach("performance_budget", "agreed", {"p99_ms": 50})
    story.attach("success_criteria", "agreed", {"criteria": [{"metric": "roc_auc", "minimum": 0.75}]})
    story.attach("card_section", "limitations", {"section": "limitations", "document": builders.a_digest()})
