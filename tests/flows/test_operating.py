"""Rules know which version a system runs on: a new one is held against it, and the first is not."""

from __future__ import annotations

import pytest
from django.test import Client

from consilience.domains.inventory.queries import VersionOf
from consilience.domains.ledger import queries as ledger
from consilience.domains.release.rules import Stage
from tests.harness.builders import a_release, a_version, later
from tests.harness.credit import Credit, assess, credit
from tests.harness.workspaces import Workspace


@pytest.fixture
def story(workspace: Workspace) -> Credit:
    return credit()


def operation(story: Credit, version: VersionOf) -> dict[str, object]:
    found = assess(story.system, version.reference, "operation", ledger.present(later()))
    said: dict[str, object] = found.facts["operation"]
    return said


def test_the_version_in_operation_is_a_fact_of_the_next_one(story: Credit) -> None:
    assert operation(story, story.version) == {"in_use": False}
    story.sign_everything()
    assert story.decide().allowed
    assert operation(story, story.version) == {"in_use": False}, "a version is not compared with itself"
    successor = a_version(story.author, model=story.version.model)
    a_release(version=successor, stage=Stage.OPERATION)
    said = operation(story, successor)
    assert {name: said[name] for name in ("in_use", "model_version", "reference", "artefact")} == {
        "in_use": True,
        "model_version": story.version.urn,
        "reference": "credit-risk@1",
        "artefact": story.version.row.body["artefact"]["digest"],
    }


def test_what_the_gate_did_not_let_through_is_not_in_operation(story: Credit) -> None:
    assert not story.decide().allowed
    successor = a_version(story.author, model=story.version.model)
    a_release(version=successor, stage=Stage.OPERATION)
    assert operation(story, successor) == {"in_use": False}


def test_pages_say_how_far_a_version_went(story: Credit, client: Client) -> None:
    client.force_login(story.reviewers["product"].account)
    pages = (f"/systems/{story.system}", "/models/credit-risk")
    assert all(client.get(page).context["versions"][0]["stage"] == "" for page in pages)
    story.sign_everything()
    assert story.decide().allowed
    assert all(client.get(page).context["versions"][0]["stage"] == "operation" for page in pages)
