"""Whether two programs computed the same: the largest difference between a peer's figures and ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

EQUAL = {
    ("performance", "accuracy"), ("performance", "precision"), ("performance", "recall"), ("performance", "f1"),
    ("groups", "accuracy"), ("groups", "selection_rate"), ("groups", "tpr"), ("groups", "fpr"), ("groups", "fnr"),
    ("quality", "missing"), ("drift", "l_infinity"), ("drift of categories", "jensen_shannon"),
}  # fmt: skip
"""Figures with one definition. The others are estimated from bins on one of the two sides, or both."""
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Agreement:
    """How far a peer's figures of one kind are from ours."""

    peer: str
    family: str
    metric: str
    compared: int
    difference: float
    where: str
    ours: float
    theirs: float

    @property
    def equal(self) -> bool:
        """Whether both have to be equal, by definition."""
        return (self.family, self.metric) in EQUAL

    @property
    def fails(self) -> bool:
        return self.equal and self.difference > TOLERANCE

    def __str__(self) -> str:
        verdict = "DIFFERS" if self.fails else "equal" if self.equal else "near"
        return (
            f"{self.peer:10} {self.family:20} {self.metric:20} {self.compared:4} compared  "
            f"largest difference {self.difference:.3g} at {self.where}: {self.ours:.10g} / {self.theirs:.10g}  {verdict}"
        )


def compare(peer: str, ours: dict[str, Any], theirs: dict[str, Any]) -> list[Agreement]:
    """Every kind of figure that both found."""
    pairs: dict[tuple[str, str], list[tuple[float, str, float, float]]] = {}
    for family, name, metric, value in _figures(theirs):
        mine = ours.get("drift" if family.startswith("drift") else family, {}).get(name, {}).get(metric)
        if mine is not None:
            pairs.setdefault((family, metric), []).append((abs(mine - value), name, mine, value))
    return [
        Agreement(peer, family, metric, len(found), *max(found, key=lambda one: (one[0], one[1])))
        for (family, metric), found in sorted(pairs.items())
    ]


def _figures(found: dict[str, Any]) -> Iterator[tuple[str, str, str, float]]:
    for family, names in found.items():
        for name, figures in names.items():
            for metric, value in figures.items():
                if value is not None:
                    categories = family == "drift" and name.startswith("c") and metric == "jensen_shannon"
                    yield "drift of categories" if categories else family, name, metric, value
