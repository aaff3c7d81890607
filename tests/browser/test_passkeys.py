"""Passkeys in a real browser with a virtual authenticator: adding one on the page of one's keys."""

from __future__ import annotations

import base64
import json

import pytest
from playwright.sync_api import Browser
from webauthn import verify_registration_response

from consilience.domains.keys.models import Key
from consilience.domains.ledger.verify import verify
from tests.browser.authenticators import Authenticator
from tests.browser.signing import add_passkey, at_localhost, logged_in
from tests.harness.builders import Someone, a_person
from tests.harness.workspaces import Workspace


@pytest.fixture
def edda(workspace: Workspace) -> Someone:
    return a_person("Edda Roth", functions=["ethics"])


def test_somebody_adds_a_passkey(edda: Someone, server: str, browser: Browser) -> None:
    page = logged_in(browser, at_localhost(server), edda)
    authenticator = Authenticator.beside(page)
    add_passkey(page)
    page.get_by_text("The passkey is bound to you").wait_for()
    assert "Passkey of one device" in page.locator("main").inner_text()
    assert authenticator.credentials() == 1
    row = Key.objects.get()
    said = row.body["webauthn"]
    assert (row.holder, row.kind, row.body["algorithm"]) == (edda.urn, "passkey", "ES256")
    assert (said["rp_id"], said["origins"]) == ("localhost", [at_localhost(server)])
    assert not said["backup_eligible"]
    report = verify()
    assert report.good, report.findings


def test_what_is_stored_is_enough_to_check_the_registration_again(edda: Someone, server: str, browser: Browser) -> None:
    page = logged_in(browser, at_localhost(server), edda)
    Authenticator.beside(page)
    add_passkey(page)
    page.get_by_text("The passkey is bound to you").wait_for()
    said = Key.objects.get().body["webauthn"]
    client_data = base64.b64decode(said["client_data"])
    challenge = json.loads(client_data)["challenge"]
    found = verify_registration_response(
        credential={
            "id": said["credential_id"], "rawId": said["credential_id"], "type": "public-key",
            "response": {
                "clientDataJSON": base64.urlsafe_b64encode(client_data).decode(),
                "attestationObject": base64.urlsafe_b64encode(base64.b64decode(said["attestation_object"])).decode(),
            },
        },
        expected_challenge=base64.urlsafe_b64decode(challenge + "=" * (-len(challenge) % 4)),
        expected_rp_id=said["rp_id"], expected_origin=said["origins"], require_user_verification=True,
    )  # fmt: skip
    assert found.aaguid == said["aaguid"]


def test_a_synced_passkey_is_shown_as_one(edda: Someone, server: str, browser: Browser) -> None:
    page = logged_in(browser, at_localhost(server), edda)
    Authenticator.beside(page, synced=True)
    add_passkey(page)
    page.get_by_text("The passkey is bound to you").wait_for()
    assert "Synced passkey" in page.locator("main").inner_text()
    assert Key.objects.get().body["webauthn"]["backup_eligible"]


def test_without_a_verified_user_no_passkey_is_made(edda: Someone, server: str, browser: Browser) -> None:
    page = logged_in(browser, at_localhost(server), edda)
    Authenticator.beside(page, verifies=False)
    add_passkey(page)
    page.get_by_text("No passkey was made").wait_for()
    assert not Key.objects.exists()


def test_the_same_device_is_not_bound_twice(edda: Someone, server: str, browser: Browser) -> None:
    page = logged_in(browser, at_localhost(server), edda)
    Authenticator.beside(page)
    add_passkey(page)
    page.get_by_text("The passkey is bound to you").wait_for()
    add_passkey(page, "Laptop again")
    page.get_by_text("This device holds a passkey of yours").wait_for()
    assert Key.objects.count() == 1


def test_at_an_address_without_a_name_the_page_says_where_to_go(edda: Someone, server: str, browser: Browser) -> None:
    page = logged_in(browser, server, edda)
    page.goto("/keys")
    assert page.get_by_role("link", name="Add a passkey").count() == 0
    assert page.get_by_role("link", name=f"{at_localhost(server)}/keys").is_visible()
