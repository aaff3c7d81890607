"""Whether the people who are here can finish a review is said before it starts, on the page, by the API and by the command."""

from __future__ import annotations

import pytest
from django.test import Client

from consilience.client import GateAnswer
from consilience.domains.access.rules import Role
from consilience.domains.people import actions as people
from consilience.domains.policy import actions as policies
from consilience.domains.policy import document
from consilience.surfaces.cli import gate as command
from tests.harness.api import as_
from tests.harness.builders import (
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    later,
    operator,
)

PAGE = "/releases/lending/{}/operation"


@pytest.mark.usefixtures("workspace")
def test_two_functions_in_one_pair_of_hands_are_named_before_anybody_signs(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    lea, paula = a_person("Lea Legal", functions=["legal", "ethics"]), a_person("Paula Lind")
    for name in ("ethics.yaml", "legal.yaml"):
        proposal = policies.propose(actor=lea.actor, text=document.starter_texts()[name], now=later())
        policies.publish(actor=paula.actor, proposal=proposal.urn, in_force_from=None, now=later())
    lending = a_system("lending")
    author = a_person("Eve Engineer")
    version = a_version(author, system=lending)
    release = a_release(version, system=lending)
    people.hold(actor=operator(), person=author.urn, function="ethics", until=None, now=later())
    elsewhere = a_person("Otto Other", functions=["legal"], roles=[(Role.REVIEWER, a_system("fraud"))])
    client.force_login(an_administrator().account)

    caller = as_(lea)
    said = caller.get("/gate", version=version.reference, to="operation").said["quorum"]
    assert (said["can_be_met"], said["short"]) == (False, ["ethics", "legal"])
    assert [(one["function"], one["needed"]) for one in said["seats"]] == [("ethics", 1), ("legal", 1)]
    told = (
        "because Ethics and Legal must give 2 approvals, each by another person, and only Lea Legal could decide there. "
        "Otto Other holds Legal, but has no role that lets them decide in this system. "
        "Eve Engineer holds Ethics, but this version is their own work."
    )
    assert told in said["sentence"]
    assert told in client.get(PAGE.format(version.reference)).content.decode()
    answer = caller.get("/gate", version=version.reference, to="operation").said
    command._show(GateAnswer.read(answer), explain=False)
    assert "cannot be met" in capsys.readouterr().out.replace("\n", " ")

    a_sign_off(by=lea, release=release, function="legal")
    second = a_person("Edda Roth", functions=["ethics"])
    said = caller.get("/gate", version=version.reference, to="operation").said["quorum"]
    assert (said["can_be_met"], said["sentence"]) == (True, "")
    assert [one["urn"] for one in said["seats"][0]["people"]] == [second.urn], (
        "who approved for legal has no second seat"
    )
    assert "cannot be finished" not in client.get(PAGE.format(version.reference)).content.decode()
    assert elsewhere.urn in {one["by"]["urn"] for one in said["left_out"]}
