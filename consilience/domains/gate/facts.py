"""Collecting the facts of a release from the rooms that have them. `config/facts.py` holds the list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from consilience.domains.release.queries import ReleaseOf

Provider = Callable[[ReleaseOf], dict[str, Any]]
_providers: list[Provider] = []


def use(providers: Sequence[Provider]) -> None:
    """Set the providers, once, at start-up."""
    _providers[:] = providers


def facts(release: ReleaseOf) -> dict[str, Any]:
    """The fact document of a release at the moment it was read at. A key that nobody provides stays absent: unknown."""
    if not _providers:
        raise RuntimeError("the gate was given no providers of facts")
    collected: dict[str, Any] = {}
    for provider in _providers:
        given = provider(release)
        twice = collected.keys() & given.keys()
        if twice:
            raise RuntimeError(f"two rooms provide the fact {min(twice)!r}")
        collected.update(given)
    return collected
