"""Signing over the API: what may be signed, that all of it can be, robots' keys, and what the signer is shown."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from consilience.client import Client
from consilience.client import signed as client_signed
from consilience.client import signers as client_signing
from consilience.client.signed import ToSign
from consilience.client.signers import RobotKey as ClientRobotKey
from consilience.client.signers import SshKey as ClientSshKey
from consilience.client.signers import binding
from consilience.domains.access.rules import Role
from consilience.domains.keys import actions, proving
from consilience.domains.ledger import log, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import AuthenticatedBy
from consilience.domains.ledger.signing import dsse
from consilience.domains.ledger.verify import verify
from consilience.domains.people import queries as people
from consilience.domains.policy import actions as policy
from consilience.domains.policy import document
from consilience.domains.review import actions as review
from consilience.domains.review.rules import Verdict
from consilience.kit.clock import now
from consilience.kit.errors import BadInput, NotEntitled, Refused, WrongUse
from consilience.surfaces.api.signing import SIGN_WITH, SIGNATURE
from tests.harness.api import a_robot, as_, sdk
from tests.harness.builders import (
    Someone,
    a_condition,
    a_model,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    facet_digest,
    later,
    operator,
    some_evidence,
)
from tests.harness.layered import a_policy
from tests.harness.signers import SshKey


@pytest.fixture
def ana(workspace: object) -> Someone:
    return a_person("Ana Aalto", functions=["ethics", "legal"])


@pytest.fixture
def key(ana: Someone, tmp_path: Path) -> ClientSshKey:
    return bound(ana, SshKey.make(tmp_path))


def bound(who: Someone, key: SshKey) -> ClientSshKey:
    actions.bind(actor=who.actor, holder=who.urn, key=key.new_key(), label="laptop", now=now())
    return ClientSshKey(key.path)


def newest() -> rules.Entry:
    return rules.read(bytes(ledger.entry(log.size() - 1).exact))


def agree(_: ToSign) -> None:
    pass


def test_a_sign_off_is_signed_over_the_api_after_it_was_read(ana: Someone, key: ClientSshKey) -> None:
    release, read = a_release(), list[ToSign]()
    with sdk(ana) as client:
        system, version = next(client.listed("/releases"))["reference"].split("/")
        made = client.sign_off(
            system, version, "operation", function="ethics", verdict="approve", reason="Sound.\nAnd fair.",
            seen=facet_digest(release, "ethics"), signer=key, agree=read.append,
        )  # fmt: skip
        assert made["verdict"] == "approve"
        assert client.shown(log.size() - 1) == read[0].shown
    entry = newest()
    assert entry.authenticated_by == AuthenticatedBy.SSH
    assert entry.predicate["shown"] == hashlib.sha256(read[0].shown.encode()).hexdigest()
    for said in ("Ana Aalto", "Sound.", "And fair.", "Approve".lower(), facet_digest(release, "ethics")):
        assert said in read[0].shown, read[0].shown
    assert verify().good


def test_whoever_does_not_agree_signs_nothing(ana: Someone, key: ClientSshKey) -> None:
    release = a_release()
    at = f"/releases/{_path(ana)}/sign-offs"
    body = {"function": "ethics", "verdict": "approve", "reason": "x", "seen": facet_digest(release, "ethics")}

    def refuse(_: ToSign) -> None:
        raise BadInput("text", "is not what I meant")

    with sdk(ana) as client:
        size = log.size()
        with pytest.raises(BadInput):
            client.signed(at, body, signer=key, agree=refuse)
        assert log.size() == size


def test_every_operation_that_may_be_signed_can_be(ana: Someone, key: ClientSshKey, tmp_path: Path) -> None:
    """The same request twice gives the same statement: nothing in these acts hangs on the moment of the request."""
    author = a_person("Eve")
    lending = a_system("lending", owner=ana)
    version = a_version(author, model=a_model("credit-risk", systems=[lending]))
    release = a_release(version, system=lending)
    bob = a_person("Bob", functions=["ethics", "legal"])
    given = a_sign_off(
        by=bob, release=release, function="legal", verdict=Verdict.APPROVE_WITH_CONDITIONS,
        conditions=[a_condition(author)],
    )  # fmt: skip
    objection = a_sign_off(by=bob, release=release, function="ethics", verdict=Verdict.OBJECT)
    block = a_sign_off(by=ana, release=release, function="ethics", verdict=Verdict.BLOCK)
    proposal = policy.propose(actor=bob.actor, text=document.starter_texts()["legal.yaml"], now=later())
    evidence = some_evidence(version, "red_team_report", by=ana)
    ella, deputy, other = a_person("Ella", functions=["engineering"]), a_person("Dora"), a_person("Otto")
    rule = a_policy("power", "Power", "0.7", "0.69", extra="    waiver: {by: [legal], days: 30}\n")
    power = policy.propose(actor=ella.actor, text=rule, now=later())
    policy.publish(actor=bob.actor, proposal=power.urn, in_force_from=None, now=later())
    waived = {"until": later(days=20), "reason": "Too few rows.", "control": "A person reads each."}
    waiver = review.waive(actor=ana.actor, release=release.urn, requirement="power/enough-power", now=later(), **waived)
    lent: dict[str, Any] = {"function": "legal", "until": later(days=5), "reason": "Away."}
    delegation = review.delegate(actor=ana.actor, to=other.urn, system=None, start=None, now=later(), **lent)
    subject = {"noun": "model-version", "reference": "credit-risk@1"}
    plan = {
        "subject": subject,
        "kind": "rollback_plan",
        "method": "document",
        "fields": {"title": "a", "document": "b"},
    }
    at = "/releases/lending/credit-risk@1/operation"
    condition = f"/sign-offs/{given.urn}/conditions/0"
    sign = {"function": "legal", "verdict": "approve", "reason": "Good.", "seen": facet_digest(release, "legal")}
    calls = {
        "/releases/{system}/{version}/{stage}/sign-offs": (ana, f"{at}/sign-offs", sign),
        "/sign-offs/{urn}/conditions/{index}/proof": (author, f"{condition}/proof", {"proof": "Done."}),
        "/sign-offs/{urn}/conditions/{index}/accept": (ana, f"{condition}/accept", {}),
        "/objections/{urn}/answers": (ana, f"/objections/{objection.urn}/answers", {"text": "Because."}),
        "/blocks/{urn}/end": (ana, f"/blocks/{block.urn}/end", {"reason": "Mended."}),
        "/policies/proposals/{urn}/publish": (ana, f"/policies/proposals/{proposal.urn}/publish", {}),
        "/evidence": (ana, "/evidence", plan),
        "/evidence/{urn}/withdraw": (ana, f"/evidence/{evidence.urn}/withdraw", {"reason": "Wrong file."}),
        "/obligation-packs/{slug}/adopt": (ana, "/obligation-packs/gdpr/adopt", {}),
        "/waivers/{urn}/withdraw": (ana, f"/waivers/{waiver.urn}/withdraw", {"reason": "Measured since."}),
        "/releases/{system}/{version}/{stage}/waivers": (
            ana,
            f"{at}/waivers",
            {"policy": "power", "requirement": "enough-power", **waived},
        ),
        "/delegations/{urn}/end": (ana, f"/delegations/{delegation.urn}/end", {"reason": "Back."}),
        "/delegations": (ana, "/delegations", {"to": deputy.urn, **lent}),
        "/releases/{system}/{version}/{stage}/withdraw": (author, f"{at}/withdraw", {"reason": "Later."}),
    }
    from consilience.surfaces.api.root import api

    paths = api.get_openapi_schema(path_prefix="")["paths"]
    signable = {path for path, methods in paths.items() if 202 in methods.get("post", {}).get("responses", {})}
    untried = {"/releases", "/obligation-packs/proposals/{urn}/adopt"} | {path for path in signable if "states" in path}
    assert signable - untried == calls.keys()
    (tmp_path / "eve").mkdir()
    keys = {ana.urn: key, author.urn: bound(author, SshKey.make(tmp_path / "eve"))}
    for who, path, body in calls.values():
        with sdk(who) as client:
            client.signed(path, body, signer=keys[who.urn], agree=agree)
        assert newest().envelope is not None, path
    assert verify().good


def test_what_cannot_be_signed_says_so(ana: Someone, key: ClientSshKey) -> None:
    for header in (SIGN_WITH, SIGNATURE):
        said = as_(ana).post("/tables/check", {"text": "x"}, headers={header: "x"})
        assert (said.status, "cannot be signed" in json.dumps(said.said)) == (422, True)


@pytest.mark.parametrize("given", ["", "!!", "e30", base64.urlsafe_b64encode(b'{"nonce":"x","sig":1}').decode()])
def test_a_signature_that_is_none_is_refused_in_a_sentence(ana: Someone, given: str) -> None:
    a_release()
    body = {"function": "ethics", "verdict": "approve", "reason": "x", "seen": "0" * 64}
    said = as_(ana).post(f"/releases/{_path(ana)}/sign-offs", body, headers={SIGNATURE: given})
    assert said.status == 422, said


def test_a_server_that_shows_one_text_and_has_another_signed_gets_no_signature(ana: Someone) -> None:
    statement = base64.b64encode(b'{"predicate":{"shown":"%s"}}' % (b"0" * 64)).decode()
    waiting = {"statement": statement, "shown": "harmless", "nonce": "n"}
    with pytest.raises(BadInput, match="nothing was signed"):
        client_signed._checked(waiting)


def test_a_token_binds_no_key(ana: Someone, tmp_path: Path) -> None:
    made = SshKey.make(tmp_path)
    ours = ClientSshKey(made.path)
    body = {
        "kind": "ssh", "public": ours.public, "label": "x",
        "possession": ours.possession(binding(ours.fingerprint, ana.urn)),
    }  # fmt: skip
    with sdk(ana) as client, pytest.raises(Refused) as raised:
        client.post("/keys", body)
    assert raised.value.refusal.code == "token_makes_no_key"


def test_a_key_that_one_does_not_hold_is_not_bound(ana: Someone, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    mine, theirs = SshKey.make(tmp_path), SshKey.make(tmp_path / "other")
    workspace = ana.urn.split(":")[2]
    said = binding(theirs.public.fingerprint, ana.urn)
    with pytest.raises(BadInput, match="another key"):
        proving.ssh(theirs.public.line, ClientSshKey(mine.path).possession(said), holder=ana.urn, workspace=workspace)
    elsewhere = ClientSshKey(mine.path).possession(binding(mine.public.fingerprint, "urn:x:other:person:y"))
    with pytest.raises(BadInput, match="does not match"):
        proving.ssh(mine.public.line, elsewhere, holder=ana.urn, workspace=workspace)


# Robots


def a_robot_key(tmp_path: Path, **limits: Any) -> tuple[ClientRobotKey, str]:
    """A robot of lending, and its key with these limits."""
    lending = a_system("lending")
    a_version(model=a_model("credit-risk", systems=[lending]))
    robot = a_robot("ci", a_person("Olga Owner"), (Role.PIPELINE, lending.urn))
    file = tmp_path / "ci.pem"
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    file.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    held = ClientRobotKey(file)
    proof = held.possession(binding(held.fingerprint, robot.urn))
    new = proving.ed25519(held.public, proof, holder=robot.urn, workspace=robot.urn.split(":")[2])
    allowed = actions.Limits(**{"scopes": ["register"], "systems": None, "until": None, **limits})
    row = actions.bind(actor=operator(), holder=robot.urn, key=new, label="ci", limits=allowed, now=now())
    return held, row.urn


def over_http(token: str | None) -> Client:
    import httpx
    from django.core.handlers.wsgi import WSGIHandler

    return Client("http://127.0.0.1", token, transport=httpx.WSGITransport(app=WSGIHandler()))


PLAN = {
    "subject": {"noun": "model-version", "reference": "credit-risk@1"}, "kind": "rollback_plan", "method": "document",
    "fields": {"title": "a", "document": "b"},
}  # fmt: skip


def test_a_robot_acts_with_tokens_that_its_key_makes_and_signs_what_it_attaches(
    workspace: object, tmp_path: Path
) -> None:
    held, urn = a_robot_key(tmp_path)
    with over_http(held.token(urn)) as client:
        assert client.me()["scopes"] == ["register"]
        client.signed("/evidence", PLAN, signer=held, agree=agree)
        entry = newest()
        assert entry.authenticated_by == AuthenticatedBy.ROBOT_KEY
        assert entry.envelope is not None
        assert entry.envelope.signatures[0].keyid == urn
        with pytest.raises(NotEntitled):
            client.propose_release("lending", "credit-risk@1", "operation")
    assert verify().good


def test_a_wider_token_does_not_widen_what_a_robots_key_may_sign(workspace: object, tmp_path: Path) -> None:
    held, _urn = a_robot_key(tmp_path, scopes=["gate"])
    with (
        sdk(people.robots(ledger.present(now()))[0], scopes=["register", "gate"]) as client,
        pytest.raises(NotEntitled),
    ):
        client.signed("/evidence", PLAN, signer=held, agree=agree)


def test_a_robots_key_in_the_environment_signs_by_itself(
    workspace: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _held, urn = a_robot_key(tmp_path)
    monkeypatch.setenv("CONSILIENCE_ROBOT_KEY_FILE", str(tmp_path / "ci.pem"))
    monkeypatch.setenv("CONSILIENCE_ROBOT_KEY", urn)
    with over_http(None) as client:
        client.post("/evidence", PLAN)
    assert newest().authenticated_by == AuthenticatedBy.ROBOT_KEY
    monkeypatch.delenv("CONSILIENCE_ROBOT_KEY")
    with pytest.raises(WrongUse, match="go together"):
        over_http(None)


def test_what_a_robot_signs_by_itself_may_be_signed(workspace: object) -> None:
    from consilience.surfaces.api.root import api

    paths = api.get_openapi_schema(path_prefix="")["paths"]
    answers = {path: methods["post"]["responses"] for path, methods in paths.items() if "post" in methods}
    by_robots = {path for path in answers if client_signed.signable(path.replace("{", "").replace("}", ""))}
    assert len(by_robots) == 9
    assert all(202 in answers[path] for path in by_robots)


def test_a_robots_token_is_worth_nothing_once_anything_about_it_is_wrong(workspace: object, tmp_path: Path) -> None:
    held, urn = a_robot_key(tmp_path)
    good = held.token(urn)
    envelope = json.loads(base64.urlsafe_b64decode(good[5:] + "=" * (-len(good[5:]) % 4)))
    payload = json.loads(base64.b64decode(envelope["payload"]))

    def resigned(changed: dict[str, Any], kind: str = client_signing.TOKEN) -> str:
        raw = client_signing.canonical(payload | changed)
        said = {
            "payload": base64.b64encode(raw).decode(), "payloadType": kind,
            "signatures": [{"keyid": urn, "sig": held.sign(dsse.pae(raw, kind))}],
        }  # fmt: skip
        return "dsse." + client_signing.base64url(client_signing.canonical(said))

    tampered = json.loads(json.dumps(envelope))
    tampered["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    bad = [
        resigned({"log": "consilience/log/another"}), resigned({"expires_at": "2020-01-01T00:00:00.000000Z"}),
        resigned({"expires_at": "2099-01-01T00:00:00.000000Z"}), resigned({"more": 1}), resigned({}, "text/plain"),
        resigned({"key": a_person("Zoe").urn}), "dsse.", "dsse.!!", "dsse." + "A" * 5000,
        "dsse." + client_signing.base64url(client_signing.canonical(tampered)),
    ]  # fmt: skip
    with over_http(resigned({})) as client:
        assert client.me()["noun"] == "robot"
    for token in bad:
        with over_http(token) as client, pytest.raises(NotEntitled):
            client.me()
    actions.revoke(actor=operator(), urn=urn, reason="Leaked.", now=now())
    with over_http(good) as client, pytest.raises(NotEntitled):
        client.me()


def _path(who: Someone) -> str:
    with sdk(who) as client:
        one = next(client.listed("/releases"))
    return f"{one['system']}/{one['version']}/{one['stage']}"
