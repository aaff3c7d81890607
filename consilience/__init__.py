"""Consilience: whether a machine-learning model may go live, on evidence and by sign-offs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilience.client import Client
    from consilience.measure.drifting import drift, profile
    from consilience.measure.evaluate import evaluate
    from consilience.measure.references import read_profile

__all__ = ["Client", "drift", "evaluate", "profile", "read_profile"]


def __getattr__(name: str) -> Any:
    # On first use, so that `import consilience` costs nothing.
    if name == "Client":
        from consilience.client import Client

        return Client
    if name == "evaluate":
        from consilience.measure.evaluate import evaluate

        return evaluate
    if name == "read_profile":
        from consilience.measure.references import read_profile

        return read_profile
    if name in ("drift", "profile"):
        from consilience.measure import drifting

        return getattr(drifting, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
