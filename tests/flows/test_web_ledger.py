"""The record on the web: newest first, filtered, in pages; each entry with its bytes and its proof."""

from __future__ import annotations

import pytest
from django.test import Client

from consilience.domains.access.rules import Role
from consilience.domains.ledger import merkle
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.surfaces.web.ledger import _sides
from tests.harness.builders import a_model, a_person, a_system, an_administrator, some_evidence
from tests.harness.workspaces import Workspace


@pytest.fixture
def auditor(workspace: Workspace, client: Client) -> Client:
    client.force_login(a_person("Maren Voss", roles=[Role.AUDITOR]).account)
    return client


def test_pages_of_fifty_follow_one_another_without_a_gap(auditor: Client) -> None:
    system = a_system("lending")
    for _nth in range(60):
        a_model(systems=[system])
    size = ledger.present(ledger.Instant("9999-01-01T00:00:00.000000Z")).known_at
    first = auditor.get("/ledger").content.decode()
    assert f"#{size - 1}</a>" in first
    assert f"#{size - 50}</a>" in first
    assert f"#{size - 51}</a>" not in first
    second = auditor.get(f"/ledger?before={size - 50}").content.decode()
    assert f"?before={size - 50}" in first
    assert f"#{size - 51}</a>" in second
    assert f"#{size - 50}</a>" not in second


def test_the_filter_finds_acts_people_and_things(auditor: Client) -> None:
    system = a_system("lending", owner=a_person("Paula Lind"))
    some_evidence(system, "charter", by=(eve := a_person("Eve Engineer")))
    by_act = auditor.get("/ledger?verb=inventory.system_registered").content.decode()
    assert by_act.count("<tr>") == 2, "a head and one entry"
    for text in ("eve", eve.urn, eve.email):
        page = auditor.get("/ledger", {"actor": text}).content.decode()
        assert "evidence.attached</small>" in page
        assert "inventory.system_registered</small>" not in page
    about = auditor.get("/ledger?object=lending").content.decode()
    assert "inventory.system_registered</small>" in about
    assert "No entry fits this filter" in auditor.get("/ledger?object=nothing").content.decode()


def test_an_entry_shows_its_exact_statement_and_a_proof_that_holds(auditor: Client) -> None:
    for position in range(ledger.entries().count()):
        page = auditor.get(f"/ledger/{position}").content.decode()
        assert "Verified" in page
        assert ledger.entry(position).leaf.hex() in page
    assert "https://in-toto.io/Statement/v1" in page


def test_the_sides_of_a_proof_are_those_by_which_the_root_is_calculated() -> None:
    for size in range(1, 40):
        leaves = [merkle.leaf_hash(bytes([nth])) for nth in range(size)]
        tree = merkle.Tree(b"".join(leaves))
        for position in range(size):
            path = merkle.inclusion(position, size, tree.node)
            found = leaves[position]
            for side, other in zip(_sides(position, size, len(path)), path, strict=True):
                found = merkle.node_hash(other, found) if side == "left" else merkle.node_hash(found, other)
            assert found == tree.root(size)


def test_the_checkpoint_is_a_signed_note(auditor: Client) -> None:
    assert auditor.get("/ledger/checkpoint").content.decode() == ledger.checkpoint()


def test_the_record_is_for_whoever_builds_signs_looks_after_or_audits_in_the_whole_workspace(
    workspace: Workspace, client: Client
) -> None:
    for someone in (a_person(roles=[Role.ENGINEER]), a_person(functions=["ethics"]), an_administrator()):
        client.force_login(someone.account)
        assert client.get("/ledger").status_code == client.get("/ledger/1").status_code == 200
        assert 'href="/ledger"' in client.get("/").content.decode()


def test_the_record_is_closed_to_readers_and_to_members_of_single_systems(workspace: Workspace, client: Client) -> None:
    lending = a_system("lending")
    for roles, status in (
        ([Role.READER], 403), ([(Role.ENGINEER, lending)], 404), ([(Role.REVIEWER, lending)], 404),
    ):  # fmt: skip
        client.force_login(a_person(roles=roles).account)
        assert client.get("/ledger").status_code == status
        assert 'href="/ledger"' not in client.get("/").content.decode()


def test_a_ledger_that_cannot_be_reached_is_said_clearly(auditor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> str:
        raise LedgerUnavailable("gone")

    monkeypatch.setattr(ledger, "zone", unavailable)
    response = auditor.get("/ledger")
    assert response.status_code == 503
    assert b"Nothing was written" in response.content
    assert b"gone" not in response.content
