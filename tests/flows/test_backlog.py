"""What was live before the gate waits until a day that somebody answers for, and the gate is as strict as ever."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from consilience.domains.access.rules import Role
from consilience.domains.gate import actions as gate
from consilience.domains.gate import backlog_actions as actions
from consilience.domains.gate import backlog_queries as queries
from consilience.domains.gate.backlog import Due
from consilience.domains.gate.models import Grandfathering
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.importing import actions as importing
from consilience.domains.inventory.importing.rules import Thing
from consilience.domains.ledger.verify import verify
from consilience.domains.policy import actions as policy
from consilience.domains.policy import document
from consilience.kit.clock import shift
from consilience.kit.errors import BadInput, ExitCode, NotEntitled, Refused
from consilience.surfaces.cli.main import run
from tests.harness.api import a_robot, a_token, as_
from tests.harness.builders import Someone, a_person, a_system, a_version, as_of, later, operator
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]


def imported(importer: Someone, *live_since: str | None) -> None:
    """A version of one model in `lending` for each of these days."""
    lending = a_system("lending", owner=importer)
    inventory.register_model(
        actor=operator(), slug="card", name="Card", description="", systems=[lending.slug], now=later()
    )
    facts: dict[str, Any] = {
        "model": "card",
        "system": "lending",
        "artefact": "",
        "code_revision": "not stated",
        "authors": [importer.urn],
    }
    things = [
        Thing("version", 2 + nth, {**facts, "version": f"v{nth}", "live_since": day})
        for nth, day in enumerate(live_since)
    ]
    importing.import_part(actor=importer.actor, things=things, file="ab" * 32, begin=0, now=later())


def decide(by: Someone, *versions: str, days: int = 200, **said: Any) -> actions.Decided:
    usual: dict[str, Any] = {"versions": list(versions) or None, "system": None, "reason": "By tier."}
    return actions.grandfather(actor=by.actor, until=shift(later(), days=days), now=later(), **usual | said)


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.refusal.code


def test_live_versions_wait_until_a_day_and_the_gate_asks_all_the_same(workspace: Workspace) -> None:
    eve, lea, ida = (
        a_person("Eve Engineer"),
        a_person("Lea Legal", functions=["legal"]),
        a_person("Ida Ethics", functions=["ethics"]),
    )
    imported(eve, "2019-01-01", "2020-01-01", None)
    waiting = queries.backlog(lea.actor, as_of())
    assert [(one.reference, one.due, one.live_since) for one in waiting] == [
        ("card@1", Due.UNDATED, "2019-01-01"),
        ("card@2", Due.UNDATED, "2020-01-01"),
    ]
    decide(lea, "card@2", days=30)
    assert decide(lea).rows[0].body["decided_by"] == lea.urn
    assert [(one.reference, one.due) for one in queries.backlog(lea.actor, as_of())] == [
        ("card@2", Due.SOON),
        ("card@1", Due.LATER),
    ]
    assert [one.due for one in queries.backlog(lea.actor, as_of(later(days=31)))] == [Due.OVERDUE, Due.LATER]
    decide(lea, "card@2", days=300)
    assert [one.reference for one in queries.backlog(lea.actor, as_of())] == ["card@1", "card@2"]
    assert Grandfathering.objects.count() == 3
    with pytest.raises(Refused) as refused:
        decide(lea)
    assert code(refused) == "nothing_waits"
    proposal = policy.propose(actor=lea.actor, text=document.starter_texts()["legal.yaml"], now=later())
    policy.publish(actor=ida.actor, proposal=proposal.urn, in_force_from=None, now=later())
    from consilience.domains.release import actions as releases

    releases.propose(actor=operator(), system="lending", version="card@1", stage="operation", note="", now=later())
    assert not gate.decide(actor=operator(), system="lending", version="card@1", stage="operation", now=later()).allowed
    assert len(queries.backlog(lea.actor, as_of())) == 2, "a gate that stays shut takes nothing off the list"
    inventory.withdraw_version(actor=operator(), reference="card@2", reason="gone", now=later())
    assert [one.reference for one in queries.backlog(lea.actor, as_of())] == ["card@1"]
    assert verify().good


def test_who_may_not_decide_is_told_why_and_nothing_is_recorded(workspace: Workspace) -> None:
    eve = a_person("Eve Engineer", roles=[Role.ADMINISTRATOR])
    imported(eve, "2019-01-01", None)
    new = a_version(system=None)
    lea, sam = a_person("Lea Legal", functions=["legal"]), a_person("Sam Engineer")
    for by, versions, wanted in [
        (eve, ["card@1"], "own_work_waits"), (eve, [], "nothing_waits"), (lea, ["card@2"], "not_live_before"), (lea, [new.reference], "not_live_before"),
    ]:  # fmt: skip
        with pytest.raises(Refused) as refused:
            decide(by, *versions)
        assert code(refused) == wanted
    robot = a_robot("ci", lea, (Role.REVIEWER, None))
    with pytest.raises(Refused) as refused:
        decide(Someone(robot.urn, "ci", ""), "card@1")
    assert code(refused) == "person_decides_waiting"
    for versions in (["card@1"], []):
        with pytest.raises(NotEntitled):
            decide(sam, *versions)
    for wrong in ({"days": 0}, {"days": 4000}, {"reason": " "}):
        with pytest.raises(BadInput):
            decide(lea, "card@1", **wrong)
    assert not Grandfathering.objects.exists()


@pytest.mark.usefixtures("nobody_is_logged_in")
def test_the_backlog_by_page_api_and_command_line(
    workspace: Workspace, client: Client, server: str, at: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    eve, lea = a_person("Eve Engineer"), a_person("Lea Legal", functions=["legal"])
    imported(eve, *["2019-01-01"] * 3)
    client.force_login(lea.account)
    assert "3 versions were live before the gate." in client.get("/live").content.decode()
    assert "no day yet" in client.get("/live/backlog").content.decode()
    assert client.post("/live/backlog/decide", {"until": "2001-01-01", "reason": "x"}).status_code == 422
    at(server, a_token(lea), timeout="60")
    until = shift(later(), days=100)[:10]
    assert run(("grandfather", "card@1", "--until", until, "--reason", "By tier.")) == ExitCode.YES
    assert "1 version may wait" in capsys.readouterr().out
    assert run(("grandfather", "card@1", "--all", "--until", until, "--reason", "x")) == ExitCode.WRONG_USE
    assert run(("backlog",)) == ExitCode.YES
    assert "2 no day yet, 1 later" in capsys.readouterr().out
    done = client.post("/live/backlog/decide", {"until": until, "reason": "All of <them>."})
    assert (done.status_code, done["Location"]) == (302, "/live/backlog")
    assert "All of &lt;them&gt;." in client.get("/live/backlog").content.decode()
    shown = as_(lea).get("/backlog", system="lending").said
    assert shown["count"] == 3
    assert (shown["items"][0]["decided_by"]["name"], shown["items"][0]["due"]) == ("Lea Legal", "later")
    assert as_(eve).post("/backlog", {"until": until, "reason": "x", "versions": ["card@1"]}).code == "not_entitled"
    client.force_login(eve.account)
    assert "Reviewers and administrators decide" not in client.get("/live/backlog").content.decode(), (
        "nothing is without a day"
    )
    assert client.get("/live/backlog/decide").status_code == 403
