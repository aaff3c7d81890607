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
