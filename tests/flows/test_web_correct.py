"""Correcting on the web: a system is said anew, a wrong version is withdrawn, and the old stays to be seen."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.inventory.models import ModelVersion, System
from tests.harness.builders import Someone, a_person, a_system, a_version
from tests.harness.workspaces import Workspace

ADDRESS = "/systems/lending/correct"


@pytest.fixture
def eve(workspace: Workspace, client: Client) -> Someone:
    found = a_person("Eve Engineer")
    client.force_login(found.account)
    a_system("lending", owner=found, tier="minimal", jurisdictions=["DE", "AT"])
    return found


def filled(client: Client) -> dict[str, str]:
    """What the form says before anybody changes it."""
    form = client.get(ADDRESS).context["form"]
    return {name: form[name].value() or "" for name in form.fields}


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
    for address in (ADDRESS, withdraw):
        assert (client.get(address).status_code, client.post(address, {"reason": "x"}).status_code) == (403, 403)
    assert System.objects.count() == ModelVersion.objects.count() == 1
