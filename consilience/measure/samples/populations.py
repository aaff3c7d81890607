"""What is stated about a population, as people write it in a file: the share or the count of each group."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from consilience.kit.errors import BadInput


def read_population(written: Any, name: str) -> dict[str, dict[str, float]]:
    """The population that parsed YAML or JSON says: attribute (or several, joined by " x ") -> group -> share or count.

    Raises BadInput, naming the file and the place, for anything else.
    """
    if not isinstance(written, Mapping) or not written:
        raise BadInput(name, "is not a mapping such as `sex: {f: 0.51, m: 0.49}`")
    return {str(attribute): _groups(groups, f"{name}, {attribute!r}") for attribute, groups in written.items()}


def _groups(written: Any, place: str) -> dict[str, float]:
    if not isinstance(written, Mapping) or not written:
        raise BadInput(place, "is not a mapping from groups to shares or counts, such as `{f: 0.51, m: 0.49}`")
    return {str(group): _number(value, f"{place}, {str(group)!r}") for group, value in written.items()}


def _number(value: Any, place: str) -> float:
    if not isinstance(value, bool):
        with suppress(TypeError, ValueError, OverflowError):
            return float(value)  # YAML's decimals come as text
    raise BadInput(place, f"{value!r} is not a share or a count")
