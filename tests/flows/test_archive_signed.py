"""What somebody signed, in an archive: every verifier checks it, and names whatever is done to it, under the log's own key too."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from consilience.domains.audit import signed, workers
from consilience.domains.audit.export import Wanted, export
from consilience.domains.audit.verify import verify
from consilience.domains.keys import actions as keys_of
from consilience.domains.keys.models import Key
from consilience.domains.ledger import keys, rules
from consilience.domains.ledger.signing import dsse, sshsig
from consilience.kit import canonical
from consilience.kit.errors import BadInput
from tests.conftest import Templates
from tests.harness import workspaces
from tests.harness.archives import ALONE, Unpacked, good, named, reports, unpacked
from tests.harness.builders import a_person, a_release, later
from tests.harness.signed_story import Holder, SignedStory, bound, signed_story, signing_off
from tests.harness.signers import ORIGIN, RP_ID, Passkey, RobotKey, SecurityKey, SshKey
from tests.harness.workspaces import Workspace

Told = tuple[Workspace, SignedStory, Path]


@pytest.fixture(scope="module")
def told(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("signed")
    made = workspaces.copied(templates.of("sqlite"), folder / "home")
    with workspaces.opened(made):
        story = signed_story(folder)
        export(Wanted(None), folder / "signed.zip")
    workspaces.settle(made)
    return made, story, folder / "signed.zip"


@pytest.fixture
def story(told: Told) -> SignedStory:
    return told[1]


@pytest.fixture
def parts(told: Told) -> Unpacked:
    return unpacked(told[2])


@pytest.fixture
def log_key(told: Told) -> Ed25519PrivateKey:
    return keys.load(told[0].home.log_key)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "tampered.zip"


@pytest.fixture
def goes_on(told: Told, tmp_path: Path) -> Iterator[SignedStory]:
    """The story in a workspace of its own, in which a test may act."""
    with workspaces.opened(workspaces.copied(told[0], tmp_path / "home")):
        yield told[1]


WHO = ["passkey", "ssh", "robot"]


class Forger:
    """Whoever holds the log's key, but nobody else's: writes entries anew, with the platform's signature."""

    def __init__(self, parts: Unpacked, key: Ed25519PrivateKey) -> None:
        self.parts, self.key = parts, key

    def envelope(self, position: int) -> dsse.Envelope:
        found = rules.read(self.parts.entries[position][1]).envelope
        assert found is not None
        return found

    def write(self, position: int, envelope: dsse.Envelope) -> None:
        *mine, platform = envelope.signatures
        again = dsse.Signature(platform.keyid, self.key.sign(dsse.pae(envelope.payload)))
        self.parts.edit_entry(position, dsse.encode(dsse.Envelope(envelope.payload, (*mine, again))))

    def restate(self, position: int, signer: Passkey | SshKey | RobotKey | None = None, **changed: Any) -> None:
        """Change what a signed statement says; with a signer, it is signed again by that key."""
        was = self.envelope(position)
        said = canonical.decode(was.payload)
        said["predicate"].update(changed)
        payload = canonical.encode(said)
        first = was.signatures[0]
        if signer is not None:
            made = signer.sign(payload)
            first = dsse.Signature(said["predicate"]["key"], made.sig, made.assertion)
        self.write(position, dsse.Envelope(payload, (first, was.signatures[-1])))

    def seal(self, target: Path) -> Path:
        self.parts.seal(self.key)
        return self.parts.pack(target)


@pytest.fixture
def forger(parts: Unpacked, log_key: Ed25519PrivateKey) -> Forger:
    return Forger(parts, log_key)


# Good


def test_signed_entries_are_good_and_counted(told: Told, forger: Forger, target: Path) -> None:
    good(told[2])
    good(forger.seal(target))
    for said in reports(told[2]).values():
        assert said["checks"][4]["about"][1].startswith("3 entries signed by their actors and by the platform")
        assert said["checks"][5]["about"][0].startswith("3 keys of people and robots")


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa"])
def test_every_sort_of_ssh_key_is_checked_as_ssh_keygen_does(
    kind: str, workspace: Workspace, tmp_path: Path, target: Path
) -> None:
    name, _, bits = kind.partition("-")
    path = tmp_path / "id_key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", name, *(["-b", bits] if bits else []), "-N", "", "-f", str(path)], check=True
    )
    lee = bound(a_person("Lee", functions=["legal"]), SshKey(path))
    row = lee.signs(signing_off(a_release(), "legal"))
    export(Wanted(None), target)
    good(target)
    parts = unpacked(target)
    envelope = rules.read(parts.entries[row.position][1]).envelope
    assert envelope is not None
    assert _by_ssh_keygen(tmp_path, SshKey(path).public, envelope) == 0


def _by_ssh_keygen(folder: Path, public: sshsig.PublicKey, envelope: dsse.Envelope) -> int:
    """What `ssh-keygen -Y verify` says of the actor's signature."""
    (folder / "signers").write_text(f"lee {public.line}\n")
    (folder / "made.sig").write_text(sshsig.armoured(envelope.signatures[0].sig))
    return subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", str(folder / "signers"), "-I", "lee", "-n", sshsig.NAMESPACE, "-s",
         str(folder / "made.sig")], input=dsse.pae(envelope.payload), capture_output=True, check=False,
    ).returncode  # fmt: skip


@pytest.mark.parametrize("kind", ["sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"])
def test_a_security_keys_flags_and_counter_are_part_of_what_it_signed(
    kind: str, workspace: Workspace, tmp_path: Path, target: Path
) -> None:
    """Signed without a touch, or with another counter than the signature covers: refused by everybody, `ssh-keygen` too."""
    signer = SecurityKey(kind)
    lee = bound(a_person("Lee", functions=["legal"]), signer)
    row = lee.signs(signing_off(a_release(), "legal"))
    export(Wanted(None), target)
    good(target)
    forger = Forger(unpacked(target), keys.load(workspace.home.log_key))
    whole = forger.envelope(row.position)
    assert _by_ssh_keygen(tmp_path, signer.public, whole) == 0
    made = whole.signatures[0].sig
    for first in (signer.sign_bytes(dsse.pae(whole.payload), flags=0), made[:-1] + bytes([made[-1] + 1])):
        bent = dsse.Envelope(whole.payload, (dsse.Signature(lee.key.urn, first), whole.signatures[-1]))
        forger.write(row.position, bent)
        named(forger.seal(target), 4, "signature_differs", f"entry {row.position}")
        with pytest.raises(BadInput):
            sshsig.check(first, dsse.pae(whole.payload), signer.public.blob)
    assert _by_ssh_keygen(tmp_path, signer.public, bent) != 0, "another counter"


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        (b'{"type"', b'{"type":"webauthn.create","type"'),
        (b'{"type"', b'{"\\u0074ype":"webauthn.create","type"'),
        (b'"crossOrigin"', b'"extra":{"a":1,"a":2},"crossOrigin"'),
        (b'"crossOrigin"', b'"extra":NaN,"crossOrigin"'),
        (b'"crossOrigin"', b'"extra":"\\ud800","crossOrigin"'),
        (b'"crossOrigin"', b'"extra":' + b"[" * 600 + b"]" * 600 + b',"crossOrigin"'),
        (b'"crossOrigin"', b'"extra":"' + b"x" * 8192 + b'","crossOrigin"'),
    ],
    ids=[
        "a key twice",
        "a key twice, once escaped",
        "a key twice within",
        "no number",
        "half a character",
        "deep",
        "long",
    ],
)
def test_client_data_that_readers_would_take_differently_is_refused_by_all(
    forger: Forger, story: SignedStory, target: Path, found: bytes, instead: bytes
) -> None:
    """Signed by the person's own key: only the strictness of the reader stands between two meanings."""
    position, signer = story.positions["passkey"], story.ana.signer
    assert isinstance(signer, Passkey)
    again = Passkey(signer.flags, private=signer.private, rewritten=lambda raw: raw.replace(found, instead, 1))
    forger.restate(position, again)
    named(forger.seal(target), 4, "signature_differs", f"entry {position}")


@pytest.mark.parametrize("kind", ["ES256", "EdDSA", "RS256"])
def test_every_sort_of_passkey_is_checked(kind: str, workspace: Workspace, target: Path) -> None:
    private: Any = {
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": Ed25519PrivateKey.generate,
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
    }[kind]()
    ana = bound(a_person("Ana", functions=["ethics"]), AnyPasskey(private=private))
    row = ana.signs(signing_off(a_release(), "ethics"))
    export(Wanted(None), target)
    good(target)
    parts = unpacked(target)
    forger = Forger(parts, keys.load(workspace.home.log_key))
    envelope = forger.envelope(row.position)
    first = envelope.signatures[0]
    bent = dsse.Signature(first.keyid, first.sig[:-1] + bytes([first.sig[-1] ^ 1]), first.assertion)
    forger.write(row.position, dsse.Envelope(envelope.payload, (bent, envelope.signatures[-1])))
    named(forger.seal(target), 4, "signature_differs", f"entry {row.position}")


class AnyPasskey(Passkey):
    """A passkey of any of the three algorithms."""

    def sign(self, statement: bytes) -> dsse.Signature:
        private, mine = self.private, Passkey()
        made = Passkey(self.flags, self.client, mine.private).sign(statement).assertion
        assert made is not None
        signed: Any = made.authenticator_data + hashlib.sha256(made.client_data).digest()
        sign: Any = private.sign
        if isinstance(private, Ed25519PrivateKey):
            signature = sign(signed)
        elif isinstance(private, rsa.RSAPrivateKey):
            signature = sign(signed, padding.PKCS1v15(), SHA256())
        else:
            signature = sign(signed, ec.ECDSA(SHA256()))
        return dsse.Signature("", signature, made)


def test_the_platforms_signature_is_that_of_any_dsse_envelope(told: Told, story: SignedStory) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    parts = unpacked(told[2])
    vkey = parts.manifest["log_key"]
    origin, identity, encoded = vkey.split("+", 2)
    name = f"{origin}+{identity}"
    public = base64.b64decode(encoded)[1:].hex()
    key = SSlibKey(name, "ed25519", "ed25519", {"public": public})
    for position in story.positions.values():
        envelope = Envelope.from_dict(json.loads(parts.entries[position][1]))
        assert name in envelope.verify([key], 1)


def test_a_passkeys_assertion_is_good_for_py_webauthn_too(told: Told, story: SignedStory) -> None:
    from webauthn import verify_authentication_response
    from webauthn.helpers import bytes_to_base64url

    envelope = rules.read(unpacked(told[2]).entries[story.positions["passkey"]][1]).envelope
    assert envelope is not None
    first = envelope.signatures[0]
    assert first.assertion is not None
    signer = story.ana.signer
    assert isinstance(signer, Passkey)
    numbers = signer.private.public_key().public_numbers()
    cose = (
        b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"
        + numbers.x.to_bytes(32, "big")
        + b"\x22\x58\x20"
        + numbers.y.to_bytes(32, "big")
    )
    verify_authentication_response(
        credential={
            "id": "AAAA", "rawId": "AAAA", "type": "public-key",
            "response": {
                "authenticatorData": bytes_to_base64url(first.assertion.authenticator_data),
                "clientDataJSON": bytes_to_base64url(first.assertion.client_data),
                "signature": bytes_to_base64url(first.sig),
            },
        },
        expected_challenge=hashlib.sha256(dsse.pae(envelope.payload)).digest(), expected_rp_id=RP_ID, expected_origin=ORIGIN,
        credential_public_key=cose, credential_current_sign_count=0, require_user_verification=True,
    )  # fmt: skip


# Moved, replayed, bent


@pytest.mark.parametrize("who", WHO)
def test_a_flipped_byte_of_a_signature_is_named(who: str, forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions[who]
    was = forger.envelope(position)
    first = was.signatures[0]
    for at in (0, len(first.sig) // 2, len(first.sig) - 1):
        bent = first.sig[:at] + bytes([first.sig[at] ^ 1]) + first.sig[at + 1 :]
        forger.write(
            position,
            dsse.Envelope(was.payload, (dsse.Signature(first.keyid, bent, first.assertion), was.signatures[-1])),
        )
        named(forger.seal(target), 4, "signature_differs", f"entry {position}")


@pytest.mark.parametrize("who", WHO)
def test_what_was_signed_for_another_subject_version_or_system_is_named(
    who: str, forger: Forger, story: SignedStory, target: Path
) -> None:
    position = story.positions[who]
    was = forger.envelope(position)
    for change in ("subject", "version", "facet", "workspace"):
        said = canonical.decode(was.payload)
        if change == "subject":
            said["subject"][0]["digest"]["sha256"] = "0" * 64
        elif change == "version":
            said["subject"][0]["name"] = said["subject"][0]["name"].rpartition(":")[0] + ":2"
        else:
            said["predicate"][change] = "0192f0c1-6a7e-7aaa-8bbb-0123456789ab"
        forger.write(position, dsse.Envelope(canonical.encode(said), was.signatures))
        named(forger.seal(target), 4, "signature_differs", f"entry {position}")


def test_a_signature_that_is_used_twice_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    """The whole envelope again, as a later entry."""
    position = story.positions["passkey"]
    forger.parts.entries.append((len(forger.parts.entries), forger.parts.entries[position][1]))
    again = len(forger.parts.entries) - 1
    named(forger.seal(target), 4, "nonce_again", f"entry {again}")


def test_an_old_assertion_under_another_statement_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["passkey"]
    forger.restate(position, nonce="ab" * 32)
    named(forger.seal(target), 4, "signature_differs", f"entry {position}")


@pytest.mark.parametrize("who", WHO)
def test_a_signature_that_was_taken_off_is_named(who: str, forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions[who]
    forger.parts.edit_entry(position, forger.envelope(position).payload)
    named(forger.seal(target), 4, "entry_form", f"entry {position}", "bears no signature")


@pytest.mark.parametrize("only", [0, 1])
def test_an_envelope_with_one_signature_is_named(only: int, forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["ssh"]
    was = forger.envelope(position)
    forger.parts.edit_entry(position, dsse.encode(dsse.Envelope(was.payload, was.signatures[only : only + 1])))
    named(forger.seal(target), 4, "platform_signature", f"entry {position}")


@pytest.mark.parametrize("who", WHO)
def test_the_platforms_signature_by_another_key_is_named(
    who: str, parts: Unpacked, story: SignedStory, log_key: Ed25519PrivateKey, target: Path
) -> None:
    position = story.positions[who]
    forger = Forger(parts, Ed25519PrivateKey.generate())
    forger.write(position, forger.envelope(position))
    forger.key = log_key
    named(forger.seal(target), 4, "platform_signature", f"entry {position}")


def _envelope_in(form: str, exact: bytes) -> bytes:
    said = json.loads(exact)
    if form == "spaces":
        return json.dumps(said).encode()
    if form == "twice":
        return exact.replace(b'"payloadType"', b'"payload":"","payloadType"', 1)
    if form == "more":
        return canonical.encode({**said, "more": 1})
    if form == "type":
        return canonical.encode({**said, "payloadType": "text/plain"})
    if form == "base64":
        return exact.replace(b'"payload":"', b'"payload":" ', 1)
    inner = json.dumps(json.loads(base64.b64decode(said["payload"]))).encode()
    return canonical.encode({**said, "payload": base64.b64encode(inner).decode()})


@pytest.mark.parametrize("form", ["spaces", "twice", "more", "type", "base64", "inner"])
def test_an_envelope_in_another_form_is_named(form: str, forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["ssh"]
    forger.parts.edit_entry(position, _envelope_in(form, forger.parts.entries[position][1]))
    named(forger.seal(target), 4, "entry_form", f"entry {position}")


# Fresh


def test_a_statement_that_is_older_than_its_window_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["passkey"]
    forger.restate(position, story.ana.signer, at="2020-01-01T00:00:00.000000Z")
    named(forger.seal(target), 4, "time_backwards", f"entry {position}")


def test_a_statement_that_had_expired_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["passkey"]
    said = canonical.decode(forger.envelope(position).payload)["predicate"]
    forger.restate(position, story.ana.signer, expires_at=said["at"])
    named(forger.seal(target), 4, "signature_expired", f"entry {position}")


@pytest.mark.parametrize(
    "seen",
    [{"size": 3, "root": "0" * 64}, {"size": 10_000, "root": "0" * 64}, {"size": -1, "root": "0" * 64}, {}, None],
)
def test_a_signer_who_saw_another_log_is_named(
    seen: dict[str, Any] | None, forger: Forger, story: SignedStory, target: Path
) -> None:
    position = story.positions["passkey"]
    forger.restate(position, story.ana.signer, seen_head=seen)
    named(forger.seal(target), 4, "seen_head_differs", f"entry {position}")


# Passkeys: what stands beside the signature


@pytest.mark.parametrize(
    ("bent", "words"),
    [
        ({"client": {"type": "webauthn.create"}}, "assertion"),
        ({"client": {"challenge": "AAAA"}}, "something else"),
        ({"client": {"origin": "https://evil.example"}}, "evil.example"),
        ({"client": {"crossOrigin": True}}, "another origin"),
        ({"client": {"topOrigin": "https://evil.example"}}, "another origin"),
        ({"flags": 0x01}, "verified"),
        ({"flags": 0x04}, "verified"),
        ({"flags": 0x15}, "backed up"),
    ],
)
def test_a_bent_assertion_is_named(
    bent: dict[str, Any], words: str, forger: Forger, story: SignedStory, target: Path
) -> None:
    position, signer = story.positions["passkey"], story.ana.signer
    assert isinstance(signer, Passkey)
    forger.restate(position, Passkey(private=signer.private, **bent))
    named(forger.seal(target), 4, "signature_differs", f"entry {position}", words)


def test_an_ssh_signature_for_another_purpose_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position, signer = story.positions["ssh"], story.lee.signer
    assert isinstance(signer, SshKey)
    was = forger.envelope(position)
    made = dsse.Signature(was.signatures[0].keyid, signer.sign_bytes(dsse.pae(was.payload), namespace="file"))
    forger.write(position, dsse.Envelope(was.payload, (made, was.signatures[-1])))
    named(forger.seal(target), 4, "signature_differs", f"entry {position}", sshsig.NAMESPACE)


# Keys, in the order of the log


def test_a_signature_by_somebody_elses_key_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["passkey"]
    actor = canonical.decode(forger.envelope(story.positions["ssh"]).payload)["predicate"]["actor"]
    forger.restate(position, story.ana.signer, actor=actor)
    named(forger.seal(target), 5, "key_of_another", f"entry {position}")


def test_a_signature_by_a_key_of_another_kind_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["passkey"]
    forger.restate(position, story.ana.signer, authenticated_by="ssh")
    named(forger.seal(target), 5, "key_of_another", f"entry {position}", "kind passkey")


def _moved(parts: Unpacked, start: int, end: int) -> None:
    """Put one entry, with its records, at another place; the rest close ranks."""
    order = [at for at, _ in parts.entries]
    order.insert(end, order.pop(start))
    place = {old: new for new, old in enumerate(order)}
    parts.entries = sorted((place[at], exact) for at, exact in parts.entries)
    parts.records = sorted((place[at], ordinal, exact) for at, ordinal, exact in parts.records)


def test_a_signature_by_a_key_that_was_bound_later_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["passkey"]
    _moved(forger.parts, story.ana.key.position, position)
    named(forger.seal(target), 5, "key_not_bound", f"entry {position - 1}")
    named(target, 5, "key_not_bound", f"entry {position} binds {story.ana.key.urn}")


def test_a_signature_by_a_key_that_was_never_bound_is_named(forger: Forger, story: SignedStory, target: Path) -> None:
    position = story.positions["passkey"]
    stranger = story.ana.key.urn[:-1] + ("0" if story.ana.key.urn[-1] != "0" else "1")
    was = forger.envelope(position)
    first = was.signatures[0]
    forger.write(
        position, dsse.Envelope(was.payload, (dsse.Signature(stranger, first.sig, first.assertion), was.signatures[-1]))
    )
    named(forger.seal(target), 5, "key_not_bound", f"entry {position}", "no entry before it")


def _after_revocation(story: SignedStory, holder: Holder, function: str, tmp_path: Path) -> tuple[Unpacked, int, int]:
    """An archive in which a key signs and is revoked right after; positions of both."""
    signed = holder.signs(signing_off(story.release, function))
    ended = keys_of.revoke(actor=holder.actor, urn=holder.key.urn, reason="lost", now=later())
    export(Wanted(None), tmp_path / "revoked.zip")
    good(tmp_path / "revoked.zip")
    return unpacked(tmp_path / "revoked.zip"), signed.position, ended.position


@pytest.mark.parametrize("who", ["ana", "lee"])
def test_a_signature_by_a_key_that_was_revoked_before_is_named(
    who: str, goes_on: SignedStory, log_key: Ed25519PrivateKey, tmp_path: Path, target: Path
) -> None:
    holder, function = {"ana": (goes_on.ana, "ethics"), "lee": (goes_on.lee, "legal")}[who]
    parts, signed, ended = _after_revocation(goes_on, holder, function, tmp_path)
    _moved(parts, ended, signed)
    named(Forger(parts, log_key).seal(target), 5, "key_revoked", f"entry {signed + 1}")


def test_a_key_that_was_bound_to_a_second_person_is_named(goes_on: SignedStory, tmp_path: Path, target: Path) -> None:
    from consilience.domains.ledger.act import act

    eve = a_person("Eve", functions=["ethics"])
    with act(eve.actor, verb="keys.bound", at=later()) as opened:
        opened.record(Key, body={**goes_on.ana.key.body, "holder": eve.urn, "bound_by": eve.urn})
    export(Wanted(None), target)
    named(target, 5, "key_of_another", "bound already")


def test_a_robots_key_that_had_ended_is_named(goes_on: SignedStory, log_key: Ed25519PrivateKey, target: Path) -> None:
    export(Wanted(None), target)
    parts = unpacked(target)
    position = goes_on.robot.key.position
    parts.edit_record(position, {"until": "2020-01-01T00:00:00.000000Z"})
    _renamed(parts, position)
    named(Forger(parts, log_key).seal(target), 5, "key_expired", f"entry {goes_on.positions['robot']}")


def _renamed(parts: Unpacked, position: int) -> None:
    """Let a bare entry name its first record as it now is."""
    (exact,) = [exact for at, ordinal, exact in parts.records if (at, ordinal) == (position, 0)]
    said = json.loads(parts.entries[position][1])
    said["subject"][0]["digest"]["sha256"] = canonical.sha256(exact)
    parts.edit_entry(position, canonical.encode(said))


def test_the_archive_of_one_system_holds_the_keys_that_signed_in_it(goes_on: SignedStory, target: Path) -> None:
    from consilience.domains.inventory.models import System

    slug = System.objects.first()
    assert slug is not None
    export(Wanted(slug.slug), target)
    good(target)
    for said in reports(target).values():
        assert said["checks"][4]["about"][1].startswith("3 entries signed")


def test_several_processes_say_what_one_says(
    told: Told, forger: Forger, story: SignedStory, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    forger.restate(story.positions["passkey"], nonce="ab" * 32)
    forger.parts.edit_entry(2, forger.parts.entries[2][1] + b" ")
    forger.seal(target)
    for module in (workers, ALONE):
        monkeypatch.setattr(module, "PIECE", 700)
    monkeypatch.setattr(signed, "JOBS", 1)
    for archive in (told[2], target):
        assert verify(archive, jobs=2).as_json() == verify(archive, jobs=1).as_json()
        assert ALONE.verify(archive, jobs=2).as_json() == ALONE.verify(archive, jobs=1).as_json()
