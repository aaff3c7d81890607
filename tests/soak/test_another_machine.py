"""A pipeline on another machine: the built package in an environment of its own, a token, and the gate over HTTP.

The package is built and installed from the package index (`make soak`), with an empty home and no workspace in sight.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from consilience.kit.errors import ConsilienceError, ExitCode
from tests.harness.api import a_token
from tests.harness.credit import credit
from tests.harness.server import serving
from tests.harness.strangers import WRONG, YES, Handler, fake, saying

ROOT = Path(__file__).resolve().parents[2]
GATE = ["gate", "lending/credit-risk@1", "--to", "operation"]


@dataclass(frozen=True)
class Machine:
    """An environment with nothing of this checkout in it."""

    root: Path

    def run(self, url: str, token: str, *arguments: str, wait: str = "20") -> subprocess.CompletedProcess[str]:
        environment = {
            "HOME": str(self.root), "PATH": str(self.root / "venv" / "bin"), "CONSILIENCE_URL": url,
            "CONSILIENCE_TOKEN": token, "CONSILIENCE_TIMEOUT": wait,
        }  # fmt: skip
        return subprocess.run(
            [str(self.root / "venv/bin/consilience"), *arguments],
            cwd=self.root, env=environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    root = tmp_path_factory.mktemp("machine")
    subprocess.run(
        ["uv", "build", "--wheel", "--out-dir", str(root), str(ROOT)], check=True, capture_output=True, env=_tools()
    )
    (wheel,) = root.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", str(root / "venv")], check=True)
    subprocess.run([str(root / "venv/bin/pip"), "install", "-q", str(wheel)], check=True)
    return Machine(root)


def _tools() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.usefixtures("workspace")
def test_the_gate_answers_a_pipeline_elsewhere(machine: Machine) -> None:
    story = credit()
    secret = a_token(story.author)
    with serving() as url:
        before = machine.run(url, secret, *GATE)
        assert before.returncode == ExitCode.ONLY_SIGN_OFFS_MISSING, before.stderr
        story.sign_everything()
        assert machine.run(url, secret, *GATE).returncode == ExitCode.YES
        refused = machine.run(url, "cns_wrong", *GATE)
    assert (refused.returncode, refused.stdout) == (ExitCode.NOT_ENTITLED, ""), refused.stderr
    assert machine.run(url, secret, *GATE).returncode == ExitCode.UNREACHABLE


def test_measuring_needs_no_workspace(machine: Machine) -> None:
    (machine.root / "scores.csv").write_text("y,p\n1,0.9\n0,0.2\n1,0.4\n0,0.1\n")
    ran = machine.run(
        "", "", "evaluate", "scores.csv", "--label", "y", "--score", "p", "--positive", "1", "--threshold", "0.5"
    )
    assert ran.returncode == ExitCode.YES, ran.stderr
    assert "accuracy" in ran.stdout.lower()


@pytest.mark.parametrize(("answer", "kind"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_no_other_answer_is_a_yes_or_a_no(machine: Machine, answer: Handler, kind: type[ConsilienceError]) -> None:
    with fake(answer) as url:
        ran = machine.run(url, "cns_token", *GATE, wait="0.5")
    assert ran.returncode == kind.exit_code, ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1, "one sentence says what happened"


def test_our_own_yes_is_one(machine: Machine) -> None:
    with fake(saying(200, YES)) as url:
        assert machine.run(url, "cns_token", *GATE, "--json").returncode == ExitCode.YES
