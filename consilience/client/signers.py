"""Signing what is recorded, with a key that never leaves this machine: an SSH key of a person, an Ed25519 key of a robot.

The client works out by itself what the signature covers (DSSE 1.0, pre-authentication encoding) and checks that the
statement names what was shown, so that a server cannot have one thing read and another signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from consilience.kit.errors import BadInput, CannotTell

Json = dict[str, Any]
STATEMENT = "application/vnd.in-toto+json"
POSSESSION = "application/vnd.consilience.possession+json"
TOKEN = "application/vnd.consilience.token+json"  # noqa: S105 - a media type
NAMESPACE, BINDING = "signoff@consilience", "key@consilience"
TOKEN_MINUTES = 5


class Signer(Protocol):
    """A key at hand: how it is told from others, and its signature over bytes."""

    kind: str

    @property
    def fingerprint(self) -> str: ...

    @property
    def public(self) -> str: ...

    def sign(self, covered: bytes) -> str:
        """The signature over a statement's pre-authentication encoding, base64."""
        ...

    def possession(self, said: bytes) -> str:
        """The proof that the key is at hand, as `POST /keys` wants it."""
        ...


def pae(payload: bytes, payload_type: str = STATEMENT) -> bytes:
    """DSSE's pre-authentication encoding: what every signature of an envelope covers."""
    said = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(said), said, len(payload), payload)


@dataclass(frozen=True)
class SshKey:
    """A key of the SSH tools: the private file, or the `.pub` file of one that an agent or a security key holds."""

    path: Path
    kind = "ssh"

    @cached_property
    def public(self) -> str:
        file = self.path if self.path.suffix == ".pub" else self.path.with_name(self.path.name + ".pub")
        try:
            return file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadInput(str(file), "cannot be read: expected the public half of the key") from error

    @property
    def fingerprint(self) -> str:
        words = self.public.split()
        try:
            blob = base64.b64decode(words[1], validate=True)
        except (IndexError, binascii.Error) as error:
            raise BadInput(str(self.path), "is no SSH key") from error
        return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")

    def sign(self, covered: bytes) -> str:
        lines = self._armoured(covered, NAMESPACE).strip().splitlines()
        return "".join(lines[1:-1])

    def possession(self, said: bytes) -> str:
        return self._armoured(said, BINDING)

    def _armoured(self, message: bytes, namespace: str) -> str:
        """`ssh-keygen` does it, and asks for a passphrase or a touch itself."""
        program = shutil.which("ssh-keygen")
        if program is None:
            raise CannotTell("ssh-keygen is not on this machine: install OpenSSH's client")
        with tempfile.TemporaryDirectory(prefix="consilience-sign-") as folder:
            file = Path(folder) / "statement"
            file.write_bytes(message)
            done = subprocess.run(  # noqa: S603 - a program of this machine, and files of ours
                [program, "-Y", "sign", "-q", "-n", namespace, "-f", str(self.path), str(file)],
                stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
            signed = file.with_name("statement.sig")
            if done.returncode or not signed.exists():
                why = done.stderr.decode(errors="replace").strip().splitlines()
                raise BadInput(str(self.path), f"ssh-keygen did not sign: {why[-1] if why else 'no reason given'}")
            return signed.read_text(encoding="ascii")


@dataclass(frozen=True)
class RobotKey:
    """An Ed25519 key in a PEM file (PKCS#8), as `consilience key make` writes it."""

    path: Path
    kind = "ed25519"

    @cached_property
    def _private(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(self.path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as error:
            raise BadInput(
                str(self.path), "cannot be read: expected an Ed25519 key in PEM without a password"
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise BadInput(str(self.path), "is no Ed25519 key")
        return key

    @cached_property
    def _raw(self) -> bytes:
        raw: bytes = self._private.public_key().public_bytes_raw()
        return raw

    @property
    def public(self) -> str:
        return base64.b64encode(self._raw).decode()

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self._raw).hexdigest()

    def sign(self, covered: bytes) -> str:
        return base64.b64encode(self._private.sign(covered)).decode()

    def possession(self, said: bytes) -> str:
        return self.sign(pae(said, POSSESSION))

    def token(self, key: str) -> str:
        """A bearer token of five minutes, within what the key's record allows."""
        ends = (datetime.now(UTC) + timedelta(minutes=TOKEN_MINUTES)).replace(tzinfo=None)
        claim = {
            "expires_at": ends.isoformat(timespec="microseconds") + "Z",
            "key": key,
            "log": f"consilience/log/{key.split(':')[2]}",
        }
        payload = canonical(claim)
        signature = {"keyid": key, "sig": self.sign(pae(payload, TOKEN))}
        envelope = {"payload": base64.b64encode(payload).decode(), "payloadType": TOKEN, "signatures": [signature]}
        return "dsse." + base64url(canonical(envelope))


def binding(fingerprint: str, holder: str) -> bytes:
    """What a key signs when it is bound to its holder (canonical JSON)."""
    return canonical({"binds": fingerprint, "holder": holder, "workspace": holder.split(":")[2]})


def canonical(value: Any) -> bytes:
    """Canonical JSON of what is only texts: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
