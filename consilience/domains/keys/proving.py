"""Keys as they are handed in: their form, and the proof that whoever binds them holds them. Pure."""

from __future__ import annotations

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from consilience.domains.keys import rules
from consilience.domains.keys.rules import NewKey
from consilience.domains.ledger import notes
from consilience.domains.ledger.signing import dsse, sshsig
from consilience.domains.ledger.signing.checking import KeyKind
from consilience.kit.errors import BadInput

POSSESSION_TYPE = "application/vnd.consilience.possession+json"
"""The payload type under which a robot's key signs that it is bound: no statement has it."""


def ssh(line: str, possession: str, *, holder: str, workspace: str) -> NewKey:
    """An SSH key from the line of its `.pub` file. `possession` is the armoured signature over `rules.possession` in its
    own namespace."""
    key = sshsig.read_public(line)
    said = rules.possession(workspace, holder, key.fingerprint)
    signature = sshsig.unarmoured(possession)
    sshsig.check(signature, said, key.blob, namespace=rules.POSSESSION)
    proof = {"line": key.line, "possession": base64.b64encode(signature).decode()}
    return NewKey(KeyKind.SSH, key.blob, key.kind, proof)


def ed25519(public: str, possession: str, *, holder: str, workspace: str) -> NewKey:
    """A robot's key: 32 bytes and a signature of 64, both in base64."""
    raw = notes.unbase64(public, "public key")
    if len(raw) != 32:
        raise BadInput("public key", f"expected the 32 bytes of an Ed25519 key in base64; these are {len(raw)}")
    said = rules.possession(workspace, holder, rules.fingerprint(KeyKind.ED25519, raw))
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(
            notes.unbase64(possession, "possession"), dsse.pae(said, POSSESSION_TYPE)
        )
    except (InvalidSignature, ValueError) as error:
        raise BadInput("possession", "is not this key's signature over its binding") from error
    return NewKey(KeyKind.ED25519, raw, "Ed25519", {"possession": possession})
