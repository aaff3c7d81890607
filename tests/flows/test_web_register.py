"""Registering on the web, from a system to a proposed release with evidence; and what the gate then says."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consilience.domains.content import queries as contents
from consilience.domains.evidence import actions as evidence
from consilience.domains.evidence.models import Evidence
from consilience.domains.gate.models import Decision
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.models import DatasetVersion, ModelVersion, System
from tests.harness.builders import a_digest, a_person, as_of, later, operator, some_evidence
from tests.harness.workspaces import Workspace

ROWS = b"limit,late\n1000,0\n2000,1\n"
SYSTEM = {
    "name": "Card lending", "slug": "lending", "purpose": "credit-scoring", "description": "Estimates late payment.",
    "tier": "high", "squad": "Lending", "jurisdictions": "DE, AT", "audience": "card customers", "affected_groups": "women\nthe young",
}  # fmt: skip
TERMS = {"provenance": "Core banking", "lawful_basis": "contract", "jurisdictions": "DE", "purposes": "credit-scoring"}


@pytest.fixture
def engineer(workspace: Workspace, client: Client) -> Client:
    eve = a_person("Eve Engineer")
    client.force_login(eve.account)
    client.post("/systems/new", SYSTEM | {"owner": eve.urn})
    return client


def test_what_tiering_asks_is_said_and_shown(engineer: Client) -> None:
    said = {
        "slug": "hiring", "use": "hiring", "autonomy": "recommends", "people_affected": "12000", "line_of_business": "people",
        "data_categories": ["personal", "special_category"], "owner": System.objects.get().body["owner"],
    }  # fmt: skip
    assert engineer.post("/systems/new", SYSTEM | said).status_code == 302
    body = System.objects.get(slug="hiring").body
    assert (body["use"], body["people_affected"], body["data_categories"]) == (
        "hiring",
        12_000,
        said["data_categories"],
    )
    shown = engineer.get("/systems/hiring").content.decode()
    for words in ("Hiring", "12,000", "a person makes every decision", "Special categories", "people"):
        assert words in shown
    assert "use" not in System.objects.get(slug="lending").body


def test_a_story_from_a_system_to_an_asked_gate(engineer: Client) -> None:
    assert System.objects.get().body["jurisdictions"] == ["DE", "AT"]
    assert (
        engineer.post(
            "/models/new", {"slug": "credit-risk", "name": "Late payment", "systems": ["lending"]}
        ).status_code
        == 302
    )
    assert engineer.post("/datasets/new", {"slug": "panel", "name": "Panel", "systems": ["lending"]}).status_code == 302
    upload = SimpleUploadedFile("panel.csv", ROWS)
    assert engineer.post("/datasets/panel/versions/new", TERMS | {"file": upload}).status_code == 302
    body = DatasetVersion.objects.get().body
    assert (body["rows"], body["columns"], body["digest"]) == (
        2,
        [["limit", "string"], ["late", "string"]],
        hashlib.sha256(ROWS).hexdigest(),
    )
    version = {"artefact": SimpleUploadedFile("model.bin", b"weights"), "code_revision": "4f0c2d1", "training": "panel@1",
               "parameters": "depth = 4\nrate=0.1", "protected_attributes": "sex, age"}  # fmt: skip
    assert engineer.post("/models/credit-risk/versions/new", version).status_code == 302
    made = ModelVersion.objects.get().body
    assert made["parameters"] == {"depth": "4", "rate": "0.1"}
    assert made["artefact"] == {
        "digest": hashlib.sha256(b"weights").hexdigest(),
        "kind": "file",
        "held": True,
        "computed_by": "server",
    }
    assert (
        engineer.post("/versions/credit-risk@1/propose", {"system": "lending", "stage": "operation"}).status_code == 302
    )
    page = engineer.get("/releases/lending/credit-risk@1/operation").content.decode()
    assert "No requirement is in force for this stage" in page
    asked = engineer.post("/releases/lending/credit-risk@1/operation/ask", follow=True)
    assert Decision.objects.get().allowed is False
    assert b"its answer is recorded" in asked.content


def test_evidence_is_attached_in_two_plain_pages_and_its_file_comes_back_as_it_was(engineer: Client) -> None:
    engineer.post("/models/new", {"slug": "credit-risk", "name": "Late payment", "systems": ["lending"]})
    engineer.post("/models/credit-risk/versions/new", {"digest": a_digest(), "code_revision": "4f0c2d1"})
    chosen = engineer.post("/versions/credit-risk@1/attach", {"kind": "dpia"})
    assert chosen["Location"] == "/versions/credit-risk@1/attach?kind=dpia"
    said = {
        "field_title": "DPIA 7",
        "field_document": "All well.",
        "field_approved": "yes",
        "file": SimpleUploadedFile("dpia.html", b"<script>"),
    }
    page = engineer.post(chosen["Location"], said, follow=True).content.decode()
    row = Evidence.objects.get()
    assert (row.body["grade"], row.body["fields"]["approved"]) == ("stated", True)
    assert "Somebody states it." in page
    file = engineer.get(f"/evidence/{row.urn}/files/{row.body['files'][0]['digest']}")
    assert file["Content-Disposition"] == 'attachment; filename="dpia.html"'
    assert file["Content-Type"] == "application/octet-stream"
    assert b"".join(file.streaming_content) == b"<script>"  # type: ignore[attr-defined]


def test_a_record_counts_the_attempts_that_were_taken_back_too(engineer: Client) -> None:
    engineer.post("/models/new", {"slug": "credit-risk", "name": "Late payment", "systems": ["lending"]})
    engineer.post("/models/credit-risk/versions/new", {"digest": a_digest(), "code_revision": "4f0c2d1"})
    version = inventory.version(operator(), "credit-risk@1", as_of())
    first, second = some_evidence(version), some_evidence(version)
    evidence.withdraw(actor=operator(), urn=first.urn, reason="wrong", now=later())
    assert engineer.get(f"/evidence/{second.urn}").context["record"]["attempts"] == 2


def test_what_cannot_be_read_is_said_at_its_field_and_nothing_is_registered(engineer: Client) -> None:
    engineer.post("/datasets/new", {"slug": "panel", "name": "Panel", "systems": ["lending"]})
    both = TERMS | {"file": SimpleUploadedFile("panel.csv", ROWS), "digest": a_digest()}
    assert (
        b"Give the file or its digest, one of the two." in engineer.post("/datasets/panel/versions/new", both).content
    )
    odd = TERMS | {"file": SimpleUploadedFile("panel.xlsx", ROWS)}
    assert b"unknown ending" in engineer.post("/datasets/panel/versions/new", odd).content
    consent = TERMS | {"file": SimpleUploadedFile("panel.csv", ROWS + b"3,1\n"), "lawful_basis": "consent"}
    assert b"no consent is recorded" in engineer.post("/datasets/panel/versions/new", consent).content
    assert not contents.has(hashlib.sha256(ROWS + b"3,1\n").hexdigest()), "a refused registration stores nothing"
    assert not DatasetVersion.objects.exists()


def test_data_that_nobody_knows_is_said_on_the_form_and_nothing_typed_is_lost(engineer: Client) -> None:
    engineer.post("/models/new", {"slug": "credit-risk", "name": "Late payment", "systems": ["lending"]})
    said = {"digest": a_digest(), "code_revision": "4f0c2d1", "training": "panle@1"}
    answer = engineer.post("/models/credit-risk/versions/new", said)
    assert answer.status_code == 422
    assert "There is no dataset “panle”" in answer.content.decode()
    assert 'value="4f0c2d1"' in answer.content.decode()


def test_a_name_that_is_taken_is_refused_on_the_form(engineer: Client) -> None:
    again = engineer.post("/systems/new", SYSTEM | {"owner": System.objects.get().body["owner"]})
    assert again.status_code == 422
    assert "The name “lending” is taken by another system." in again.content.decode()
    assert 'value="Card lending"' in again.content.decode()


def test_an_engineer_of_one_system_cannot_name_another_in_a_form(engineer: Client) -> None:
    outsider = Client()
    outsider.force_login(a_person("Ola Other", roles=[]).account)
    page = outsider.post("/models/new", {"slug": "stolen", "name": "x", "systems": ["lending"]}).content.decode()
    assert "there is none where you have it" in page
    assert outsider.get("/models/stolen").status_code == 404
