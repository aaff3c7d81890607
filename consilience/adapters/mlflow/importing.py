"""Carrying a plan out over HTTP: each step is one act of the ledger, and what was done stays done if a later one fails."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from consilience.adapters.mlflow.plan import MARK, Home, Known, NewDocument, NewVersion, Plan
from consilience.adapters.mlflow.registry import NO_STAGE, Registry, Version
from consilience.client import Client, part

KIND, METHOD = "registry_entry", "mlflow"
Progress = Callable[[str], None]


def known(client: Client) -> dict[str, list[Known]]:
    """Every model that one may know of, with its versions and the document that counts for each."""
    return {str(one["slug"]): _versions(client, str(one["slug"])) for one in client.listed("/models")}


def home(client: Client, reference: str) -> Home | None:
    """None for a version that was not imported from MLflow."""
    said = client.get(f"/versions/{part(reference)}")
    return _home(said["parameters"], said["artefact"]["digest"])


def carry_out(client: Client, registry: Registry, plan: Plan, progress: Progress = lambda _: None) -> None:
    for model in plan.models:
        progress(model.slug)
        client.register_model(model.slug, name=model.name, systems=[model.system], description=model.description)
    for version in plan.versions:
        progress(version.version.name)
        made = _register(client, version)
        _attach(client, registry, str(made["reference"]), version.version, version.document)
    for changed in plan.documents:
        progress(changed.version.name)
        _attach(client, registry, changed.reference, changed.version, changed.document)


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan for a program: what would be registered and attached, with notes."""
    return {
        "models": [{"slug": one.slug, "name": one.name, "system": one.system} for one in plan.models],
        "versions": [_version_json(one) for one in plan.versions],
        "documents": [_document_json(one) for one in plan.documents],
        "unchanged": plan.unchanged,
    }


def _version_json(one: NewVersion) -> dict[str, Any]:
    return {
        "model": one.slug, "mlflow": one.version.name, "author": one.author, "code_revision": one.code_revision,
        "artefact": one.version.artefact, "notes": list(one.notes),
    }  # fmt: skip


def _document_json(one: NewDocument) -> dict[str, Any]:
    return {"version": one.reference, "mlflow": one.version.name, "notes": list(one.notes)}


def _versions(client: Client, slug: str) -> list[Known]:
    found = []
    for one in client.listed(f"/models/{part(slug)}/versions"):
        reference, digest = str(one["reference"]), str(one["artefact"]["digest"])
        found.append(Known(reference, digest, _home(one["parameters"], digest), _document(client, reference)))
    return found


def _home(parameters: Mapping[str, str], artefact: str) -> Home | None:
    registry, model, number = (parameters.get(f"{MARK}{name}") for name in ("registry", "model", "version"))
    if not (registry and model and number and number.isdecimal()):
        return None
    return Home(registry, model, int(number), artefact)


def _document(client: Client, reference: str) -> str | None:
    entries: Sequence[Mapping[str, Any]] = client.evidence(reference, kind=KIND)
    digests = [file["digest"] for one in entries if one["method"] == METHOD for file in one["files"]]
    return digests[0] if digests else None


def _register(client: Client, one: NewVersion) -> Mapping[str, Any]:
    said = {"digest": one.version.artefact, "kind": one.version.artefact_kind}
    body = {
        "artefact": said,
        "code_revision": one.code_revision,
        "parameters": dict(one.parameters),
        "authors": [one.author],
    }
    answer: Mapping[str, Any] = client.post(f"/models/{part(one.slug)}/versions", body)
    return answer


def _attach(client: Client, registry: Registry, reference: str, version: Version, document: bytes) -> None:
    run = version.run
    fields = {
        "registry": registry.address, "model": version.model, "version": str(version.number), "status": version.status,
        "stage": "" if version.stage == NO_STAGE else version.stage, "aliases": list(version.aliases), "source": version.source,
        "run": version.run_id or "", "run_status": run.status if run else "", "run_deleted": bool(version.run_id) and (run is None or run.deleted),
        "signature": version.signature is not None, "datasets": [f"{one['name']} {one['digest']}" for one in (run.datasets if run else ())],
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="consilience-mlflow-") as folder:
        file = Path(folder) / f"mlflow-{version.number}.json"
        file.write_bytes(document)
        client.attach_evidence(KIND, method=METHOD, about=reference, fields=fields, files=[file])
