"""Signing a decision with a passkey in a real browser: read, sign, and everything that must be refused."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from playwright.sync_api import Browser, Route
from webauthn import verify_authentication_response
from webauthn.helpers import parse_attestation_object

from consilience.domains.content import queries as content
from consilience.domains.keys import actions as keys
from consilience.domains.ledger import log, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.signing import dsse, webauthn
from consilience.domains.ledger.verify import verify
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import Verdict
from consilience.kit.records import commitments
from tests.browser.authenticators import Authenticator
from tests.browser.gallery.watching import Watch
from tests.browser.signing import REASONS, RELEASE, SIGN, Desk, at_localhost, logged_in, waiting_release
from tests.harness.builders import a_person, a_sign_off, later, read_release, some_evidence
from tests.harness.workspaces import Workspace


@pytest.fixture
def desk(workspace: Workspace, browser: Browser, server: str) -> Desk:
    return Desk.at(browser, server)


def entry() -> rules.Entry:
    return rules.read(bytes(ledger.entry(SignOff.objects.get().position).exact))


def nothing_was_recorded(desk: Desk, size: int) -> None:
    assert not SignOff.objects.exists()
    assert log.size() == size


def test_somebody_reads_and_signs_exactly_what_is_recorded(desk: Desk) -> None:
    desk.fill_in("object")
    desk.ask()
    read = desk.read()
    assert "And the second line too." in read
    shown = desk.page.locator("[data-digest]").inner_text()
    desk.sign()
    desk.page.wait_for_url(f"{desk.address}{RELEASE}")
    row, said = SignOff.objects.get(), entry()
    assert row.verdict == "object"
    assert (commitments.text(row.body["reason"]) or "").splitlines() == REASONS.splitlines()
    assert (said.authenticated_by, said.predicate["key"]) == ("passkey", desk.key.urn)
    assert said.predicate["shown"].startswith(shown)
    assert len(shown) == 12
    assert content.read(said.predicate["shown"]).decode().strip() == read.strip()
    report = verify()
    assert report.good, report.findings


def test_py_webauthn_accepts_what_we_accepted(desk: Desk) -> None:
    desk.fill_in()
    desk.ask()
    desk.read()
    desk.sign()
    desk.page.wait_for_url(f"{desk.address}{RELEASE}")
    envelope = entry().envelope
    assert envelope is not None
    first, body = envelope.signatures[0], desk.key.body["webauthn"]
    assert first.assertion is not None
    attested = parse_attestation_object(bytes_of(body["attestation_object"])).auth_data.attested_credential_data
    assert attested is not None
    found = verify_authentication_response(
        credential={
            "id": body["credential_id"], "rawId": body["credential_id"], "type": "public-key",
            "response": {
                "authenticatorData": base64url(first.assertion.authenticator_data),
                "clientDataJSON": base64url(first.assertion.client_data), "signature": base64url(first.sig),
            },
        },
        expected_challenge=webauthn.challenge(dsse.pae(envelope.payload)), expected_rp_id="localhost",
        expected_origin=desk.address, credential_public_key=attested.credential_public_key,
        credential_current_sign_count=0, require_user_verification=True,
    )  # fmt: skip
    assert found.user_verified


def test_without_a_verified_user_nothing_is_signed_and_there_is_a_way_on(desk: Desk) -> None:
    desk.fill_in()
    size = log.size()
    desk.ask()
    desk.read()
    desk.authenticator.verify_nobody()
    desk.sign()
    desk.page.get_by_text("Nothing was signed and nothing recorded").wait_for()
    nothing_was_recorded(desk, size)
    desk.page.get_by_role("button", name="Back to the form").click()
    assert desk.page.get_by_label("Reasons").input_value() == REASONS


def test_a_device_that_lost_the_passkey_signs_nothing(desk: Desk) -> None:
    desk.fill_in()
    size = log.size()
    desk.authenticator.forget()
    desk.ask()
    desk.read()
    desk.sign()
    desk.page.get_by_text("this device does not hold that passkey").wait_for()
    nothing_was_recorded(desk, size)


def test_what_changed_before_it_was_read_is_shown_and_asked_again(desk: Desk) -> None:
    desk.fill_in()
    some_evidence(read_release(desk.release).version, "impact_assessment")
    desk.ask()
    desk.page.get_by_text("has changed since you looked").wait_for()
    assert desk.page.get_by_label("Reasons").input_value() == REASONS
    assert not SignOff.objects.exists()


def test_what_changed_while_it_was_read_is_not_recorded_and_can_be_signed_again(desk: Desk) -> None:
    desk.fill_in()
    desk.ask()
    desk.read()
    some_evidence(read_release(desk.release).version, "impact_assessment")
    size = log.size()
    desk.sign()
    desk.page.get_by_text("has changed since you looked").wait_for()
    nothing_was_recorded(desk, size)
    desk.ask()
    desk.read()
    desk.sign()
    desk.page.wait_for_url(f"{desk.address}{RELEASE}")
    assert SignOff.objects.count() == 1


def test_a_key_that_was_revoked_meanwhile_signs_nothing(desk: Desk) -> None:
    desk.fill_in()
    desk.ask()
    desk.read()
    keys.revoke(actor=desk.edda.actor, urn=desk.key.urn, reason="Stolen.", now=later())
    size = log.size()
    desk.sign()
    desk.page.get_by_text("That key no longer signs here").first.wait_for()
    nothing_was_recorded(desk, size)


def test_a_second_device_signs_too(desk: Desk, browser: Browser) -> None:
    other = Desk(desk.edda, desk.release, desk.address, *second_device(browser, desk))
    other.add_passkey("Phone")
    other.page.get_by_text("The passkey is bound to you").wait_for()
    other.fill_in(way="Passkey “Phone”, synced between devices")
    other.ask()
    other.read()
    other.sign()
    other.page.wait_for_url(f"{desk.address}{RELEASE}")
    assert entry().predicate["key"] != desk.key.urn


def second_device(browser: Browser, desk: Desk) -> Any:
    page = logged_in(browser, desk.address, desk.edda)
    return page, Authenticator.beside(page, synced=True)


@pytest.mark.parametrize("bend", ["text", "verdict", "facet", "function", "release", "key"])
def test_a_page_that_is_fed_something_else_than_was_decided_refuses_to_sign(desk: Desk, bend: str) -> None:
    """A server that lies: the text is not the one that the statement names, or the statement is not what the form said."""

    def lie(route: Route) -> None:
        if "consilience-sign-with" not in route.request.headers:
            return route.continue_()
        answer = route.fetch()
        said = answer.json()
        if bend == "text":
            said["shown"] = said["shown"].replace("And the second", "Or the second")
        else:
            statement = json.loads(bytes_of(said["statement"]))
            statement["predicate"][bend] = "something else"
            said["statement"] = base64_of(json.dumps(statement).encode())
        return route.fulfill(response=answer, json=said)

    desk.fill_in()
    size = log.size()
    desk.page.route(f"**{SIGN}", lie)
    desk.ask()
    desk.page.get_by_text("What the server asks you to sign is not what you decided").wait_for()
    assert desk.page.get_by_role("heading", name="Read and sign").count() == 0
    nothing_was_recorded(desk, size)


def test_a_statement_that_is_swapped_for_another_one_is_refused_by_the_server(desk: Desk) -> None:
    """A page that lies: it signs another statement than the one that was prepared."""

    def lie(route: Route) -> None:
        if "consilience-sign-with" not in route.request.headers:
            return route.continue_()
        answer = route.fetch()
        said = answer.json()
        statement = json.loads(bytes_of(said["statement"]))
        statement["predicate"]["remark"] = "added"
        said["statement"] = base64_of(json.dumps(statement).encode())
        return route.fulfill(response=answer, json=said)

    desk.fill_in()
    size = log.size()
    desk.page.route(f"**{SIGN}", lie)
    desk.ask()
    desk.read()
    desk.sign()
    desk.page.get_by_text("signed something else than this statement").wait_for()
    nothing_was_recorded(desk, size)


def test_another_page_is_signed_by_the_same_steps_and_refuses_another_text(desk: Desk) -> None:
    """An answer to an objection: what was written stands in the text, and the page names the objection by its address."""
    objection = a_sign_off(by=a_person("Lars Dahl", functions=["legal"]), release=desk.release, function="legal",
                           verdict=Verdict.OBJECT)  # fmt: skip
    address = f"/objections/{objection.urn}/answer"
    bent = ["Because", objection.urn.rpartition("-")[2]]

    def lie(route: Route) -> None:
        if "consilience-sign-with" not in route.request.headers or not bent:
            return route.continue_()
        answer = route.fetch()
        said, word = answer.json(), bent.pop(0)
        said["shown"] = said["shown"].replace(word, "0")
        statement = json.loads(bytes_of(said["statement"]))
        statement["predicate"]["shown"] = hashlib.sha256(said["shown"].encode()).hexdigest()
        said["statement"] = base64_of(json.dumps(statement).encode())
        return route.fulfill(response=answer, json=said)

    desk.page.route(f"**{address}", lie)
    desk.page.goto(address)
    desk.page.get_by_label("Answer").fill("Because the data say so.\nAll of them.")
    for _lie in range(2):
        desk.page.get_by_role("button", name="Answer the objection").click()
        desk.page.get_by_text("What the server asks you to sign is not what you decided").wait_for()
    assert not bent
    desk.page.get_by_role("button", name="Answer the objection").click()
    assert "All of them." in desk.read()
    desk.sign()
    desk.page.wait_for_url(f"{desk.address}{RELEASE}")
    said = rules.read(bytes(ledger.entry(log.size() - 1).exact))
    assert (said.verb, said.authenticated_by) == ("review.objection_answered", "passkey")
    assert verify().good


def test_no_other_page_frames_the_form(desk: Desk) -> None:
    answer = desk.page.goto(SIGN)
    assert answer is not None
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"


def test_without_a_script_a_passkey_is_not_offered_in_vain(workspace: Workspace, browser: Browser, server: str) -> None:
    desk = Desk.at(browser, server)
    plain = browser.new_context(base_url=desk.address, java_script_enabled=False)
    plain.add_cookies(desk.page.context.cookies())  # type: ignore[arg-type] # playwright's own two types
    page = plain.new_page()
    page.goto(SIGN)
    page.locator("input[name=verdict][value=abstain]").check()
    page.get_by_label("Reasons").fill("I take no side.")
    page.get_by_role("button", name="Record the decision of Ethics").click()
    page.get_by_text("takes a browser that runs scripts").first.wait_for()
    assert not SignOff.objects.exists()
    page.get_by_label("How you sign").select_option(label="Not signed: known by the log-in alone")
    page.get_by_role("button", name="Record the decision of Ethics").click()
    page.wait_for_url(f"{desk.address}{RELEASE}")
    assert entry().authenticated_by == "password"


def test_somebody_without_a_key_is_told_that_they_do_not_sign(
    workspace: Workspace, browser: Browser, server: str
) -> None:
    edda, _release = a_person("Edda Roth", functions=["ethics"]), waiting_release()
    page = logged_in(browser, at_localhost(server), edda)
    page.goto(SIGN)
    assert page.get_by_text("You are known by your password alone").is_visible()
    assert page.get_by_label("How you sign").count() == 0


def bytes_of(text: str) -> bytes:
    return base64.b64decode(text)


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("mode", ["light", "dark", "narrow"])
def test_a_machine_finds_nothing_wrong_with_reading_and_signing(
    mode: str, workspace: Workspace, browser: Browser, server: str
) -> None:
    desk = Desk.at(browser, server, mode=mode)
    watch = Watch(desk.page)
    watch.look("keys")
    desk.fill_in()
    watch.look("form")
    desk.ask()
    desk.read()
    watch.look("read")
    desk.authenticator.verify_nobody()
    desk.sign()
    desk.page.get_by_text("Nothing was signed").wait_for()
    watch.look("refused")
    for address in ("/keys/passkeys/new", "/keys/ssh/new", "/keys/one-time-codes/new"):
        desk.page.goto(address)
        watch.look(address)
    assert watch.wrong == []
