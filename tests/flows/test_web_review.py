"""What decisions leave behind, on the web: conditions and their proofs, objections and their answers."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.review.models import Answer, Proof
from consilience.domains.review.rules import Verdict
from tests.harness.builders import a_condition, a_person, a_release, a_sign_off, a_system, a_version
from tests.harness.workspaces import Workspace


class Story:
    def __init__(self) -> None:
        self.edda, self.owner = a_person("Edda Roth", functions=["ethics"]), a_person("Tomas Birk")
        self.other = a_person("Nora Falk", functions=["ethics"])
        self.release = a_release(version=a_version(system=a_system("lending")))
        imposed = a_sign_off(
            by=self.edda, release=self.release, function="ethics", verdict=Verdict.APPROVE_WITH_CONDITIONS,
            conditions=[a_condition(self.owner, due_in_days=9999, text="Explain the gap.")],
        )  # fmt: skip
        self.condition = reverse("condition", args=[imposed.urn, 0])


@pytest.fixture
def story(workspace: Workspace) -> Story:
    return Story()


def sent(client: Client, address: str) -> dict[str, str]:
    page = client.get(address).content.decode()
    return dict(re.findall(r'<input type="hidden" name="(what|seen)" value="([^"]*)"', page))


def test_a_condition_is_proved_by_its_owner_and_accepted_by_the_function_that_set_it(
    story: Story, client: Client
) -> None:
    client.force_login(story.owner.account)
    assert "Conditions that you own" in client.get("/").content.decode()
    assert client.post(story.condition, sent(client, story.condition) | {"proof": "See report 7."}).status_code == 302
    assert "Accept the proof" not in client.get(story.condition).content.decode()
    client.force_login(story.edda.account)
    assert "Proofs to accept" in client.get("/").content.decode()
    page = client.get(story.condition).content.decode()
    assert "See report 7." in page
    assert "Accept the proof for Ethics" in page
    assert client.post(story.condition, sent(client, story.condition)).status_code == 302
    assert Proof.objects.get(version=2).body["accepted_by"] == story.edda.urn
    assert "It is met" in client.get(story.condition).content.decode()


def test_a_proof_that_was_replaced_meanwhile_is_not_accepted_unread(story: Story, client: Client) -> None:
    client.force_login(story.owner.account)
    client.post(story.condition, {"what": "proof", "proof": "The first."})
    client.force_login(story.edda.account)
    seen = sent(client, story.condition)
    owner = Client()
    owner.force_login(story.owner.account)
    owner.post(story.condition, {"what": "proof", "proof": "The second."})
    response = client.post(story.condition, seen)
    assert response.status_code == 422
    assert b"Another proof was offered while you were reading" in response.content
    assert b"The second." in response.content
    assert not Proof.objects.exclude(canonical__contains='"accepted_by":null').exists()
    shown = dict(re.findall(r'<input type="hidden" name="(what|seen)" value="([^"]*)"', response.content.decode()))
    assert client.post(story.condition, shown).status_code == 302, "the page that said so shows the newer one"


def test_an_objection_is_answered_by_somebody_else(story: Story, client: Client) -> None:
    objection = a_sign_off(
        by=story.other, release=story.release, function="ethics", verdict=Verdict.OBJECT, reason="Who can be asked?"
    )
    address = reverse("objection", args=[objection.urn])
    client.force_login(story.edda.account)
    assert "Objections without an answer" in client.get("/").content.decode()
    assert b"Who can be asked?" in client.get(address).content
    client.force_login(story.other.account)
    refused = client.post(address, {"text": "Never mind."})
    assert refused.status_code == 422
    assert b"This is your own objection" in refused.content
    client.force_login(story.edda.account)
    page = client.post(address, {"text": "The number stands in the letter."}, follow=True).content.decode()
    assert Answer.objects.count() == 1
    assert "The number stands in the letter." in page
    assert "No answer yet" not in page


def test_a_reader_sees_an_objection_and_cannot_answer_it(story: Story, client: Client) -> None:
    objection = a_sign_off(by=story.edda, release=story.release, function="ethics", verdict=Verdict.OBJECT)
    client.force_login(a_person("Rita Reader", roles=[Role.READER]).account)
    response = client.get(reverse("objection", args=[objection.urn]))
    assert response.status_code == 403
    assert b"You are not entitled to answer an objection here." in response.content
