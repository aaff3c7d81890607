"""Uploads, files and figures over the API: who may have which bytes, and what the server computes itself."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from django.conf import settings

from consilience.demo import training
from consilience.domains.access.rules import Role
from consilience.domains.content import actions as content
from consilience.kit import digests
from tests.harness.api import Caller, as_
from tests.harness.builders import a_digest, a_model, a_person, a_system, a_version, later, some_evidence
from tests.harness.credit import credit
from tests.harness.workspaces import Workspace

TERMS = {"provenance": "bank", "lawful_basis": "contract", "consent": False, "jurisdictions": ["DE"]}
TABLE = pa.table(
    {"y": [0, 1, 1, 0, 1, 0], "score": [0.1, 0.9, 0.8, 0.3, 0.4, 0.6], "sex": ["f", "m", "f", "m", "f", "m"]}
)


def a_file(name: str, data: bytes) -> io.BytesIO:
    stream = io.BytesIO(data)
    stream.name = name
    return stream


def parquet(table: pa.Table = TABLE) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def good(answer: Any) -> Any:
    assert answer.status == 200, answer.said
    return answer.said


@pytest.fixture
def engineer(workspace: Workspace) -> Caller:
    lending = a_system("lending")
    a_model("credit-risk", systems=[lending])
    caller = as_(a_person("Eve"))
    good(caller.post("/datasets", {"slug": "panel", "name": "Panel", "systems": ["lending"]}))
    return caller


def ticket(caller: Caller, name: str, data: bytes) -> str:
    return str(good(caller.upload(a_file(name, data)))["files"][0]["upload"])


def test_an_uploaded_file_is_stored_under_its_digest(engineer: Caller, workspace: Workspace) -> None:
    data = b"weights" * 1000
    (said,) = good(engineer.upload(a_file("model.bin", data)))["files"]
    digest = hashlib.sha256(data).hexdigest()
    assert (said["digest"], said["size"], said["name"]) == (digest, len(data), "model.bin")
    (kept,) = (workspace.home.content / digest[:2]).glob(f"{digest}.*")
    assert data[:100] not in kept.read_bytes(), "it is sealed"


def test_a_held_artefact_has_the_digest_that_the_server_computed(engineer: Caller) -> None:
    body = {"artefact": {"upload": ticket(engineer, "model.bin", b"weights")}, "code_revision": "c0de"}
    said = good(engineer.post("/models/credit-risk/versions", body))["artefact"]
    assert said == {
        "digest": hashlib.sha256(b"weights").hexdigest(),
        "kind": "file",
        "held": True,
        "computed_by": "server",
    }


def test_a_folder_has_the_digest_that_the_same_folder_has_on_a_laptop(engineer: Caller, tmp_path: Path) -> None:
    for name, data in (("b/weights.bin", b"w"), ("a.json", b"{}")):
        (tmp_path / "model" / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / "model" / name).write_bytes(data)
    files = [
        {"path": "b/weights.bin", "upload": ticket(engineer, "weights.bin", b"w")},
        {"path": "a.json", "upload": ticket(engineer, "a.json", b"{}")},
    ]
    said = good(engineer.post("/models/credit-risk/versions", {"artefact": {"files": files}, "code_revision": "c"}))
    assert said["artefact"]["digest"] == digests.of_folder(tmp_path / "model")
    for path in ("../escape", "/etc/passwd", "a//b", "./a", "a\\b"):
        bad = [{"path": path, "upload": files[0]["upload"]}]
        answer = engineer.post("/models/credit-risk/versions", {"artefact": {"files": bad}, "code_revision": "c"})
        assert (answer.status, answer.params["where"]) == (422, "path"), path


def test_the_server_measures_the_rows_it_is_given(engineer: Caller) -> None:
    for name, data, types in [
        ("panel.parquet", parquet(), ["int64", "double", "string"]),
        ("panel.csv", _csv(), ["string"] * 3),
    ]:
        body = {**TERMS, "file": {"name": name, "upload": ticket(engineer, name, data)}}
        said = good(engineer.post("/datasets/panel/versions", body))
        assert (said["rows"], said["digest"]) == (6, hashlib.sha256(data).hexdigest())
        assert said["columns"] == [[column, kind] for column, kind in zip(("y", "score", "sex"), types, strict=True)]
        assert said["file"] == {"name": name, "held": True, "reference": "", "computed_by": "server"}


def _csv() -> bytes:
    sink = io.BytesIO()
    pc.write_csv(TABLE, sink)
    return sink.getvalue()


def test_a_file_that_is_no_data_is_refused(engineer: Caller) -> None:
    for name, data in (("p.parquet", b"PAR1 not really"), ("p.csv", b""), ("p.xlsx", b"x"), ("p.csv.gz", b"no gzip")):
        body = {**TERMS, "file": {"name": name, "upload": ticket(engineer, name, data)}}
        answer = engineer.post("/datasets/panel/versions", body)
        assert (answer.status, answer.params["where"]) == (422, name)
    claimed = {"name": "p.parquet", "upload": ticket(engineer, "p.parquet", parquet()), "rows": 10**6}
    assert engineer.post("/datasets/panel/versions", {**TERMS, "file": claimed}).status == 422


def test_a_ticket_is_worth_nothing_to_somebody_else_nor_when_made_up(engineer: Caller) -> None:
    theirs = ticket(engineer, "model.bin", b"weights")
    other = as_(a_person("Mallory"))
    for upload in (theirs, theirs[:-2] + "xx", hashlib.sha256(b"weights").hexdigest(), ""):
        body = {"artefact": {"upload": upload}, "code_revision": "c0de"}
        answer = other.post("/models/credit-risk/versions", body)
        assert (answer.status, answer.params["where"]) == (422, "upload"), upload


def test_an_upload_over_the_limit_leaves_nothing_behind(
    engineer: Caller, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "MAX_UPLOAD_BYTES", 1000)
    before = sorted(workspace.home.content.rglob("*"))
    assert engineer.upload(a_file("big.bin", b"x" * 1001)).status == 422
    assert engineer.upload(a_file("huge.bin", b"x" * (2**20 + 1001))).status == 422
    assert sorted(workspace.home.content.rglob("*")) == before
    assert engineer.upload().status == 422


def test_readers_upload_nothing(engineer: Caller) -> None:
    answer = as_(a_person(roles=[Role.READER])).upload(a_file("x", b"x"))
    assert (answer.status, answer.code) == (403, "not_entitled")


def test_a_file_of_evidence_comes_back_as_an_attachment_and_never_as_a_page(engineer: Caller) -> None:
    good(engineer.post("/models/credit-risk/versions", {"artefact": {"digest": a_digest()}, "code_revision": "c"}))
    page = b"<script>alert(1)</script>"
    said = {
        "kind": "dpia", "method": "document", "fields": {"title": "DPIA", "approved": True},
        "subject": {"noun": "model-version", "reference": "credit-risk@1"},
        "files": [{"name": "dpia.html", "upload": ticket(engineer, "dpia.html", page)}],
    }  # fmt: skip
    record = good(engineer.post("/evidence", said))
    answer = engineer.get(f"/evidence/{record['urn']}/files/{record['files'][0]['digest']}")
    assert (answer.status, answer.said) == (200, page)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == 'attachment; filename="dpia.html"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    stranger = as_(a_person(roles=[]))
    assert stranger.get(f"/evidence/{record['urn']}/files/{record['files'][0]['digest']}").status == 404


def test_bytes_are_handed_out_only_by_the_record_that_names_them(engineer: Caller) -> None:
    data = parquet()
    body = {**TERMS, "file": {"name": "p.parquet", "upload": ticket(engineer, "p.parquet", data)}}
    digest = good(engineer.post("/datasets/panel/versions", body))["digest"]
    evidence = some_evidence(a_version(model=a_model("other-model", systems=[a_system("other")])))
    assert engineer.get(f"/evidence/{evidence.urn}/files/{digest}").status == 404
    # Knowing the digest of rows that somebody else uploaded attaches them to nothing.
    said = {
        "kind": "dpia", "method": "document", "subject": {"noun": "system", "reference": "other"},
        "files": [{"name": "p.parquet", "upload": digest}],
    }  # fmt: skip
    assert engineer.post("/evidence", said).params["where"] == "upload"


def _versions(engineer: Caller) -> None:
    data = {**TERMS, "file": {"name": "p.parquet", "upload": ticket(engineer, "p.parquet", parquet())}}
    good(engineer.post("/datasets/panel/versions", data))
    good(engineer.post("/models/credit-risk/versions", {"artefact": {"digest": a_digest()}, "code_revision": "c"}))


def test_figures_computed_from_data_carry_that_grade(engineer: Caller) -> None:
    _versions(engineer)
    asked = {
        "from": "data", "dataset": "panel@1", "label": "y", "score": "score", "threshold": 0.5, "protected": ["sex"],
        "method": "holdout",
    }  # fmt: skip
    made = good(engineer.post("/versions/credit-risk@1/evaluations", asked))["evidence"]
    assert [(one["kind"], one["grade"]) for one in made] == [
        ("evaluation", "recomputed_from_data"), ("fairness_evaluation", "recomputed_from_data"),
    ]  # fmt: skip
    assert made[0]["fields"]["accuracy"]["value"] == "0.6666666666666666"
    assert (made[0]["dataset"], made[0]["fields"]["rows"]) == ("panel@1", 6)
    nameless = engineer.post("/versions/credit-risk@1/evaluations", {**asked, "label": "nothing"})
    assert (nameless.status, nameless.params["where"]) == (422, "panel@1")


def test_no_client_can_state_a_grade(engineer: Caller) -> None:
    _versions(engineer)
    said = {
        "kind": "evaluation", "method": "holdout", "subject": {"noun": "model-version", "reference": "credit-risk@1"},
        "fields": {"rows": 10, "accuracy": {"value": 0.99}},
    }  # fmt: skip
    assert engineer.post("/evidence", {**said, "grade": "recomputed_from_data"}).status == 422
    assert good(engineer.post("/evidence", said))["grade"] == "stated"


def test_states_of_other_rows_than_the_registered_ones_are_refused(engineer: Caller) -> None:
    from consilience.measure.evaluate import measure_states
    from consilience.measure.states import wire

    _versions(engineer)
    states = wire.to_json(measure_states(TABLE, label="y", score="score", threshold=0.5, protected=["sex"]))
    sent = {"dataset": "panel@1", "states": states, "method": "holdout"}
    address = "/versions/credit-risk@1/evaluations/states"
    other = engineer.post(address, {**sent, "data_digest": a_digest()})
    assert (other.status, other.code) == (409, "other_data")
    digest = good(engineer.get("/dataset-versions/panel@1"))["digest"]
    made = good(engineer.post(address, {**sent, "data_digest": digest}))["evidence"]
    assert {one["grade"] for one in made} == {"recomputed_from_states"}
    broken = {**states, "cells": [*states["cells"][:-1], {"rows": -1}]}
    assert engineer.post(address, {**sent, "states": broken, "data_digest": digest}).status == 422


def test_a_model_written_down_as_data_is_scored_by_the_server(engineer: Caller) -> None:
    holdout = training.data_file("card-holdout.parquet").read_bytes()
    data = {**TERMS, "file": {"name": "card-holdout.parquet", "upload": ticket(engineer, "h.parquet", holdout)}}
    good(engineer.post("/datasets/panel/versions", data))
    exact = training.shipped().read_bytes()
    artefact = {"upload": ticket(engineer, "model.json", exact), "kind": "declared"}
    good(engineer.post("/models/credit-risk/versions", {"artefact": artefact, "code_revision": "c"}))
    asked = {
        "from": "artefact", "dataset": "panel@1", "label": training.LABEL, "protected": list(training.PROTECTED),
        "method": "holdout",
    }  # fmt: skip
    made = good(engineer.post("/versions/credit-risk@1/evaluations", asked))["evidence"]
    assert {one["grade"] for one in made} == {"scored_from_artefact"}
    assert engineer.post("/versions/credit-risk@1/evaluations", {**asked, "threshold": 0.5}).status == 422
    broken = {"upload": ticket(engineer, "model.json", b'{"schema": 1}'), "kind": "declared"}
    assert engineer.post("/models/credit-risk/versions", {"artefact": broken, "code_revision": "c"}).status == 422
    plain = {"artefact": {"digest": a_digest()}, "code_revision": "c"}
    good(engineer.post("/models/credit-risk/versions", plain))
    assert engineer.post("/versions/credit-risk@2/evaluations", asked).code == "artefact_not_scorable"


def test_kinds_are_listed_and_only_grow(engineer: Caller, workspace: Workspace) -> None:
    admin = as_(a_person(roles=[Role.ADMINISTRATOR]))
    listed = good(admin.get("/kinds", limit=200))
    assert {"evaluation", "dpia"} <= {one["kind"] for one in listed["items"]}
    dpia = next(one for one in listed["items"] if one["kind"] == "dpia")
    more = {
        "kind": "dpia",
        "title": "DPIA",
        "methods": dpia["methods"],
        "fields": {**dpia["fields"], "region": "string"},
    }
    assert good(admin.post("/kinds", more))["version"] == 2
    assert admin.post("/kinds", {**more, "fields": {"region": "string"}}).status == 422
    nobodys = {"kind": "horoscope", "title": "H", "methods": ["document"], "fields": {"sign": "string"}}
    assert admin.post("/kinds", nobodys).code == "in_no_facet"


def test_a_model_card_holds_what_was_written_and_what_was_measured(workspace: Workspace) -> None:
    story = credit()
    text = "Few customers above 60 are in the data."
    digest = content.put(text.encode(), now=later())
    story.attach(
        "card_section",
        "limitations",
        {"section": "limitations", "document": digest},
        files=[("limitations.md", digest)],
    )
    said = as_(story.author).get("/versions/credit-risk@1/card").said
    sections = {one["section"]: one for one in said["sections"]}
    assert (sections["limitations"]["text"], sections["limitations"]["functions"]) == (text, ["ethics"])
    assert "limitations" not in said["missing"]
    assert sections["performance"]["drawn"][0].startswith("The model is right for")
    assert said["markdown"].startswith("---\ntags:")
