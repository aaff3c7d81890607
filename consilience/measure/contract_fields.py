"""Reading a contract's parts out of plain JSON: each value as what it must be, or BadInput with its file and line."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Lines, Path
from consilience.measure.contract import Type

LONGEST_PATTERN = 500
MOST_VALUES = 10_000
_DURATION = re.compile(r"([1-9][0-9]{0,6})(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class Place:
    """A part of the file: reads its keys, and says where it is when one is wrong."""

    name: str
    lines: Lines
    path: Path

    def below(self, *keys: str | int) -> Place:
        return Place(self.name, self.lines, (*self.path, *keys))

    def wrong(self, problem: str, *keys: str | int) -> BadInput:
        path = (*self.path, *keys)
        line = next((self.lines[path[:cut]] for cut in range(len(path), -1, -1) if path[:cut] in self.lines), 1)
        return BadInput(f"{self.name}, line {line}", problem)

    def mapping(self, given: Json, known: Sequence[str], what: str) -> Mapping[str, Json]:
        if not isinstance(given, Mapping):
            raise self.wrong(f"{what} is a mapping of keys to values; expected {', '.join(known)}")
        for key in given:
            if key not in known:
                near = get_close_matches(key, known, n=1, cutoff=0.6)
                hint = f"did you mean {near[0]!r}?" if near else f"expected {', '.join(known)}"
                raise self.wrong(f"{what} has no key {key!r}; {hint}", key)
        return given

    def choice(self, given: Mapping[str, Json], key: str, of: type[Choice]) -> Choice | None:
        found = given.get(key)
        if found is None:
            return None
        if isinstance(found, str) and found in {one.value for one in of}:
            return of(found)
        raise self.wrong(f"{key}: {found!r} is not one of {', '.join(one.value for one in of)}", key)

    def truth(self, given: Mapping[str, Json], key: str, *, otherwise: bool = False) -> bool:
        found = given.get(key, otherwise)
        if isinstance(found, bool):
            return found
        raise self.wrong(f"{key}: {found!r} is neither true nor false", key)

    def share(self, given: Mapping[str, Json], key: str) -> float | None:
        found = given.get(key)
        if found is None:
            return None
        try:
            share = float(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else -1.0
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise self.wrong(f"{key}: {found!r} is not a share from 0 to 1, such as 0.05", key)
        return share

    def count(self, given: Mapping[str, Json], key: str) -> int | None:
        found = given.get(key)
        if found is None or (type(found) is int and found >= 0):
            return found
        raise self.wrong(f"{key}: {found!r} is not a number of rows", key)

    def constant(self, given: Mapping[str, Json], key: str) -> str | None:
        found = given.get(key)
        if found is None:
            return None
        if isinstance(found, bool):
            return "true" if found else "false"
        if isinstance(found, (str, int)):
            return str(found)
        raise self.wrong(f"{key}: {found!r} is not one value", key)

    def values(self, given: Mapping[str, Json], key: str) -> tuple[str, ...] | None:
        found = given.get(key)
        if found is None:
            return None
        if not isinstance(found, list) or not 0 < len(found) <= MOST_VALUES:
            raise self.wrong(f"{key}: a list of 1 to {MOST_VALUES:,} values is expected, as in [yes, no]", key)
        read = [self.below(key).constant({"value": one}, "value") for one in found]
        if None in read:
            raise self.wrong(f"{key}: a missing value is in no list; allow it by missing_at_most", key)
        return tuple(one for one in read if one is not None)

    def pattern(self, given: Mapping[str, Json], key: str) -> str | None:
        found = given.get(key)
        if found is None:
            return None
        if not isinstance(found, str) or len(found) > LONGEST_PATTERN:
            raise self.wrong(f"{key}: a text of at most {LONGEST_PATTERN} characters is expected", key)
        import pyarrow as pa  # loads only where a pattern is asked for

        from consilience.measure.engines.parsing import matching

        try:
            matching(pa.array([""]), found)
        except BadInput as error:
            raise self.wrong(f"{key}: {error.problem}", key) from error
        return found

    def duration(self, given: Mapping[str, Json], key: str) -> timedelta | None:
        found = given.get(key)
        if found is None:
            return None
        said = _DURATION.fullmatch(found) if isinstance(found, str) else None
        if said is None:
            raise self.wrong(f"{key}: {found!r} is not a duration such as 30min, 36h, 7d or 2w", key)
        return timedelta(**{_UNITS[said[2]]: int(said[1])})

    def names(self, given: Mapping[str, Json], key: str, known: Collection[str]) -> frozenset[str]:
        found = given.get(key) or []
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self.wrong(f"{key}: a list of rules is expected, such as [minimum, maximum]", key)
        for one in found:
            if one not in known:
                raise self.wrong(f"{key}: {one!r} is not one of {', '.join(known)}", key)
        return frozenset(str(one) for one in found)

    def readable(self, said: str, key: str, type_: Type) -> int | float:
        """A bound as what it is compared as; refused when it is not of the column's type."""
        from consilience.measure.engines.parsing import constant

        found = constant(said, type_)
        if found is None:
            raise self.wrong(f"{key}: {said!r} is not of the type {type_.value}", key)
        return found
