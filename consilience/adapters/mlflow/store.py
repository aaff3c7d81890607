"""Reading a registry with MLflow's own client, so that every kind of store and of artefact store works.

Needs the extra `mlflow`. The client's addresses are settings of the process, so one process reads one registry at a time.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml

from consilience.adapters.mlflow import registry
from consilience.kit import digests
from consilience.kit.errors import BadInput, ConsilienceError, Unreachable, WrongUse

PAGE = 100
MOST_SECONDS = "20"
Progress = Callable[[str], None]


class Store:
    """A registry that answers. Open it with `opened`."""

    def __init__(self, uri: str, client: Any) -> None:
        self._client, self.address = client, without_credentials(uri)

    def read(self, only: Collection[str] = (), progress: Progress = lambda _: None) -> registry.Registry:
        """Every model, or those named, with all versions, runs and digests. Raises BadInput that lists all that is broken.

        Nothing is left out in silence: a version whose artefact or run cannot be read is named, and nothing is returned.
        """
        models = [one for one in self._models() if not only or one.name in only]
        missing = set(only) - {one.name for one in models}
        if missing:
            raise BadInput(self.address, f"has no registered model {', '.join(map(repr, sorted(missing)))}")
        broken: list[str] = []
        found = [self._model(one, broken, progress) for one in sorted(models, key=lambda one: str(one.name))]
        if broken:
            raise BadInput(self.address, f"is not whole, so nothing was taken from it: {'; '.join(broken)}")
        return registry.Registry(self.address, found)

    def version(self, model: str, number: int) -> registry.Version:
        """One version as it is now, its artefact read again."""
        with self._answering():
            said = self._client.get_model_version(model, str(number))
        broken: list[str] = []
        found = self._version(said, self._aliases(model), broken)
        if found is None:
            raise BadInput(self.address, "; ".join(broken))
        return found

    def alias(self, model: str, alias: str) -> int | None:
        """The number of the version that an alias names."""
        return self._aliases(model).get(alias)

    def names(self) -> list[str]:
        return sorted(str(one.name) for one in self._models())

    def tag(self, model: str, number: int, tags: dict[str, str]) -> None:
        with self._answering():
            for key, value in tags.items():
                self._client.set_model_version_tag(model, str(number), key, value)

    def tags(self, model: str, number: int) -> dict[str, str]:
        with self._answering():
            return dict(self._client.get_model_version(model, str(number)).tags)

    def move(self, model: str, alias: str, number: int) -> None:
        with self._answering():
            self._client.set_registered_model_alias(model, alias, str(number))

    def _models(self) -> list[Any]:
        found: list[Any] = []
        token = None
        while True:
            with self._answering():
                page = self._client.search_registered_models(max_results=PAGE, page_token=token)
            found += page
            token = page.token
            if not token:
                return found

    def _versions(self, name: str) -> Iterator[Any]:
        quote = '"' if "'" in name else "'"
        token = None
        while True:
            with self._answering():
                page = self._client.search_model_versions(
                    f"name={quote}{name}{quote}", max_results=PAGE, page_token=token
                )
            yield from page
            token = page.token
            if not token:
                return

    def _aliases(self, model: str) -> dict[str, int]:
        with self._answering():
            said = self._client.get_registered_model(model).aliases
        return {str(alias): int(number) for alias, number in said.items()}

    def _model(self, said: Any, broken: list[str], progress: Progress) -> registry.Model:
        aliases = self._aliases(said.name)
        versions = []
        for one in sorted(self._versions(said.name), key=lambda one: int(one.version)):
            progress(f"{said.name} {one.version}")
            found = self._version(one, aliases, broken)
            if found is not None:
                versions.append(found)
        return registry.Model(str(said.name), said.description or "", dict(said.tags), aliases, versions)

    def _version(self, said: Any, aliases: dict[str, int], broken: list[str]) -> registry.Version | None:
        number = int(said.version)
        try:
            run = self._run(said.run_id) if said.run_id else None
            digest, kind, signature = self._artefact(said.name, number)
        except ConsilienceError as error:
            broken.append(f"{said.name} {number}: {error}")
            return None
        return registry.Version(
            model=str(said.name), number=number, description=said.description or "", status=str(said.status),
            stage=str(said.current_stage or registry.NO_STAGE), tags=dict(said.tags), source=without_credentials(str(said.source)),
            aliases=sorted(alias for alias, named in aliases.items() if named == number), created_ms=int(said.creation_timestamp),
            run_id=said.run_id or None, run=run, signature=signature, artefact=digest, artefact_kind=kind,
        )  # fmt: skip

    def _run(self, run_id: str) -> registry.Run | None:
        from mlflow.exceptions import MlflowException

        try:
            with self._answering(MlflowException):
                said = self._client.get_run(run_id)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":  # removed for good; the version is still one
                return None
            raise Unreachable(f"the run {run_id} cannot be read ({_first_line(error)})") from error
        tags = dict(said.data.tags)
        return registry.Run(
            id=run_id, status=str(said.info.status), deleted=said.info.lifecycle_stage == "deleted",
            parent=tags.get(registry.PARENT), user=tags.get(registry.USER), commit=tags.get(registry.GIT_COMMIT),
            parameters=dict(said.data.params), tags=tags, datasets=_datasets(said),
            metrics={name: repr(float(value)) for name, value in said.data.metrics.items()},
        )  # fmt: skip

    def _artefact(self, model: str, number: int) -> tuple[str, str, Any]:
        """Digest and kind of what the version holds, and its signature."""
        from mlflow.artifacts import download_artifacts

        with self._answering(), tempfile.TemporaryDirectory(prefix="consilience-mlflow-") as folder:
            source = self._client.get_model_version_download_uri(model, str(number))
            path = Path(download_artifacts(artifact_uri=source, dst_path=folder))
            return digests.of_path(path), "folder" if path.is_dir() else "file", _signature(path)

    @contextmanager
    def _answering(self, passed: type[Exception] | tuple[type[Exception], ...] = ()) -> Iterator[None]:
        """What MLflow's client raises, as one sentence that names the registry."""
        from mlflow.exceptions import MlflowException
        from requests.exceptions import RequestException

        try:
            yield
        except passed:
            raise
        except (MlflowException, RequestException, OSError, ValueError) as error:
            raise Unreachable(f"the registry at {self.address} cannot be read ({_first_line(error)})") from error


@contextmanager
def opened(uri: str) -> Iterator[Store]:
    """The registry at an address of MLflow's: http(s)://, databricks, or a folder. Raises WrongUse without the extra."""
    try:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", MOST_SECONDS)
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
        import mlflow
    except ImportError as error:
        raise WrongUse("reading a registry of MLflow needs the extra: pip install 'consilience[mlflow]'") from error
    from mlflow.exceptions import MlflowException

    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # stages: read because they are there, and never set
            yield Store(uri, mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri))
    except MlflowException as error:
        raise Unreachable(
            f"the registry at {without_credentials(uri)} cannot be read ({_first_line(error)})"
        ) from error
    finally:
        mlflow.set_tracking_uri(before[0])
        mlflow.set_registry_uri(before[1])


def without_credentials(uri: str) -> str:
    """An address without the user and password that may stand in it, and without a slash at its end."""
    parts = urlsplit(uri)
    if "@" in parts.netloc:
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return urlunsplit(parts).rstrip("/")


def _datasets(run: Any) -> list[dict[str, str]]:
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return [
        {"name": one.dataset.name, "digest": one.dataset.digest, "source": one.dataset.source or "", "schema": one.dataset.schema or ""}
        for one in inputs
    ]  # fmt: skip


def _signature(path: Path) -> Any:
    """The signature in a model's `MLmodel` file, None where there is none."""
    file = path / "MLmodel"
    if not file.is_file():
        return None
    try:
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput("MLmodel", f"cannot be read ({_first_line(error)})") from error
    return said.get("signature") if isinstance(said, dict) else None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]
