"""RFC 3161 time-stamps of heads: what is asked of a time-stamping authority, and reading what it answers. Pure.

An answer is believed if the certificate that the caller brings signed it: a certificate of a time-stamping authority, valid at the time
that the answer names. Whether that certificate is anybody's is for the caller to know; no chain is followed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID

from consilience.domains.witness import der
from consilience.domains.witness.der import Element
from consilience.kit.clock import Instant, instant
from consilience.kit.errors import BadInput

SHA256 = "2.16.840.1.101.3.4.2.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE, MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
HASHES: Mapping[str, type[hashes.HashAlgorithm]] = {
    SHA256: hashes.SHA256,
    "2.16.840.1.101.3.4.2.2": hashes.SHA384,
    "2.16.840.1.101.3.4.2.3": hashes.SHA512,
}
GRANTED = (der.integer(0), der.integer(1))
"""Granted, and granted with modifications."""
MAX_ANSWER = 64 * 1024
_TIME = re.compile(rb"(\d{14})(?:\.(\d{1,6}))?Z")


@dataclass(frozen=True)
class Stamp:
    """When the authority saw the text."""

    at: Instant
    authority: str
    """The name in its certificate."""


def query(text: str) -> bytes:
    """The request for a time-stamp of this text: its SHA-256, and that the certificate be sent along."""
    algorithm = der.sequence(der.oid(SHA256), der.NULL)
    imprint = der.sequence(algorithm, der.octets(hashlib.sha256(text.encode()).digest()))
    return der.sequence(der.integer(1), imprint, der.TRUE)


def opened(response: bytes, text: str, certificate: str) -> Stamp:
    """When this text was stamped; BadInput unless the response is a time-stamp of it by this certificate (PEM)."""
    if len(response) > MAX_ANSWER:
        raise BadInput("time-stamp", f"is longer than {MAX_ANSWER} bytes")
    try:
        authority = x509.load_pem_x509_certificate(certificate.encode())
    except (ValueError, x509.InvalidVersion, CryptographyDeprecationWarning) as error:
        raise BadInput("certificate", "is no X.509 certificate in PEM") from error
    if authority.serial_number <= 0:  # RFC 5280, 4.1.2.2
        raise BadInput("certificate", "has a serial number that is not positive")
    info, signer = _parts(response)
    at = _stamped(info, text)
    _signed_by(authority, signer, info)
    _may_stamp(authority, at)
    return Stamp(instant(at), authority.subject.rfc4514_string())


def _parts(response: bytes) -> tuple[bytes, Element]:
    """The bytes of the TSTInfo and the one signer, out of TimeStampResp, ContentInfo, SignedData."""
    answer = der.read(response, der.SEQUENCE).children(der.SEQUENCE)
    status = answer[0].child(0, der.SEQUENCE).raw if answer else b""
    if status not in GRANTED or len(answer) != 2:
        raise BadInput("time-stamp", "was not granted")
    content = answer[1].children(der.SEQUENCE)
    if len(content) != 2 or content[0].text() != SIGNED_DATA:
        raise BadInput("time-stamp", "holds no signed data")
    data = content[1].child(0, der.CONTEXT_0).children(der.SEQUENCE)
    inner = data[2].children(der.SEQUENCE) if len(data) > 3 else []
    if len(inner) != 2 or inner[0].text() != TST_INFO:
        raise BadInput("time-stamp", "holds signed data of another kind")
    signers = data[-1].children(der.SET)
    if len(signers) != 1:
        raise BadInput("time-stamp", f"has {len(signers)} signers; expected one")
    info = inner[1].child(0, der.CONTEXT_0)
    if info.tag != der.OCTETS:
        raise BadInput("time-stamp", "holds no octets that were signed")
    return info.value, signers[0]


def _stamped(info: bytes, text: str) -> datetime:
    """The time in a TSTInfo, once its imprint is that of the text."""
    fields = der.read(info, der.SEQUENCE).children(der.SEQUENCE)
    if len(fields) < 5:
        raise BadInput("time-stamp", "lacks fields")
    imprint = fields[2].children(der.SEQUENCE)
    if len(imprint) != 2 or imprint[0].child(0, der.SEQUENCE).text() != SHA256:
        raise BadInput("time-stamp", "is not over a SHA-256 digest")
    if imprint[1].value != hashlib.sha256(text.encode()).digest():
        raise BadInput("time-stamp", "is of something else than this head")
    found = _TIME.fullmatch(fields[4].value) if fields[4].tag == der.TIME else None
    try:
        if found is None:
            raise ValueError
        at = datetime.strptime(found[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadInput("time-stamp", "names no time") from error
    return at.replace(microsecond=int((found[2] or b"0").ljust(6, b"0")))


def _signed_by(authority: x509.Certificate, signer: Element, info: bytes) -> None:
    fields = signer.children(der.SEQUENCE)
    if len(fields) < 6:
        raise BadInput("time-stamp", "has no signed attributes")
    algorithm = HASHES.get(fields[2].child(0, der.SEQUENCE).text())
    if algorithm is None:
        raise BadInput("time-stamp", "is signed over a digest that is not SHA-256, SHA-384 or SHA-512")
    said = {
        one.child(0, der.SEQUENCE).text(): one.child(1, der.SEQUENCE).child(0, der.SET).raw
        for one in fields[3].children(der.CONTEXT_0)
    }
    digest = hashes.Hash(algorithm())
    digest.update(info)
    if said.get(CONTENT_TYPE) != der.oid(TST_INFO) or said.get(MESSAGE_DIGEST) != der.octets(digest.finalize()):
        raise BadInput("time-stamp", "has signed attributes of something else")
    _names(authority, said)
    attributes = b"\x31" + fields[3].raw[1:]  # signed as the SET OF that they are
    try:
        _verify(authority, fields[5].value, attributes, algorithm())
    except InvalidSignature as error:
        raise BadInput("time-stamp", "is not signed by this certificate") from error


def _names(authority: x509.Certificate, said: Mapping[str, bytes]) -> None:
    """The signed attributes name the certificate by its hash, as RFC 3161 and 5816 demand."""
    whole = authority.public_bytes(Encoding.DER)
    if SIGNING_CERTIFICATE_V2 in said:
        named = _certificates(said[SIGNING_CERTIFICATE_V2])
        kind = hashes.SHA256
        if named and named[0].tag == der.SEQUENCE:  # another algorithm than the default
            kind = HASHES.get(named.pop(0).child(0, der.SEQUENCE).text(), hashes.SHA256)  # type: ignore[assignment]
        digest = hashes.Hash(kind())
        digest.update(whole)
        expected = digest.finalize()
    elif SIGNING_CERTIFICATE in said:
        named = _certificates(said[SIGNING_CERTIFICATE])
        expected = hashlib.sha1(whole).digest()  # noqa: S324 - how RFC 2634 names a certificate; the signature is what counts
    else:
        raise BadInput("time-stamp", "does not name the certificate that signed it")
    if not named or named[0].value != expected:
        raise BadInput("time-stamp", "names another certificate")


def _certificates(exact: bytes) -> list[Element]:
    """The fields of the first certificate that a signing-certificate attribute names."""
    return der.read(exact, der.SEQUENCE).child(0, der.SEQUENCE).child(0, der.SEQUENCE).children(der.SEQUENCE)


def _verify(authority: x509.Certificate, signature: bytes, message: bytes, algorithm: hashes.HashAlgorithm) -> None:
    key = authority.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, message, ec.ECDSA(algorithm))
    elif isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, message)
    else:
        raise BadInput("certificate", "has a key of a kind that is not known here (RSA, ECDSA, Ed25519)")


def _may_stamp(authority: x509.Certificate, at: datetime) -> None:
    try:
        usage = authority.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, ValueError) as error:
        raise BadInput("certificate", "is not one of a time-stamping authority") from error
    if not usage.critical or list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise BadInput("certificate", "is not one of a time-stamping authority alone")
    if not authority.not_valid_before_utc <= at <= authority.not_valid_after_utc:
        raise BadInput("certificate", f"was not valid at {at:%Y-%m-%d %H:%M:%S} UTC, when it signed")
