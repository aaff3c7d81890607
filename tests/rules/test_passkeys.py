"""Passkeys: our own checks beside py_webauthn, and on the vectors of the specification."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import decode_credential_public_key, encode_cbor, parse_attestation_object
from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography
from webauthn.helpers.exceptions import WebAuthnException

from consilience.domains.keys import passkeys
from consilience.domains.ledger.signing import webauthn
from consilience.domains.ledger.signing.dsse import Assertion
from consilience.kit.errors import BadInput
from tests.harness.archives import ALONE
from tests.rules.webauthn_vectors import (
    CROSS_ORIGIN,
    NONE_ES256,
    PACKED_EDDSA,
    PACKED_RS256,
    TOP_ORIGIN,
    SignedVector,
    Vector,
)

SITE = passkeys.Site("example.org", ("https://example.org",))
CHALLENGE = bytes(range(32))


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def answer(vector: Vector, **response: Any) -> dict[str, Any]:
    _challenge, client_data, attestation = vector.registration
    found = parse_attestation_object(attestation).auth_data.attested_credential_data
    assert found is not None
    name = base64url(found.credential_id)
    given = {"clientDataJSON": base64url(client_data), "attestationObject": base64url(attestation), **response}
    return {"id": name, "rawId": name, "type": "public-key", "response": given}


def spki(vector: Vector) -> bytes:
    """The registered key, read by py_webauthn."""
    found = parse_attestation_object(vector.registration[2]).auth_data.attested_credential_data
    assert found is not None
    public: Any = decoded_public_key_to_cryptography(decode_credential_public_key(found.credential_public_key))
    made: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return made


def ours(vector: Vector, **changed: Any) -> webauthn.Flags:
    challenge, client_data, data, signature = vector.assertion
    given: dict[str, Any] = {
        "expected": challenge,
        "public": spki(vector),
        "rp_id": "example.org",
        "origins": SITE.origins,
    }
    return webauthn.check(Assertion(data, client_data), signature, **given | changed)


def theirs(vector: Vector) -> None:
    """py_webauthn on the same assertion, with the user's verification left open."""
    challenge, client_data, data, signature = vector.assertion
    found = parse_attestation_object(vector.registration[2]).auth_data.attested_credential_data
    assert found is not None
    name = base64url(found.credential_id)
    verify_authentication_response(
        credential={"id": name, "rawId": name, "type": "public-key", "response": {
            "authenticatorData": base64url(data), "clientDataJSON": base64url(client_data), "signature": base64url(signature),
        }},
        expected_challenge=challenge, expected_rp_id="example.org", expected_origin="https://example.org",
        credential_public_key=found.credential_public_key, credential_current_sign_count=0,
    )  # fmt: skip


# The vectors of W3C, section 16


@pytest.mark.parametrize("vector", [NONE_ES256, CROSS_ORIGIN, TOP_ORIGIN])
def test_the_vectors_are_those_that_py_webauthn_accepts(vector: Vector) -> None:
    theirs(vector)
    challenge = vector.registration[0]
    verify_registration_response(
        credential=answer(vector), expected_challenge=challenge, expected_rp_id="example.org",
        expected_origin="https://example.org",
    )  # fmt: skip


@pytest.mark.parametrize("vector", [CROSS_ORIGIN, TOP_ORIGIN])
def test_what_was_signed_inside_a_page_of_another_origin_is_refused(vector: Vector) -> None:
    with pytest.raises(BadInput, match="inside a page of another origin"):
        ours(vector)


def test_what_was_registered_inside_a_page_of_another_origin_is_refused() -> None:
    with pytest.raises(BadInput, match="inside a page of another origin"):
        passkeys.registered(json.dumps(answer(CROSS_ORIGIN)), CROSS_ORIGIN.registration[0], SITE)


def test_a_user_who_was_not_verified_is_refused() -> None:
    with pytest.raises(BadInput, match="user was verified"):
        ours(NONE_ES256)
    with pytest.raises(BadInput, match="not accepted"):
        passkeys.registered(json.dumps(answer(NONE_ES256)), NONE_ES256.registration[0], SITE)


@pytest.mark.parametrize("vector", [NONE_ES256, CROSS_ORIGIN, TOP_ORIGIN])
def test_our_calculation_of_the_signature_fits_the_vectors_and_nothing_else(vector: Vector) -> None:
    _challenge, client_data, data, signature = vector.assertion
    signed = data + hashlib.sha256(client_data).digest()
    webauthn._verify(spki(vector), signature, signed)
    with pytest.raises(InvalidSignature):
        webauthn._verify(spki(vector), signature, signed[:-1] + bytes([signed[-1] ^ 1]))


@pytest.mark.parametrize("vector", [PACKED_RS256, PACKED_EDDSA], ids=["RS256", "EdDSA"])
def test_the_vectors_of_other_algorithms_hold_for_all_three_of_us_and_nothing_else_does(vector: SignedVector) -> None:
    """Their users were not verified, which we ask for: so with that flag they are refused, and for nothing else."""
    challenge, client_data, data, signature = vector.assertion
    verify_authentication_response(
        credential={"id": "AA", "rawId": "AA", "type": "public-key", "response": {
            "authenticatorData": base64url(data), "clientDataJSON": base64url(client_data), "signature": base64url(signature),
        }},
        expected_challenge=challenge, expected_rp_id="example.org", expected_origin="https://example.org",
        credential_public_key=vector.cose, credential_current_sign_count=0,
    )  # fmt: skip
    public: Any = decoded_public_key_to_cryptography(decode_credential_public_key(vector.cose))
    spki = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signed = data + hashlib.sha256(client_data).digest()
    for check in (webauthn._verify, ALONE.by_public):
        check(spki, signature, signed)
        with pytest.raises(InvalidSignature):
            check(spki, signature, signed[:-1] + bytes([signed[-1] ^ 1]))
    with pytest.raises(BadInput, match="user was verified"):
        webauthn.check(
            Assertion(data, client_data),
            signature,
            expected=challenge,
            public=spki,
            rp_id="example.org",
            origins=SITE.origins,
        )
    bound = {"rp_id": "example.org", "origins": list(SITE.origins)}
    with pytest.raises(ALONE.Bad, match="verified"):
        ALONE.by_passkey(bound, spki, signature, data, client_data, challenge)


# Beside py_webauthn: the same keys and assertions, bent at random


class Key:
    """A key of a kind that passkeys have, with its public half as COSE writes it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        made = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
        }
        self.private: Any = made[kind]()

    @property
    def cose(self) -> bytes:
        public = self.private.public_key()
        match self.kind:
            case "ES256":
                at = public.public_numbers()
                return encode_cbor({1: 2, 3: -7, -1: 1, -2: at.x.to_bytes(32, "big"), -3: at.y.to_bytes(32, "big")})
            case "EdDSA":
                return encode_cbor({1: 1, 3: -8, -1: 6, -2: public.public_bytes(Encoding.Raw, PublicFormat.Raw)})
            case _:
                at = public.public_numbers()
                return encode_cbor({1: 3, 3: -257, -1: at.n.to_bytes(256, "big"), -2: at.e.to_bytes(3, "big")})

    def sign(self, message: bytes) -> bytes:
        match self.kind:
            case "ES256":
                made = self.private.sign(message, ec.ECDSA(SHA256()))
            case "EdDSA":
                made = self.private.sign(message)
            case _:
                made = self.private.sign(message, padding.PKCS1v15(), SHA256())
        return bytes(made)

    def registered(self, flags: int = 0x45, **client: Any) -> str:
        """What a browser answers when this key is made, without an attestation."""
        said = {"type": "webauthn.create", "challenge": base64url(CHALLENGE), "origin": "https://example.org", **client}
        name = hashlib.sha256(self.cose).digest()
        data = hashlib.sha256(b"example.org").digest() + bytes([flags]) + bytes(4) + bytes(range(16))
        data += len(name).to_bytes(2, "big") + name + self.cose
        made = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return json.dumps({
            "id": base64url(name), "rawId": base64url(name), "type": "public-key",
            "response": {"clientDataJSON": base64url(json.dumps(said).encode()), "attestationObject": base64url(made),
                         "transports": ["internal", "unheard-of"]},
        })  # fmt: skip


@pytest.fixture(scope="module", params=["ES256", "EdDSA", "RS256"])
def key(request: pytest.FixtureRequest) -> Key:
    return Key(request.param)


def test_every_kind_of_key_is_registered_and_its_record_is_enough(key: Key) -> None:
    made = passkeys.registered(key.registered(), CHALLENGE, SITE)
    assert made.algorithm == key.kind
    assert load_der_public_key(made.public) == key.private.public_key()
    said = made.details["webauthn"]
    assert (said["rp_id"], said["origins"], said["transports"]) == (
        "example.org",
        ["https://example.org"],
        ["internal"],
    )
    assert said["attestation_format"] == "none"
    assert parse_attestation_object(base64.b64decode(said["attestation_object"]))


@pytest.mark.parametrize(
    ("flags", "eligible", "backed_up"), [(0x45, False, False), (0x4D, True, False), (0x5D, True, True)]
)
def test_whether_a_key_can_leave_its_device_is_kept(flags: int, eligible: bool, backed_up: bool) -> None:
    said = passkeys.registered(Key("EdDSA").registered(flags), CHALLENGE, SITE).details["webauthn"]
    assert (said["backup_eligible"], said["backed_up"]) == (eligible, backed_up)


@pytest.mark.parametrize(
    "client",
    [
        {"type": "webauthn.get"}, {"challenge": "AAAA"}, {"origin": "https://elsewhere.example"}, {"crossOrigin": True},
        {"topOrigin": "https://example.org"}, {"origin": "http://example.org"},
    ],
)  # fmt: skip
def test_a_registration_made_elsewhere_is_refused(client: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        passkeys.registered(Key("EdDSA").registered(**client), CHALLENGE, SITE)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"response": {}}', '{"response": {"clientDataJSON": 1}}', "x" * 70_000]
)
def test_nonsense_is_no_registration(text: str) -> None:
    with pytest.raises(BadInput):
        passkeys.registered(text, CHALLENGE, SITE)


@pytest.mark.parametrize("curve", [ec.SECP384R1()])
def test_another_curve_is_refused(curve: ec.EllipticCurve) -> None:
    key = Key("ES256")
    key.private = ec.generate_private_key(curve)
    at = key.private.public_key().public_numbers()
    cose = encode_cbor({1: 2, 3: -35, -1: 2, -2: at.x.to_bytes(48, "big"), -3: at.y.to_bytes(48, "big")})
    key.__class__ = type("Other", (Key,), {"cose": cose})
    with pytest.raises(BadInput):
        passkeys.registered(key.registered(), CHALLENGE, SITE)


def bent(chance: random.Random, key: Key) -> tuple[Assertion, bytes]:
    """An assertion with a few things off, or none."""
    said: dict[str, Any] = {
        "type": "webauthn.get", "challenge": base64url(CHALLENGE), "origin": "https://example.org", "crossOrigin": False,
    }  # fmt: skip
    said |= chance.choice(
        [
            {},
            {},
            {},
            {"type": "webauthn.create"},
            {"challenge": base64url(b"x" * 32)},
            {"origin": "https://example.com"},
        ]
    )
    rp = chance.choice([b"example.org"] * 5 + [b"example.com"])
    flags = chance.choice([0x05, 0x05, 0x0D, 0x1D, 0x01, 0x04, 0x15, 0x00])
    data = hashlib.sha256(rp).digest() + bytes([flags]) + bytes(4)
    client_data = json.dumps(said).encode()
    message = data + hashlib.sha256(client_data).digest()
    signature = key.sign(chance.choice([message] * 5 + [message + b"x"]))
    return Assertion(data, client_data), signature


def test_we_accept_exactly_what_py_webauthn_accepts_with_its_user_verified(key: Key) -> None:
    chance, made = random.Random(20261123), passkeys.registered(key.registered(), CHALLENGE, SITE)
    name = base64url(hashlib.sha256(key.cose).digest())
    accepted = 0
    for _nth in range(150):
        assertion, signature = bent(chance, key)
        try:
            webauthn.check(
                assertion, signature, expected=CHALLENGE, public=made.public, rp_id="example.org", origins=SITE.origins
            )
            we = True
        except BadInput:
            we = False
        try:
            verify_authentication_response(
                credential={"id": name, "rawId": name, "type": "public-key", "response": {
                    "authenticatorData": base64url(assertion.authenticator_data),
                    "clientDataJSON": base64url(assertion.client_data), "signature": base64url(signature),
                }},
                expected_challenge=CHALLENGE, expected_rp_id="example.org", expected_origin="https://example.org",
                credential_public_key=key.cose, credential_current_sign_count=0, require_user_verification=True,
            )  # fmt: skip
            they = True
        except WebAuthnException:
            they = False
        assert we == they, (assertion, signature)
        accepted += we
    assert 20 < accepted < 130
