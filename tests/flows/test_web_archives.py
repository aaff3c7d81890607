"""Archives from the page: asked for, made in the background, fetched by whoever asked, gone with the next erasure."""

from __future__ import annotations

import hashlib
import re
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.audit import takeaway
from consilience.domains.audit.export import Wanted
from consilience.domains.content import upkeep_actions
from consilience.domains.ledger import queries
from consilience.kit import locks
from consilience.kit.clock import now
from consilience.kit.errors import NotEntitled, NotFound, Refused
from consilience.kit.records.models import Private
from tests.harness.archives import reports
from tests.harness.builders import Someone, a_person, a_system, an_erasure
from tests.harness.workspaces import Workspace


@pytest.fixture
def auditor(workspace: Workspace, client: Client) -> Someone:
    made = a_person("Maren Voss", roles=[Role.AUDITOR])
    client.force_login(made.account)
    return made


def folders() -> list[Path]:
    return list(Path(settings.CONTENT_FOLDER).glob(".takeaway-*"))


def when_made(client: Client) -> str:
    for _ in range(100):
        response = client.get(reverse("archives"))
        if "Refresh" not in response.headers:
            return response.content.decode()
        time.sleep(0.05)
    raise AssertionError("still being made")


def address_in(page: str) -> str:
    found = re.search(r'href="(/ledger/archives/[0-9a-f]{32})"', page)
    assert found is not None, page
    return found.group(1)


def test_an_archive_is_asked_for_made_fetched_and_verifies(auditor: Someone, client: Client, tmp_path: Path) -> None:
    a_system("lending")
    assert "None yet" in client.get(reverse("archives")).content.decode()
    sent = client.post(reverse("archives"), {"system": "*", "private": "on"})
    assert (sent.status_code, sent["Location"]) == (302, reverse("archives"))
    page = when_made(client)
    assert "Ready" in page
    answer = client.get(address_in(page))
    assert answer.streaming
    target = tmp_path / "whole.zip"
    target.write_bytes(b"".join(answer))
    assert hashlib.sha256(target.read_bytes()).hexdigest() in page
    pin = re.search(r"\b([0-9]+:[0-9a-f]{64})", page)
    assert pin is not None
    for said in reports(target, pin=pin.group(1)).values():
        assert said["outcome"] == "good", said
    other = a_person("Adam Admin", roles=[Role.ADMINISTRATOR])
    client.force_login(other.account)
    assert client.get(address_in(page)).status_code == 404
    an_erasure(texts=[Private.objects.get(value="Maren Voss").commitment])
    assert folders() == []
    client.force_login(auditor.account)
    assert client.get(address_in(page)).status_code == 404


def test_an_archive_of_one_system_and_who_may_have_what(workspace: Workspace) -> None:
    system = a_system("lending")
    engineer = a_person("Eve", roles=[(Role.ENGINEER, None)])
    asof = queries.present(now())
    takeaway.begin(engineer.actor, Wanted("lending"), asof, start=lambda work: work())
    (made,) = takeaway.listed(engineer.actor)
    assert (made.state, made.wanted.system) == (takeaway.State.READY, "lending")
    assert takeaway.ready(engineer.actor, made.id, asof).is_file()
    with pytest.raises(NotEntitled):
        takeaway.begin(engineer.actor, Wanted(None, private=True), asof)
    member = a_person("Ola", roles=[(Role.ENGINEER, system)])
    with pytest.raises(NotFound):
        takeaway.begin(member.actor, Wanted("lending"), queries.present(now()))


def test_one_at_a_time_and_what_a_stopped_server_left_goes_after_a_day(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor, asof = a_person("Maren Voss", roles=[Role.AUDITOR]).actor, queries.present(now())

    monkeypatch.setattr(takeaway, "HOLDING_S", 0)
    takeaway.begin(actor, Wanted(None), asof, start=lambda _work: None)
    with locks.held(folders()[0]), pytest.raises(Refused, match="archive_being_made"):
        takeaway.begin(actor, Wanted(None), asof)
    (left,) = takeaway.listed(actor)
    assert left.state is takeaway.State.CUT_OFF
    assert upkeep_actions.sweep() == 0
    assert upkeep_actions.sweep(now_s=folders()[0].stat().st_mtime + upkeep_actions.LEFT_S + 1) == 1
    assert takeaway.listed(actor) == []
