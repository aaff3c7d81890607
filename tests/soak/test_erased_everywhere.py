"""Who was erased stands nowhere by name any more: not on a page, in a list of the API, nor in an archive with names and files."""

from __future__ import annotations

import zipfile
from pathlib import Path

from django.test import Client

from consilience.domains.audit.export import Wanted, export
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.content.erasure.rules import Asked
from consilience.domains.content.models import Hold
from consilience.domains.ledger.verify import verify
from consilience.domains.people import actions as people
from consilience.domains.people import queries
from tests.flows.test_web_pages import Everything
from tests.harness.api import as_
from tests.harness.builders import an_administrator, later, operator
from tests.harness.workspaces import Workspace

LISTS = ("/people", "/ledger/entries", "/systems", "/grants", "/tokens", "/keys", "/erasures", "/delegations", "/predictions/batches",
         "/evidence?system=lending", "/models", "/policies")  # fmt: skip


def test_no_page_list_or_archive_names_who_was_erased(workspace: Workspace, client: Client, tmp_path: Path) -> None:
    world = Everything()
    erasing.lift_hold(actor=operator(), urn=Hold.objects.get().urn, reason="over", now=later())
    gone = [world.ethicist, world.engineer, world.lawyer]
    names = [word for one in gone for word in (one.name, one.email)]
    for one in gone:
        people.deactivate(actor=operator(), urn=one.urn, now=later())
        seen = queries.erasure_of(one.urn, written=True).seen
        people.erase(
            actor=operator(), asked=Asked(person=one.urn, written=True), basis="consent_withdrawn", reason="asked", seen=seen, now=later()
        )  # fmt: skip
    assert verify().good
    whole = an_administrator("Ines Keller")
    client.force_login(whole.account)
    called_so = 0
    for name, address in world.addresses().items():
        response = client.get(address)
        assert response.status_code < 500, name
        text = (b"".join(response) if response.streaming else response.content).decode(errors="replace")
        called_so += "Erased person" in text
        assert not [word for word in names if word in text], name
    assert called_so >= 20
    for address in LISTS:
        answer = as_(whole).get(address)
        assert answer.status == 200, address
        assert not [word for word in names if word in str(answer.said)], address
    export(Wanted(None, files=True, private=True), tmp_path / "whole.zip")
    with zipfile.ZipFile(tmp_path / "whole.zip") as archive:
        for member in archive.namelist():
            assert not [word for word in names if word.encode() in archive.read(member)], member
