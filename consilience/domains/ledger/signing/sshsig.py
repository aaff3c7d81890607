"""SSH signatures over bytes, as `ssh-keygen -Y sign` makes them. Pure; signing itself is left to the SSH tools.

Source: OpenSSH `PROTOCOL.sshsig` (the blob and what is signed), RFC 8332 (RSA with SHA-2), RFC 5656 (ECDSA), OpenSSH
`PROTOCOL.u2f` (keys on security keys). Checked against `ssh-keygen -Y verify` in the tests.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from consilience.kit.errors import BadInput

NAMESPACE = "signoff@consilience"
MAGIC = b"SSHSIG"
ARMOUR = ("-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----")
_DIGESTS = {"sha256": hashlib.sha256, "sha512": hashlib.sha512}
_CURVE_HASH: dict[str, type[HashAlgorithm]] = {"nistp256": SHA256, "nistp384": SHA384, "nistp521": SHA512}
_RSA_HASH: dict[str, type[HashAlgorithm]] = {"rsa-sha2-256": SHA256, "rsa-sha2-512": SHA512}
MIN_RSA_BITS = 2048
USER_PRESENT, USER_VERIFIED = 0x01, 0x04
KEY_TYPES = frozenset(
    {
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)  # fmt: skip


@dataclass(frozen=True)
class PublicKey:
    """A public key as SSH writes it: its type and the blob, and which application a security key made it for."""

    kind: str
    blob: bytes

    @property
    def line(self) -> str:
        """As a line of `authorized_keys`, without a comment."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """SHA256:… as `ssh-keygen -l` prints it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")


@dataclass(frozen=True)
class SshSignature:
    """The parts of a signature: by which key, in which namespace, over which digest, with what."""

    public: PublicKey
    namespace: str
    digest: str
    algorithm: str
    value: bytes
    tail: bytes
    """What a security key adds to its signature: a byte of flags and a counter."""


class _Wire:
    """Reading SSH's binary form: lengths of four bytes before each string."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise BadInput("SSH signature", "ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        try:
            return self.string().decode("ascii")
        except UnicodeDecodeError as error:
            raise BadInput("SSH signature", "holds a name that is no ASCII") from error

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.at)

    def end(self) -> None:
        if self.at != len(self.data):
            raise BadInput("SSH signature", "goes on behind its end")


def read_public(line: str) -> PublicKey:
    """The key in a line of `authorized_keys` or a `.pub` file; BadInput where it is none that may sign here."""
    words = line.split()
    if len(words) < 2 or words[0] not in KEY_TYPES:
        raise BadInput("SSH key", "expected one line such as: ssh-ed25519 AAAA… name")
    try:
        blob = base64.b64decode(words[1], validate=True)
    except ValueError as error:
        raise BadInput("SSH key", "its second word is no base64") from error
    key = public_of(blob)
    if key.kind != words[0]:
        raise BadInput("SSH key", f"says {words[0]} and holds {key.kind}")
    return key


def public_of(blob: bytes) -> PublicKey:
    """The key in this blob; BadInput where it is no key, or too weak."""
    kind = _Wire(blob).text()
    if kind not in KEY_TYPES:
        raise BadInput("SSH key", f"{kind[:40]!r} is no type of key that may sign here")
    key = PublicKey(kind, blob)
    loaded = _loaded(key)
    if isinstance(loaded, rsa.RSAPublicKey) and loaded.key_size < MIN_RSA_BITS:
        raise BadInput("SSH key", f"is an RSA key of {loaded.key_size} bits; expected at least {MIN_RSA_BITS}")
    return key


def read(signature: bytes) -> SshSignature:
    """The parts of a signature in its binary form; BadInput when it is none."""
    wire = _Wire(signature)
    if wire.take(6) != MAGIC or wire.number() != 1:
        raise BadInput("SSH signature", "does not begin as an SSH signature of version 1")
    public, namespace, reserved, digest, blob = (
        public_of(wire.string()), wire.text(), wire.string(), wire.text(), wire.string(),
    )  # fmt: skip
    wire.end()
    if reserved or digest not in _DIGESTS:
        raise BadInput("SSH signature", "names a digest other than sha256 and sha512")
    inner = _Wire(blob)
    algorithm, value = inner.text(), inner.string()
    return SshSignature(public, namespace, digest, algorithm, value, inner.rest())


def unarmoured(text: str) -> bytes:
    """The binary form of a signature as `ssh-keygen` writes it to a file."""
    lines = text.strip().splitlines()
    if len(lines) < 3 or (lines[0], lines[-1]) != ARMOUR:
        raise BadInput("SSH signature", f"expected a file that begins with {ARMOUR[0]}")
    try:
        return base64.b64decode("".join(lines[1:-1]), validate=True)
    except ValueError as error:
        raise BadInput("SSH signature", "holds something else where base64 belongs") from error


def armoured(signature: bytes) -> str:
    """The file that `ssh-keygen -Y verify` reads."""
    said = base64.b64encode(signature).decode()
    lines = [said[start : start + 70] for start in range(0, len(said), 70)]
    return "\n".join((ARMOUR[0], *lines, ARMOUR[1])) + "\n"


def check(signature: bytes, message: bytes, public: bytes, *, namespace: str = NAMESPACE) -> SshSignature:
    """Pass when this key signed this message in this namespace; BadInput says what does not hold."""
    said = read(signature)
    if said.public.blob != public:
        raise BadInput("SSH signature", "was made with another key")
    if said.namespace != namespace:
        raise BadInput("SSH signature", f"was made for {said.namespace[:60]!r}; expected {namespace}")
    signed = b"".join(
        (MAGIC, _string(namespace.encode()), _string(b""), _string(said.digest.encode()),
         _string(_DIGESTS[said.digest](message).digest()))
    )  # fmt: skip
    try:
        _verify(said, signed)
    except InvalidSignature as error:
        raise BadInput("SSH signature", "does not match what it should have signed") from error
    return said


def user_verified(signature: SshSignature) -> bool:
    """Whether a security key says that it checked a PIN or a finger; an ordinary key says nothing."""
    return len(signature.tail) == 5 and bool(signature.tail[0] & USER_VERIFIED)


def _verify(said: SshSignature, signed: bytes) -> None:
    key = _loaded(said.public)
    if said.public.kind.startswith("sk-"):
        if said.algorithm != said.public.kind or len(said.tail) != 5 or not said.tail[0] & USER_PRESENT:
            raise InvalidSignature
        application = _application(said.public)
        signed = hashlib.sha256(application).digest() + said.tail + hashlib.sha256(signed).digest()
    elif said.tail:
        raise InvalidSignature
    match key:
        case ed25519.Ed25519PublicKey() if said.algorithm == said.public.kind:
            key.verify(said.value, signed)
        case ec.EllipticCurvePublicKey() if said.algorithm == said.public.kind:
            wire = _Wire(said.value)
            r, s = (int.from_bytes(wire.string(), "big") for _ in range(2))
            wire.end()
            curve = said.public.kind.removesuffix("@openssh.com").rpartition("-")[2]
            key.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(_CURVE_HASH[curve]()))
        case rsa.RSAPublicKey() if said.algorithm in _RSA_HASH:
            key.verify(said.value, signed, padding.PKCS1v15(), _RSA_HASH[said.algorithm]())
        case _:
            raise InvalidSignature


def _loaded(key: PublicKey) -> object:
    """The key for calculating; a key of a security key without the application it was made for."""
    kind, blob = key.kind, key.blob
    if kind.startswith("sk-"):
        wire = _Wire(blob)
        wire.string()
        kind = kind.removeprefix("sk-").removesuffix("@openssh.com")
        parts = [wire.string() for _ in range(2 if kind.startswith("ecdsa") else 1)]
        wire.string()
        wire.end()
        blob = b"".join(map(_string, (kind.encode(), *parts)))
    try:
        return load_ssh_public_key(f"{kind} {base64.b64encode(blob).decode()}".encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadInput("SSH key", "is no key that can be read") from error


def _application(key: PublicKey) -> bytes:
    wire = _Wire(key.blob)
    strings = []
    while wire.at < len(wire.data):
        strings.append(wire.string())
    return strings[-1]


def _string(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value
