"""Signing what an operation records: the same request twice, first to be told what is to be signed, then with the signature."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.http import JsonResponse

from consilience.domains.keys import actions
from consilience.domains.ledger.rules import Actor
from consilience.kit import answers
from consilience.kit.clock import now
from consilience.kit.errors import BadInput
from consilience.surfaces import sheets, waiting
from consilience.surfaces.waiting import SIGN_WITH, SIGNATURE

PARAMETERS = [
    {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": said}
    for name, said in (
        (SIGN_WITH, "URN of your key. Nothing is recorded; the answer, 202, says what is to be signed."),
        (SIGNATURE, "The signature over what the answer 202 held, as base64url of JSON: nonce, sig, webauthn."),
    )
]
PREPARED = {
    "description": "Nothing was recorded: this is what is to be signed",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["nonce", "key", "statement", "shown", "challenge", "expires_at"],
                "properties": {
                    "nonce": {"type": "string"},
                    "key": {"type": "string"},
                    "statement": {"type": "string", "description": "base64 of the statement's exact bytes"},
                    "shown": {
                        "type": "string",
                        "description": "what the signer reads; its SHA-256 stands in the statement",
                    },
                    "challenge": {
                        "type": "string",
                        "description": "base64url of SHA-256 of the DSSE pre-authentication encoding",
                    },
                    "expires_at": {"type": "string"},
                },
            }
        }
    },
}


class Asking(Protocol):
    """A request whose actor is known."""

    auth: Actor

    @property
    def headers(self) -> Mapping[str, str]: ...


def through(request: Asking, view: Callable[[], Any]) -> Any:
    """What the view answers, done as the request wants it: at once, prepared for signing, or under a signature."""
    key, given = request.headers.get(SIGN_WITH), request.headers.get(SIGNATURE)
    if key is None and given is None:
        return view()
    if key is not None and given is not None:
        raise BadInput(SIGNATURE, f"comes in a request of its own, without {SIGN_WITH}")

    def run(actor: Actor) -> Any:
        request.auth = actor
        return view()

    if key is not None:
        prepared = actions.prepare(actor=request.auth, key=key, run=run, show=sheets.written, now=now())
        answered = JsonResponse(waiting.as_json(prepared), status=202)
        answered[answers.OURS] = "1"
        answered["Cache-Control"] = "no-store"
        return answered
    nonce, signature = waiting.read_signature(given or "")
    return actions.complete(actor=request.auth, nonce=nonce, signature=signature, run=run, now=now())


def refuse(request: Asking) -> None:
    """For operations that record no act, or more than one: nobody should believe that they signed."""
    for header in (SIGN_WITH, SIGNATURE):
        if header in request.headers:
            raise BadInput(header, "what this operation does cannot be signed")
