"""Correcting on the web: a system is said anew, a wrong version is withdrawn, and the old stays to be seen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.inventory.models import Dataset, DatasetVersion, ModelVersion, RegisteredModel, System
from consilience.domains.ledger import queries as ledger
from consilience.kit.clock import Instant, read_instant
from consilience.kit.records.models import Private
from tests.harness.builders import (
    Someone,
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_system,
    a_version,
    some_evidence,
)
from tests.harness.workspaces import Workspace

ADDRESS = "/systems/lending/correct"


@pytest.fixture
def eve(workspace: Workspace, client: Client) -> Someone:
    found = a_person("Eve Engineer")
    client.force_login(found.account)
    a_system("lending", owner=found, tier="minimal", jurisdictions=["DE", "AT"])
    return found


def filled(client: Client, address: str = ADDRESS) -> dict[str, Any]:
    """What the form says before anybody changes it; a box that is not ticked is not sent."""
    form = client.get(address).context["form"]
    said = {name: form[name].value() for name in form.fields}
    boxes = {
        name
        for name, field in form.fields.items()
        if hasattr(field, "choices") and field.widget.allow_multiple_selected
    }
    return {name: value or "" for name, value in said.items() if value or (value is not False and name not in boxes)}


def text_of(client: Client, address: str) -> str:
    """What somebody reads on a page, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", client.get(address).content.decode()).split())


def test_a_system_is_corrected_from_what_is_registered(eve: Someone, client: Client) -> None:
    assert f'href="{ADDRESS}"' in client.get("/systems/lending").content.decode()
    said = filled(client)
    assert (said["tier"], said["jurisdictions"], said["owner"]) == ("minimal", "DE, AT", eve.urn)
    assert client.post(ADDRESS, said | {"tier": "high"})["Location"] == "/systems/lending"
    first, second = System.objects.order_by("version")
    assert second.body == first.body | {"tier": "high"}, "nothing else changed"
    assert (second.supersedes, second.valid_from > first.valid_from) == (first.digest, True)


def test_what_was_wrong_from_the_start_is_corrected_from_the_start(eve: Someone, client: Client) -> None:
    assert client.post(ADDRESS, filled(client) | {"tier": "high", "since": "start"}).status_code == 302
    first, second = System.objects.order_by("version")
    assert second.valid_from == first.valid_from


def test_what_a_correction_may_not_say_is_said_at_its_field(eve: Someone, client: Client) -> None:
    refused = client.post(ADDRESS, filled(client) | {"jurisdictions": "Germany"})
    assert refused.status_code == 422
    assert b"ISO 3166" in refused.content
    assert System.objects.count() == 1


def test_a_wrong_version_is_withdrawn_with_a_reason(eve: Someone, client: Client) -> None:
    version = a_version(eve, system=System.objects.get())
    address = reverse("version_withdraw", args=[version.reference])
    assert f'href="{address}"' in client.get(reverse("version", args=[version.reference])).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "The wrong file."})["Location"] == f"/models/{version.model.slug}"
    assert ModelVersion.objects.order_by("version").last().withdrawn  # type: ignore[union-attr]
    assert client.get(address).status_code == 404


def test_readers_are_offered_no_correction_and_make_none(eve: Someone, client: Client) -> None:
    version = a_version(eve, system=System.objects.get())
    client.force_login(a_person(roles=[Role.READER]).account)
    withdraw = reverse("version_withdraw", args=[version.reference])
    assert ADDRESS not in client.get("/systems/lending").content.decode()
    assert withdraw not in client.get(reverse("version", args=[version.reference])).content.decode()
    a_dataset_version("panel", systems=[System.objects.get()])
    named = f"/models/{version.model.slug}/correct"
    data = ("/datasets/panel/correct", "/datasets/panel@1/terms", "/datasets/panel@1/withdraw")
    assert named not in client.get(f"/models/{version.model.slug}").content.decode()
    page = client.get("/datasets/panel@1").content.decode()
    assert [address for address in data if address in page] == []
    for address in (ADDRESS, withdraw, named, *data):
        assert (client.get(address).status_code, client.post(address, {"reason": "x"}).status_code) == (403, 403)
    assert System.objects.count() == ModelVersion.objects.count() == 1


def test_what_a_system_said_before_stands_on_its_page(eve: Someone, client: Client) -> None:
    assert "What was said before" not in text_of(client, "/systems/lending")
    sponsor = a_person("Sam Sponsor")
    client.post(ADDRESS, filled(client) | {"jurisdictions": "FR", "sponsor": sponsor.urn, "since": "start"})
    shown = text_of(client, "/systems/lending")
    assert "Eve Engineer corrected a system" in shown
    assert "Jurisdictions was DE, AT is now FR" in shown
    assert "Sponsor added: Sam Sponsor" in shown
    assert "it was wrong from the start" in shown


def test_what_somebody_corrected_meanwhile_is_not_overwritten(eve: Someone, client: Client) -> None:
    said = filled(client)
    assert client.post(ADDRESS, said | {"tier": "high"}).status_code == 302
    late = client.post(ADDRESS, said | {"squad": "cards"})
    assert late.status_code == 422
    assert "Somebody corrected this system meanwhile" in late.content.decode()
    assert System.objects.count() == 2
    assert client.post(ADDRESS, filled(client) | {"squad": "cards"}).status_code == 302
    newest = System.objects.order_by("version").last()
    assert newest is not None
    assert (newest.body["tier"], newest.body["squad"]) == ("high", "cards")


@pytest.mark.parametrize("noun", ["model", "dataset"])
def test_a_model_and_a_dataset_are_corrected_from_what_is_registered(eve: Someone, client: Client, noun: str) -> None:
    lending, cards = System.objects.get(), a_system("cards", name="Cards desk")
    a_model("risk", systems=[lending])
    a_dataset_version("risk", systems=[lending])
    address = f"/{noun}s/risk/correct"
    detail = "/models/risk" if noun == "model" else "/datasets/risk@1"
    assert f'href="{address}"' in client.get(detail).content.decode()
    said = filled(client, address)
    assert said["systems"] == ["lending"]
    assert "slug" not in said
    sent = client.post(address, said | {"name": "New name", "systems": ["lending", "cards"]})
    assert sent.status_code == 302, sent.content.decode()
    shown = text_of(client, detail)
    assert f"Eve Engineer corrected a {noun}" in shown
    assert "is now New name" in shown
    assert "Systems was Consumer lending is now Cards desk, Consumer lending" in shown or (
        "Systems was Consumer lending is now Consumer lending, Cards desk" in shown
    )
    row = (RegisteredModel if noun == "model" else Dataset).objects.get(version=2)
    assert set(row.body["systems"]) == {lending.urn, cards.urn}
    assert client.post(address, said | {"name": "Other"}).status_code == 422, "it was corrected meanwhile"


def test_a_correction_tells_nothing_of_systems_that_the_reader_does_not_know(eve: Someone, client: Client) -> None:
    lending, secret = System.objects.get(), a_system("secret", name="Secret desk")
    a_model("risk", systems=[lending])
    said = filled(client, "/models/risk/correct") | {"systems": ["lending", secret.slug]}
    assert client.post("/models/risk/correct", said).status_code == 302
    client.force_login(a_person("Mia Member", roles=[(Role.ENGINEER, lending)]).account)
    for address in ("/models/risk", "/models/risk/correct"):
        assert "secret" not in client.get(address).content.decode().lower()
    assert (
        client.post("/models/risk/correct", filled(client, "/models/risk/correct") | {"name": "N"}).status_code == 302
    )
    assert secret.urn in RegisteredModel.objects.get(version=3).body["systems"]


def test_the_system_of_a_proposal_cannot_be_left_and_the_form_says_so(eve: Someone, client: Client) -> None:
    a_system("cards")
    version = a_version(eve, model=a_model("risk", systems=[System.objects.get(slug="lending")]))
    a_release(version)
    refused = client.post("/models/risk/correct", filled(client, "/models/risk/correct") | {"systems": ["cards"]})
    assert refused.status_code == 422
    assert "Take the proposal back first" in refused.content.decode()


def test_terms_show_last_days_and_what_nobody_changed_keeps_its_instant(eve: Someone, client: Client) -> None:
    noon = Instant("2031-06-30T12:00:00.000000Z")
    midnight = read_instant("2030-12-31", zone=ledger.zone(), end=True)
    a_dataset_version("panel", systems=[System.objects.get()], agreement_until=noon, retained_until=midnight)
    address, detail = "/datasets/panel@1/terms", "/datasets/panel@1"
    said = filled(client, address)
    assert (said["agreement_until"], said["retained_until"]) == ("2031-06-30", "2030-12-31")
    assert "until 31 Dec 2030" in text_of(client, detail)
    assert client.post(address, said | {"retained_until": "2032-12-31"})["Location"] == detail
    first, second = DatasetVersion.objects.order_by("version")
    assert second.body == {**first.body, "retained_until": read_instant("2032-12-31", zone=ledger.zone(), end=True)}
    assert "Last day kept was 2030-12-31 is now 2032-12-31" in text_of(client, detail)
    assert client.post(address, said).status_code == 422, "it was corrected meanwhile"
    assert client.post(address, filled(client, address) | {"agreement_until": ""}).status_code == 302
    assert DatasetVersion.objects.get(version=3).body["agreement_until"] is None


def test_withdrawn_data_are_marked_wherever_they_were_used(eve: Someone, client: Client) -> None:
    lending = System.objects.get()
    panel = a_dataset_version("panel", systems=[lending])
    version = a_version(eve, model=a_model("risk", systems=[lending]), training=[panel])
    evidence = some_evidence(version, "evaluation", method="holdout", dataset=panel, fields={"rows": 10})
    about, release = some_evidence(panel), a_release(version)
    assert 'href="/datasets/panel@1/withdraw"' in client.get("/datasets/panel@1").content.decode()
    assert client.post("/datasets/panel@1/withdraw", {"reason": "The wrong month."})["Location"] == "/datasets"
    stage = f"/releases/lending/{version.reference}/{release.stage}"
    for address in (f"/versions/{version.reference}", f"/evidence/{evidence.urn}", f"/evidence/{about.urn}", stage):
        page = client.get(address).content.decode()
        assert "panel@1 (withdrawn)" in page, address
        assert 'href="/datasets/panel@1"' not in page, address
    assert client.get("/datasets/panel@1").status_code == 404
    a_dataset_version("panel")
    assert "Eve Engineer took a dataset version back: panel@1 The wrong month." in text_of(client, "/datasets/panel@2")


def test_a_withdrawn_version_stays_on_the_page_of_its_model_with_the_reason(eve: Someone, client: Client) -> None:
    version = a_version(eve, model=a_model("risk", systems=[System.objects.get()]))
    client.post(reverse("version_withdraw", args=[version.reference]), {"reason": "The wrong file."})
    assert "Eve Engineer took a model version back: risk@1 The wrong file." in text_of(client, "/models/risk")
    Private.objects.all().delete()
    assert "took a model version back: risk@1 The text was erased." in text_of(client, "/models/risk")
