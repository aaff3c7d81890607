"""What the OpenAPI document says beside the types: the shape of every failure, and what each field means.

Worked out when somebody asks for the document; doing it with the types would make every start of the server slower.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from consilience.surfaces.api.shared import Failed, In, Out


def complete(document: dict[str, Any]) -> None:
    """Add the failure's schema and the fields' descriptions to a document that ninja drew from the types."""
    schemas = document["components"]["schemas"]
    failed = Failed.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= failed.pop("$defs")
    schemas["Failed"] = failed
    for name, schema in schemas.items():
        for field, said in meanings().get(name, {}).items():
            if field in schema.get("properties", {}):
                schema["properties"][field].setdefault("description", said)


@lru_cache(maxsize=1)
def meanings() -> dict[str, dict[str, str]]:
    """Type -> field -> the sentence that stands below the field in the source, fields of its bases included."""
    found = {}
    for model in _models():
        sentences: dict[str, str] = {}
        for base in reversed(model.__mro__):
            sentences |= _in_source(sys.modules[base.__module__]).get(base.__name__, {})
        found[model.__name__] = sentences
    return found


def _models() -> Iterator[type[BaseModel]]:
    pending: list[type[BaseModel]] = [In, Out]
    while pending:
        model = pending.pop()
        pending += model.__subclasses__()
        yield model


@lru_cache(maxsize=64)
def _in_source(module: ModuleType) -> dict[str, dict[str, str]]:
    if not module.__name__.startswith("consilience."):
        return {}
    tree = ast.parse(inspect.getsource(module))
    return {node.name: dict(_sentences(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _sentences(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, after in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(after, ast.Expr):
            if isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
                yield field.target.id, " ".join(after.value.value.split())
