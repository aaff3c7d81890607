"""A list from Excel becomes an inventory: looked at first, imported in parts, over the page, the API and the command line."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consilience.domains.access.rules import Role
from consilience.domains.audit.verbs import NEEDS
from consilience.domains.inventory import queries
from consilience.domains.inventory.importing import actions
from consilience.domains.inventory.models import ModelVersion, RegisteredModel, System
from consilience.domains.ledger import log
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.verify import verify
from consilience.kit.csv_out import csv_text
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from tests.harness.api import a_token, as_, sdk
from tests.harness.builders import Someone, a_model, a_person, a_system, as_of, operator
from tests.harness.workspaces import Workspace

pytest_plugins = ["tests.harness.cli"]
HEAD = ("System", "Model", "Version", "Owner", "Live since", "Country")


def a_list(owner: Someone, systems: int = 3, *, wrong: int | None = None) -> bytes:
    rows = [
        (f"System {nth}", f"Model {nth}", version, owner.email, "soon" if nth == wrong else "2021-03-01", "DE")
        for nth in range(systems)
        for version in ("1.0", "2.0")
    ]
    return csv_text([HEAD, *rows]).encode()


def named(data: bytes, name: str = "models.csv") -> io.BytesIO:
    stream = io.BytesIO(data)
    stream.name = name
    return stream


def checked(caller: Any, data: bytes, **said: Any) -> Any:
    ticket = caller.upload(named(data)).said["files"][0]["upload"]
    return caller.post("/inventory/imports/check", {"upload": ticket, "name": "models.csv", **said})


def test_a_list_is_looked_at_then_imported_part_by_part_and_a_second_time_adds_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve = a_person("Eve Engineer")
    caller, before = as_(eve), log.size()
    wrong = checked(caller, a_list(eve, wrong=1)).said
    assert (wrong["errors"], wrong["plan"]) == (2, None)
    assert [(one["row"], one["column"], one["code"]) for one in wrong["findings"]] == [
        (4, "Live since", "no_day"),
        (5, "Live since", "no_day"),
    ]
    found = checked(caller, a_list(eve)).said
    assert (found["systems"], found["models"], found["versions"], found["errors"]) == (3, 3, 6, 0)
    assert {one["field"]: one["heading"] for one in found["columns"]}["live_since"] == "Live since"
    assert not System.objects.exists()
    monkeypatch.setattr(actions, "PART", 5)
    monkeypatch.setattr(actions.import_part, "__kwdefaults__", {"size": 5})
    first = caller.post("/inventory/imports", {"plan": found["plan"]}).said
    assert first == {"done": 5, "total": 12, "next": 5, "systems": 3, "models": 2, "versions": 0}
    again = caller.post("/inventory/imports", {"plan": found["plan"]}).said
    assert (again["next"], again["systems"], again["models"]) == (5, 0, 0)
    for offset, versions in ((5, 4), (10, 2)):
        assert caller.post("/inventory/imports", {"plan": found["plan"], "offset": offset}).said["versions"] == versions
    entries = [one.verb for one in ledger.entries().order_by("position")]
    assert entries.count("inventory.imported") == 3
    assert verify().good
    shown = caller.get("/versions/model-1@2").said
    assert shown["imported"]["version"] == "2.0"
    assert (shown["imported"]["row"], shown["imported"]["live_since"]) == (5, "2021-03-01")
    assert shown["artefact"]["kind"] == "not_named"
    assert [one["name"] for one in shown["authors"]] == ["Eve Engineer"]
    assert queries.system(operator(), "system-2", as_of()).body["owner"] == eve.urn
    size = log.size()
    twice = checked(caller, a_list(eve)).said
    assert (twice["systems"], twice["models"], twice["versions"], twice["errors"]) == (0, 0, 0, 0)
    more = checked(caller, a_list(eve, 4)).said
    assert (more["systems"], more["versions"]) == (1, 2)
    assert log.size() == size > before


def test_nobody_imports_what_they_uploaded_as_a_plan_or_what_somebody_else_checked(workspace: Workspace) -> None:
    eve, ann = a_person("Eve Engineer"), a_person("Ann Other")
    caller = as_(eve)
    found = checked(caller, a_list(eve)).said
    assert as_(ann).post("/inventory/imports", {"plan": found["plan"]}).status == 422
    ticket = caller.upload(named(b"{}")).said["files"][0]["upload"]
    assert caller.post("/inventory/imports", {"plan": ticket}).status == 422
    lending = a_system("lending")
    inside = as_(a_person("Ina Inside", roles=[(Role.ENGINEER, lending)]))
    assert inside.post("/inventory/imports", {"plan": found["plan"]}).status in (403, 404)
    assert checked(inside, a_list(eve)).status in (403, 404)
    for name, sent in (("models.csv", b"\xff"), ("models.pdf", b"x"), ("models.xlsx", b"PK")):
        answer = caller.post(
            "/inventory/imports/check",
            {"upload": caller.upload(named(sent, name)).said["files"][0]["upload"], "name": name},
        )
        assert (answer.status, answer.code) == (422, "bad_input")
    assert NEEDS["inventory.imported"] == "inventory.register"
    assert [one.slug for one in System.objects.all()] == ["lending"]


def test_the_page_shows_what_it_read_lets_it_be_corrected_and_imports_without_scripts(
    workspace: Workspace, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve = a_person("Eve Engineer")
    a_model("model-0", systems=[a_system("system-0", owner=eve)])
    client.force_login(eve.account)
    assert "Import an inventory" in client.get("/systems").content.decode()
    assert client.post("/systems/import", {}).status_code == 422
    rows = a_list(eve, 2).replace(b"Country", b"Where").replace(b"2021", b"=2021", 1)
    first = client.post("/systems/import", {"file": SimpleUploadedFile("list.csv", rows), "owner": "me"})
    page = first.content.decode()
    assert first.status_code == 200
    assert "The cell holds a formula" in page
    assert "The cell is empty, and nothing was said for all rows." in page
    assert "Not used: Where" in page
    upload = re.findall(r'name="upload" value="([^"]+)"', page)[0]
    said = {"upload": upload, "owner": "me", "column_jurisdictions": "Where", "column_live_since": "", "step": "again",
            **{f"column_{name}": heading for name, heading in (("system", "System"), ("model", "Model"), ("version", "Version"), ("owner", "Owner"))}}  # fmt: skip
    page = client.post("/systems/import", said).content.decode()
    assert "This would be registered" in page
    assert "system-0 is registered already" in page
    report = client.post("/systems/import", said | {"step": "report"})
    assert report["Content-Disposition"] == 'attachment; filename="import-findings.csv"'
    assert report.content.startswith(b"row,column,kind,finding\n2,System,note,")
    plan = re.findall(r'name="plan" value="([^"]+)"', page)[0]
    monkeypatch.setattr("consilience.surfaces.web.importing.AT_ONCE_S", -1)
    monkeypatch.setattr(actions.import_part, "__kwdefaults__", {"size": 4})
    going = client.post("/systems/import", {"step": "import", "plan": plan})
    assert '<progress value="4" max="6"' in going.content.decode()
    assert "data-go-on" in going.content.decode()
    done = client.post("/systems/import", {"step": "import", "plan": plan, "offset": "4"})
    assert (done.status_code, done["Location"]) == (302, "/systems")
    assert (System.objects.count(), RegisteredModel.objects.count(), ModelVersion.objects.count()) == (2, 2, 4)
    assert client.post("/systems/import", {"step": "import", "plan": upload}).status_code == 400
    assert client.post("/systems/import", {"step": "import", "plan": "x"}).status_code == 400


@pytest.mark.usefixtures("nobody_is_logged_in")
def test_the_command_line_says_what_is_wrong_asks_and_imports(
    workspace: Workspace, server: str, at: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    eve = a_person("Eve Engineer")
    at(server, a_token(eve), timeout="60")
    bad, good, report = tmp_path / "bad.csv", tmp_path / "good.csv", tmp_path / "report.csv"
    bad.write_bytes(a_list(eve, wrong=0).replace(b"soon", b"'=1+1"))
    good.write_bytes(a_list(eve))
    assert run(("inventory", "import", str(bad), "--report", str(report))) == ExitCode.BAD_INPUT
    assert "2 errors: nothing is registered." in capsys.readouterr().out
    assert report.read_text().startswith("row,column,kind,code,sentence\n2,Live since,error,no_day,")
    assert run(("inventory", "import", str(good), "--dry-run")) == ExitCode.YES
    assert "Would register 3 systems, 3 models and 6 versions." in capsys.readouterr().out
    assert run(("inventory", "import", str(good))) == ExitCode.WRONG_USE
    assert not System.objects.exists()
    assert run(("inventory", "import", str(good), "--yes")) == ExitCode.YES
    assert "Registered 3 systems, 3 models and 6 versions." in capsys.readouterr().out
    assert run(("inventory", "import", str(tmp_path / "none.csv"))) == ExitCode.BAD_INPUT


def test_the_sdk_tells_how_far_it_is(workspace: Workspace, tmp_path: Path) -> None:
    eve, seen = a_person("Eve Engineer"), list[tuple[int, int]]()
    file = tmp_path / "models.csv"
    file.write_bytes(a_list(eve, 2))
    with sdk(eve) as client:
        found = client.check_inventory(file, defaults={"tier": "low"})
        made = client.import_inventory(found["plan"], progress=lambda done, total: seen.append((done, total)))
    assert (made, seen) == ({"systems": 2, "models": 2, "versions": 4}, [(8, 8)])
