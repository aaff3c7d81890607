"""Obligations on the command line: adopted, looked at on another day of the law, compared before and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token
from tests.harness.builders import a_person, a_system
from tests.harness.workspaces import Workspace
from tests.rules.test_obligations import SMALL

pytest_plugins = ["tests.harness.cli"]
pytestmark = pytest.mark.usefixtures("nobody_is_logged_in")


def test_packs_are_adopted_and_a_system_is_looked_at_under_the_law_of_two_days(
    workspace: Workspace, server: str, at: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lea, ida = a_person("Lea Legal", functions=["legal"]), a_person("Ida Ethics", functions=["ethics"])
    a_system("scoring", jurisdictions=["DE"], use="credit_scoring", data_categories=["personal"])
    at(server, a_token(lea), timeout="60")

    def said(*command: str, code: ExitCode = ExitCode.YES) -> str:
        assert run(("obligations", *command)) == code, capsys.readouterr()
        return capsys.readouterr().out

    assert "EU AI Act" in said("packs")
    assert "No pack is in use, so nothing is asked" in said("list")
    look = said("impact", "eu-ai-act", "--as-of", "2026-11-24")
    assert "gained from 2027-12-02 aia-9" in look
    assert "Must look again for legal: Lea Legal" in look
    assert said("adopt", "eu-ai-act").startswith("Adopted the edition of 2026-11-23, version 1 here.")
    said("adopt", "eu-ai-act", code=ExitCode.REFUSED)
    assert "aia-9" in said("list", "--pack", "eu-ai-act")
    before = said("coverage", "scoring", "--as-of", "2026-07-26")
    assert before.startswith("What if: the law of 26 July 2026.")
    assert "In force from 2 August 2026" in before
    now = said("coverage", "scoring")
    assert "What if" not in now
    assert "not legal advice." in " ".join(now.split())
    assert "In force from 2 December 2027" in said("coverage", "scoring", "--as-of", "2026-11-24")
    changed = said("changes", "--since", "2026-07-26", "--until", "2026-07-27")
    assert "changed from 2027-12-02 aia-9 from: 2026-08-02 -> 2027-12-02" in changed
    assert "gained aia-4a" not in changed, "no special categories are used here"
    found = json.loads(said("coverage", "scoring", "--as-of", "2026-07-26", "--json"))
    assert found["what_if"]
    assert "Since 2026-07-27" in said("show", "aia-9")
    said("coverage", "scoring", "--to", "operation", code=ExitCode.WRONG_USE)
    said("show", "aia-999", code=ExitCode.NOT_FOUND)
    own = tmp_path / "house.yaml"
    own.write_text(SMALL)
    assert "gained house-tell" in said("impact", str(own))
    urn = json.loads(said("propose", str(own), "--json"))["urn"]
    said("adopt", urn, code=ExitCode.REFUSED)
    assert "house-rules" in said("proposals")
    at(server, a_token(ida), timeout="60")
    said("adopt", urn)
    assert said("export", "house-rules").strip() == SMALL.strip()
    said("drop", "house-rules", "--reason", "Ended.")
    own.write_text(SMALL.replace("signs: [legal]", "signs: [leagl]"))
    assert run(("obligations", "propose", str(own))) == ExitCode.BAD_INPUT
    assert "house.yaml: pack, line 20" in capsys.readouterr().err
