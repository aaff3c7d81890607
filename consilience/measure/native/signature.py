"""What a kernel takes and gives: `"mut int64[], float64[,], int64 -> float64, float64"`."""

from __future__ import annotations

import re
from dataclasses import dataclass

SCALARS = frozenset({"float64", "int64", "int32", "int16", "uint64", "uint8", "boolean"})
_ARGUMENT = re.compile(r"(mut )?(\w+)(?:\[(,*)\])?")


@dataclass(frozen=True)
class Argument:
    """A number, or an array of numbers in C order. `mutable`: the kernel writes into it."""

    scalar: str
    dimensions: int = 0
    mutable: bool = False


@dataclass(frozen=True)
class Signature:
    """The arguments of a kernel in order, and the numbers that it gives back: none, one or several."""

    text: str
    arguments: tuple[Argument, ...]
    results: tuple[str, ...]


def signature(text: str) -> Signature:
    """The signature that a text spells. Raises ValueError for one that says nothing."""
    taken, arrow, given = text.partition(" -> ")
    if not arrow:
        raise ValueError(f"{text!r} does not say what comes back; `-> none` for nothing")
    results = () if given == "none" else tuple(given.split(", "))
    arguments = tuple(map(_argument, re.split(r", ", taken)))
    unknown = {*results, *(one.scalar for one in arguments)} - SCALARS
    if unknown:
        raise ValueError(f"{text!r} names {', '.join(sorted(unknown))}, which is none of {', '.join(sorted(SCALARS))}")
    return Signature(text, arguments, results)


def _argument(text: str) -> Argument:
    found = _ARGUMENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no argument of a kernel")
    mutable, scalar, commas = found.groups()
    return Argument(scalar, 0 if commas is None else len(commas) + 1, mutable is not None)
