"""What an obligation may ask about: the system as it is registered. What was not said of it stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from consilience.domains.policy.language.types import Schema, StructType
from consilience.domains.policy.schema import fact_schema

FACT = "system"


@lru_cache(maxsize=1)
def system_schema() -> Schema:
    """The part of the fact schema that describes a system."""
    return Schema(StructType("facts", {FACT: fact_schema(()).root.fields[FACT]}))


def of_system(urn: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of a registered system, in the shape of that schema."""
    part = system_schema().root.fields[FACT]
    assert isinstance(part, StructType)
    known = {name: body[name] for name in part.fields if body.get(name) is not None}
    return {FACT: {**known, "urn": urn}}
