"""Measured drift as evidence: counted by a client or here, recomputed, refused where it contradicts itself."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consilience.domains.access.rules import Role
from consilience.kit import digests
from consilience.measure import drifting
from consilience.measure.states import profile_wire
from tests.harness.api import Caller, as_, sdk
from tests.harness.builders import Someone, a_digest, a_model, a_person, a_system
from tests.harness.workspaces import Workspace

TERMS = {"provenance": "bank", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"]}
SAID = {
    "version": "credit-risk@1",
    "dataset": "panel@2",
    "reference_dataset": "panel@1",
    "method": "training_against_now",
}


def rows(seed: int, *, shift: float = 0.0) -> pa.Table:
    rng = np.random.Generator(np.random.PCG64(seed))
    return pa.table(
        {
            "income": rng.normal(30_000 + shift, 7_000, 400),
            "late": rng.poisson(0.4, 400),
            "town": rng.choice(["Bonn", "Ulm", "Hof"], 400, p=[0.7, 0.29, 0.01]),
        }
    )


class Registered:
    """Two months of a panel, registered with their files, and a version that learned from the first."""

    def __init__(self, folder: Path) -> None:
        lending = a_system("lending")
        a_model("credit-risk", systems=[lending])
        self.engineer: Someone = a_person("Eve")
        self.caller: Caller = as_(self.engineer)
        self.then, self.now = folder / "then.parquet", folder / "now.parquet"
        pq.write_table(rows(1), self.then)
        pq.write_table(rows(2, shift=6_000), self.now)
        good(self.caller.post("/datasets", {"slug": "panel", "name": "Panel", "systems": ["lending"]}))
        for path in (self.then, self.now):
            stream = io.BytesIO(path.read_bytes())
            stream.name = path.name
            ticket = good(self.caller.upload(stream))["files"][0]["upload"]
            good(self.caller.post("/datasets/panel/versions", {**TERMS, "file": {"name": path.name, "upload": ticket}}))
        body = {"artefact": {"digest": a_digest()}, "code_revision": "c0de"}
        good(self.caller.post("/models/credit-risk/versions", body))

    def sent(self, **other: Any) -> dict[str, Any]:
        then, now = drifting.profiles_to_send(self.now, self.then)
        body = {
            "dataset": "panel@2", "reference_dataset": "panel@1", "method": "training_against_now",
            "data_digest": digests.of_file(self.now), "reference_digest": digests.of_file(self.then),
            "profiles": {"reference": profile_wire.to_json(then), "current": profile_wire.to_json(now)},
        }  # fmt: skip
        return body | other

    def post(self, **other: Any) -> Any:
        return self.caller.post("/versions/credit-risk@1/drift/states", self.sent(**other))


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.said
    return answer.said


@pytest.fixture
def registered(workspace: Workspace, tmp_path: Path) -> Registered:
    return Registered(tmp_path)


def test_client_and_server_give_the_same_figures_bit_for_bit(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        (counted,) = client.drift_and_attach(registered.now, registered.then, **SAID)
        (here,) = client.compute_drift(**SAID)
        kept = {one["name"]: one["digest"] for one in counted["files"]}
        saved = client.download_file(counted["urn"], kept["current_profile.json"], registered.now.with_suffix(".json"))
        registered.then.with_suffix(".txt").write_text("anna,1970-01-01")
        personal = client.attach_evidence(
            "rollback_plan", method="document", about="credit-risk@1", fields={}, files=[registered.then.with_suffix(".txt")],
            personal=True,
        )  # fmt: skip
        held = client.download_file(
            personal["urn"], personal["files"][0]["digest"], registered.then.with_suffix(".back")
        )
    assert held.read_text() == "anna,1970-01-01"
    assert personal["files"][0]["digest"] != hashlib.sha256(held.read_bytes()).hexdigest()
    assert (counted["grade"], here["grade"]) == ("recomputed_from_states", "recomputed_from_data")
    assert counted["fields"] == here["fields"]
    assert counted["files"] == here["files"]
    shown = drifting.profiles_to_send(registered.now, registered.then)
    assert saved.read_bytes() == profile_wire.encode(shown[1])
    income = next(one for one in counted["fields"]["columns"] if one["name"] == "income")
    said = drifting.report(*shown)["features"]["income"]  # type: ignore[index,call-overload]
    for name in ("psi", "psi_by_value", "ks", "mean_shift", "missing_shift"):
        assert float(income[name]["value"]) == said[name]["value"], name
    assert float(income["psi"]["low"]) > 0.1
    assert (income["total_variation"], income["kind"]) == (None, "number")
    assert sum(income["counts"]) == 400
    town = next(one for one in counted["fields"]["columns"] if one["name"] == "town")
    assert town["psi_by_value"] == town["psi"]
    assert "Hof" not in town["labels"]


def test_a_column_can_be_left_out_and_one_that_is_not_there_is_refused(registered: Registered) -> None:
    said = {"dataset": "panel@2", "reference_dataset": "panel@1", "method": "window_against_window"}
    answer = good(registered.caller.post("/versions/credit-risk@1/drift", {**said, "without": ["income"]}))
    assert [one["name"] for one in answer["evidence"][0]["fields"]["columns"]] == ["late", "town"]
    refused = registered.caller.post("/versions/credit-risk@1/drift", {**said, "columns": ["salary"]})
    assert refused.status == 422
    assert "salary" in str(refused.said)


def test_profiles_of_other_bytes_are_refused(registered: Registered) -> None:
    for name in ("data_digest", "reference_digest"):
        answer = registered.post(**{name: a_digest()})
        assert (answer.status, answer.code) == (409, "other_data"), answer.said


def test_profiles_of_two_plans_are_refused(registered: Registered) -> None:
    sent = registered.sent()
    other, _ = drifting.profiles_to_send(registered.then, registered.now)
    sent["profiles"]["reference"] = profile_wire.to_json(other)
    answer = registered.caller.post("/versions/credit-risk@1/drift/states", sent)
    assert answer.status == 422
    assert "different plans" in str(answer.said)


def test_profiles_that_contradict_themselves_are_refused(registered: Registered) -> None:
    for change in (_one_row_more, _another_bin, _no_form):
        sent = registered.sent()
        change(sent["profiles"]["current"])
        answer = registered.caller.post("/versions/credit-risk@1/drift/states", sent)
        assert answer.status == 422, change.__name__
        assert answer.params["where"].startswith("profile"), answer.said


def _one_row_more(profile: dict[str, Any]) -> None:
    profile["rows"] += 1


def _another_bin(profile: dict[str, Any]) -> None:
    bins = profile["columns"]["income"]["bins"].split()
    profile["columns"]["income"]["bins"] = " ".join(["-1", *bins[1:]])


def _no_form(profile: dict[str, Any]) -> None:
    profile["columns"]["income"]["more"] = 1


def test_a_method_that_the_kind_does_not_have_is_refused(registered: Registered) -> None:
    answer = registered.post(method="holdout")
    assert (answer.status, answer.params["where"]) == (422, "method")


def test_readers_compute_no_drift(registered: Registered) -> None:
    reader = as_(a_person(roles=[Role.READER]))
    answer = reader.post("/versions/credit-risk@1/drift/states", registered.sent())
    assert (answer.status, answer.code) == (403, "not_entitled")


def test_data_that_the_server_does_not_hold_are_not_compared_here(registered: Registered) -> None:
    body = {**TERMS, "file": {"name": "far.parquet", "digest": a_digest(), "rows": 5, "columns": [["x", "double"]]}}
    made = registered.caller.post("/datasets/panel/versions", body)
    assert made.status == 200, made.said
    for pair in (("panel@3", "panel@1"), ("panel@1", "panel@3")):
        said = {"dataset": pair[0], "reference_dataset": pair[1], "method": "training_against_now"}
        answer = registered.caller.post("/versions/credit-risk@1/drift", said)
        assert (answer.status, answer.code) == (409, "data_not_held"), answer.said
