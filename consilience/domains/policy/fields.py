"""Reading a policy's parts out of plain JSON, with the place of whatever is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from consilience.domains.policy.language.errors import hint, one_of
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput
from consilience.kit.strict_yaml import Lines, Path

_SLUG = re.compile(r"[a-z0-9-]{1,63}")
_SHOWN = 100
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")


def shortened(value: Json) -> str:
    """A value as an error shows it: a long one is cut."""
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a policy was read from, so that an error can name file and line."""

    name: str
    lines: Lines

    def at(self, path: Path, what: str = "") -> str:
        """The place of a part, as the first words of an error."""
        line = next((self.lines[path[:cut]] for cut in range(len(path), -1, -1) if path[:cut] in self.lines), None)
        place = self.name if line is None else f"{self.name}, line {line}"
        return f"{place}: {what}" if what else place


class Fields:
    """One mapping of the document: only the keys that are expected, each read as what it must be."""

    def __init__(
        self,
        value: Json,
        path: Path,
        source: Source,
        *,
        what: str,
        required: Sequence[str],
        optional: Sequence[str] = (),
    ) -> None:
        self.path, self.source, self.what = path, source, what
        if not isinstance(value, Mapping):
            raise self.wrong(path, "must be a mapping of keys to values")
        known = [*required, *optional]
        for key in value:
            if key not in known:
                problem = f"key {shortened(key)} is unknown; expected {one_of(known)}{hint(key, known)}"
                raise self.wrong((*path, key), problem)
        for key in required:
            if value.get(key) is None:
                raise self.wrong(path, f"key {key!r} is missing")
        self.value = value

    def wrong(self, path: Path, problem: str) -> BadInput:
        return BadInput(self.source.at(path, self.what), problem)

    def bad(self, key: str, problem: str) -> BadInput:
        """The error of one key."""
        return self.wrong((*self.path, key), f"{key}: {problem}")

    def text(self, key: str) -> str:
        found = self.value[key]
        if not isinstance(found, str) or not found.strip():
            raise self.bad(key, f"{shortened(found)} is not a text")
        return found

    def slug(self, key: str) -> str:
        found = self.text(key)
        if not _SLUG.fullmatch(found):
            raise self.bad(key, f"{shortened(found)} must be 1 to 63 of the characters a-z, 0-9 and -")
        return found

    def one_of(self, key: str, allowed: Collection[str]) -> str:
        found = self.text(key)
        if found not in allowed:
            raise self.bad(key, f"{shortened(found)} is not {one_of(list(allowed))}{hint(found, allowed)}")
        return found

    def integer(self, key: str) -> int:
        found = self.value[key]
        if type(found) is not int:
            raise self.bad(key, f"{shortened(found)} is not a whole number")
        return found

    def by_language(self, key: str) -> dict[str, Json]:
        """A mapping from language to something; English is always there."""
        found = self.value[key]
        if not isinstance(found, Mapping) or found.get("en") is None:
            raise self.bad(key, "must name at least its English form: {en: ...}")
        for language in found:
            if not _LANGUAGE.fullmatch(language):
                raise self.bad(key, f"{language!r} is not a language such as en or de")
        return dict(found)

    def words(self, key: str) -> dict[str, str]:
        """Text by language."""
        found = self.by_language(key)
        for language, text in found.items():
            if not isinstance(text, str) or not text.strip():
                raise self.bad(key, f"{language}: {shortened(text)} is not a text")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; an empty one is allowed."""
        found = self.items(key)
        for text in found:
            if not isinstance(text, str):
                raise self.bad(key, f"{shortened(text)} is not a text")
        return tuple(found)

    def items(self, key: str) -> list[Json]:
        found = self.value[key]
        if not isinstance(found, list):
            raise self.bad(key, "must be a list")
        return found
