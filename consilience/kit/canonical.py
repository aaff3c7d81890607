"""Canonical bytes: RFC 8785 JSON in the profile that everything hashed or signed here uses.

Integers stay below 2^53 in magnitude; a number that is not an integer is a *string*, the shortest round-trip decimal
of ECMAScript; NaN, infinity, duplicate keys and lone surrogates are refused. Undefined is null, with a reason beside it.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
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
    try:
        if _check(value, ()):
            # Where keys sort alike by code point and by UTF-16 unit, the C encoder writes the same bytes at ten times
            # the speed; tests hold the two against each other.
            return _C_ENCODER.encode(value).encode("utf-8")
        return rfc8785.dumps(value)
    except (TypeError, UnicodeEncodeError, RecursionError, rfc8785.CanonicalizationError) as error:
        raise BadInput("canonical JSON", str(error)) from error


def decode(data: bytes | str) -> Json:
    """Parse JSON strictly: duplicate keys, NaN, infinity and lone surrogates are refused. The inverse of `encode`."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
        if "\\u" in text:  # the only way to write half of a character
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        # ValueError: not UTF-8, not JSON, half of a character, or an integer of thousands of digits.
        raise BadInput("JSON", f"cannot be read ({error})") from error
    return value


_TOKENS = re.compile(
    r'(?:[{}\[\],:]|"[^"\\]*+(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))[^"\\]*+)*+"|-?[1-9][0-9]{0,15}+|0|true|false|null)*+'
)
"""What canonical JSON of this profile consists of: no space, no fraction, no escape that could be avoided."""


MAX_DEPTH, MAX_VALUES = 500, 2**21
"""How deep a document may be nested, and how many values it may hold: beyond, readers fall over or fill the memory."""
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]')


def within_bounds(text: str) -> None:
    """BadInput where a text of JSON is nested too deep, or holds too many values, for every reader to take it."""
    opened = text.count("[") + text.count("{")
    if opened > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise BadInput("JSON", f"is nested deeper than {MAX_DEPTH}")
    if len(text) > MAX_VALUES and opened + text.count(",") > MAX_VALUES:
        raise BadInput("JSON", f"holds more than {MAX_VALUES} values")


def _depth(text: str) -> int:
    deepest = depth = 0
    for token in _BRACKETS.finditer(text):
        first = token[0][0]
        if first != '"':
            depth += 1 if first in "[{" else -1
            deepest = max(deepest, depth)
    return deepest


def read(data: bytes) -> Json:
    """What these bytes say; BadInput unless they are exactly what `encode` writes for it.

    Nothing is encoded again: JSON of these tokens, with the keys of each object ascending and integers in range, can be
    written in one way only. Tests hold this against `encode`.
    """
    try:
        text = data.decode("utf-8")
        if _TOKENS.fullmatch(text) is None:
            raise BadInput("JSON", "is not canonical JSON (a space, a fraction, or an escape that could be avoided)")
        within_bounds(text)
        value, end = (_ASCII_READER if text.isascii() else _READER).raw_decode(text)
        if end != len(text):
            raise BadInput("JSON", "is not canonical JSON (more than one value)")
        return value
    except (ValueError, RecursionError) as error:
        raise BadInput("JSON", f"is not canonical JSON ({error})") from error


def is_canonical(data: bytes) -> bool:
    """Whether these bytes are exactly what `encode` would write for what they say."""
    try:
        read(data)
    except BadInput:
        return False
    return True


def sha256(data: bytes) -> str:
    """Lower-case hexadecimal SHA-256."""
    return hashlib.sha256(data).hexdigest()


def digest(value: Json) -> str:
    """SHA-256 of the canonical bytes of a value."""
    return sha256(encode(value))


_C_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


_Path = tuple[Any, ...]
"""Where a value stands: (where its parent stands, key or index); the empty path is the document."""


def _check(value: Json, where: _Path) -> bool:
    """BadInput on what the profile refuses; else whether every key is ASCII.

    rfc8785 would write floats; the profile keeps them as strings so that no reader can round them differently.
    """
    if isinstance(value, dict):
        plain = True
        for key, item in value.items():
            if not isinstance(key, str):
                raise BadInput(_words(where), f"the key {key!r} is no text")
            plain &= key.isascii()
            if type(item) is not str:  # most values are; asking for them here saves a call for each
                plain &= _check(item, (where, f".{key}"))
        return plain
    if isinstance(value, (list, tuple)):
        plain = True
        for index, item in enumerate(value):
            plain &= _check(item, (where, index))
        return plain
    if isinstance(value, str) or value is None:
        return True
    if isinstance(value, float):
        raise BadInput(_words(where), f"{value!r} is not an integer: write it as a decimal string")
    if isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise BadInput(_words(where), f"{value} is beyond 2^53 - 1: write it as a string")
        return True
    raise BadInput(_words(where), f"{type(value).__name__} is no JSON type")


def _words(where: _Path) -> str:
    """The path as a person writes it: `$.rows[1]`."""
    if not where:
        return "$"
    parent, step = where
    return _words(parent) + (step if isinstance(step, str) else f"[{step}]")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise BadInput("JSON", f"key {twice!r} stands twice in one object")
    return made


def _ascending(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs) or list(made) != sorted(made):
        raise BadInput("JSON", "is not canonical JSON (keys out of order, or one twice)")
    return made


def _ascending_in_utf16(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    made = dict(pairs)
    if len(made) != len(pairs) or list(made) != sorted(made, key=lambda key: key.encode("utf-16-be")):
        raise BadInput("JSON", "is not canonical JSON (keys out of order, or one twice)")
    return made


def _integer(text: str) -> int:
    value = int(text)
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise BadInput("JSON", f"{text} is beyond 2^53 - 1")
    return value


_ASCII_READER = json.JSONDecoder(object_pairs_hook=_ascending, parse_int=_integer)
_READER = json.JSONDecoder(object_pairs_hook=_ascending_in_utf16, parse_int=_integer)


def _no_constant(name: str) -> float:
    raise BadInput("JSON", f"{name} is not a JSON number")


def text_of(data: bytes) -> str:
    return data.decode("utf-8")
