"""A version's reference profile: stored once, replaced only with a reason, and what everything later is measured from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.ledger.verify import verify
from consilience.kit.errors import BadInput, ExitCode, NotFound
from consilience.measure import drifting, references
from consilience.measure.states import profile_wire
from consilience.surfaces.cli.main import run
from tests.flows.test_api_drift import Registered, good, rows
from tests.flows.test_web_drift import page
from tests.harness.api import a_token, as_, sdk
from tests.harness.builders import a_digest, a_person
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
VERSION, THEN = {"version": "credit-risk@1"}, {"dataset": "panel@1"}
NOW: dict[str, Any] = {"version": "credit-risk@1", "dataset": "panel@2"}


@pytest.fixture
def registered(workspace: Workspace, tmp_path: Path) -> Registered:
    return Registered(tmp_path)


def test_here_and_there_the_same_reference_is_stored_once(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        with pytest.raises(NotFound):
            client.reference_profile("credit-risk@1")
        (stored,) = client.store_reference(registered.then, **VERSION, **THEN)
        fetched = client.reference_profile("credit-risk@1")
    assert (stored["kind"], stored["grade"]) == ("reference_profile", "recomputed_from_states")
    assert fetched == references.to_keep(registered.then)
    assert stored["fields"]["profile"] == references.digest(fetched)
    assert stored["files"] == [{"name": "profile.json", "digest": references.digest(fetched)}]
    assert stored["fields"]["rows"] == 400
    income = stored["fields"]["columns"][0]
    assert (income["name"], income["kind"], income["missing"], sum(income["counts"])) == ("income", "number", 0, 400)
    again = registered.caller.post("/versions/credit-risk@1/reference", THEN)
    assert (again.status, again.code) == (409, "reference_stands")
    made = registered.caller.post("/versions/credit-risk@1/reference", {**THEN, "reason": "Counted by the server."})
    (second,) = good(made)["evidence"]
    assert second["grade"] == "recomputed_from_data"
    assert second["fields"] == stored["fields"]
    shown = good(registered.caller.get(f"/evidence/{stored['urn']}"))
    assert shown["withdrawn"] is True
    current = good(registered.caller.get("/versions/credit-risk@1/reference"))["reference"]
    assert current["urn"] == second["urn"]
    listed = good(registered.caller.get("/evidence", version="credit-risk@1"))["items"]
    assert [(one["urn"], one["attempts"]) for one in listed] == [(second["urn"], 2)]
    assert verify().good


def test_a_reason_without_a_reference_and_a_stated_reference_are_refused(registered: Registered) -> None:
    answer = registered.caller.post("/versions/credit-risk@1/reference", {**THEN, "reason": "No."})
    assert (answer.status, answer.params["where"]) == (422, "reason")
    body = {"kind": "reference_profile", "method": "learned", "fields": {"rows": 5},
            "subject": {"noun": "model-version", "reference": "credit-risk@1"}}  # fmt: skip
    answer = registered.caller.post("/evidence", body)
    assert (answer.status, answer.code) == (409, "never_stated")
    assert good(registered.caller.get("/versions/credit-risk@1/reference")) == {"reference": None}


def test_drift_against_the_stored_reference_is_that_of_its_rows(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        (before,) = client.compute_drift(**NOW, reference_dataset="panel@1", method="training_against_now")
        client.store_reference(registered.then, **VERSION, **THEN)
        (counted,) = client.drift_and_attach(registered.now, **NOW)
        (here,) = client.compute_drift(**NOW)
        kept = client.reference_profile("credit-risk@1")
    assert (counted["grade"], here["grade"]) == ("recomputed_from_states", "recomputed_from_data")
    assert counted["fields"] == here["fields"]
    assert counted["files"] == here["files"]
    assert counted["fields"]["reference_profile"] == references.digest(kept)
    assert (counted["fields"]["reference"], before["fields"]["reference_profile"]) == (
        before["fields"]["reference"],
        None,
    )
    expected = drifting.report(*references.to_send(registered.now, kept))["features"]
    figures = {one["name"]: one for one in counted["fields"]["columns"]}
    for column in ("income", "late", "town"):
        assert float(figures[column]["psi"]["value"]) == expected[column]["psi"]["value"]  # type: ignore[index,call-overload]


def test_what_has_a_stored_reference_learns_no_other_for_the_same_purpose(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        client.store_reference(registered.then, **VERSION, **THEN)
    both = {"dataset": "panel@2", "reference_dataset": "panel@1"}
    for address, body in (("/drift", {**both, "method": "training_against_now"}), ("/drift/states", registered.sent())):
        answer = registered.caller.post(f"/versions/credit-risk@1{address}", body)
        assert (answer.status, answer.code) == (409, "reference_is_stored"), address
    good(registered.caller.post("/versions/credit-risk@1/drift", {**both, "method": "window_against_window"}))
    missing = registered.caller.post(
        "/versions/credit-risk@9/drift", {"dataset": "panel@2", "method": "training_against_now"}
    )
    assert missing.status == 404


def test_without_a_stored_reference_its_rows_have_to_be_named(registered: Registered) -> None:
    body = {"dataset": "panel@2", "method": "training_against_now"}
    answer = registered.caller.post("/versions/credit-risk@1/drift", body)
    assert (answer.status, answer.code) == (409, "reference_missing")
    half = {**registered.sent(), "reference_dataset": None}
    assert registered.caller.post("/versions/credit-risk@1/drift/states", half).params["where"] == "reference"


def test_counts_on_other_edges_are_refused(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        client.store_reference(registered.then, **VERSION, **THEN)
        kept = client.reference_profile("credit-risk@1")
    then, now = (profile_wire.to_json(one) for one in references.to_send(registered.now, kept))
    sent = registered.sent(reference_profile=references.digest(kept), profiles={"reference": then, "current": now})
    sent = {name: value for name, value in sent.items() if name not in ("reference_dataset", "reference_digest")}
    address = "/versions/credit-risk@1/drift/states"
    good(registered.caller.post(address, sent))
    other = registered.caller.post(address, {**sent, "reference_profile": a_digest()})
    assert (other.status, other.code) == (409, "other_reference")
    moved = registered.caller.post(address, {**sent, "data_digest": a_digest()})
    assert (moved.status, moved.code) == (409, "other_data")
    learned, current = (profile_wire.to_json(one) for one in drifting.profiles_to_send(registered.now, registered.now))
    strange = registered.caller.post(address, {**sent, "profiles": {"reference": learned, "current": current}})
    assert strange.status == 422
    assert strange.params["where"].startswith("profiles"), strange.said


def test_a_profile_that_tells_of_single_values_is_not_stored(registered: Registered) -> None:
    body = {**THEN, "data_digest": "", "minimum_group": 5}
    from consilience.kit import digests

    body["data_digest"] = digests.of_file(registered.then)
    whole = profile_wire.to_json(drifting.reference_profile(registered.then))
    for profile, minimum in (
        (whole, 5),
        (profile_wire.to_json(references.to_keep(registered.then, minimum_group=2)), 300),
    ):
        said = {**body, "profile": profile, "minimum_group": minimum}
        answer = registered.caller.post("/versions/credit-risk@1/reference/states", said)
        assert answer.status == 422
        assert answer.params["where"].startswith("profile"), answer.said


def test_a_profile_of_data_is_evidence_and_no_reference(registered: Registered) -> None:
    with sdk(registered.engineer) as client:
        (counted,) = client.profile_and_attach(registered.now, **NOW)
        (here,) = client.compute_profile(**NOW)
        assert counted["kind"] == "data_profile"
        assert counted["fields"] == here["fields"]
        with pytest.raises(NotFound):
            client.reference_profile("credit-risk@1")
        with pytest.raises(BadInput):
            client.compute_profile(**NOW, columns=["salary"])


def test_the_pages_store_it_and_show_it(registered: Registered, client: Client) -> None:
    engineer, address = registered.engineer, reverse("version", args=["credit-risk@1"])
    compute = reverse("version_compute", args=["credit-risk@1"])
    before = page(client, engineer, address)
    assert "No reference is stored yet" in before
    assert f"{compute}?what=reference_profile" in before
    assert "?what=reference_profile" not in page(client, a_person(roles=[Role.READER]), address)
    client.force_login(engineer.account)
    assert "reason" not in client.get(f"{compute}?what=reference_profile").content.decode()
    done = client.post(f"{compute}?what=reference_profile", {"dataset": "panel@1"})
    assert done.status_code == 302, done.content.decode()
    shown = page(client, engineer, done.headers["Location"])
    assert "The largest share of the rows has" in shown
    assert shown.count("Show as table") == 3
    assert "style=" not in shown
    after = page(client, engineer, address)
    assert "Its edges were learned once and stay" in after
    assert "income, late, town" in after
    asks = page(client, engineer, f"{compute}?what=reference_profile")
    assert "Why another reference" in asks
    unsaid = client.post(f"{compute}?what=reference_profile", {"dataset": "panel@1"})
    assert unsaid.status_code == 422
    drifted = client.post(
        f"{compute}?what=drift_evaluation",
        {"dataset": "panel@2", "reference_dataset": "stored", "method": "training_against_now"},
    )
    assert drifted.status_code == 302, drifted.content.decode()
    again = client.post(f"{compute}?what=reference_profile", {"dataset": "panel@2", "reason": "The bank moved."})
    assert again.status_code == 302
    assert "1 earlier one was replaced" in page(client, engineer, address)
    profiled = client.post(f"{compute}?what=data_profile", {"dataset": "panel@2", "without": "town"})
    assert profiled.status_code == 302
    assert "reference_profile" not in page(client, engineer, reverse("version_attach", args=["credit-risk@1"]))


def test_in_a_terminal(server: str, at: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured = Registered(tmp_path)
    at(server, a_token(measured.engineer), timeout="30")
    then, now, kept = str(measured.then), str(measured.now), tmp_path / "kept.json"
    assert run(["drift", now, "--version", "credit-risk@1"]) == ExitCode.NOT_FOUND
    assert run(["profile", then, "--reference-for", "credit-risk@1", "--dataset", "panel@1"]) == 0
    assert "reference_profile" in capsys.readouterr().out
    assert run(["profile", then, "--reference-for", "credit-risk@1", "--dataset", "panel@1"]) == ExitCode.REFUSED
    assert "say why" in capsys.readouterr().err
    again = ["profile", then, "--reference-for", "credit-risk@1", "--dataset", "panel@1", "--reason", "As a test."]
    assert run(again) == 0
    capsys.readouterr()
    assert run(["drift", now, "--version", "credit-risk@1", "--json"]) == 0
    fetched = json.loads(capsys.readouterr().out)
    assert run(["profile", then, "--save-profile", str(kept), "--minimum-group", "5"]) == 0
    assert "tells nothing of fewer rows" in capsys.readouterr().out
    assert run(["drift", now, "--reference-profile", str(kept), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == fetched
    assert run(["drift", now, "--attach", "credit-risk@1", "--dataset", "panel@2"]) == 0
    assert "drift_evaluation" in capsys.readouterr().out
    for words in (
        ["validate", now, "--reference-profile", str(kept)],
        ["profile", then, "--reason", "x"],
        ["profile", then, "--reference-for", "a@1", "--attach", "a@1", "--dataset", "panel@1"],
        ["profile", then, "--reference-for", "a@1"],
        ["profile", then, "--minimum-group", "5"],
        ["drift", now],
        ["drift", now, "--reference", then, "--version", "credit-risk@1"],
        ["drift", now, "--version", "credit-risk@1", "--multivariate"],
        ["drift", now, "--attach", "credit-risk@1", "--dataset", "panel@2", "--reference-profile", str(kept)],
    ):
        assert run(words) == ExitCode.WRONG_USE, words
    assert run(["profile", then, "--save-profile", str(kept)]) == ExitCode.BAD_INPUT
    assert "exists already" in capsys.readouterr().err
    compute = ["evidence", "compute", "credit-risk@1", "--dataset", "panel@2", "--what"]
    assert run([*compute, "drift", "--method", "training_against_now"]) == 0
    assert run([*compute, "profile", "--json"]) == 0
    assert run([*compute, "reference"]) == ExitCode.REFUSED
    assert run([*compute, "reference", "--reason", "The bank moved."]) == 0


def test_without_a_workspace_a_file_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    then, now, kept = (str(tmp_path / name) for name in ("then.parquet", "now.parquet", "kept.json"))
    pq.write_table(rows(1), then)
    scored = (
        rows(2, shift=6000)
        .append_column("s", pa.array([0.2, 0.7] * 200))
        .append_column("y", pa.array([0, 1, 1, 1] * 100))
    )
    pq.write_table(scored, now)
    assert run(["profile", then, "--save-profile", kept]) == 0
    assert "holds values of rows" in capsys.readouterr().out

    def answer(*words: str) -> Any:
        assert run([*words, "--json"]) in (0, 1), words
        said: Any = json.loads(capsys.readouterr().out)
        for found in (said, said.get("drift") or {}):
            found.pop("reference_profile", None)
        return said

    for words in (
        ("drift", now),
        ("evaluate", now, "--label", "y", "--score", "s", "--threshold", "0.5"),
        ("validate", now, "--as-of", "2026-11-23T10:00:00Z"),
    ):
        assert answer(*words, "--reference", then) == answer(*words, "--reference-profile", kept), words
    windows = answer("over-time", now, "--by", "200", "--label", "y", "--score", "s", "--threshold", "0.5",
                     "--reference-profile", kept)  # fmt: skip
    assert windows["reference"]["profile_rows"] == 400
    assert all(one["drift"]["income"]["psi"]["value"] > 0.1 for one in windows["windows"])
    Path(kept).write_text(Path(kept).read_text()[:-20])
    assert run(["drift", now, "--reference-profile", kept]) == ExitCode.BAD_INPUT
    said = capsys.readouterr()
    assert re.search(r"kept\.json: is no profile", said.err)
    assert len(said.err.strip().splitlines()) == 1


def test_readers_store_nothing(registered: Registered) -> None:
    reader = as_(a_person(roles=[Role.READER]))
    for address in ("reference", "profiles"):
        answer = reader.post(f"/versions/credit-risk@1/{address}", THEN)
        assert (answer.status, answer.code) == (403, "not_entitled")
