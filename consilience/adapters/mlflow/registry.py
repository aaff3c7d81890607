"""What a registry of MLflow says, as values: models, versions, the runs behind them. Read whole before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from consilience.kit import canonical

GIT_COMMIT = "mlflow.source.git.commit"
USER = "mlflow.user"
PARENT = "mlflow.parentRunId"
NO_STAGE = "None"
"""MLflow's stage of a version that has none; stages are deprecated since MLflow 2.9."""


@dataclass(frozen=True)
class Run:
    """The run that made a version. `deleted`: it lies in MLflow's bin and can still be read."""

    id: str
    status: str
    deleted: bool
    parent: str | None
    user: str | None
    commit: str | None
    parameters: Mapping[str, str]
    metrics: Mapping[str, str]
    """The last value of each, in the shortest decimal form."""
    tags: Mapping[str, str]
    datasets: Sequence[Mapping[str, str]]
    """Name, digest, source and schema of each input, as MLflow keeps them."""


@dataclass(frozen=True)
class Version:
    """One version of a registered model; `artefact` is the SHA-256 of what its source holds."""

    model: str
    number: int
    description: str
    status: str
    stage: str
    aliases: Sequence[str]
    tags: Mapping[str, str]
    source: str
    created_ms: int
    run_id: str | None
    run: Run | None
    """None where the run is gone for good, or there never was one."""
    signature: Mapping[str, Any] | None
    """Inputs, outputs and parameters of the model, from its `MLmodel` file."""
    artefact: str
    artefact_kind: str

    @property
    def name(self) -> str:
        return f"{self.model} {self.number}"


@dataclass(frozen=True)
class Model:
    """A registered model; one without versions is a model too."""

    name: str
    description: str
    tags: Mapping[str, str]
    aliases: Mapping[str, int]
    versions: Sequence[Version]


@dataclass(frozen=True)
class Registry:
    """A registry at one moment. `address` holds no credentials."""

    address: str
    models: Sequence[Model]


def document(registry: Registry, model: Model, version: Version) -> bytes:
    """Everything that the registry says about a version, as canonical JSON: the same registry gives the same bytes."""
    said = asdict(version) | {
        "registry": registry.address,
        "registered_model": {"name": model.name, "description": model.description, "tags": dict(model.tags)},
    }
    return canonical.encode(said)
