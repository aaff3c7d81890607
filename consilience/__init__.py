"""Consilience: whether a machine-learning model may go live, on evidence and by sign-offs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilience.client import Client
    from consilience.measure.comparing import compare
    from consilience.measure.drifting import drift, profile
    from consilience.measure.evaluate import evaluate
    from consilience.measure.over_time import over_time
    from consilience.measure.references import read_profile
    from consilience.measure.representative import represent
    from consilience.measure.segments import slices
    from consilience.measure.synthetic import synthetic

__all__ = [
    "Client",
    "compare",
    "drift",
    "evaluate",
    "over_time",
    "profile",
    "read_profile",
    "represent",
    "slices",
    "synthetic",
]

_PLACES = {
    "Client": "consilience.client",
    "compare": "consilience.measure.comparing",
    "drift": "consilience.measure.drifting",
    "evaluate": "consilience.measure.evaluate",
    "over_time": "consilience.measure.over_time",
    "profile": "consilience.measure.drifting",
    "read_profile": "consilience.measure.references",
    "represent": "consilience.measure.representative",
    "slices": "consilience.measure.segments",
    "synthetic": "consilience.measure.synthetic",
}


def __getattr__(name: str) -> Any:
    # On first use, so that `import consilience` costs nothing.
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
