"""`consilience gate --format …` against the product, and the scripts that pipelines run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from consilience.kit.errors import ExitCode
from consilience.kit.strict_yaml import read_yaml
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token
from tests.harness.credit import credit
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
GATE = ["gate", "lending/credit-risk@1", "--to", "operation", "--preview"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def asking(workspace: Workspace, server: str, at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at(server, a_token(credit().author), timeout="60")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("asking")
def test_every_form_is_written_and_the_exit_code_stays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    assert run([*GATE, "--format", "github"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    assert capsys.readouterr().out.startswith("::notice title=")
    assert "## Not yet" in (tmp_path / "summary.md").read_text()
    assert run([*GATE, "--format", "junit", "--out", "report.xml"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    assert capsys.readouterr().out.startswith("NOT YET: ")
    assert {suite.attrib["name"] for suite in ET.parse("report.xml").getroot()} >= {"ethics", "legal"}
    assert run([*GATE, "--format", "sarif"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"
    assert run([*GATE, "--format", "json"]) == ExitCode.ONLY_SIGN_OFFS_MISSING
    assert json.loads(capsys.readouterr().out)["verdict"] == "sign_offs_missing"
    assert run([*GATE, "--out", "x"]) == ExitCode.WRONG_USE
    assert run([*GATE, "--format", "junit", "--out", "nowhere/x.xml"]) == ExitCode.BAD_INPUT


def a_program(folder: Path, code: int) -> Path:
    """In the place of the command: it writes down how it was called, and answers with this code."""
    program = folder / "consilience"
    program.write_text(f'#!/bin/sh\necho "$@ key=${{CONSILIENCE_ROBOT_KEY:-}}" >> "{folder}/calls"\nexit {code}\n')
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("code", "lenient", "expected"), [(0, "fail", 0), (1, "pass", 1), (6, "fail", 6), (6, "pass", 0)]
)
def test_the_step_ends_as_the_gate_answers(tmp_path: Path, code: int, lenient: str, expected: int) -> None:
    said = {
        "PATH": os.environ["PATH"], "CONSILIENCE": str(a_program(tmp_path, code)), "RELEASE": "lending/credit-risk@3",
        "STAGE": "operation", "SIGN_OFFS_MISSING": lenient, "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "RUNNER_TEMP": str(tmp_path), "ROBOT_KEY": "PEM", "ROBOT_KEY_URN": "urn:key",
    }  # fmt: skip
    done = subprocess.run(["bash", str(ROOT / "integrations/github/gate.sh")], env=said, check=False)
    assert done.returncode == expected
    assert f"exit-code={code}" in (tmp_path / "outputs").read_text()
    first, second = (tmp_path / "calls").read_text().splitlines()
    assert first == "gate lending/credit-risk@3 --to operation --format github key=urn:key"
    assert "--preview --format sarif" in second


def test_the_files_for_pipelines_name_what_there_is() -> None:
    action: Any = read_yaml((ROOT / "integrations/github/action.yml").read_text(), "action.yml")[0]
    script = (ROOT / "integrations/github/gate.sh").read_text()
    asked = action["runs"]["steps"][1]["env"]
    assert all(f"${{{name}" in script or f"${name}" in script for name in asked if not name.startswith("CONSILIENCE_"))
    template = (ROOT / "integrations/gitlab/consilience.gitlab-ci.yml").read_text()
    assert "--format junit --out consilience.xml" in template
