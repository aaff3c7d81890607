"""The kinds and facets that a workspace begins with, read from the files beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from consilience.domains.evidence import rules

_DOCUMENT = {"document": "string", "title": "string", "sections": ["string"], "approved": "bool"}


@lru_cache(maxsize=1)
def kinds() -> list[dict[str, Any]]:
    """Bodies of the shipped kinds."""
    said = yaml.safe_load(_text("kinds.yaml"))
    documents = [_document(kind, written) for kind, written in said["documents"].items()]
    return [rules.kind_body(one) for one in [*said["computed"], *said["stated"], *documents]]


def _document(kind: str, written: str | Mapping[str, Any]) -> dict[str, Any]:
    """A kind of document: its title alone, or with the fields and units that it has beside every document's."""
    more: Mapping[str, Any] = {"title": written} if isinstance(written, str) else written
    return {"kind": kind, "methods": ["document"], **more, "fields": {**_DOCUMENT, **more.get("fields", {})}}


def facets() -> dict[str, list[str]]:
    """Function -> selectors, as text."""
    plan: dict[str, list[str]] = yaml.safe_load(_text("facets.yaml"))
    return plan


def _text(name: str) -> str:
    return files("consilience.domains.evidence.shipped").joinpath(name).read_text(encoding="utf-8")
