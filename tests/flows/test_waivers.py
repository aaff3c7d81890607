"""Waivers: entitled by the requirement, never for one's own work, listed, ended by their day, and known to verifiers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from consilience.domains.audit.export import Wanted, export
from consilience.domains.gate import actions as gate
from consilience.domains.gate import queries as gates
from consilience.domains.gate.standing_queries import standings
from consilience.domains.ledger.act import act
from consilience.domains.people import actions as people
from consilience.domains.policy import actions as policies
from consilience.domains.review import actions
from consilience.domains.review.models import Waiver
from consilience.kit.errors import BadInput, Refused
from tests.harness.api import as_
from tests.harness.archives import good, named
from tests.harness.builders import a_person, a_release, a_system, a_version, as_of, later, operator, read_release
from tests.harness.layered import a_policy
from tests.harness.workspaces import Workspace

NAME = "power/enough-power"
ADDRESS = "/releases/lending/{}/operation"


class Story:
    def __init__(self) -> None:
        self.ella, self.lars = (
            a_person("Ella Engine", functions=["engineering"]),
            a_person("Lars Legal", functions=["legal"]),
        )
        self.publish("    waiver: {by: [legal], days: 30}\n")
        self.author = a_person("Eve Engineer")
        self.version = a_version(self.author, system=a_system("lending"))
        self.release = a_release(self.version)
        self.release.refresh_from_db()

    def publish(self, extra: str) -> None:
        text = a_policy("power", "Power", "0.7", "0.69", extra=extra)
        proposal = policies.propose(actor=self.ella.actor, text=text, now=later())
        policies.publish(actor=self.lars.actor, proposal=proposal.urn, in_force_from=None, now=later())

    def waive(self, by: Any = None, **said: Any) -> Waiver:
        usual = {
            "requirement": NAME,
            "until": later(days=20),
            "reason": "Too few rows.",
            "control": "A person reads each.",
        }
        actor = (by or self.lars).actor
        return actions.waive(actor=actor, release=self.release.urn, now=later(), **usual | said)

    def refused(self, by: Any = None) -> str:
        with pytest.raises(Refused) as raised:
            self.waive(by)
        return raised.value.refusal.code

    def outcome(self, at: Any = None) -> str:
        return str(gates.assess_release(read_release(self.release, as_of(at))).outcomes[0].code)


@pytest.fixture
def story(workspace: Workspace) -> Story:
    return Story()


def test_who_may_is_said_by_the_requirement_and_nobody_does_so_for_their_own_work(story: Story) -> None:
    assert story.refused(story.ella) == "waiver_others"
    people.hold(actor=operator(), person=story.author.urn, function="legal", until=None, now=later())
    assert story.refused(story.author) == "own_work"
    for wrong in ({"until": later(days=32)}, {"until": later(days=-1)}, {"control": " "}, {"reason": ""}):
        with pytest.raises(BadInput):
            story.waive(**wrong)
    story.waive()
    assert story.outcome() == "waived"
    story.publish("    waiver: never\n")
    assert (story.outcome(), story.refused()) == ("no_evidence", "waiver_never"), (
        "a waiver that no rule allows counts no more"
    )
    story.publish("")
    assert story.refused() == "waiver_nobody"


def test_it_opens_the_gate_until_its_day_is_replayed_and_verified(story: Story, tmp_path: Path) -> None:
    row = story.waive()
    decided = gate.decide(
        actor=operator(), system="lending", version=story.version.reference, stage="operation", now=later()
    )
    assert decided.allowed
    assert gates.replay(operator(), decided.urn, as_of()).same
    assert [str(one.state) for one in standings(operator(), as_of())] == ["compliant"]
    assert [str(one.state) for one in standings(operator(), as_of(row.body["until"]))] == ["cannot_tell"], (
        "that very moment"
    )
    export(Wanted(None), tmp_path / "good.zip")
    good(tmp_path / "good.zip")
    with act(story.ella.actor, verb="review.waived", at=later()) as opened:
        forged = opened.record(Waiver, body={**row.body, "person": story.ella.urn})
    export(Wanted(None), tmp_path / "bad.zip")
    named(
        tmp_path / "bad.zip", 6, "function_not_held", f"entry {forged.position}", "waived for legal without holding it"
    )


def test_granted_by_page_or_api_shown_on_release_and_list_and_taken_back(story: Story, client: Client) -> None:
    address = ADDRESS.format(story.version.reference)
    client.force_login(story.lars.account)
    assert f"{address}/waive/{NAME}" in client.get(address).content.decode()
    assert "by Legal, for at most 30 days" in client.get("/policies/power/requirements/enough-power").content.decode()
    sent = {"reasons": "Too few rows.", "control": "A person reads each.", "until": "2020-01-01"}
    assert client.post(f"{address}/waive/{NAME}", sent).status_code == 422
    lars, until = as_(story.lars), later(days=20)
    sent_by_api = {
        "policy": "power",
        "requirement": "enough-power",
        "until": until,
        "reason": "Too few rows.",
        "control": "A person reads each.",
    }
    made = lars.post(f"{address}/waivers", sent_by_api)
    assert (made.status, made.said["state"], made.said["control"]) == (200, "in_force", "A person reads each."), (
        made.said
    )
    shown = client.get(address).content.decode()
    assert "by Lars Legal: Too few rows." in shown
    assert "A person reads each." in shown
    assert "A person reads each." in client.get("/waivers").content.decode()
    assert lars.get("/waivers", state="in_force").said["count"] == 1
    assert as_(story.ella).post(f"/waivers/{made.said['urn']}/withdraw", {"reason": "No."}).code == "waiver_of_another"
    assert client.post(f"/waivers/{made.said['urn']}/withdraw", {"reasons": "Measured now."}).status_code == 302
    assert lars.post(f"/waivers/{made.said['urn']}/withdraw", {"reason": "Again."}).code == "waiver_over_already"
    assert story.outcome() == "no_evidence"
