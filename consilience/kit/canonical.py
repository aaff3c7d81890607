"""Canonical bytes: RFC 8785 JSON in the profile that everything hashed or signed here uses.

Integers stay below 2^53 in magnitude; a number that is not an integer is a *string*, the shortest round-trip decimal
of ECMAScript; NaN, infinity, duplicate keys and lone surrogates are refused. Undefined is null, with a reason beside it.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import rfc8785

from consilience.kit.errors import BadInput

MAX_INTEGER = 2**53 - 1
Json = Any  # what json.loads returns; the profile is checked by `encode`


def number(value: float) -> str:
    """The string that stands for a non-integer number: ECMAScript's Number::toString, so `0.1` is "0.1" and 1.0 is "1".

    Source: ECMA-262, Number::toString; rfc8785 implements it for RFC 8785. Raises BadInput on NaN and infinity.
    """
    if not math.isfinite(value):
        raise BadInput("number", f"{value} cannot be recorded; an undefined figure is null with a reason")
    return rfc8785.dumps(float(value)).decode("ascii")


def encode(value: Json) -> bytes:
    """The canonical bytes of a value made of dicts, lists, strings, integers, booleans and None."""
    _refuse_floats(value, "$")
    try:
        return rfc8785.dumps(value)
    except (rfc8785.IntegerDomainError, rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise BadInput("canonical JSON", str(error)) from error


def decode(data: bytes | str) -> Json:
    """Parse JSON strictly: duplicate keys, NaN and infinity are refused. The inverse of `encode`."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (
        ValueError,
        RecursionError,
    ) as error:  # ValueError: not UTF-8, not JSON, or an integer of thousands of digits
        raise BadInput("JSON", f"cannot be read ({error})") from error


def is_canonical(data: bytes) -> bool:
    """Whether these bytes are exactly what `encode` would write for what they say."""
    try:
        return encode(decode(data)) == data
    except BadInput:
        return False


def sha256(data: bytes) -> str:
    """Lower-case hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes of a value."""
    return sha256(encode(value))


def _refuse_floats(value: Json, where: str) -> None:
    # rfc8785 would write floats; the profile keeps them as strings so that no reader can round them differently.
    if isinstance(value, float):
        raise BadInput(where, f"{value!r} is not an integer: write it as a decimal string")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_floats(item, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _refuse_floats(item, f"{where}[{index}]")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = sorted({key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1})
        raise BadInput("JSON", f"key {twice[0]!r} stands twice in one object")
    return made


def _no_constant(name: str) -> float:
    raise BadInput("JSON", f"{name} is not a JSON number")


def text_of(data: bytes) -> str:
    return data.decode("utf-8")
