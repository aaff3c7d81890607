"""The kinds and facets that a workspace begins with, read from the files beside this one."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from consilience.domains.evidence import rules


@lru_cache(maxsize=1)
def kinds() -> list[dict[str, Any]]:
    """Bodies of the shipped kinds."""
    said = yaml.safe_load(_text("kinds.yaml"))
    document = {"document": "string", "title": "string"}
    plain = [
        {"kind": kind, "title": title, "methods": ["document"], "fields": document}
        for kind, title in said["documents"].items()
    ]
    return [rules.kind_body(one) for one in [*said["computed"], *said["stated"], *plain]]


def facets() -> dict[str, list[str]]:
    """Function -> selectors, as text."""
    plan: dict[str, list[str]] = yaml.safe_load(_text("facets.yaml"))
    return plan


def _text(name: str) -> str:
    return files("consilience.domains.evidence.shipped").joinpath(name).read_text(encoding="utf-8")
