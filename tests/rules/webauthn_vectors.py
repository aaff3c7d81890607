"""Test vectors of W3C Web Authentication level 3, section 16: RP ID example.org, origin https://example.org. In hexadecimal.

Each: what was registered (challenge, client data, attestation object), and an assertion of it (challenge, client data,
authenticator data, signature).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vector:
    registration: tuple[bytes, bytes, bytes]
    assertion: tuple[bytes, bytes, bytes, bytes]


_RP = "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b5"
"""SHA-256 of example.org."""


def _client(kind: str, challenge: str, rest: str) -> bytes:
    return f'{{"type":"webauthn.{kind}","challenge":"{challenge}","origin":"https://example.org",{rest}}}'.encode()


def _extra(text: str) -> str:
    said = "clientDataJSON may be extended with additional fields in the future, such as this: "
    return f'"extraData":"{said}{text}"'


def _none(rest: str) -> bytes:
    return bytes.fromhex("a363666d74646e6f6e656761747453746d74a068617574684461746158a4" + _RP + rest)


NONE_ES256 = Vector(  # 16.2: synced, the user not verified
    (
        bytes.fromhex("00c30fb78531c464d2b6771dab8d7b603c01162f2fa486bea70f283ae556e130"),
        _client("create", "AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA",
                '"crossOrigin":false,' + _extra("BkQeDjdcTBrXBiAwJTLE5Q")),
        _none(
            "59000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70189cba3fb63f579ba6122b33ad94ff3ec330084be4"
            "a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03"
            "458abf879717c12cc68ed73290af2e2664796b9220"
        ),
    ),
    (
        bytes.fromhex("39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408"),
        _client("get", "OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag", '"crossOrigin":false'),
        bytes.fromhex(_RP + "1900000000"),
        bytes.fromhex(
            "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d"
            "78c6e486013f937295ea13653e331e87"
        ),
    ),
)  # fmt: skip
CROSS_ORIGIN = Vector(  # 16.4: of one device, the user verified, inside a page of another origin
    (
        bytes.fromhex("3be5aacd03537142472340ab5969f240f1d87716e20b6807ac230655fa4b3b49"),
        _client("create", "O-WqzQNTcUJHI0CrWWnyQPHYdxbiC2gHrCMGVfpLO0k",
                '"crossOrigin":true,' + _extra("zZquEtDR9DWqpW5tBWTFug")),
        _none(
            "4500000000883f4f6014f19c09d87aa38123be48d000206e1050c0d2ca2f07c755cb2c66a74c64fa43065c18f938354d9915db2bd5ce57"
            "a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191"
            "be11756e4c0420e72f65b466d39bc56b8b123a9c6e"
        ),
    ),
    (
        bytes.fromhex("876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137"),
        _client("get", "h2qlF7qD_e5l_P_bykyE7q5dVPgEGh_IXJkeW7snMTc",
                '"crossOrigin":true,' + _extra("92pcTVD0Aby-q4dtmj6efg")),
        bytes.fromhex(_RP + "0500000000"),
        bytes.fromhex(
            "3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09a"
            "cfa2e915544e609c0733b1184036d1cf"
        ),
    ),
)  # fmt: skip
TOP_ORIGIN = Vector(  # 16.5: the same, and the outer page is named
    (
        bytes.fromhex("4e1f4c6198699e33c14f192153f49d7e0e8e3577d5ac416c5f3adc92a41f27e5"),
        _client("create", "Th9MYZhpnjPBTxkhU_Sdfg6ONXfVrEFsXzrckqQfJ-U",
                '"crossOrigin":true,"topOrigin":"https://example.com"'),
        _none(
            "410000000097586fd09799a76401c200455099ef2a0020b8ad59b996047ab18e2ceb57206c362da57458793481f4a8ebf101c7ca7cc0f1"
            "a5010203262001215820a1c47c1d82da4ebe82cd72207102b380670701993bc35398ae2e5726427fe01d22582086c1080d82987028c7f54e"
            "cb1b01185de243b359294a0ed210cd47480f0adc88"
        ),
    ),
    (
        bytes.fromhex("d54a5c8ca4b62a8e3bb321e3b2bc73856f85a10150db2939ac195739eb1ea066"),
        _client("get", "1UpcjKS2Ko47syHjsrxzhW-FoQFQ2yk5rBlXOeseoGY",
                '"crossOrigin":true,"topOrigin":"https://example.com",' + _extra("UiFoJMVRQHDAFWFi4vxUpQ")),
        bytes.fromhex(_RP + "0500000000"),
        bytes.fromhex(
            "3045022100b5a70c81780d5fcc9a4f2ae9caae99058f8accaf58b91fb59329646c28ac6ffc022012e101c165db3c8e9957f0c54dd6ca9b56"
            "bc3bd2f280bd2faa6c1d02c6e5c171"
        ),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class SignedVector:
    """An assertion beside the key (COSE) that made it; its registration bears an attestation, which nobody asks for here."""

    cose: bytes
    assertion: tuple[bytes, bytes, bytes, bytes]


_MODULUS = ((2**1279 - 1) * (2**2203 - 1)).to_bytes(436, "big")
"""Of the two smallest Mersenne primes that are large enough, as the specification makes its RSA key."""

PACKED_RS256 = SignedVector(  # 16.10: synced, the user not verified
    bytes.fromhex("a4010303390100205901b4") + _MODULUS + bytes.fromhex("2143010001"),
    (
        bytes.fromhex("295f59f5fa8fe62c5aca9e27626c78c8da376ae6d8cd2dd29aebad601e1bc4c5"),
        _client("get", "KV9Z9fqP5ixayp4nYmx4yNo3aubYzS3SmuutYB4bxMU", '"crossOrigin":false'),
        bytes.fromhex(_RP + "1900000000"),
        bytes.fromhex(
            "01063d52d7c39b4d432fc7063c5d93e582bdcb16889cd71f888d67d880ea730a428498d3bc8e1ee11f2b1ecbe6c292b118c55ffaaddefa8cad0a54"
            "dd137c51f1eec673f1bb6c4d1789d6826a222b22d0f585fc901fdc933212e579d199b89d672aa44891333e6a1355536025e82b25590256c3538229"
            "b55737083b2f6b9377e49e2472f11952f79fdd0da180b5ffd901b4049a8f081bb40711bef76c62aed943571f2d0575304cb549d68d8892f95086a3"
            "0f93716aee818f8dc06e96c0d5e0ed4cfa9fd8773d90464b68cf140f7986666ff9c9e3302acd0535d60d769f465e2ab57ef8aabc89fccfef7ba32a"
            "64154a8b3d26be2298f470b8cc5377dbe3dfd4b0b45f8f01e63bde6cfc76b62771f9b70aa27cf40152cad93aa5acd784fd4b90f676e2ea828d0bf2"
            "400aebbaae4153e5838f537f88b6228346782a93a899be66ec77de45b3efcf311da6321c92e6b0cd11bfe653bf3e98cee8e341f02d67dbb6f9c98d"
            "9e8178090cfb5b70fbc6d541599ac794ae2f1d4de1286ec8de8c2daf7b1d15c8438e90d924df5c19045220a4c8438c1b979bbe016cf3d0eeec23c3"
            "999d4882cc645b776de930756612cdc6dd398160ff02a6"
        ),
    ),
)  # fmt: skip
PACKED_EDDSA = SignedVector(  # 16.11: of one device, the user not verified
    bytes.fromhex("a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832"),
    (
        bytes.fromhex("895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2"),
        _client("get", "iVlX4BxjOmmDSKLYoxpUt9sn6MHEOyCA15riGQJnv9I", '"crossOrigin":false'),
        bytes.fromhex(_RP + "0100000000"),
        bytes.fromhex(
            "f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d45"
            "3993dae00b"
        ),
    ),
)  # fmt: skip
