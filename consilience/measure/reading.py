"""Strict readers of single JSON values: each returns the value, or raises BadInput with where it stands."""

from __future__ import annotations

from consilience.kit import canonical
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput

MAX_TEXT = 500
MAX_DIGITS = 40


def fields(given: Json, where: str, names: tuple[str, ...], *, optional: tuple[str, ...] = ()) -> dict[str, Json]:
    """An object that has all of these keys, perhaps the optional ones, and no other."""
    if not isinstance(given, dict) or not set(names) <= set(given) <= {*names, *optional}:
        raise BadInput(where, f"an object with exactly {', '.join(names)} is expected")
    return given


def items(given: Json, where: str, *, longest: int) -> list[Json]:
    """A list that is not longer than it may be."""
    if not isinstance(given, list) or len(given) > longest:
        raise BadInput(where, f"a list of at most {longest} is expected")
    return given


def count(given: Json, where: str, *, largest: int = canonical.MAX_INTEGER) -> int:
    """An integer from 0 to `largest`; true is none."""
    if type(given) is not int or not 0 <= given <= largest:
        raise BadInput(where, f"an integer from 0 to {largest} is expected")
    return given


def whole(given: Json, where: str) -> int:
    """A non-negative integer of any size, written as a string of digits."""
    if (
        isinstance(given, str)
        and given.isascii()
        and given.isdigit()
        and len(given) <= MAX_DIGITS
        and str(int(given)) == given
    ):
        return int(given)
    raise BadInput(where, "a string of decimal digits is expected")


def decimal(given: Json, where: str) -> float:
    """A finite number, written as a string in its shortest decimal form."""
    if isinstance(given, str) and len(given) <= MAX_DIGITS:
        try:
            value = float(given)
            if canonical.number(value) == given:
                return value
        except (ValueError, BadInput):
            pass
    raise BadInput(where, 'a number as a string in its shortest decimal form is expected, for instance "0.5"')


def text(given: Json, where: str) -> str:
    """A text of bearable length that can be written as UTF-8."""
    try:
        if isinstance(given, str) and len(given) <= MAX_TEXT and given.encode("utf-8") is not None:
            return given
    except UnicodeEncodeError:
        pass
    raise BadInput(where, f"a text of at most {MAX_TEXT} characters is expected")


def text_or_none(given: Json, where: str) -> str | None:
    """A text, or null."""
    return None if given is None else text(given, where)


def integers(given: Json, where: str) -> list[int]:
    """Integers packed into one string, with one space between them."""
    if not isinstance(given, str):
        raise BadInput(where, "a string of integers is expected")
    parts = given.split(" ") if given else []
    try:
        if any(len(part) > 19 for part in parts):
            raise ValueError
        numbers = list(map(int, parts))
        if " ".join(map(str, numbers)) == given:
            return numbers
    except ValueError:
        pass
    raise BadInput(where, "integers with one space between them are expected")
