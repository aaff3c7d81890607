"""Attaching evidence, having it computed, reading what counts now."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from consilience.client.calls import Calls, Json, given
from consilience.client.places import part, subject
from consilience.kit import digests
from consilience.kit.errors import Unreachable
from consilience.measure.plan import USUAL_MINIMUM
from consilience.measure.task import Task


class Evidence(Calls):
    """What is known about a version, its data or its system."""

    def attach_evidence(
        self, kind: str, *, method: str, about: str, fields: Mapping[str, Any] | None = None,
        files: Iterable[Path] = (), dataset: str | None = None, expires_at: str | None = None,
        personal: bool = False,
    ) -> Json:  # fmt: skip
        """Attach what you state. `about` is a version (credit-risk@3), `data:panel@1`, or a system (lending).

        `personal`: the files hold personal data; they are stored so that nobody can test a guess of them against the log.
        """
        paths = [Path(one) for one in files]
        sent = [
            {"name": path.name, "upload": one["upload"]}
            for path, one in zip(paths, self.upload(paths, personal=personal), strict=True)
        ]
        body = {
            "kind": kind, "method": method, "subject": subject(about), "fields": dict(fields or {}),
            "files": sent, "dataset": dataset, "expires_at": expires_at,
        }  # fmt: skip
        return self._json(self.post("/evidence", body))

    def evidence(self, about: str, *, kind: str | None = None) -> list[Json]:
        """What counts now about a version, a dataset version or a system."""
        said = subject(about)
        names = {"model-version": "version", "dataset-version": "dataset_version", "system": "system"}
        return list(self.listed("/evidence", **{names[said["noun"]]: said["reference"]}, kind=kind))

    def download_file(self, evidence: str, digest: str, target: Path) -> Path:
        """A file of evidence, into a new file; its digest is checked."""
        told: dict[str, str] = {}
        path = self._server.download(f"/evidence/{part(evidence)}/files/{part(digest)}", target, headers=told)
        if _digest(path, told.get("consilience-salt", "")) != digest:
            path.unlink()
            raise Unreachable(f"{self.url} sent other bytes than {digest[:12]}…")
        return path

    def compute_evaluation(self, version: str, *, source: str, dataset: str, method: str, **said: Any) -> list[Json]:
        """Have the server compute the figures: `source` artefact (it scores) or data (scores stand in columns).

        `said`: label, protected, score, prediction, threshold, positive; from data also task, and rank for several classes.
        """
        body = {"from": source, "dataset": dataset, "method": method, **given(said)}
        return list(self.post(f"/versions/{part(version)}/evaluations", body)["evidence"])

    def evaluate_and_attach(
        self, source: str | os.PathLike[str], *, version: str, dataset: str, method: str,
        minimum_group: int = USUAL_MINIMUM, task: Task | str = Task.BINARY, **said: Any,
    ) -> list[Json]:  # fmt: skip
        """Count the rows of a file here, and have the server compute the figures from the counts. No row is sent.

        Groups with fewer rows than `minimum_group` are withheld from the counts (see `measure.states.masking`). 1 sends all; the
        server still withholds groups of fewer than 5 rows from what it calculates and keeps.
        `said`: label, score, prediction, protected, threshold, positive, where (see `consilience.evaluate`). With the task
        "regression" or "multiclass": label, prediction, protected, where, and for several classes rank.
        """
        from consilience.measure.evaluate import measure_states
        from consilience.measure.states import wire
        from consilience.measure.states.masking import masked
        from consilience.measure.task_states import states_to_send

        digest = digests.of_file(Path(source))
        if task == Task.BINARY:
            states = wire.to_json(masked(measure_states(source, **said), minimum=minimum_group))
        else:
            states = states_to_send(source, task=task, minimum_group=minimum_group, **said)
        body = {"dataset": dataset, "data_digest": digest, "states": states, "method": method}
        return list(self.post(f"/versions/{part(version)}/evaluations/states", body)["evidence"])

    def compute_comparison(
        self, version: str, *, source: str, baseline: str, dataset: str, method: str, **said: Any
    ) -> list[Json]:
        """Have the server compare a version with a baseline: `source` artefact (it scores both) or data (scores stand in columns).

        `said`: label, score, score_other, prediction, prediction_other, threshold, threshold_other, positive.
        """
        body = {"from": source, "baseline": baseline, "dataset": dataset, "method": method, **given(said)}
        return list(self.post(f"/versions/{part(version)}/comparisons", body)["evidence"])

    def compute_validation(
        self, version: str, *, dataset: str, contract: str, as_of: str | None = None
    ) -> list[Json]:  # fmt: skip
        """Have the server hold a dataset that it holds to a contract, given as the text of its file."""
        body = {"dataset": dataset, "contract": contract, **given({"as_of": as_of})}
        return list(self.post(f"/versions/{part(version)}/validations", body)["evidence"])

    def compute_segments(self, version: str, *, dataset: str, method: str, **said: Any) -> list[Json]:
        """Have the server search a dataset that it holds for segments with larger errors. `said`: those of `consilience.slices`."""
        body = {"dataset": dataset, "method": method, **given(said)}
        return list(self.post(f"/versions/{part(version)}/segments", body)["evidence"])

    def compute_windows(self, version: str, *, dataset: str, method: str, by: str | int, **said: Any) -> list[Json]:
        """Have the server measure a dataset that it holds window by window. `said`: time, zone, label, score, ..."""
        body = {"dataset": dataset, "method": method, "by": by, **given(said)}
        return list(self.post(f"/versions/{part(version)}/windows", body)["evidence"])

    def compute_representativeness(
        self, version: str, *, dataset: str, population: Mapping[str, Mapping[str, float]], people: str | None = None
    ) -> list[Json]:
        """Have the server hold a dataset that it holds against a population: for each attribute the share or count of each group."""
        body = {"dataset": dataset, "population": population, **given({"people": people})}
        return list(self.post(f"/versions/{part(version)}/representativeness", body)["evidence"])

    def compute_synthetic(
        self, version: str, *, dataset: str, training_dataset: str, held_out_dataset: str, **said: Any
    ) -> list[Json]:
        """Have the server hold synthetic rows against real ones; it holds all three. `said`: label, positive, columns, without."""
        body = {
            "dataset": dataset, "training_dataset": training_dataset, "held_out_dataset": held_out_dataset, **given(said),
        }  # fmt: skip
        return list(self.post(f"/versions/{part(version)}/synthetic", body)["evidence"])


def _digest(path: Path, salt: str) -> str:
    """The recorded digest of a downloaded file; that of a personal one covers its salt."""
    if not salt:
        return digests.of_file(path)
    try:
        return digests.of_salted_file(path, bytes.fromhex(salt))
    except ValueError as error:
        raise Unreachable(f"the server sent a salt that is none for {path.name}") from error
