"""The packs that the product brings. Each stands by itself; a workspace has none of them before somebody adopts it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType


@lru_cache(maxsize=1)
def texts() -> Mapping[str, str]:
    """Slug -> YAML."""
    found = sorted(
        (item for item in files(__name__).iterdir() if item.name.endswith(".yaml")), key=lambda one: one.name
    )
    return MappingProxyType({item.name.removesuffix(".yaml"): item.read_text(encoding="utf-8") for item in found})
