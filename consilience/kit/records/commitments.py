"""Commitments: how personal text is bound to a record without standing in it."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from typing import Any

from consilience.kit.records.models import Erased, Private

Commitment = dict[str, str]


def commit(text: str, salt: bytes | None = None) -> tuple[Commitment, Private]:
    """A commitment for a body, and the unsaved row that holds the text: HMAC-SHA256 under 32 random bytes of salt.

    A `salt` is given only where the same commitment is made once more, for an act that was signed.
    """
    salt = salt or os.urandom(32)
    code = code_of(text, salt)
    return {"commitment": code}, Private(commitment=code, salt=salt, value=text)


def code_of(text: str, salt: bytes) -> str:
    return hmac.new(salt, text.encode("utf-8"), hashlib.sha256).hexdigest()


def opened(commitments: Iterable[Any]) -> dict[str, str]:
    """The texts behind these commitments, by code; an erased one is absent."""
    codes = {item["commitment"] for item in commitments if isinstance(item, dict) and "commitment" in item}
    return dict(Private.objects.filter(commitment__in=codes).values_list("commitment", "value"))


def text(item: Any) -> str | None:
    """The text behind one commitment, None when it was erased or none was given."""
    return opened([item]).get(item["commitment"]) if item else None


def erased(codes: Iterable[str]) -> dict[str, Erased]:
    """When and by which entry these were erased: commitments of texts, digests of files. What was not is absent."""
    return Erased.objects.in_bulk(list(codes))
