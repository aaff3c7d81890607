"""The fact schema, version 1: what a policy may ask about a release.

The closed part is written here; the `evidence` part follows from the kinds, so an organisation that adds a kind can
write rules about it at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from consilience.domains.inventory import rules as inventory
from consilience.domains.policy.language.types import (
    BOOL,
    DOUBLE,
    INT,
    SCALARS,
    STRING,
    TIMESTAMP,
    ListType,
    Schema,
    StringType,
    StructType,
    Type,
    same,
)
from consilience.kit.errors import BadInput
from consilience.kit.units import UNITS

STAGE = StringType(("framing", "data", "development", "validation", "operation", "retirement"))
GRADE = StringType(("stated", "recomputed_from_states", "recomputed_from_data", "scored_from_artefact"))
VERDICT = StringType(("approve", "approve_with_conditions", "object", "block", "abstain"))
STANDING = StringType(("stands", "stale", "expired", "withdrawn"))
AUTHENTICATED_BY = StringType(("passkey", "ssh", "totp", "password", "token"))
CONDITION_STATE = StringType(("open", "met", "overdue"))

LEVEL = StringType(inventory.TIERS)
TIER_SOURCE = StringType(("computed", "stated"))
USE = StringType(inventory.USES)
AUTONOMY = StringType(inventory.AUTONOMY)
DATA_CATEGORY = StringType(inventory.DATA_CATEGORIES)

FIGURE = StructType(
    "figure",
    {"value": DOUBLE, "low": DOUBLE, "high": DOUBLE, "level": DOUBLE, "method": STRING, "rows": INT, "reason": STRING},
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_KIND_KEYS = {"kind", "version", "methods", "fields", "units"}


def fact_schema(kinds: Iterable[Mapping[str, Any]]) -> Schema:
    """The schema over these kinds of evidence; of a kind with several versions the newest counts, since kinds only grow.

    A kind is `{kind, version, methods, fields, units}` (`slug` may stand for `kind`; version 1 and units need not be
    written); a field's type is `string int double bool timestamp duration figure`, `[type]` or `{field: type}`; units are
    by field, `columns.psi` for one inside a list or a record.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    for kind in kinds:
        name = _checked(kind)
        if name not in newest or kind.get("version", 1) > newest[name].get("version", 1):
            newest[name] = kind
    evidence = {name: ListType(_kind(name, newest[name]), open=True) for name in sorted(newest)}
    return Schema(StructType("facts", {**_closed(), "evidence": StructType("evidence", evidence)}))


def _closed() -> dict[str, Type]:
    strings = ListType(STRING)
    dataset = ListType(_dataset(strings))
    return {
        "release": StructType(
            "release",
            {"urn": STRING, "stage": STAGE, "previous_stage": STAGE, "proposed_at": TIMESTAMP, "proposed_by": STRING},
        ),
        "system": StructType(
            "system",
            {
                **dict.fromkeys(("urn", "slug", "purpose", "owner", "squad", "sponsor", "line_of_business"), STRING),
                **dict.fromkeys(("jurisdictions", "audience", "affected_groups"), strings),
                "tier": STRING,
                "use": USE,
                "autonomy": AUTONOMY,
                "people_affected": INT,
                "data_categories": ListType(DATA_CATEGORY),
            },
        ),
        "tier": StructType("tier", {"level": LEVEL, "source": TIER_SOURCE, "table": STRING, "rows": strings}),
        "operation": StructType(
            "operation",
            {**dict.fromkeys(("model_version", "reference", "artefact"), STRING), "in_use": BOOL, "since": TIMESTAMP},
        ),
        "model": StructType("model", {"urn": STRING, "slug": STRING, "name": STRING}),
        "model_version": StructType(
            "model_version",
            {
                "urn": STRING,
                "number": INT,
                "artefact": STRING,
                "code_revision": STRING,
                "registered_at": TIMESTAMP,
                "authors": strings,
                "protected_attributes": strings,
            },
        ),
        "training_datasets": dataset,
        "evaluation_datasets": dataset,
        **_people(),
        "now": TIMESTAMP,
    }


def _dataset(strings: ListType) -> StructType:
    return StructType(
        "dataset_version",
        {
            **dict.fromkeys(("urn", "dataset", "digest", "provenance", "lawful_basis", "agreement"), STRING),
            "version": INT,
            "rows": INT,
            "consent": BOOL,
            "personal_data": BOOL,
            "agreement_until": TIMESTAMP,
            "retained_until": TIMESTAMP,
            "purposes": strings,
            "jurisdictions": strings,
        },
    )


def _people() -> dict[str, Type]:
    """What the functions have said so far: closed lists, unknown until they were read."""
    signoff: dict[str, Type] = {
        **dict.fromkeys(("urn", "function", "person"), STRING),
        "verdict": VERDICT,
        "standing": STANDING,
        "signed_at": TIMESTAMP,
        "expires_at": TIMESTAMP,
        "distinct": BOOL,
        "conditions": INT,
        "authenticated_by": AUTHENTICATED_BY,
        "user_verified": BOOL,
        "device_bound": BOOL,
        "delegated": BOOL,
    }
    condition: dict[str, Type] = {
        "id": STRING,
        "function": STRING,
        "owner": STRING,
        "due_at": TIMESTAMP,
        "state": CONDITION_STATE,
    }
    objection: dict[str, Type] = {"urn": STRING, "function": STRING, "person": STRING, "answered": BOOL}
    block: dict[str, Type] = {
        "urn": STRING,
        "function": STRING,
        "person": STRING,
        "since": TIMESTAMP,
        "withdrawn": BOOL,
    }
    waiver: dict[str, Type] = {
        **dict.fromkeys(("urn", "policy", "requirement", "person", "function"), STRING),
        "granted_at": TIMESTAMP,
        "until": TIMESTAMP,
        "in_force": BOOL,
    }
    named = {"waivers": waiver, "signoffs": signoff, "conditions": condition, "objections": objection, "blocks": block}
    return {name: ListType(StructType(name[:-1], fields)) for name, fields in named.items()}


def _common(methods: list[str]) -> dict[str, Type]:
    """What every record of evidence says of itself."""
    return {
        "urn": STRING,
        "method": StringType(tuple(methods)),
        "dataset": STRING,
        "grade": GRADE,
        "recorded_at": TIMESTAMP,
        "expires_at": TIMESTAMP,
        "expired": BOOL,
        "attempts": INT,
        "about_this_version": BOOL,
    }


def _kind(name: str, kind: Mapping[str, Any]) -> StructType:
    fields = _common(list(kind.get("methods") or ()))
    for field, written in kind["fields"].items():
        if not isinstance(field, str) or not _NAME.fullmatch(field):
            raise BadInput(f"kind {name}", f"{field!r} cannot name a field")
        found = _type(written, f"{name}.{field}")
        if field in fields and not same(fields[field], found):
            raise BadInput(f"kind {name}", f"field {field!r} already means something else in every kind")
        fields.setdefault(field, found)
    made: Type = StructType(name, fields)
    for path, unit in (kind.get("units") or {}).items():
        made = _measured(made, tuple(str(path).split(".")), unit, f"kind {name}, unit of {path}")
    assert isinstance(made, StructType)
    return made


def _measured(kind: Type, path: tuple[str, ...], unit: Any, where: str) -> Type:
    """The same type, with a unit on the field at this path; a figure has it on its value and both ends."""
    if isinstance(kind, ListType):
        return ListType(_measured(kind.item, path, unit, where), open=kind.open)
    if not path and isinstance(kind, StructType) and kind.name == "figure":
        return StructType("figure", kind.fields, dict.fromkeys(("value", "low", "high"), unit))
    if not isinstance(kind, StructType) or not path or path[0] not in kind.fields:
        raise BadInput(where, "is given to no field that is a number or a figure")
    name, inner = path[0], kind.fields[path[0]]
    item = inner
    while isinstance(item, ListType):
        item = item.item
    if len(path) == 1 and item in (INT, DOUBLE):
        if unit not in UNITS:
            raise BadInput(where, f"{unit!r} is no unit; expected {', '.join(UNITS)}")
        return StructType(kind.name, kind.fields, {**kind.units, name: unit})
    return StructType(kind.name, {**kind.fields, name: _measured(inner, path[1:], unit, where)}, kind.units)


def _checked(kind: Mapping[str, Any]) -> str:
    name = kind.get("kind", kind.get("slug"))
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadInput("kind", f"{name!r} is no name: expected small letters, digits and _")
    unknown = sorted(set(kind) - _KIND_KEYS - {"slug", "title", "description"})
    if unknown:
        raise BadInput(f"kind {name}", f"key {unknown[0]!r} is unknown: expected {', '.join(sorted(_KIND_KEYS))}")
    version = kind.get("version", 1)
    if type(version) is not int or version < 1:
        raise BadInput(f"kind {name}", f"version {version!r} is not a whole number from 1")
    methods = kind.get("methods") or []
    if not isinstance(methods, list) or not all(isinstance(method, str) for method in methods):
        raise BadInput(f"kind {name}", "methods must be a list of names")
    if not isinstance(kind.get("fields"), Mapping):
        raise BadInput(f"kind {name}", "fields must name its fields with their types")
    return name


def _type(written: Any, where: str) -> Type:
    if written == "figure":
        return FIGURE
    if isinstance(written, str) and written in SCALARS:
        return SCALARS[written]
    if isinstance(written, list) and len(written) == 1:
        return ListType(_type(written[0], f"{where}[]"))
    if isinstance(written, Mapping) and written:
        for name in written:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise BadInput(f"kind field {where}", f"{name!r} cannot name a field")
        return StructType(where, {name: _type(part, f"{where}.{name}") for name, part in written.items()})
    raise BadInput(f"kind field {where}", f"{written!r} is not a type: expected {', '.join(SCALARS)}, figure, [type]")
