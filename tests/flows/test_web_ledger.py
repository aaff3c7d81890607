"""The record on the web: newest first, filtered, in pages; each entry with its bytes and its proof."""

from __future__ import annotations

import random

import pytest
from django.test import Client

from consilience.domains.access.rules import Role
from consilience.domains.evidence.models import Evidence
from consilience.domains.inventory.models import ModelVersion
from consilience.domains.ledger import merkle, search
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.act import act
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.domains.people.models import Function
from consilience.kit.clock import Instant
from consilience.surfaces.web.ledger import _sides
from tests.harness.builders import (
    a_model,
    a_person,
    a_system,
    a_version,
    an_administrator,
    later,
    operator,
    some_evidence,
)
from tests.harness.rows import sql, unguarded
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


def test_the_filter_knows_systems_days_and_numbers(auditor: Client) -> None:
    lending, cards = a_system("lending"), a_system("cards", name="Cards")
    for system, model in ((lending, "credit-risk"), (cards, "card-fraud")):
        some_evidence(a_version(model=a_model(model, systems=[system])))
    page = auditor.get("/ledger?system=lending").content.decode()
    assert page.count("<tr>") == 5, "a head; the system, its model, the version, its evidence"
    assert auditor.get("/ledger?system=lending&verb=evidence.attached").content.decode().count("<tr>") == 2
    assert auditor.get("/ledger?system=cards&object=credit-risk@1").content.decode().count("<tr>") == 0
    assert "No entry fits this filter" in auditor.get("/ledger?system=lending&until=2020-01-01").content.decode()
    assert 'class="note warn"' in auditor.get("/ledger?system=nothing").content.decode()
    assert "is not a moment" in auditor.get("/ledger?since=yesterday").content.decode()
    moved = auditor.get("/ledger?entry=%230%2C003")
    assert (moved.status_code, moved["Location"]) == (302, "/ledger/3")
    assert "There is no such entry yet" in auditor.get("/ledger?entry=99999").content.decode()


@pytest.mark.parametrize(("few", "some"), [(2_000, 100_000), (1, 100_000), (1, 1)])
def test_what_is_found_is_what_reading_every_entry_finds(
    workspace: Workspace, few: int, some: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    systems = [a_system("lending"), a_system("cards", name="Cards")]
    for n in range(12):
        some_evidence(a_version(a_person(f"Author {n}"), model=a_model(f"model-{n}", systems=[systems[n % 2]])))
    everything = list(ledger.entries())
    verbs, actors = {row.verb for row in everything}, {row.actor for row in everything}
    wrote = [ModelVersion.objects.all(), Evidence.objects.all(), Evidence.objects.all()]
    places = {row.position for rows in wrote for row in rows}
    times = sorted({row.at for row in everything})
    monkeypatch.setattr(search, "FEW", few)
    monkeypatch.setattr(search, "SOME", some)
    seeded = random.Random(1)
    for _ in range(200):
        verb, who = seeded.choice(["", *sorted(verbs)]), seeded.choice([None, [], sorted(actors)[:2]])
        since, until = (Instant(seeded.choice(times)) if seeded.random() < 0.5 else None for _ in range(2))
        about, before = seeded.choice([None, wrote]), seeded.randrange(len(everything) + 2)
        found = search.newest(search.Wanted(verb, who, since, until, about), before=before, limit=5)
        expected = [
            row.position for row in everything
            if row.position < before and verb in ("", row.verb) and (who is None or row.actor in who)
            and (since is None or row.at >= since) and (until is None or row.at < until)
            and (about is None or row.position in places)
        ]  # fmt: skip
        assert [row.position for row in found] == expected[:5]


def test_an_act_that_wrote_many_records_is_found_once_and_hides_none(workspace: Workspace) -> None:
    with act(operator(), verb="tests.written", at=later()) as opened:
        for n in range(60):
            opened.record(Function, body={"slug": f"many-{n}", "title": "Many"})
    found = search.newest(search.Wanted(wrote=[Function.objects.all()]), before=2**40, limit=5)
    assert [row.verb for row in found] == ["tests.written", "people.functions_founded"]


def test_an_entry_shows_what_it_recorded_and_says_when_that_was_changed(auditor: Client) -> None:
    system = a_system("lending")
    page = auditor.get(f"/ledger/{system.position}").content.decode()
    assert "credit-scoring" in page
    assert 'href="/systems/lending"' in page
    assert "is not what this entry recorded" not in page
    with unguarded():
        sql(
            "UPDATE inventory_system SET canonical = replace(canonical, 'credit-scoring', 'toy-scoring') WHERE slug = 'lending'"
        )
    assert "is not what this entry recorded" in auditor.get(f"/ledger/{system.position}").content.decode()
