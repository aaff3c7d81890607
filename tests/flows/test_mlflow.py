"""A real registry of MLflow's, read by its own client: imported without loss, twice without doubles, and answered."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.access.rules import Role
from consilience.domains.inventory.models import ModelVersion
from consilience.domains.ledger.verify import verify
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token
from tests.harness.builders import Someone, a_person, a_system
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")
MLMODEL = (
    'flavors: {}\nsignature:\n  inputs: \'[{"type": "double", "name": "age"}]\'\n  outputs: \'[{"type": "double"}]\'\n'
)


class Registered:
    """A store with a model of three versions (a nested, a failed and a deleted run), aliases, a stage, and an empty model."""

    def __init__(self, folder: Path) -> None:
        import mlflow

        self.uri = folder.as_uri()
        self.client = mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
        self.experiment = self.client.create_experiment("credit")
        parent = self.a_run()
        runs = [self.a_run(parent=parent), self.a_run("FAILED"), self.a_run()]
        self.client.create_registered_model("Credit Risk", tags={"team": "lending"}, description="Default in a year.")
        self.client.create_registered_model("empty")
        for run_id in runs:
            source = f"{self.client.get_run(run_id).info.artifact_uri}/model"
            self.client.create_model_version("Credit Risk", source, run_id, tags={"k": "v"})
        self.client.set_registered_model_alias("Credit Risk", "champion", "1")
        self.client.transition_model_version_stage("Credit Risk", "2", "Staging")
        self.client.delete_run(runs[2])
        self.runs = runs

    def a_run(self, status: str = "FINISHED", parent: str | None = None) -> str:
        tags = {
            "mlflow.user": "alice",
            "mlflow.source.git.commit": "a" * 40,
            **({"mlflow.parentRunId": parent} if parent else {}),
        }
        made = str(self.client.create_run(self.experiment, tags=tags).info.run_id)
        self.client.log_param(made, "depth", "4")
        self.client.log_metric(made, "auc", 0.75)
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "MLmodel").write_text(MLMODEL)
            (Path(folder) / "model.pkl").write_bytes(made.encode())
            self.client.log_artifacts(made, folder, "model")
        self.client.set_terminated(made, status)
        return made

    def artefact(self, number: int) -> Path:
        source = self.client.get_model_version_download_uri("Credit Risk", str(number))
        return Path(source.removeprefix("file://"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Registered]:
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    before = dict(os.environ)
    yield Registered(tmp_path / "mlruns")
    for name in set(os.environ) - set(before):
        monkeypatch.delenv(name)


@pytest.fixture
def alice(workspace: Workspace, server: str, at: Any) -> Someone:
    somebody = a_person("Alice", roles=[Role.ENGINEER])
    a_system("lending", owner=somebody)
    at(server, a_token(somebody), timeout="60")
    return somebody


def import_words(store: Registered, alice: Someone, *more: str) -> list[str]:
    people = ["--person", f"alice={alice.email}"]
    return ["mlflow", "import", "--registry", store.uri, "--system", "lending", *people, "--yes", "--json", *more]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_registry_is_imported_without_loss_and_twice_without_doubles(
    store: Registered, alice: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(import_words(store, alice, "--dry-run")) == ExitCode.YES
    planned = json.loads(capsys.readouterr().out)
    assert not ModelVersion.objects.exists()
    assert run(import_words(store, alice)) == ExitCode.YES
    assert json.loads(capsys.readouterr().out) == planned
    assert [one["slug"] for one in planned["models"]] == ["credit-risk", "empty"]
    notes = [" ".join(one["notes"]) for one in planned["versions"]]
    assert ["part of" in notes[0], "FAILED" in notes[1], "Staging" in notes[1], "bin" in notes[2]] == [True] * 4

    versions = ModelVersion.objects.order_by("position")
    assert [one.body["parameters"]["mlflow.run"] for one in versions] == store.runs
    assert {one.body["code_revision"] for one in versions} == {"a" * 40}
    assert run(["evidence", "list", "credit-risk@1", "--json"]) == ExitCode.YES
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["fields"]["aliases"], entry["fields"]["signature"]) == (["champion"], True)
    assert verify().good

    assert run(import_words(store, alice)) == ExitCode.YES
    again = json.loads(capsys.readouterr().out)
    assert (again["models"], again["versions"], again["documents"], again["unchanged"]) == ([], [], [], 3)
    store.client.set_registered_model_alias("Credit Risk", "champion", "2")
    assert run(import_words(store, alice)) == ExitCode.YES
    assert [one["version"] for one in json.loads(capsys.readouterr().out)["documents"]] == [
        "credit-risk@1",
        "credit-risk@2",
    ]
    assert versions.count() == 3


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_a_registry_that_is_not_whole_or_not_there_leaves_nothing_half_written(
    store: Registered, alice: Someone, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(store.artefact(2))
    assert run(import_words(store, alice)) == ExitCode.BAD_INPUT
    assert "Credit Risk 2" in capsys.readouterr().err
    assert run([*import_words(store, alice), "--model", "nobody"]) == ExitCode.BAD_INPUT
    assert run(["mlflow", "import", "--registry", "http://127.0.0.1:9", "--system", "lending"]) == ExitCode.UNREACHABLE
    assert "http://127.0.0.1:9" in capsys.readouterr().err
    unknown = ["mlflow", "import", "--registry", store.uri, "--model", "empty", "--json", "--yes"]
    assert run(unknown) == ExitCode.BAD_INPUT
    assert "no system is said for 'empty'" in capsys.readouterr().err
    assert not ModelVersion.objects.exists()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_only_a_yes_of_the_gate_moves_an_alias(
    store: Registered, alice: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(import_words(store, alice)) == ExitCode.YES
    assert run(["release", "propose", "lending/credit-risk@2", "--to", "development"]) == ExitCode.YES
    capsys.readouterr()
    words = ["--registry", store.uri, "--to", "development", "--json"]
    code = run(["mlflow", "promote", "lending/credit-risk@2", "--alias", "champion", *words])
    told = json.loads(capsys.readouterr().out)
    named = store.client.get_registered_model("Credit Risk").aliases["champion"]
    tags = store.client.get_model_version("Credit Risk", "2").tags
    assert tags["consilience.release"] == "lending/credit-risk@2"
    assert (code == ExitCode.YES) == (tags["consilience.verdict"] == "allowed")
    assert int(named) == told["now"] == (2 if code == ExitCode.YES else 1)

    # The gate lets a release through; version 1 never was one, so an alias that names it is found, whoever moved it.
    store.client.set_registered_model_alias("Credit Risk", "champion", "1")
    assert run(["mlflow", "check", "--alias", "champion", *words]) == ExitCode.NO
    (stray,) = json.loads(capsys.readouterr().out)
    assert (stray["model"], stray["version"]) == ("Credit Risk", 1)
    assert "no release" in stray["why"]
