"""What nobody can do to the library: publish alone, begin in the past, edit what was published; by any surface, or by SQL."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import Error
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.ledger.verify import verify
from consilience.domains.policy import actions
from consilience.domains.policy.models import Policy
from consilience.kit.clock import now, shift
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.api import Answer, a_robot, a_token, as_
from tests.harness.builders import Someone, a_person, later
from tests.harness.layered import ABOVE, a_policy
from tests.harness.rows import sql, unguarded
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
BEGINS = "    effective: {{from: {day}}}\n"


@pytest.fixture
def ella(workspace: Workspace) -> Someone:
    return a_person("Ella Ek", functions=["engineering"])


@pytest.fixture
def lars(workspace: Workspace) -> Someone:
    return a_person("Lars Lund", functions=["legal"])


def proposed(by: Someone, text: str = ABOVE) -> str:
    return actions.propose(actor=by.actor, text=text, now=later()).urn


def said(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.code


@pytest.mark.usefixtures("nobody_is_logged_in")
def test_one_person_publishes_by_no_surface_and_with_no_robot(
    ella: Someone, lars: Someone, client: Client, server: str, at: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    urn = proposed(ella)
    assert said(as_(ella).post(f"/policies/proposals/{urn}/publish", {})) == (409, "second_person_publishes")
    client.force_login(ella.account)
    page = client.post(reverse("proposal_publish", args=[urn]))
    assert page.status_code == 422
    assert "Somebody else publishes it" in page.content.decode()
    at(server, a_token(ella), timeout="20")
    assert run(["policy", "publish", urn]) == ExitCode.REFUSED
    assert "Somebody else publishes it" in " ".join(capsys.readouterr().err.split())
    robot = as_(a_robot("deploy", ella, (Role.ENGINEER, None)))
    assert said(robot.post(f"/policies/proposals/{urn}/publish", {})) == (409, "policy.people_publish")
    by_robot = robot.post("/policies/proposals", {"text": a_policy("other", "Other", "0.8", "0.79")}).said["urn"]
    for person in (ella, lars):
        answer = as_(person).post(f"/policies/proposals/{by_robot}/publish", {})
        assert said(answer) == (409, "policy.people_publish"), "whoever holds the robot's token is not known"
    assert not Policy.objects.exists()


def test_nothing_begins_before_it_is_published(ella: Someone, lars: Someone, client: Client) -> None:
    urn, yesterday = proposed(ella), shift(now(), days=-1)[:10]
    early = proposed(ella, a_policy("early", "Early", "0.8", "0.79", extra=BEGINS.format(day=yesterday)))
    publish = "/policies/proposals/{}/publish"
    assert said(as_(lars).post(publish.format(urn), {"in_force_from": yesterday})) == (409, "backdated")
    assert said(as_(lars).post(publish.format(early), {})) == (409, "policy.effective_before_publication")
    client.force_login(lars.account)
    for proposal, day in ((urn, yesterday), (early, "")):
        assert client.post(reverse("proposal_publish", args=[proposal]), {"in_force_from": day}).status_code == 422
    assert not Policy.objects.exists()


def test_a_published_version_is_edited_by_no_surface(ella: Someone, lars: Someone, client: Client) -> None:
    actions.publish(actor=lars.actor, proposal=proposed(ella), in_force_from=None, now=later())
    (row,), looser = Policy.objects.all(), ABOVE.replace("0.7", "0.1")
    asked = as_(ella)
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        for address in ("/policies/power", "/policies/power/versions/1"):
            assert asked.post(address, {"text": looser}, method=method).status == 405
    client.force_login(ella.account)
    client.post(reverse("policy", args=["power"]), {"text": looser})
    client.post(reverse("policy_export", args=["power"]), {"text": looser})
    assert [one.canonical for one in Policy.objects.all()] == [row.canonical]
    again = as_(lars).post(f"/policies/proposals/{row.body['proposal']}/publish", {})
    assert said(again) == (409, "published_already")


CHANGES = {
    "its text": "UPDATE policy_policy SET canonical = replace(canonical, '0.7', '0.1')",
    "when it begins": "UPDATE policy_policy SET valid_from = '2001-01-01T00:00:00.000000Z'",
    "that it is there": "DELETE FROM policy_policy",
    "its name in the index": "UPDATE policy_policy SET slug = 'other'",
}


@pytest.mark.parametrize("what", CHANGES)
def test_sql_is_refused_and_past_the_triggers_it_is_found_and_named(ella: Someone, lars: Someone, what: str) -> None:
    row = actions.publish(actor=lars.actor, proposal=proposed(ella), in_force_from=None, now=later())
    if what != "its name in the index":  # columns that are drawn from the body may be drawn anew
        with pytest.raises(Error):
            sql(CHANGES[what])
        assert verify().good
    with unguarded():
        sql(CHANGES[what])
    found = verify()
    assert not found.good
    assert any(row.name in str(one) or row.digest in str(one) for one in found.findings)


def test_policies_of_language_1_prove_themselves_too(ella: Someone, lars: Someone) -> None:
    """What goes unnoticed is no less unnoticed in the older language."""
    unproved = "\n".join(line for line in ABOVE.split("\n") if "may_be_loosened_by" not in line)
    unproved = unproved.replace("language: 2", "language: 1").replace(", {roc_auc: {low: 0.99}}", "")
    answer = as_(lars).post(f"/policies/proposals/{proposed(ella, unproved)}/publish", {})
    assert said(answer) == (409, "policy.change_unnoticed")
    assert "satisfied_if 1:21 all -> exists" in answer.said["error"]["sentence"]
    assert not Policy.objects.exists()
