"""What a program found and how long each of its parts took, printed as one line of JSON."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any


class Findings:
    """Figures by family ("drift", "quality", "performance", "groups"), seconds by part, the packages' versions, notes."""

    def __init__(self, *packages: str) -> None:
        self.versions = {package: version(package) for package in packages}
        self.seconds: dict[str, float] = {}
        self.figures: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, Any] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time spent inside as that of a part, beside the whole process that the caller times."""
        began = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - began, 4)

    def add(self, family: str, name: str, **figures: object) -> None:
        """Keep what was found of a column or a group; a figure that is not a finite number is kept as null."""
        kept = self.figures.setdefault(family, {}).setdefault(name, {})
        kept.update({key: finite(value) for key, value in figures.items()})

    def emit(self) -> None:
        said = {"versions": self.versions, "seconds": self.seconds, "figures": self.figures, "notes": self.notes}
        print(json.dumps(said))


def finite(value: Any) -> float | None:
    """The value as a finite float, or None."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None
