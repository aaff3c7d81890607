"""Keys that tests sign with: passkey and security key in software, an SSH key with the real `ssh-keygen`, a robot's Ed25519 key."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from consilience.domains.keys.rules import NewKey
from consilience.domains.ledger.signing import dsse, sshsig, webauthn
from consilience.domains.ledger.signing.checking import KeyKind

RP_ID, ORIGIN = "localhost", "http://localhost:8000"


@dataclass
class Passkey:
    """An authenticator in software. `flags` and `client` are what a test bends."""

    flags: int = webauthn.USER_PRESENT | webauthn.USER_VERIFIED
    client: dict[str, Any] = field(default_factory=dict)
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    rewritten: Callable[[bytes], bytes] = bytes
    """What becomes of the client data before it is signed over."""

    def new_key(self) -> NewKey:
        public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return NewKey(
            KeyKind.PASSKEY, public, "ES256",
            {"webauthn": {"rp_id": RP_ID, "origins": [ORIGIN], "credential_id": hashlib.sha256(public).hexdigest()}},
        )  # fmt: skip

    def sign(self, statement: bytes) -> dsse.Signature:
        asked = base64.urlsafe_b64encode(webauthn.challenge(dsse.pae(statement))).decode().rstrip("=")
        said = {"type": "webauthn.get", "challenge": asked, "origin": ORIGIN, "crossOrigin": False, **self.client}
        client_data = json.dumps({key: value for key, value in said.items() if value is not None}).encode()
        client_data = self.rewritten(client_data)
        data = hashlib.sha256(RP_ID.encode()).digest() + bytes([self.flags]) + bytes(4)
        signed = self.private.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return dsse.Signature("", signed, dsse.Assertion(data, client_data))


@dataclass(frozen=True)
class SshKey:
    """A key pair in files, made by `ssh-keygen`."""

    path: Path

    @classmethod
    def make(cls, folder: Path, kind: str = "ed25519") -> SshKey:
        path = folder / f"id_{kind}"
        _run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test", "-f", str(path))
        return cls(path)

    @property
    def public(self) -> sshsig.PublicKey:
        return sshsig.read_public(self.path.with_suffix(".pub").read_text(encoding="ascii"))

    def new_key(self) -> NewKey:
        return NewKey(KeyKind.SSH, self.public.blob, self.public.kind, {"line": self.public.line})

    def sign_bytes(self, message: bytes, namespace: str = sshsig.NAMESPACE) -> bytes:
        to_sign = self.path.parent / "message"
        to_sign.write_bytes(message)
        to_sign.with_suffix(".sig").unlink(missing_ok=True)
        _run("ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", str(self.path), str(to_sign))
        return sshsig.unarmoured(to_sign.with_suffix(".sig").read_text(encoding="ascii"))

    def sign(self, statement: bytes) -> dsse.Signature:
        return dsse.Signature("", self.sign_bytes(dsse.pae(statement)))


@dataclass
class RobotKey:
    """An Ed25519 key as a pipeline holds it."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def new_key(self) -> NewKey:
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return NewKey(KeyKind.ED25519, public, "Ed25519", {})

    def sign(self, statement: bytes) -> dsse.Signature:
        return dsse.Signature("", self.private.sign(dsse.pae(statement)))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@dataclass
class SecurityKey:
    """What a FIDO security key does for SSH (OpenSSH PROTOCOL.u2f), in software: it signs over flags and a counter as well."""

    kind: str = "sk-ssh-ed25519@openssh.com"
    application: bytes = b"ssh:"
    counter: int = 7
    private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.private = (
            Ed25519PrivateKey.generate() if "ed25519" in self.kind else ec.generate_private_key(ec.SECP256R1())
        )

    @property
    def public(self) -> sshsig.PublicKey:
        if isinstance(self.private, Ed25519PrivateKey):
            parts = [self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)]
        else:
            point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            parts = [b"nistp256", point]
        blob = b"".join(map(_string, (self.kind.encode(), *parts, self.application)))
        return sshsig.PublicKey(self.kind, blob)

    def new_key(self) -> NewKey:
        return NewKey(KeyKind.SSH, self.public.blob, self.kind, {"line": self.public.line})

    def sign_bytes(self, message: bytes, flags: int = 0x01) -> bytes:
        """The SSHSIG blob over a message. `flags`: 1 for a touch, 4 for a PIN or a finger."""
        namespace = sshsig.NAMESPACE.encode()
        inner = [namespace, b"", b"sha512", hashlib.sha512(message).digest()]
        to_sign = hashlib.sha256(sshsig.MAGIC + b"".join(map(_string, inner))).digest()
        tail = bytes([flags]) + self.counter.to_bytes(4, "big")
        signed = hashlib.sha256(self.application).digest() + tail + to_sign
        if isinstance(self.private, Ed25519PrivateKey):
            value = self.private.sign(signed)
        else:
            r, s = decode_dss_signature(self.private.sign(signed, ec.ECDSA(SHA256())))
            value = _number(r) + _number(s)
        made = _string(self.kind.encode()) + _string(value) + tail
        outer = [self.public.blob, namespace, b"", b"sha512", made]
        return sshsig.MAGIC + (1).to_bytes(4, "big") + b"".join(map(_string, outer))

    def sign(self, statement: bytes, flags: int = 0x01) -> dsse.Signature:
        return dsse.Signature("", self.sign_bytes(dsse.pae(statement), flags))


def _string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _number(value: int) -> bytes:
    """An mpint of SSH: no sign bit set, no zero in front that is not needed."""
    return _string(value.to_bytes(value.bit_length() // 8 + 1, "big"))
