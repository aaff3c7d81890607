"""What operators ask: ready, figures, a log whose lines belong together, a doctor that says what to mend."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from consilience.domains.ledger import log
from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.main import run
from consilience.surfaces.logs import AsJson, RequestId
from tests.harness.builders import a_person
from tests.harness.workspaces import Workspace


def test_ready_names_what_fails_and_nothing_more(workspace: Workspace, client: Client) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").json()) == (200, {"status": "ready"})
    key = Path(settings.LOG_KEY_FILE)
    key.rename(key.with_suffix(".away"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "failing": ["log key"]})
    key.with_suffix(".away").rename(key)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'gate' AND name LIKE '0004%'")
    assert client.get("/readyz").json()["failing"] == ["tables"]
    assert client.get("/healthz").status_code == 200


def test_metrics_are_closed_until_a_setting_opens_them(
    workspace: Workspace, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/metrics").status_code == 404
    monkeypatch.setattr(settings, "METRICS_TOKEN", "let-me-in")
    for sent in ("Bearer wrong", "Basic let-me-in", "let-me-in", ""):
        assert client.get("/metrics", headers={"Authorization": sent}).status_code == 404
    said = client.get("/metrics", headers={"Authorization": "Bearer let-me-in"})
    assert said["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = said.content.decode().splitlines()
    assert f"consilience_ledger_entries {log.size()}" in lines
    assert 'consilience_live_releases{standing="not_compliant"} 0' in lines
    assert 'consilience_check{check="log key"} 1' in lines
    for line in lines:
        assert line.startswith("# ") or float(line.rpartition(" ")[2]) >= 0
    monkeypatch.setattr(settings, "METRICS_TOKEN", "")
    monkeypatch.setattr(settings, "METRICS_LOCAL", True)
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="198.51.100.7").status_code == 404


def test_each_line_of_the_log_and_the_answer_carry_the_request_id(
    workspace: Workspace, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.addFilter(RequestId())
    with caplog.at_level(logging.INFO, "consilience.request"):
        assert client.get("/setup/" + "s" * 30, headers={"X-Request-ID": "abc-1"})["X-Request-ID"] == "abc-1"
        made = client.get("/healthz", headers={"X-Request-ID": "two\tlines " + "x" * 99})["X-Request-ID"]
    first, second = (json.loads(AsJson().format(one)) for one in caplog.records if one.name == "consilience.request")
    assert (first["request_id"], first["status"], first["method"]) == ("abc-1", 410, "GET")
    assert "s" * 30 not in json.dumps(first), "a one-time link stands in no log"
    assert second["request_id"] == made != "abc-1"
    assert len(made) == 36
    assert {"at", "level", "logger", "message", "route", "ms"} <= second.keys()
    outside = logging.LogRecord("x", logging.ERROR, "", 1, "broken %s", ("thing",), None)
    RequestId().filter(outside)
    assert json.loads(AsJson().format(outside))["message"] == "broken thing"
    assert json.loads(AsJson().format(outside))["request_id"] == "-"


def test_the_doctor_says_what_to_mend(
    workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    a_person()
    monkeypatch.delenv("CONSILIENCE_PUBLIC_URL", raising=False)
    home = str(workspace.home.root)
    assert run(("doctor", "--home", home)) == ExitCode.YES
    shown = capsys.readouterr().out
    assert "good  database: " in shown
    assert "warn  public address: " in shown
    workspace.home.log_key.chmod(0o644)
    assert run(("doctor", "--home", home)) == ExitCode.YES
    assert "warn  key files: others on this machine can read" in capsys.readouterr().out
    workspace.home.log_key.unlink()
    assert run(("doctor", "--home", home, "--json")) == ExitCode.NO
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    assert [one["check"] for one in found if not one["good"] and one["needed"]] == ["log key"]
