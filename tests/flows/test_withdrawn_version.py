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


def test_its_proposal_is_taken_back_on_the_api(story: Story) -> None:
    address = f"/releases/lending/{story.version.reference}/operation/withdraw"
    (named,) = as_(story.edda).get("/releases", version=story.version.reference).said["items"]
    assert named["system"] == "lending", "found without its system, as the command line asks"
    taken = as_(story.edda).post(address, {"reason": "The version is gone."})
    assert (taken.status, taken.said["withdrawn"]) == (200, True), taken.said
    assert story.release.urn not in {one["urn"] for one in as_(story.edda).get("/releases").said["items"]}
    assert as_(story.edda).post(address, {"reason": "Again."}).status == 404


def test_its_system_says_that_the_version_was_withdrawn_and_leads_to_the_way_out(story: Story, client: Client) -> None:
    client.force_login(story.edda.account)
    address = reverse("system", args=["lending"])
    way_out = reverse("release_withdraw", args=["lending", story.version.reference, "operation"])
    page = client.get(address).content.decode()
    assert "Version withdrawn" in page
    assert f'href="{way_out}"' in page
    assert 'href=""' not in page
    assert client.get(way_out).status_code == 200
    assert client.post(way_out, {"reason": "The version is gone."}).headers["Location"] == address
    assert "Version withdrawn" not in client.get(address).content.decode()


def test_a_reader_sees_that_it_was_withdrawn_and_no_way_out(story: Story, client: Client) -> None:
    reader = a_person("Rita Reader", roles=[Role.READER])
    client.force_login(reader.account)
    way_out = reverse("release_withdraw", args=["lending", story.version.reference, "operation"])
    page = client.get(reverse("system", args=["lending"])).content.decode()
    assert "Version withdrawn" in page
    assert way_out not in page
    assert client.post(way_out, {"reason": "x"}).status_code == 403
