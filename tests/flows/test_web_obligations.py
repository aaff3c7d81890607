"""Obligations on the web: packs adopted after a look at what they change, a system on a day of the law, exports."""

from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.inventory.models import System
from consilience.domains.policy import actions as policies
from consilience.domains.policy import document
from consilience.domains.policy.models import ObligationPack, PackProposal
from consilience.domains.policy.obligations import actions, queries
from tests.harness.builders import (
    Someone,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    as_of,
    later,
    operator,
    some_evidence,
)
from tests.harness.workspaces import Workspace
from tests.rules.test_obligations import SMALL


@pytest.fixture
def lea(workspace: Workspace, client: Client) -> Someone:
    found = a_person("Lea Legal", functions=["legal"])
    client.force_login(found.account)
    a_system(
        "scoring", name="Scoring", jurisdictions=["DE"], use="credit_scoring", data_categories=["personal"],
        autonomy="recommends",
    )  # fmt: skip
    return found


def scoring() -> System:
    return System.objects.get(slug="scoring")


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return response.content.decode()


def test_a_pack_is_adopted_after_a_look_at_what_it_changes(lea: Someone, client: Client) -> None:
    empty = page(client, "/systems/scoring/obligations")
    assert "No pack of obligations is in use" in empty
    assert "No pack is in use yet" in page(client, "/obligations")
    shown = page(client, "/obligations/packs/eu-ai-act")
    address = reverse("pack_impact", args=["eu-ai-act"])
    assert address in shown
    look = page(client, address)
    assert "What EU AI Act would change" in look
    assert "Scoring" in look
    assert "aia-9" in look
    assert "This is not legal advice." in look
    assert not ObligationPack.objects.exists()
    done = client.post(address, {"roles": ["provider", "deployer"]}, follow=True).content.decode()
    assert "The pack is in use." in done
    assert queries.adopted(as_of())[0].roles == ("deployer", "provider")
    assert "is in use already" in client.post(address, {"roles": ["provider", "deployer"]}).content.decode()
    assert client.post(address, {"roles": ["bank"]}).status_code == 422
    stands = page(client, "/systems/scoring/obligations?as_of=2026-11-24")
    assert "Risk management system" in stands
    assert "In force from 2 December 2027; no requirement asks for it yet." in stands


def test_another_day_of_the_law_is_labelled_as_a_what_if(lea: Someone, client: Client) -> None:
    actions.adopt_shipped(actor=lea.actor, slug="eu-ai-act", roles=None, now=later())
    label = "What if: the law of 26 July 2026."
    for address in ("/systems/scoring/obligations", "/obligations", "/obligations/aia-9"):
        assert label in page(client, f"{address}?as_of=2026-07-26")
        assert "What if" not in page(client, address)
    shown = page(client, "/systems/scoring/obligations?as_of=2026-07-26")
    assert "In force from 2 August 2026; no requirement asks for it yet." in shown
    assert "Special categories for bias work" not in shown.replace("Special categories for bias work (first text)", "")
    changed = page(client, "/obligations/changes?since=2026-07-26&until=2026-07-27")
    assert "What if: the law of 26 July 2026 against the law of 27 July 2026." in changed
    assert "<del>2 August 2026</del>" in changed
    assert "<ins>2 December 2027</ins>" in changed
    assert "Nothing changed for your systems" in page(client, "/obligations/changes?since=2026-08-03&until=2026-08-03")
    for wrong in ("?as_of=2026-02-30", "?as_of=soon"):
        assert "expected a date such as 2026-11-23" in page(client, f"/systems/scoring/obligations{wrong}", 400)


def test_a_dispute_shows_both_readings_with_both_consequences(lea: Someone, client: Client) -> None:
    actions.adopt_shipped(actor=lea.actor, slug="eu-ai-act", roles=None, now=later())
    shown = page(client, "/systems/scoring/obligations?as_of=2026-11-23")
    assert "1. Serious incidents are to be reported since the general date" in shown
    assert "2. Only incidents of systems that are legally high-risk are to be reported" in shown
    one = page(client, "/obligations/aia-73?as_of=2026-11-23")
    assert "It is read in more than one way" in one
    assert "15 days" in one


def test_the_table_goes_out_as_csv_and_says_which_day_of_the_law_it_is(lea: Someone, client: Client) -> None:
    actions.adopt_shipped(actor=lea.actor, slug="gdpr", roles=None, now=later())
    some_evidence(scoring(), "dpia")
    response = client.get("/systems/scoring/obligations.csv?as_of=2018-05-24")
    assert response["Content-Disposition"] == 'attachment; filename="obligations-scoring-what-if-2018-05-24.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert {(row["law_of_day"], row["what_if"], row["state"]) for row in rows if row["obligation"] == "gdpr-6"} == {
        ("2018-05-24", "yes", "not_yet")
    }
    now = list(csv.DictReader(io.StringIO(client.get("/systems/scoring/obligations.csv").content.decode())))
    (dpia,) = (row for row in now if row["obligation"] == "gdpr-35")
    assert (dpia["what_if"], dpia["state"], dpia["evidence_on_record"]) == ("no", "no_requirement", "dpia")


def test_no_cell_of_the_table_is_run_as_a_formula(lea: Someone, client: Client) -> None:
    other = a_person("Ida Ethics", functions=["ethics"])
    row = actions.propose(actor=lea.actor, text=SMALL.replace("en: Tell the board}", "en: =cmd()}"), now=later())
    actions.adopt_proposed(actor=other.actor, proposal=row.urn, roles=None, now=later())
    assert ",'=cmd(),rule 1," in client.get("/systems/scoring/obligations.csv").content.decode()


def test_a_pack_of_ones_own_is_proposed_by_one_and_adopted_by_another(lea: Someone, client: Client) -> None:
    wrong = client.post("/obligations/new", {"text": SMALL.replace("signs: [legal]", "signs: [leagl]")})
    assert wrong.status_code == 422
    assert "line 20" in wrong.content.decode()
    shown = client.post("/obligations/new", {"text": SMALL.replace("\n", "\r\n")}, follow=True).content.decode()
    row = PackProposal.objects.get()
    assert row.body["text"] == SMALL
    assert "You put this pack forward. Somebody else adopts it." in shown
    address = reverse("pack_proposal", args=[row.urn])
    assert address in page(client, "/obligations")
    client.force_login(a_person("Ida Ethics", functions=["ethics"]).account)
    assert "Tell the board" in page(client, address)
    client.post(address, {"roles": ["organisation"]})
    assert [one.pack.slug for one in queries.adopted(as_of())] == ["house-rules"]
    assert page(client, "/obligations/packs/house-rules/export") == SMALL
    assert "used in Germany" in page(client, "/obligations/house-tell")


def test_a_pack_is_taken_out_of_use_with_a_reason(lea: Someone, client: Client) -> None:
    actions.adopt_shipped(actor=lea.actor, slug="gdpr", roles=None, now=later())
    assert client.post("/obligations/packs/gdpr/drop").status_code == 422
    done = client.post("/obligations/packs/gdpr/drop", {"reason": "Sold."}, follow=True).content.decode()
    assert "The pack is out of use." in done
    assert "Taken out of use" in done
    assert queries.adopted(as_of()) == []


def test_a_policy_links_to_what_it_follows_from_and_says_what_nobody_explains(lea: Someone, client: Client) -> None:
    text = document.starter_texts()["legal.yaml"].replace("gdpr-7]", "gdpr-7, contract-12]")
    row = policies.propose(actor=lea.actor, text=text, now=later())
    other = a_person("Ida Ethics", functions=["ethics"])
    policies.publish(actor=other.actor, proposal=row.urn, in_force_from=None, now=later())
    shown = page(client, "/policies/lawful-data")
    assert reverse("obligation", args=["gdpr-6"]) in shown
    assert "Lawful basis (gdpr-6)" in shown
    assert "contract-12, which no pack explains" in shown
    release = a_release(a_version(system=scoring()), system=scoring())
    a_sign_off(by=lea, release=release, function="legal")
    look = page(client, "/obligations/packs/gdpr/impact")
    assert "Lea Legal (Legal)" in look
    assert "lawful-data/data-purpose-and-basis" in look
    actions.adopt_shipped(actor=lea.actor, slug="gdpr", roles=None, now=later())
    stands = page(client, "/systems/scoring/obligations")
    assert "A requirement that cites it is not satisfied." in stands
    assert "contract-12" in stands


def test_who_may_not_adopt_is_told_who_may_and_strangers_find_no_system(lea: Someone, client: Client) -> None:
    client.force_login(a_person("Eve", roles=[Role.READER]).account)
    assert "Packs are adopted by administrators and reviewers." in page(client, "/obligations/packs/gdpr")
    assert client.get("/obligations/packs/gdpr/impact").status_code == 403
    assert client.post("/obligations/packs/gdpr/impact").status_code == 403
    other = a_system("other")
    client.force_login(a_person("Max", roles=[(Role.READER, other)]).account)
    assert client.get("/systems/scoring/obligations").status_code == 404
    assert client.get("/systems/scoring/obligations.csv").status_code == 404
    actions.adopt_shipped(actor=operator(), slug="eu-ai-act", roles=None, now=later())
    assert "Scoring" not in page(client, "/obligations/changes?since=2026-07-26")
    assert page(client, "/obligations/aia-9")


def test_a_reader_who_chose_german_is_told_rules_and_law_in_it_until_another_choice(
    lea: Someone, client: Client
) -> None:
    actions.adopt_shipped(actor=operator(), slug="eu-ai-act", roles=["provider"], now=later())
    address = "/systems/scoring/obligations"
    assert "Es ist in Kraft" not in page(client, address)
    done = client.get(f"{address}?as_of=2026-07-26&words=de")
    assert (done.status_code, done["Location"]) == (302, f"{address}?as_of=2026-07-26")
    german = page(client, done["Location"])
    assert "Was wäre, wenn: das Recht vom 26. Juli 2026." in german
    assert "Es ist in Kraft, und keine geltende Anforderung verlangt es." in german
    assert 'lang="de"' in german
    assert "Schwerwiegender Vorfall = Tod" in page(client, "/obligations/aia-73")
    client.get(f"{address}?words=en")
    assert "Serious incident = death" in page(client, "/obligations/aia-73")
    assert client.get(f"{address}?words=xx").status_code == 200
