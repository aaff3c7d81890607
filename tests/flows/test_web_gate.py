"""A recorded decision on the web: as it was said then, and evaluated again."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.content import queries as contents
from consilience.domains.gate import actions as gate
from consilience.domains.gate.models import Decision
from consilience.domains.inventory import queries as inventory
from consilience.domains.policy import actions as policies
from consilience.domains.policy import document
from tests.harness.builders import (
    a_model,
    a_person,
    a_release,
    a_system,
    a_version,
    as_of,
    later,
    operator,
    some_evidence,
)
from tests.harness.workspaces import Workspace


@pytest.fixture
def decided(workspace: Workspace) -> Decision:
    edda, paula = a_person("Edda Roth", functions=["ethics"]), a_person("Paula Lind", functions=["product"])
    proposal = policies.propose(actor=paula.actor, text=document.starter_texts()["ethics.yaml"], now=later())
    policies.publish(actor=edda.actor, proposal=proposal.urn, in_force_from=None, now=later())
    version = a_version(model=a_model("credit-risk", systems=[a_system("lending")]))
    a_release(version=version)
    some_evidence(version)
    return gate.decide(actor=operator(), system="lending", version="credit-risk@1", stage="operation", now=later())


@pytest.fixture
def reader(decided: Decision, client: Client) -> Client:
    client.force_login(a_person("Rita Reader", roles=[Role.READER]).account)
    return client


def test_a_decision_is_shown_as_it_was_said_and_replays_to_the_same(decided: Decision, reader: Client) -> None:
    address = reverse("decision", args=[decided.urn])
    page = reader.get(address).content.decode()
    assert "This release may not go to operation yet." in page
    assert "Nobody" not in page
    assert "There is no current fairness evaluation of this version" in page
    assert b"The same again." in reader.post(address).content


def test_an_altered_result_is_a_difference_and_a_missing_input_cannot_be_told(
    decided: Decision, reader: Client
) -> None:
    address = reverse("decision", args=[decided.urn])
    path = contents.path_of(decided.body["result"])
    kept = path.read_bytes()
    path.unlink()
    assert b"It comes out differently." in reader.post(address).content
    path.write_bytes(kept)
    contents.path_of(decided.body["facts"]).unlink()
    assert b"It cannot be replayed." in reader.post(address).content


def test_a_reader_sees_the_answer_and_cannot_have_it_recorded(decided: Decision, reader: Client) -> None:
    release = reverse("release", args=["lending", "credit-risk@1", "operation"])
    assert "Ask the gate" not in reader.get(release).content.decode()
    refused = reader.post(f"{release}/ask")
    assert refused.status_code == 403
    assert b"You are not entitled to have the gate decide here." in refused.content
    assert Decision.objects.count() == 1


def test_the_page_of_a_release_asks_the_database_a_bounded_number_of_times(decided: Decision, reader: Client) -> None:
    version = inventory.version(operator(), "credit-risk@1", as_of())
    release = reverse("release", args=["lending", "credit-risk@1", "operation"])
    reader.get(release)
    with CaptureQueriesContext(connection) as few:
        reader.get(release)
    for kind in ("impact_assessment", "red_team_report", "dataset_sheet", "model_card", "dpia"):
        fields = {"title": kind, "document": kind}
        some_evidence(version, kind, fields=fields)
    with CaptureQueriesContext(connection) as many:
        reader.get(release)
    assert len(many) <= len(few) + 2, "the number of queries grows with the evidence"
    assert len(many) < 90
