"""Acts that a person signs: prepared, signed elsewhere, done again exactly as they were signed, or refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consilience.domains.content import queries as content
from consilience.domains.content.erasure import actions as erasing
from consilience.domains.content.erasure import queries as erasures
from consilience.domains.keys import actions, queries
from consilience.domains.keys.models import Preparation
from consilience.domains.ledger import log, notes, rules
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.ledger.signing import dsse, sshsig
from consilience.domains.ledger.verify import verify
from consilience.domains.people import actions as people
from consilience.domains.review import actions as review
from consilience.domains.review.models import SignOff
from consilience.domains.review.rules import Verdict
from consilience.kit import canonical
from consilience.kit.clock import Instant, shift
from consilience.kit.errors import BadInput, CannotTell, NotFound, Refused
from consilience.kit.records import commitments
from tests.harness.builders import (
    Someone,
    a_person,
    a_release,
    as_of,
    facet_digest,
    later,
    operator,
    read_release,
    some_evidence,
)
from tests.harness.signers import Passkey, RobotKey, SshKey


class Desk:
    """A release, somebody of ethics, and the key that they bound."""

    def __init__(self, key: Passkey | SshKey) -> None:
        self.ana, self.key, self.release = a_person("Ana", functions=["ethics"]), key, a_release()
        self.bound = actions.bind(
            actor=self.ana.actor, holder=self.ana.urn, key=key.new_key(), label="mine", now=later()
        )

    def act(self, reason: str = "Sound.") -> Callable[[Actor], SignOff]:
        """What the page or the command line asks for, twice: to be prepared, and once it is signed."""
        seen, at = facet_digest(self.release, "ethics"), later()
        return lambda actor: review.sign_off(
            actor=actor, release=self.release.urn, function="ethics", verdict=Verdict.APPROVE, reason=reason,
            seen=seen, now=at,
        )  # fmt: skip

    def prepare(self) -> Preparation:
        self.asked = self.act()
        return actions.prepare(
            actor=self.ana.actor, key=self.bound.urn, run=self.asked, show=lambda _: b"what was shown", now=later()
        )

    def complete(self, waiting: Preparation, signature: dsse.Signature | None = None, **said: Any) -> SignOff:
        given = {"actor": self.ana.actor, "nonce": waiting.nonce, "run": self.asked, "now": later(), **said}
        return actions.complete(signature=signature or self.key.sign(bytes(waiting.statement)), **given)


@pytest.fixture(params=["passkey", "ssh"])
def desk(workspace: object, request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    return Desk(Passkey() if request.param == "passkey" else SshKey.make(tmp_path))


@pytest.fixture
def passkeyed(workspace: object) -> Desk:
    return Desk(Passkey())


def entry_of(row: SignOff) -> rules.Entry:
    return rules.read(bytes(ledger.entry(row.position).exact))


def nothing_recorded(call: Any, error: type[Exception], **arguments: Any) -> Exception:
    size = log.size()
    with pytest.raises(error) as raised:
        call(**arguments)
    assert log.size() == size
    assert not SignOff.objects.exists()
    return raised.value


def test_preparing_records_nothing_and_says_what_is_to_be_signed(desk: Desk) -> None:
    size = log.size()
    waiting = desk.prepare()
    assert log.size() == size
    assert not SignOff.objects.exists()
    said = canonical.decode(bytes(waiting.statement))["predicate"]
    assert said["seen_head"]["size"] == size
    assert said["shown"] == canonical.sha256(b"what was shown")
    assert (said["key"], said["nonce"]) == (desk.bound.urn, waiting.nonce)
    assert said["facet"] == facet_digest(desk.release, "ethics")
    assert said["expires_at"] == waiting.expires_at


def test_a_signed_act_is_recorded_as_it_was_signed(desk: Desk) -> None:
    waiting = desk.prepare()
    a_person("Somebody else")  # the ledger goes on meanwhile
    row = desk.complete(waiting)
    entry = entry_of(row)
    assert entry.envelope is not None
    assert entry.envelope.payload == bytes(waiting.statement)
    assert entry.authenticated_by in rules.SIGNED
    assert commitments.text(row.body["reason"]) == "Sound."
    assert content.read(canonical.sha256(b"what was shown")) == b"what was shown"
    assert not Preparation.objects.exists()
    report = verify()
    assert report.good, report.findings


def test_the_platform_signs_too_so_that_stock_tools_check_the_envelope(desk: Desk) -> None:
    entry = entry_of(desk.complete(desk.prepare()))
    assert entry.envelope is not None
    name = "+".join(ledger.log_key().split("+", 2)[:2])
    platform = entry.envelope.signatures[-1]
    assert platform.keyid == name
    public = Ed25519PublicKey.from_public_bytes(notes.read_key(ledger.log_key()).public)
    public.verify(platform.sig, dsse.pae(entry.envelope.payload))


def test_ssh_keygen_accepts_the_signature_in_our_entry(workspace: object, tmp_path: Path) -> None:
    desk = Desk(SshKey.make(tmp_path))
    entry = entry_of(desk.complete(desk.prepare()))
    assert entry.envelope is not None
    (tmp_path / "allowed").write_text(queries.allowed_signers(), encoding="ascii")
    (tmp_path / "sig").write_text(sshsig.armoured(entry.envelope.signatures[0].sig), encoding="ascii")
    command = ["ssh-keygen", "-Y", "verify", "-f", str(tmp_path / "allowed"), "-I", desk.ana.urn]
    command += ["-n", sshsig.NAMESPACE, "-s", str(tmp_path / "sig"), "-O", "verify-time=20991231"]
    said = subprocess.run(command, input=dsse.pae(entry.envelope.payload), capture_output=True, check=False)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_every_kind_of_ssh_key_signs(workspace: object, tmp_path: Path, kind: str) -> None:
    desk = Desk(SshKey.make(tmp_path, kind))
    assert desk.complete(desk.prepare()).position


def test_a_signature_over_something_else_is_refused(desk: Desk) -> None:
    waiting = desk.prepare()
    signature = desk.key.sign(bytes(waiting.statement) + b" ")
    nothing_recorded(desk.complete, BadInput, waiting=waiting, signature=signature)


def test_an_ssh_signature_for_another_purpose_is_refused(workspace: object, tmp_path: Path) -> None:
    key = SshKey.make(tmp_path)
    desk = Desk(key)
    waiting = desk.prepare()
    made = key.sign_bytes(dsse.pae(bytes(waiting.statement)), "git")
    error = nothing_recorded(desk.complete, BadInput, waiting=waiting, signature=dsse.Signature("", made))
    assert "git" in str(error)


def test_another_key_is_refused(passkeyed: Desk) -> None:
    waiting = passkeyed.prepare()
    nothing_recorded(passkeyed.complete, BadInput, waiting=waiting, signature=Passkey().sign(bytes(waiting.statement)))


@pytest.mark.parametrize(
    "client",
    [
        {"type": "webauthn.create"}, {"origin": "https://elsewhere.example"}, {"crossOrigin": True},
        {"topOrigin": "https://elsewhere.example"}, {"challenge": "AAAA"}, {"origin": None},
    ],
)  # fmt: skip
def test_an_assertion_made_elsewhere_is_refused(passkeyed: Desk, client: dict[str, Any]) -> None:
    waiting = passkeyed.prepare()
    assert isinstance(passkeyed.key, Passkey)
    passkeyed.key.client = client
    nothing_recorded(passkeyed.complete, BadInput, waiting=waiting)


@pytest.mark.parametrize("flags", [0x01, 0x04, 0x00, 0x15])
def test_an_assertion_without_its_user_verified_is_refused(passkeyed: Desk, flags: int) -> None:
    waiting = passkeyed.prepare()
    assert isinstance(passkeyed.key, Passkey)
    passkeyed.key.flags = flags
    nothing_recorded(passkeyed.complete, BadInput, waiting=waiting)


def test_what_changed_meanwhile_is_not_what_was_signed(desk: Desk) -> None:
    waiting = desk.prepare()
    some_evidence(read_release(desk.release).version, "red_team_report")
    nothing_recorded(desk.complete, Refused, waiting=waiting)


def test_another_act_than_the_one_that_was_signed_is_refused(desk: Desk) -> None:
    waiting = desk.prepare()
    nothing_recorded(desk.complete, Refused, waiting=waiting, run=desk.act("Otherwise."))


def test_an_act_that_fails_leaves_the_preparation(desk: Desk) -> None:
    waiting = desk.prepare()
    nothing_recorded(desk.complete, Refused, waiting=waiting, run=desk.act("Otherwise."))
    assert desk.complete(waiting).position


def test_what_was_shown_is_not_kept_where_nothing_is_recorded(passkeyed: Desk) -> None:
    waiting = passkeyed.prepare()
    nothing_recorded(passkeyed.complete, Refused, waiting=waiting, run=passkeyed.act("Otherwise."))
    assert not content.has(canonical.sha256(bytes(waiting.shown)))


def test_a_late_signature_records_nothing(desk: Desk) -> None:
    waiting = desk.prepare()
    nothing_recorded(desk.complete, NotFound, waiting=waiting, now=shift(Instant(waiting.at), minutes=11))


def test_what_nobody_signed_in_time_is_taken_away(desk: Desk) -> None:
    waiting = desk.prepare()
    actions.forget_late(now=later())
    assert Preparation.objects.filter(nonce=waiting.nonce).exists()
    actions.forget_late(now=shift(Instant(waiting.at), minutes=11))
    assert not Preparation.objects.exists()


def test_a_signature_works_once(desk: Desk) -> None:
    waiting = desk.prepare()
    signature = desk.key.sign(bytes(waiting.statement))
    desk.complete(waiting, signature)
    with pytest.raises(NotFound):
        desk.complete(waiting, signature)


def test_nobody_else_completes_it(desk: Desk) -> None:
    waiting = desk.prepare()
    bob = a_person("Bob", functions=["ethics"])
    nothing_recorded(desk.complete, NotFound, waiting=waiting, actor=bob.actor)


def test_a_revoked_key_signs_nothing_more(desk: Desk) -> None:
    waiting = desk.prepare()
    actions.revoke(actor=desk.ana.actor, urn=desk.bound.urn, reason="Lost.", now=later())
    nothing_recorded(desk.complete, Refused, waiting=waiting)
    with pytest.raises(NotFound):
        desk.prepare()


def test_a_deactivated_person_signs_nothing_more(desk: Desk) -> None:
    waiting = desk.prepare()
    people.deactivate(actor=operator(), urn=desk.ana.urn, now=later())
    nothing_recorded(desk.complete, Refused, waiting=waiting)


def test_rights_are_asked_of_the_moment_in_which_it_is_recorded(desk: Desk) -> None:
    waiting = desk.prepare()
    people.end_holding(actor=operator(), person=desk.ana.urn, function="ethics", now=later())
    nothing_recorded(desk.complete, Refused, waiting=waiting)


def test_a_key_has_one_holder_for_ever(desk: Desk) -> None:
    actions.revoke(actor=desk.ana.actor, urn=desk.bound.urn, reason="Replaced.", now=later())
    bob = a_person("Bob")
    with pytest.raises(Refused, match="key_bound_before"):
        actions.bind(actor=bob.actor, holder=bob.urn, key=desk.key.new_key(), label="x", now=later())


def test_who_binds_what(workspace: object) -> None:
    ana, bob = a_person("Ana"), a_person("Bob")
    with pytest.raises(Refused, match="key_for_another_person"):
        actions.bind(actor=bob.actor, holder=ana.urn, key=Passkey().new_key(), label="x", now=later())
    with pytest.raises(Refused, match="key_kind_of_holder"):
        actions.bind(actor=ana.actor, holder=ana.urn, key=RobotKey().new_key(), label="x", now=later())
    with pytest.raises(NotFound):
        bound = actions.bind(actor=ana.actor, holder=ana.urn, key=Passkey().new_key(), label="x", now=later())
        actions.revoke(actor=bob.actor, urn=bound.urn, reason="Mine now.", now=later())
    assert len(queries.of_holder(ana.urn, as_of())) == 1


def test_erasing_a_text_or_a_person_reaches_what_the_signer_was_shown(passkeyed: Desk) -> None:
    """The sheet repeats reasons and names in clear, so it goes with them; the signature over its digest stays."""
    row = passkeyed.complete(passkeyed.prepare())
    sheet = canonical.sha256(b"what was shown")
    codes = (row.body["reason"]["commitment"],)
    assert erasures.plan_of_person(passkeyed.ana.urn, written=False, log_in=False).files == [sheet]
    listed = erasures.plan(codes, ())
    assert (listed.texts, listed.files) == (list(codes), [sheet])
    erasing.erase(
        actor=operator(), texts=codes, files=(), basis="not_needed", reason="Asked for.", seen=listed.seen, now=later()
    )
    with pytest.raises(CannotTell, match="erased"):
        content.read(sheet)
    report = verify()
    assert report.good, report.findings


def test_entries_of_unsigned_acts_stay_as_they_were(workspace: object) -> None:
    ana: Someone = a_person("Ana", functions=["ethics"])
    release = a_release()
    row = review.sign_off(
        actor=ana.actor, release=release.urn, function="ethics", verdict=Verdict.APPROVE, reason="Sound.",
        seen=facet_digest(release, "ethics"), now=later(),
    )  # fmt: skip
    entry = entry_of(row)
    assert entry.envelope is None
    assert set(entry.predicate) == {
        "workspace", "actor", "at", "verb", "authenticated_by", "function", "verdict", "release", "stage",
    }  # fmt: skip


def test_the_platforms_signature_names_the_logs_key_also_where_its_base64_holds_a_plus(workspace: object) -> None:
    """What went wrong: the key id was cut off at the last plus, which half of all keys have in their base64."""
    desk = Desk(Passkey())
    found = rules.vkey("x", bytes(32))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "vkey", lambda *_: f"{found}+a")
        entry = entry_of(desk.complete(desk.prepare()))
    assert entry.envelope is not None
    assert entry.envelope.signatures[-1].keyid == "+".join(found.split("+")[:2])
