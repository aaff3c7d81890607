"""Keys on the web: SSH keys, revoking, one-time codes and deciding with them, and what policies learn of it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from consilience.domains.access.rules import Role
from consilience.domains.gate import facts
from consilience.domains.keys import actions, onetime, onetime_actions
from consilience.domains.keys.models import Key, OneTime
from consilience.domains.ledger import log, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor, AuthenticatedBy
from consilience.domains.ledger.signing import sshsig
from consilience.domains.release.models import Release
from consilience.domains.review import actions as review
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import Instant, now, shift
from consilience.kit.errors import Refused
from consilience.surfaces import sheets
from consilience.surfaces.web.passkey_site import site_of
from tests.harness.builders import (
    PASSWORD,
    Someone,
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_administrator,
    facet_digest,
    later,
    read_release,
)
from tests.harness.signers import Passkey, SshKey
from tests.harness.workspaces import Workspace

SIGN = "/releases/lending/credit-risk@1/operation/sign/ethics"
SECRET = b"12345678901234567890"


@pytest.fixture
def edda(workspace: Workspace, client: Client) -> Someone:
    """An ethicist who has just logged in with her password, and a release that waits for her."""
    edda = a_person("Edda Roth", functions=["ethics"])
    a_release(version=a_version(model=a_model("credit-risk", systems=[a_system("lending")])))
    client.post("/accounts/login/", {"login": edda.email, "password": PASSWORD})
    return edda


def recorded() -> rules.Entry:
    return rules.read(bytes(ledger.entry(SignOff.objects.get().position).exact))


# SSH keys


def add_ssh(client: Client, key: SshKey, signed: bytes | None = None) -> tuple[int, str]:
    first = {"label": "laptop", "public": key.public.line}
    page = client.post(reverse("key_ssh_new"), first)
    assert page.status_code == 200
    asked = re.search(r"printf &#x27;%s&#x27; &#x27;(.*?)&#x27; \|", page.content.decode())
    assert asked is not None
    said = asked.group(1).replace("&quot;", '"').encode() if signed is None else signed
    proof = sshsig.armoured(key.sign_bytes(said, "key@consilience"))
    answer = client.post(reverse("key_ssh_new"), first | {"possession": proof}, follow=True)
    return answer.status_code, answer.content.decode()


def test_an_ssh_key_is_added_by_signing_that_it_is_bound(edda: Someone, client: Client, tmp_path: Path) -> None:
    status, page = add_ssh(client, SshKey.make(tmp_path))
    assert status == 200
    assert "The key is bound to you" in page
    row = Key.objects.get()
    assert (row.holder, row.kind) == (edda.urn, "ssh")
    assert row.fingerprint in page


def test_an_ssh_key_that_signed_something_else_is_not_bound(edda: Someone, client: Client, tmp_path: Path) -> None:
    status, _page = add_ssh(client, SshKey.make(tmp_path), signed=b"something else")
    assert status == 422
    assert not Key.objects.exists()


@pytest.mark.parametrize("line", ["hello", "ssh-ed25519 AAAA", "ssh-dss AAAAB3NzaC1kc3M= x"])
def test_what_is_no_ssh_key_is_said(edda: Someone, client: Client, line: str) -> None:
    answer = client.post(reverse("key_ssh_new"), {"label": "x", "public": line})
    assert answer.status_code == 422
    assert "ssh-keygen" not in answer.content.decode()


@pytest.mark.parametrize("name", ["key_ssh_new", "onetime_new", "onetime_end"])
def test_a_session_that_is_older_gives_its_password_again(workspace: Workspace, client: Client, name: str) -> None:
    client.force_login(a_person("Ana").account)
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_a_passkey_takes_the_password_of_the_last_ten_minutes(workspace: Workspace, client: Client) -> None:
    client.force_login(a_person("Ana").account)
    answer = client.get(reverse("key_passkey_new"), headers={"host": "localhost:8600"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_a_passkey_without_a_challenge_of_this_session_is_refused(edda: Someone, client: Client) -> None:
    answer = client.post(reverse("key_passkey_new"), {"label": "x", "answer": "{}"}, headers={"host": "localhost:8600"})
    assert answer.status_code == 422
    assert "too late, or twice" in answer.content.decode()


def test_a_challenge_is_used_once(edda: Someone, client: Client) -> None:
    address, host = reverse("key_passkey_new"), {"host": "localhost:8600"}
    client.get(address, headers=host)
    first = client.session["passkey_challenge"]["value"]
    client.post(address, {"label": "x", "answer": "{}"}, headers=host)
    assert client.session["passkey_challenge"]["value"] != first


@pytest.mark.parametrize(
    ("public", "asked", "site"),
    [
        ("https://gate.example.org", "gate.example.org", ("gate.example.org", "https://gate.example.org")),
        (
            "https://gate.example.org:8443",
            "gate.example.org:8443",
            ("gate.example.org", "https://gate.example.org:8443"),
        ),
        ("https://gate.example.org", "localhost", None),
        ("https://gate.example.org", "other.example.org", None),
        ("http://gate.example.org", "gate.example.org", None),
        ("https://192.0.2.7", "192.0.2.7", None),
        ("http://127.0.0.1:8600", "127.0.0.1:8600", None),
        ("http://127.0.0.1:8600", "localhost:8600", ("localhost", "http://localhost:8600")),
    ],
)
def test_passkeys_belong_to_the_name_that_the_workspace_was_set_up_with(
    public: str, asked: str, site: tuple[str, str] | None
) -> None:
    with override_settings(PUBLIC_URL=public, ALLOWED_HOSTS=["*"]):
        found = site_of(RequestFactory().get("/keys", headers={"host": asked}))
    assert (found and (found.rp_id, found.origins[0])) == site


# Ending a key


def test_its_holder_ends_a_key_and_says_why(edda: Someone, client: Client) -> None:
    row = actions.bind(actor=edda.actor, holder=edda.urn, key=Passkey().new_key(), label="Laptop", now=later())
    address = reverse("key_revoke", args=[row.urn])
    assert "cannot be undone" in client.get(address).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 422
    page = client.post(address, {"reason": "Lost on a train."}, follow=True).content.decode()
    assert "The key is revoked" in page
    assert "Revoked" in page
    assert client.get(address).status_code == 404


def test_whoever_manages_people_sees_and_ends_keys_of_others_and_nobody_else_does(
    edda: Someone, client: Client
) -> None:
    row = actions.bind(actor=edda.actor, holder=edda.urn, key=Passkey().new_key(), label="Laptop", now=later())
    address, person = reverse("key_revoke", args=[row.urn]), reverse("person", args=[edda.urn])
    client.force_login(a_person("Bob", functions=["legal"]).account)
    assert client.get(address).status_code == 404
    assert "Laptop" not in client.get(person).content.decode()
    client.force_login(an_administrator().account)
    assert address in client.get(person).content.decode()
    assert client.post(address, {"reason": "Left."}).status_code == 302
    assert Key.objects.get(urn=row.urn, version=2).withdrawn


# One-time codes


def enrol(client: Client) -> list[str]:
    """Set up one-time codes; the recovery codes."""
    client.get(reverse("onetime_new"))
    secret = base64.b64decode(client.session["onetime_secret"])
    code = onetime.code(secret, onetime.step(now()))
    page = client.post(reverse("onetime_new"), {"code": code}).content.decode()
    return re.findall(r"\b[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}\b", page)


def next_code(someone: Someone) -> str:
    """A code that was not used yet."""
    from django.conf import settings

    row = OneTime.objects.get(person=someone.urn)
    return onetime.code(onetime.opened(row.secret, settings.SECRET_KEY), row.used_step + 1)


def decide(client: Client, **said: str) -> tuple[int, str]:
    page = client.get(SIGN).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    answer = client.post(SIGN, hidden | {"verdict": "approve", "reasons": "Sound."} | said)
    return answer.status_code, answer.content.decode()


def test_somebody_sets_up_one_time_codes_and_decides_with_them(edda: Someone, client: Client) -> None:
    assert len(enrol(client)) == onetime.RECOVERY_CODES
    status, _page = decide(client, way="totp", password=PASSWORD, code=next_code(edda))
    assert status == 302
    entry = recorded()
    assert entry.authenticated_by == "totp"
    assert entry.envelope is None
    page = client.get("/releases/lending/credit-risk@1/operation").content.decode()
    assert "Weaker: not signed, known by password and one-time code" in page


def test_a_code_works_once_also_within_its_half_minute(edda: Someone, client: Client) -> None:
    enrol(client)
    code = next_code(edda)
    assert decide(client, way="totp", password=PASSWORD, code=code)[0] == 302
    status, page = decide(client, way="totp", password=PASSWORD, code=code, verdict="object")
    assert status == 422
    assert "Password or code is wrong, or the code was used already" in page
    assert SignOff.objects.count() == 1


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"code": "000000"}, {"code": ""}])
def test_a_wrong_password_or_code_records_nothing(edda: Someone, client: Client, wrong: dict[str, str]) -> None:
    enrol(client)
    size = log.size()
    assert decide(client, way="totp", **{"password": PASSWORD, "code": next_code(edda)} | wrong)[0] == 422
    assert log.size() == size


def test_a_recovery_code_takes_the_place_of_a_code_once(edda: Someone, client: Client) -> None:
    codes = enrol(client)
    assert decide(client, way="totp", password=PASSWORD, code=codes[0])[0] == 302
    assert decide(client, way="totp", password=PASSWORD, code=codes[0], verdict="object")[0] == 422
    assert "7 recovery codes are left" in client.get(reverse("keys")).content.decode()


def test_too_many_wrong_codes_lock_also_the_right_one_for_a_while(workspace: Workspace) -> None:
    ana, at = a_person("Ana"), later()
    onetime_actions.set_up(
        actor=ana.actor, secret=SECRET, code=onetime.code(SECRET, onetime.step(at)), now=at
    )  # fmt: skip
    for _nth in range(onetime.MOST_FAILURES):
        with pytest.raises(Refused, match="onetime_wrong"):
            onetime_actions.again(actor=ana.actor, password=PASSWORD, code="000000", now=at)
    right = onetime.code(SECRET, onetime.step(at) + 1)
    with pytest.raises(Refused, match="onetime_locked"):
        onetime_actions.again(actor=ana.actor, password=PASSWORD, code=right, now=at)
    after = shift(at, minutes=onetime.LOCKED_MINUTES)
    known = onetime_actions.again(
        actor=ana.actor, password=PASSWORD, code=onetime.code(SECRET, onetime.step(after)), now=Instant(after)
    )
    assert known.authenticated_by is AuthenticatedBy.TOTP


def test_a_wrong_code_sets_nothing_up(edda: Someone, client: Client) -> None:
    client.get(reverse("onetime_new"))
    assert client.post(reverse("onetime_new"), {"code": "000000"}).status_code == 422
    assert not OneTime.objects.exists()


def test_taking_the_codes_away_leaves_nothing(edda: Someone, client: Client) -> None:
    enrol(client)
    assert client.post(reverse("onetime_end")).status_code == 302
    assert not OneTime.objects.exists()
    assert decide(client, way="totp", password=PASSWORD, code="123456")[0] == 422


def test_asking_what_a_key_would_sign_never_records_by_another_way(edda: Someone, client: Client) -> None:
    page = client.get(SIGN).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    said = hidden | {"verdict": "approve", "reasons": "Sound.", "way": "session"}
    assert client.post(SIGN, said, headers={"Consilience-Sign-With": "a key"}).status_code == 422
    assert not SignOff.objects.exists()


# What is said of a decision


def test_policies_learn_how_a_decision_was_signed(edda: Someone) -> None:
    found = a_release()
    a_sign_off(by=edda, release=found, function="ethics")
    said = facts.facts(read_release(found))["signoffs"][0]
    assert (said["authenticated_by"], said["user_verified"], said["device_bound"]) == ("password", False, False)


@pytest.mark.parametrize(
    ("flags", "bound", "grade"),
    [(0x05, True, "Signed with a passkey of one device"), (0x0D, False, "Signed with a synced passkey")],
)
def test_whether_a_passkey_is_synced_is_asked_of_the_signature_itself(
    edda: Someone, client: Client, flags: int, bound: bool, grade: str
) -> None:
    """The key was registered as one of one device either way."""
    key = Passkey(flags=flags)
    row = actions.bind(actor=edda.actor, holder=edda.urn, key=key.new_key(), label="x", now=later())
    release = Release.objects.get()
    said: dict[str, Any] = {
        "release": release.urn, "function": "ethics", "verdict": Verdict.APPROVE, "reason": "Sound.",
        "seen": facet_digest(release, "ethics"),
    }  # fmt: skip
    at = later()

    def run(actor: Actor) -> SignOff:
        return review.sign_off(actor=actor, now=at, **said)

    waiting = actions.prepare(actor=edda.actor, key=row.urn, run=run, show=sheets.written, now=at)
    signature = key.sign(bytes(waiting.statement))
    actions.complete(actor=edda.actor, nonce=waiting.nonce, signature=signature, run=run, now=later())
    found = facts.facts(read_release(release))["signoffs"][0]
    assert (found["authenticated_by"], found["user_verified"], found["device_bound"]) == ("passkey", True, bound)
    assert grade in client.get("/releases/lending/credit-risk@1/operation").content.decode()
    client.force_login(a_person("Maren Voss", roles=[Role.AUDITOR]).account)
    page = client.get(f"/ledger/{SignOff.objects.get().position}").content.decode()
    assert ("a passkey of one device" in page) == bound
    assert "&quot;verdict&quot;: &quot;approve&quot;" in page
    answered = client.get("/api/v1/releases/lending/credit-risk@1/operation").json()["sign_offs"][0]
    assert (answered["authenticated_by"], answered["device_bound"]) == ("passkey", bound)


def test_the_record_and_the_page_say_that_a_log_in_alone_is_weakest(edda: Someone, client: Client) -> None:
    assert decide(client)[0] == 302
    assert recorded().authenticated_by == "password"
    page = client.get("/releases/lending/credit-risk@1/operation").content.decode()
    assert "Weakest: not signed, known by the log-in" in page
    assert "Weakest: not signed" in client.get(SIGN).content.decode()
