"""In which systems a registered model is proposed. Rooms above this one know; config/uses.py names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from consilience.kit.records.models import AsOf

Finder = Callable[[str, AsOf], frozenset[str]]
"""From the URN of a model, the URNs of the systems in which it is used."""
_finders: list[Finder] = []


def use(finders: Sequence[Finder]) -> None:
    """Set who knows, once, at start-up."""
    _finders[:] = finders


def proposed_in(model: str, asof: AsOf) -> frozenset[str]:
    """URNs of the systems that a model (URN) cannot leave, since something is proposed there."""
    if not _finders:
        raise RuntimeError("the inventory was not told who knows where models are used")
    return frozenset().union(*(find(model, asof) for find in _finders))
