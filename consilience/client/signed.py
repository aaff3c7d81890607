"""Doing over HTTP what is signed: asked for twice, first to be told what is to be signed, then with the signature."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from consilience.client.signers import Signer, base64url, canonical, pae
from consilience.kit.errors import BadInput, Unreachable

if TYPE_CHECKING:
    from consilience.client.transport import Transport

Json = dict[str, Any]
SIGN_WITH, SIGNATURE = "Consilience-Sign-With", "Consilience-Signature"
_SIGNABLE = re.compile(
    r"/evidence(/[^/]+/withdraw)?|/versions/[^/]+/(evaluations|drift|comparisons|validations|windows)/states|/releases(/[^/]+/[^/]+/[^/]+/withdraw)?"
)
"""Addresses of what robots record: evidence and its withdrawal, figures from counts, proposals of releases."""


@dataclass(frozen=True)
class ToSign:
    """What is to be signed: the statement, and the text that stands for it."""

    statement: Json
    shown: str
    digest: str
    """SHA-256 of the text; its first twelve characters are what people compare."""


def signable(path: str) -> bool:
    """Whether what a robot posts to this address is signed with its key."""
    return _SIGNABLE.fullmatch(path) is not None


def signed(
    server: Transport, path: str, body: Any, *, signer: Signer, key: str, agree: Callable[[ToSign], None]
) -> Any:
    """Do what a POST to `path` does, signed: asked for once to be told what is signed, and once with the signature.

    `agree` is shown it, and raises when the person does not.
    """
    waiting = server.call("POST", path, body=body, headers={SIGN_WITH: key})
    statement = _checked(waiting)
    agree(ToSign(json.loads(statement), waiting["shown"], hashlib.sha256(waiting["shown"].encode()).hexdigest()))
    signature = {"nonce": waiting["nonce"], "sig": signer.sign(pae(statement))}
    return server.call("POST", path, body=body, headers={SIGNATURE: base64url(canonical(signature))})


def _checked(waiting: Json) -> bytes:
    """The statement, if it names what was shown."""
    try:
        statement = base64.b64decode(waiting["statement"], validate=True)
        shown = json.loads(statement)["predicate"]["shown"]
        digest = hashlib.sha256(waiting["shown"].encode()).hexdigest()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreachable("the server's answer holds nothing that could be signed") from error
    if shown != digest:
        raise BadInput("server", "shows one text and has another signed; nothing was signed")
    return statement
