"""A model version is withdrawn after it was proposed: what was said of it stays to be read, and it goes nowhere."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.gate import actions as gate
from consilience.domains.inventory import actions as inventory
from consilience.domains.review.rules import Verdict
from tests.harness.api import as_
from tests.harness.builders import a_person, a_release, a_sign_off, a_system, a_version, later, operator
from tests.harness.workspaces import Workspace


class Story:
    def __init__(self) -> None:
        self.edda = a_person("Edda Roth", functions=["ethics"], roles=[Role.REVIEWER, Role.ENGINEER])
        self.version = a_version(system=a_system("lending"))
        self.release = a_release(version=self.version)
        a_sign_off(by=self.edda, release=self.release, function="ethics", verdict=Verdict.OBJECT, reason="Too early.")
        self.decision = gate.decide(
            actor=operator(), system="lending", version=self.version.reference, stage="operation", now=later()
        )
        inventory.withdraw_version(
            actor=operator(), reference=self.version.reference, reason="The wrong file.", now=later()
        )


@pytest.fixture
def story(workspace: Workspace) -> Story:
    return Story()


def test_its_release_closes_nobodys_list_of_releases(story: Story) -> None:
    other = a_release(version=a_version(system=a_system("cards")))
    listed = as_(story.edda).get("/releases")
    assert listed.status == 200, listed.said
    assert {one["urn"]: one["version"] for one in listed.said["items"]}[story.release.urn] == story.version.reference
    assert other.urn in {one["urn"] for one in listed.said["items"]}


def test_it_closes_nobodys_first_page(story: Story, client: Client) -> None:
    a_release(version=a_version(system=a_system("cards")))
    client.force_login(story.edda.account)
    page = client.get("/")
    assert page.status_code == 200
    assert b"Decide for Ethics" in page.content, "what waits elsewhere still does"


def test_a_decision_on_it_can_still_be_read(story: Story, client: Client) -> None:
    client.force_login(story.edda.account)
    page = client.get(reverse("decision", args=[story.decision.urn]))
    assert page.status_code == 200
    assert story.version.reference in page.content.decode()


def test_the_gate_answers_nothing_for_it(story: Story) -> None:
    asked = {"system": "lending", "version": story.version.reference, "to": "operation"}
    assert as_(story.edda).post("/gate", asked).status == 404
