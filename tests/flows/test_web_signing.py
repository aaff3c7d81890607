"""Every page that records one act can be signed: with a passkey as its script does it, or by password and one-time code."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve, reverse

from consilience.domains.access import actions as access
from consilience.domains.access.rules import Role
from consilience.domains.audit.export import Wanted, export
from consilience.domains.content import queries as content
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.content.models import Hold
from consilience.domains.keys import actions as keys
from consilience.domains.keys import onetime, onetime_actions
from consilience.domains.keys.models import Preparation
from consilience.domains.ledger import log, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.verify import verify
from consilience.domains.people import actions as people
from consilience.domains.policy import actions as policies
from consilience.domains.policy import document
from consilience.domains.policy.obligations import queries as packs
from consilience.domains.review import actions as review
from consilience.domains.review.models import Answer
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import now, shift
from consilience.surfaces.web import urls
from consilience.surfaces.web.signing import Signs
from tests.harness.archives import good
from tests.harness.builders import (
    PASSWORD,
    Someone,
    a_condition,
    a_dataset_version,
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    later,
    operator,
)
from tests.harness.layered import a_policy
from tests.harness.signers import Passkey
from tests.harness.workspaces import Workspace

HOST = {"host": "localhost:8000"}
SECRET = b"12345678901234567890"
RELEASE = "/releases/lending/credit-risk@1/operation"
NOT_SIGNED = {
    "release_ask": "the gate answers; nobody agrees to anything",
    "starter_propose": "one button of a list; the page that proposes a policy signs",
    "starter_propose_all": "several acts",
    "version_compute": "several acts: files, then figures",
    "token_new": "a token's secret is drawn anew each time",
    "robot_token_new": "a token's secret is drawn anew each time",
    "key_passkey_new": "the new key itself proves that it is held",
    "key_ssh_new": "the new key itself proves that it is held",
}
"""Pages that record something and are not signed, and why."""


@pytest.fixture
def ana(workspace: Workspace) -> Someone:
    """Somebody who may do everything, for ethics and for legal."""
    roles = [Role.ADMINISTRATOR, Role.REVIEWER, Role.ENGINEER]
    return a_person("Ana Aalto", functions=["ethics", "legal"], roles=roles)


@pytest.fixture
def passkey(ana: Someone, client: Client) -> Passkey:
    client.force_login(ana.account)
    return Passkey()


def bound(ana: Someone, passkey: Passkey) -> str:
    return keys.bind(actor=ana.actor, holder=ana.urn, key=passkey.new_key(), label="Laptop", now=later()).urn


def said_by(client: Client, address: str) -> dict[str, Any]:
    """What the form of a page says by itself."""
    page = client.get(address, headers=HOST)
    assert page.status_code == 200, address
    assert b'name="signature"' in page.content, f"{address} does not ask how it is signed"
    form = page.context["form"]
    return {name: value for name in form.fields if (value := form[name].value()) not in (None, False, "", [])}


def signed(client: Client, address: str, key: str, passkey: Passkey, said: dict[str, Any]) -> rules.Entry:
    """Do what the page's script does; the entry."""
    size = log.size()
    whole = said_by(client, address) | said | {"way": key}
    files = [one for one in whole.values() if isinstance(one, SimpleUploadedFile)]
    prepared = client.post(address, whole, headers=HOST | {"Consilience-Sign-With": key})
    assert prepared.status_code == 202, (address, prepared.context["form"].errors.as_text())
    assert log.size() == size
    given = prepared.json()
    assert_the_script_agrees(address, given, whole)
    made = passkey.sign(base64.b64decode(given["statement"]))
    assert made.assertion is not None
    answer = {
        "nonce": given["nonce"], "sig": base64.b64encode(made.sig).decode(),
        "webauthn": {
            "authenticator_data": base64.b64encode(made.assertion.authenticator_data).decode(),
            "client_data": base64.b64encode(made.assertion.client_data).decode(),
        },
    }  # fmt: skip
    for one in files:
        one.seek(0)
    signature = base64.urlsafe_b64encode(json.dumps(answer).encode()).decode().rstrip("=")
    done = client.post(address, whole | {"signature": signature}, headers=HOST)
    assert done.status_code in (200, 302), (address, done.context["form"].errors.as_text())
    assert log.size() == size + 1, address
    return newest()


def assert_the_script_agrees(address: str, given: dict[str, str], said: dict[str, Any]) -> None:
    """What signing.js asks of what it is to sign, so that no page signs in vain."""
    found = resolve(address.partition("?")[0])
    signs: Signs = found.func.signs  # type: ignore[attr-defined]
    statement = base64.b64decode(given["statement"]).decode()
    assert json.loads(statement)["predicate"]["verb"] in signs.verbs, address
    assert hashlib.sha256(given["shown"].encode()).hexdigest() in statement
    for urn in (one for one in found.kwargs.values() if str(one).startswith("urn:")):
        assert urn in given["shown"] + statement, address
    for line in (line for name in signs.texts for line in str(said.get(name, "")).splitlines()):
        assert line.strip() in given["shown"], address


def newest() -> rules.Entry:
    return rules.read(bytes(ledger.entry(log.size() - 1).exact))


def an_objection() -> str:
    """The page on which an objection of somebody else is answered."""
    release = a_release()
    by = a_person(functions=["ethics"])
    return reverse(
        "objection", args=[a_sign_off(by=by, release=release, function="ethics", verdict=Verdict.OBJECT).urn]
    )


class Waiting:
    """One of everything that Ana can still do something about."""

    def __init__(self, ana: Someone) -> None:
        self.eve, self.bob = a_person("Eve"), a_person("Bob", functions=["ethics", "legal"])
        self.ola, self.gone = a_person("Ola Gone"), a_person("Gus Gone")
        lending = a_system("lending", owner=self.eve)
        self.data = a_dataset_version("panel", systems=[lending])
        version = a_version(self.eve, model=a_model("credit-risk", systems=[lending]))
        a_version(self.eve, model=a_model("spare", systems=[lending]))
        release = a_release(version, system=lending)
        held = [a_condition(ana), a_condition(self.eve)]
        self.imposed = a_sign_off(by=self.bob, release=release, function="legal", verdict=Verdict.APPROVE_WITH_CONDITIONS,
                                  conditions=held)  # fmt: skip
        review.offer_proof(actor=self.eve.actor, condition=f"{self.imposed.urn}#1", proof="It is watched.", now=later())
        self.objection = a_sign_off(by=self.bob, release=release, function="ethics", verdict=Verdict.OBJECT)
        self.block = a_sign_off(by=ana, release=release, function="ethics", verdict=Verdict.BLOCK)
        self.texts = document.starter_texts()
        self.proposal = policies.propose(actor=self.bob.actor, text=self.texts["legal.yaml"], now=later())
        self.mine = policies.propose(actor=ana.actor, text=self.texts["engineering.yaml"], now=later())
        self.hold = erasing.place_hold(actor=operator(), about=self.eve.urn, reason="a dispute", now=later())
        self.grant = access.grant(actor=operator(), principal=self.bob.urn, role=Role.READER, system=None, until=None,
                                  now=later())  # fmt: skip
        self.token = access.make_token(actor=self.eve.actor, principal=self.eve.urn, label="ci", scopes=["read"], systems=None,
                                       days=9, now=later())[1]  # fmt: skip
        self.old_key = keys.bind(actor=ana.actor, holder=ana.urn, key=Passkey().new_key(), label="Old", now=later())
        people.deactivate(actor=operator(), urn=self.gone.urn, now=later())
        rule = a_policy("power", "Power", "0.7", "0.69", extra="    waiver: {by: [legal], days: 30}\n")
        power = policies.propose(actor=a_person(functions=["engineering"]).actor, text=rule, now=later())
        policies.publish(actor=self.bob.actor, proposal=power.urn, in_force_from=None, now=later())
        self.waiver = review.waive(actor=ana.actor, release=release.urn, requirement="power/enough-power",
                                   until=shift(now(), days=20), reason="Too few rows.", control="A person reads each.",
                                   now=now())  # fmt: skip
        self.lent = review.delegate(actor=ana.actor, function="legal", to=self.ola.urn, system=None, start=None,
                                    until=shift(now(), days=5), reason="Away.", now=now())  # fmt: skip

    def calls(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Address and what is said there, in an order in which each can be done."""
        condition = f"/conditions/{self.imposed.urn}"
        person = f"/people/{self.bob.urn}"
        system = {"name": "Cards", "slug": "cards", "purpose": "credit-scoring", "description": "Limits.", "tier": "high",
                  "jurisdictions": "DE", "audience": "holders", "affected_groups": "the young", "owner": self.eve.urn}  # fmt: skip
        terms = {
            "provenance": "Core banking",
            "lawful_basis": "contract",
            "jurisdictions": "DE",
            "purposes": "credit-scoring",
        }
        rows = SimpleUploadedFile("panel.csv", b"limit,late\n1000,0\n2000,1\n")
        yield (
            f"{RELEASE}/sign/legal",
            {
                "verdict": "approve",
                "reasons": "Sound.\nAnd fair.",
                "conditions-TOTAL_FORMS": "0",
                "conditions-INITIAL_FORMS": "0",
            },
        )
        yield f"{condition}/0", {"proof": "It is done.\nSee the log."}
        yield f"{condition}/1", {}
        yield (
            f"/objections/{self.objection.urn}/answers".replace("answers", "answer"),
            {"text": "Because the data say so."},
        )
        yield f"/blocks/{self.block.urn}/end", {"reasons": "Mended."}
        yield f"/waivers/{self.waiver.urn}/withdraw", {"reasons": "Measured since."}
        in_ten_days = str(shift(now(), days=10))[:10]
        yield (
            f"{RELEASE}/waive/power/enough-power",
            {"until": in_ten_days, "reasons": "Too few rows.\nMore come.", "control": "A person reads each."},
        )
        yield f"/delegations/{self.lent.urn}/end", {"reasons": "Back."}
        lend = {"function": "ethics", "to": self.eve.urn, "system": "", "until": in_ten_days, "reasons": "On leave."}
        yield "/delegations/new", lend
        yield f"/policies/proposals/{self.proposal.urn}/publish", {}
        yield f"/policies/proposals/{self.mine.urn}/comment", {"text": "Look at the second one."}
        yield f"/policies/proposals/{self.mine.urn}/take-back", {"reason": "Too early."}
        yield "/policies/new", {"text": self.texts["product.yaml"]}
        yield (
            "/policies/legal/review".replace("legal", self.proposal.slug),
            {"next_look": "2027-11-24", "note": "Still right."},
        )
        yield (
            "/requirement-templates/signed-with-a-key",
            {"do": "propose", "add_to": "", "title": "Signed", "slug": "signed", "owner": "ethics"},
        )
        yield "/obligations/packs/gdpr/impact", {}
        yield "/obligations/packs/gdpr/terms", {"when_open": "warn"}
        yield "/obligations/packs/gdpr/drop", {"reason": "Another one is used."}
        yield "/obligations/new", {"text": packs.shipped("gdpr").replace("slug: gdpr", "slug: house")}
        yield "/systems/new", system
        yield "/systems/lending/correct", {"since": "now", "description": "Decides more."}
        yield "/models/new", {"slug": "other", "name": "Other", "systems": ["lending"]}
        yield "/models/other/correct", {"since": "now", "name": "Another"}
        yield (
            "/models/other/versions/new",
            {"artefact": SimpleUploadedFile("model.bin", b"weights"), "code_revision": "4f0c2d1"},
        )
        yield "/datasets/new", {"slug": "more", "name": "More", "systems": ["lending"]}
        yield "/datasets/more/correct", {"since": "now", "name": "Much more"}
        yield "/datasets/more/versions/new", terms | {"file": rows}
        yield "/datasets/more@1/terms", {"since": "now", "provenance": "A bank"}
        yield "/datasets/more@1/withdraw", {"reason": "Wrong file."}
        yield (
            "/versions/credit-risk@1/attach?kind=rollback_plan",
            {"field_title": "Back", "field_document": "Switch.", "file": SimpleUploadedFile("plan.txt", b"Switch.")},
        )
        yield "/systems/lending/attach?kind=rollback_plan", {"field_title": "Back", "field_document": "Switch."}
        yield "/datasets/panel@1/attach?kind=rollback_plan", {"field_title": "Back", "field_document": "Switch."}
        yield "/versions/other@1/propose", {"system": "lending", "stage": "validation", "note": "Please look."}
        yield "/releases/lending/other@1/validation/withdraw", {"reason": "Later."}
        yield "/versions/spare@1/withdraw", {"reason": "Trained on wrong data."}
        yield "/erasure/holds/new", {"about": self.bob.urn, "reason": "An audit."}
        yield f"/erasure/holds/{self.hold.urn}/lift", {"reason": "It is settled."}
        yield (
            f"/erasure/new?person={self.gone.urn}&written=on",
            {"basis": "consent_withdrawn", "reason": "Asked by letter.", "sure": "on"},
        )
        yield "/people/invite", {"name": "Nia New", "e_mail": "nia@example.org", "role": "reader", "functions": []}
        yield "/people/robots/new", {"slug": "nightly", "purpose": "Looks", "owner": self.eve.urn, "role": "pipeline"}
        yield f"{person}/grant", {"role": "auditor"}
        yield f"{person}/hold", {"function": "product"}
        yield f"{person}/functions/product/end", {}
        yield f"/people/grants/{self.grant.urn}/end", {}
        yield f"/people/tokens/{self.token.urn}/withdraw", {}
        yield f"/people/{self.ola.urn}/state", {}
        yield f"/keys/{self.old_key.urn}/revoke", {"reason": "Lost."}


def test_every_page_that_records_one_act_is_signed_on_it(
    ana: Someone, passkey: Passkey, client: Client, tmp_path: Path
) -> None:
    waiting, tried, verbs = Waiting(ana), set(), set()
    key = bound(ana, passkey)
    for address, said in waiting.calls():
        entry = signed(client, address, key, passkey, said)
        assert (entry.authenticated_by, entry.predicate["key"]) == ("passkey", key), address
        tried.add(resolve(address.partition("?")[0]).url_name)
        verbs.add(entry.verb)
    signable = {str(one.name): one.callback.signs for one in urls.urlpatterns if getattr(one.callback, "signs", None)}
    assert tried == signable.keys() - {"pack_proposal", "policy_comment", "witness_policy"}
    declared = {verb for name in tried for verb in signable[name].verbs}
    assert declared - verbs == {"people.reactivated"}
    assert Hold.objects.count() == 3
    sheet = content.read(next(one for one in _erasures()).predicate["shown"]).decode()
    assert "Gus" not in sheet, "what the eraser was shown stays, and names nobody"
    report = verify()
    assert report.good, report.findings
    export(Wanted(None), tmp_path / "signed.zip")
    good(tmp_path / "signed.zip")


def _erasures() -> Iterator[rules.Entry]:
    for row in ledger.entries().filter(verb="content.erased"):
        yield rules.read(bytes(row.exact))


def test_pages_that_record_and_are_not_signed_are_known() -> None:
    names = {str(one.name) for one in urls.urlpatterns}
    unsigned = {name for name in NOT_SIGNED if name in names}
    assert unsigned == NOT_SIGNED.keys()
    assert not {str(one.name) for one in urls.urlpatterns if getattr(one.callback, "signs", None)} & unsigned
    asks = {"way", "signature", "password", "code"}
    forms = "\n".join(path.read_text() for path in Path("consilience/surfaces/web").glob("*_forms.py"))
    assert not {name for name in asks if re.search(rf"^    {name} = ", forms, re.MULTILINE)}


def test_somebody_without_a_key_sees_a_plain_form_and_is_known_by_the_log_in(ana: Someone, client: Client) -> None:
    client.force_login(ana.account)
    address = an_objection()
    page = client.get(address, headers=HOST).content.decode()
    assert "How you sign" not in page
    assert "signing.js" not in page
    assert client.post(address, {"text": "Because."}).status_code == 302
    assert newest().authenticated_by == "password"


def test_password_and_code_count_on_every_page_and_a_wrong_form_uses_up_none(ana: Someone, client: Client) -> None:
    address, at = an_objection(), later()
    onetime_actions.set_up(actor=ana.actor, secret=SECRET, code=onetime.code(SECRET, onetime.step(at)), now=at)
    client.force_login(ana.account)
    assert "one-time code" in client.get(address).content.decode()
    by = {"way": "totp", "password": PASSWORD, "code": onetime.code(SECRET, onetime.step(now()) + 1)}
    size = log.size()
    assert client.post(address, by | {"text": ""}).status_code == 422
    wrong = client.post(address, by | {"text": "Because.", "password": "wrong"})
    assert (wrong.status_code, b"Password or code is wrong" in wrong.content) == (422, True)
    nothing = client.post(address, {"way": "totp", "text": "Because."})
    assert (nothing.status_code, b"This way of signing needs it" in nothing.content) == (422, True)
    assert (log.size(), Answer.objects.count()) == (size, 0)
    assert client.post(address, by | {"text": "Because."}).status_code == 302
    assert (newest().authenticated_by, newest().verb) == ("totp", "review.objection_answered")


def test_what_does_not_fit_is_said_on_the_form_and_records_nothing(
    ana: Someone, passkey: Passkey, client: Client
) -> None:
    address, key = an_objection(), bound(ana, passkey)
    said = {"text": "Because.", "way": key}
    ask = HOST | {"Consilience-Sign-With": key}
    size = log.size()
    cases = [
        (said, HOST, "takes a browser that runs scripts"),
        (said | {"signature": "e30"}, HOST, "expected base64url of JSON"),
        (said | {"way": "urn:of:another"}, HOST, "That key no longer signs here"),
        (said | {"way": "session"}, ask, "the form says another one than asks what to sign"),
        (said | {"text": ""}, ask, "This field is required"),
    ]
    for given, headers, words in cases:
        answer = client.post(address, given, headers=headers)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), words
    assert (log.size(), Preparation.objects.count()) == (size, 0)
    given = client.post(address, said, headers=ask).json()
    made = Passkey().sign(base64.b64decode(given["statement"]))  # another key
    assert made.assertion is not None
    forged = {"nonce": given["nonce"], "sig": base64.b64encode(made.sig).decode(), "webauthn": {
        "authenticator_data": base64.b64encode(made.assertion.authenticator_data).decode(),
        "client_data": base64.b64encode(made.assertion.client_data).decode(),
    }}  # fmt: skip
    signature = base64.urlsafe_b64encode(json.dumps(forged).encode()).decode()
    answer = client.post(address, said | {"signature": signature}, headers=HOST)
    assert (answer.status_code, b"does not match what it should have signed" in answer.content) == (422, True)
    assert log.size() == size


def test_a_key_of_somebody_else_is_not_offered(ana: Someone, passkey: Passkey, client: Client) -> None:
    address = an_objection()
    key = bound(ana, passkey)
    client.force_login(a_person("Bea", functions=["ethics"]).account)
    answer = client.post(address, {"text": "Because.", "way": key}, headers=HOST | {"Consilience-Sign-With": key})
    assert answer.status_code == 422
    assert not Preparation.objects.exists()
