"""`consilience policy starter`: a set at work in the terminal, the text of a policy, and proposing what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from consilience.domains.policy.models import PolicyProposal
from consilience.domains.policy.starter_sets import starter_sets
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token
from tests.harness.builders import a_person
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]


@pytest.fixture
def as_legal(nobody_is_logged_in: None, workspace: Workspace, server: str, at: Any) -> None:
    at(server, a_token(a_person("Lea Legal", functions=["legal"])), timeout="30")


@pytest.mark.usefixtures("as_legal")
def test_a_set_is_shown_at_work_and_proposed_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "starter", "list"]) == ExitCode.YES
    assert "hiring: Hiring" in capsys.readouterr().out
    assert run(["policy", "starter", "show", "marketing"]) == ExitCode.YES
    shown = " ".join(capsys.readouterr().out.split())
    assert "marketing-consent: not proposed" in shown
    assert "operation: may go ahead, limited risk" in shown
    assert "data: refused, limited risk" in shown
    assert "unsatisfied: The data club-baskets do not fit: allowed for bookings" in shown
    assert run(["policy", "starter", "show", "marketing", "marketing-ethics"]) == ExitCode.YES
    assert capsys.readouterr().out == starter_sets()["marketing"].policies["marketing-ethics"]
    assert run(["policy", "starter", "propose", "marketing"]) == ExitCode.YES
    assert capsys.readouterr().out.count("Proposed ") == PolicyProposal.objects.count() == 7
    assert run(["policy", "starter", "propose", "marketing"]) == ExitCode.YES
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("Left out ") == 7
    assert "Left out light-track: proposed already, as this set has it" in said
    assert PolicyProposal.objects.count() == 7


@pytest.mark.usefixtures("as_legal")
def test_the_same_as_data_and_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "starter", "show", "hiring", "--json"]) == ExitCode.YES
    said = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in said["worked"]] == ["passes", "fails"]
    assert {one["state"] for one in said["states"]} == {"absent"}
    assert run(["policy", "starter", "show", "hirings"]) == ExitCode.NOT_FOUND
    assert run(["policy", "starter", "show", "hiring", "nothing"]) == ExitCode.NOT_FOUND
