"""Decision tables, tiers and starter sets on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consilience.domains.policy.starter_sets import starter_policy
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.flows.test_tiering import a_sorter, correct, publish
from tests.harness.api import a_token
from tests.harness.builders import a_model, a_person, a_release, a_version
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("logged_in")


@pytest.fixture
def logged_in(nobody_is_logged_in: None, workspace: Workspace, server: str, at: Any) -> None:
    at(server, a_token(a_person(functions=["legal"])), timeout="30")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tiers.yaml"
    path.write_text(starter_policy("by-tier", "risk-tiering"))
    return path


def test_a_table_is_checked_asked_and_exported(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check = ["policy", "table", "check", str(file)]
    assert run(check) == ExitCode.YES
    assert "tier: 10 rows, 5 inputs; whole: every case has an answer" in capsys.readouterr().out
    ask = ["policy", "table", "ask", str(file), "--set", "use=hiring", "--set", "eu=false"]
    assert run(ask) == ExitCode.CANNOT_TELL
    shown = capsys.readouterr().out
    assert "? what is left to people is not known" in shown
    assert "It may be: level high, level limited" in shown
    assert run([*ask, "--set", "autonomy=informs", "--set", "people=20"]) == ExitCode.YES
    shown = " ".join(capsys.readouterr().out.split())
    assert "level limited (row advises-on-few-lives). It only advises" in shown
    assert "row annex-iii is not for this: used in the EU is no, asked is yes" in shown
    assert run(["policy", "table", "export", str(file), "--as", "dmn"]) == ExitCode.YES
    assert "<decisionTable" in capsys.readouterr().out
    text = file.read_text()
    file.write_text(text[: text.index("    default:")] + "requirements: []\n")
    assert run(check) == ExitCode.NO
    assert "- no row answers when used for: " in capsys.readouterr().out
    file.write_text(text.replace("use: generative_assistant", "use: generative_asistant"))
    assert run(check) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert f"{file}: policy, line " in said
    assert "did you mean 'generative_assistant'?" in said


def test_the_tier_and_what_changed_it_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    publish("risk-tiering")
    publish("light-track")
    system = a_sorter(use="hiring")
    version = a_version(model=a_model(systems=[system]))
    a_release(version, system=system, stage="framing")
    assert run(["show", "tier", system.slug]) == ExitCode.YES
    shown = capsys.readouterr().out
    assert f"{system.slug}: limited, computed by risk-tiering/tier" in shown
    assert "! Stated is minimal" in shown
    gate = ["gate", f"{system.slug}/{version.reference}", "--to", "framing"]
    run(gate)
    assert "Risk tier limited, computed by risk-tiering/tier, row advises-on-few-lives." in capsys.readouterr().out
    correct(system, people_affected=5_000)
    assert run(["show", "tier", system.slug]) == ExitCode.YES
    assert "limited -> high, since people affected 10 -> 5000" in capsys.readouterr().out
    run([*gate, "--preview"])
    shown = " ".join(capsys.readouterr().out.split())
    assert "! Since the gate was last asked the tier went limited -> high, since people affected 10 -> 5000" in shown


def test_a_starter_set_is_listed_shown_and_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "starter", "list"]) == ExitCode.YES
    assert "by-tier: By risk tier" in capsys.readouterr().out
    assert run(["policy", "starter", "show", "by-tier", "light-track"]) == ExitCode.YES
    assert capsys.readouterr().out == starter_policy("by-tier", "light-track")
    assert run(["policy", "starter", "propose", "by-tier", "--json"]) == ExitCode.YES
    assert [one["policy"] for one in json.loads(capsys.readouterr().out)][:2] == ["risk-tiering", "light-track"]
    assert run(["policy", "starter", "show", "by-tier", "none"]) == ExitCode.NOT_FOUND
