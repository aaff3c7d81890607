"""What evidence may say: fields checked against their kind, grades, what of a record its digest covers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from consilience.kit import canonical
from consilience.kit.clock import is_instant
from consilience.kit.errors import BadInput, Refusal, refusal
from consilience.kit.naming import slug
from consilience.kit.units import UNITS


class Grade(StrEnum):
    """How much a figure is worth, set by the server from what it did itself; no client can send one."""

    STATED = "stated"
    RECOMPUTED_FROM_STATES = "recomputed_from_states"
    RECOMPUTED_FROM_DATA = "recomputed_from_data"
    SCORED_FROM_ARTEFACT = "scored_from_artefact"


FIGURE = {
    "value": "double", "low": "double", "high": "double", "level": "double", "method": "string", "rows": "int", "reason": "string",
}  # fmt: skip
SCALARS = ("string", "int", "double", "bool", "timestamp", "duration")
COMPUTED_KINDS = (
    "evaluation", "fairness_evaluation", "drift_evaluation", "comparison_evaluation", "data_validation", "weak_segments",
    "window_evaluation", "regression_evaluation", "multiclass_evaluation",
)  # fmt: skip
"""Kinds whose figures the server computes. They can be stated too, and then carry that grade."""
REFERENCE = "reference_profile"
ABOUT_DATA = (REFERENCE, "data_profile", "representativeness_evaluation", "synthetic_evaluation")
"""Kinds about rows and not about how a model does on them: the data that they name are no evaluation data of a version."""
NEVER_STATED = (REFERENCE,)
"""Kinds that stand for the counts they were calculated from: without those nothing could be held against them."""


@dataclass(frozen=True)
class KindOf:
    """A kind as data: its methods are a closed vocabulary, its fields have types."""

    slug: str
    version: int
    title: str
    methods: tuple[str, ...]
    fields: Mapping[str, Any]
    units: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        said = {"kind": self.slug, "version": self.version, "methods": list(self.methods), "fields": dict(self.fields)}
        return {**said, "units": dict(self.units)} if self.units else said


def kind_body(said: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a kind's record from its definition; BadInput names what is off."""
    name = slug(str(said.get("kind", "")).replace("_", "-"), "kind") and str(said["kind"])
    unknown = set(said) - {"kind", "title", "methods", "fields", "units"}
    if unknown:
        raise BadInput(f"kind {name}", f"{min(unknown)!r} is no part of a kind")
    methods = list(said["methods"])
    if not methods:
        raise BadInput(f"kind {name}", "names no method")
    for method in methods:
        slug(str(method).replace("_", "-"), f"kind {name}, method")  # a "/" would break the keys of dossier items
    for named, kind in said["fields"].items():
        check_type(kind, f"kind {name}, field {named}")
    body = {"slug": name, "title": said["title"], "methods": methods, "fields": dict(said["fields"])}
    units = dict(said.get("units") or {})
    for path, unit in units.items():
        check_unit(body["fields"], path, unit, f"kind {name}, unit of {path}")
    return {**body, "units": units} if units else body


def check_unit(fields: Mapping[str, Any], path: str, unit: Any, where: str) -> None:
    """BadInput when a unit is none of the closed list, or is given to what is no number: `columns.psi` names a field
    inside a list or a record."""
    if unit not in UNITS:
        raise BadInput(where, f"{unit!r} is no unit; expected {', '.join(UNITS)}")
    found: Any = fields
    for part in path.split("."):
        while isinstance(found, list):
            found = found[0]
        found = found.get(part) if isinstance(found, Mapping) else None
    while isinstance(found, list):
        found = found[0]
    if found not in ("int", "double", "figure"):
        raise BadInput(where, "is given to no field that is a number or a figure")


def check_type(kind: Any, where: str) -> None:
    if kind == "figure" or kind in SCALARS:
        return None
    if isinstance(kind, list) and len(kind) == 1:
        return check_type(kind[0], where)
    if isinstance(kind, Mapping) and kind:
        for name, inner in kind.items():
            check_type(inner, f"{where}.{name}")
        return None
    raise BadInput(where, f"{kind!r} is no type; expected {', '.join(SCALARS)}, figure, [type] or {{name: type}}")


def only_adds(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """A kind's next version may add fields and methods; BadInput when it drops or retypes one."""
    for named, kind in old["fields"].items():
        if new["fields"].get(named) != kind:
            raise BadInput(f"kind {old['slug']}", f"field {named!r} may not be dropped or retyped")
    for path, unit in (old.get("units") or {}).items():
        if (new.get("units") or {}).get(path) != unit:
            raise BadInput(f"kind {old['slug']}", f"the unit of {path!r} may not be dropped or changed")
    if set(old["methods"]) - set(new["methods"]):
        raise BadInput(f"kind {old['slug']}", "a method may not be dropped")


def checked_fields(kind: KindOf, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they are kept: every one of the kind's, numbers as canonical strings, null where nothing was said."""
    return _struct(kind.fields, fields, f"{kind.slug}")


def _struct(types: Mapping[str, Any], values: Any, where: str) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise BadInput(where, "expected named fields")
    for name in values:
        if name not in types:
            raise BadInput(where, f"{name!r} is no field of this kind; expected {', '.join(types)}")
    return {name: _value(kind, values.get(name), f"{where}.{name}") for name, kind in types.items()}


def _value(kind: Any, value: Any, where: str) -> Any:
    if value is None:
        return None
    if kind == "figure":
        return _struct(FIGURE, value, where)
    if isinstance(kind, Mapping):
        return _struct(kind, value, where)
    if isinstance(kind, list):
        if not isinstance(value, list):
            raise BadInput(where, "expected a list")
        return [_value(kind[0], item, f"{where}[{index}]") for index, item in enumerate(value)]
    return _scalar(kind, value, where)


def _scalar(kind: str, value: Any, where: str) -> Any:
    if kind == "double":
        return _double(value, where)
    fits = {
        "string": isinstance(value, str),
        "int": isinstance(value, int) and not isinstance(value, bool) and abs(value) <= canonical.MAX_INTEGER,
        "bool": isinstance(value, bool),
        "timestamp": isinstance(value, str) and is_instant(value),
        "duration": isinstance(value, str),
    }[kind]
    if not fits:
        raise BadInput(where, f"expected {kind}, got {value!r}")
    return value


def _double(value: Any, where: str) -> str:
    try:
        if isinstance(value, bool):
            raise ValueError
        return canonical.number(float(value))
    except (TypeError, ValueError, BadInput) as error:
        raise BadInput(where, f"expected a finite number, got {value!r}") from error


def may_store(standing: str | None, reason: str | None, version: str) -> Refusal | None:
    """A version has one reference. Another one takes its place only where somebody says why."""
    if standing is not None and reason is None:
        return refusal("reference_stands", version=version, digest=standing[:12])
    return None


def may_learn(standing: str | None, method: str, version: str) -> Refusal | None:
    """Drift since the training is measured from the reference that is stored, where there is one; windows are compared freely."""
    if standing is not None and method == "training_against_now":
        return refusal("reference_is_stored", version=version, digest=standing[:12])
    return None


def item_key(noun_or_kind: str, subject: str, method: str, dataset: str | None) -> str:
    """`<noun or kind>/<subject URN>/<method or section>/<dataset URN>`"""
    return f"{noun_or_kind}/{subject}/{method}/{dataset or ''}"


COVERED = ("kind", "kind_version", "subject", "method", "dataset", "grade", "fields", "files")


def item_digest(body: Mapping[str, Any]) -> str:
    """What a sign-off binds to: the body without times and producer, so that an identical re-run stales nothing."""
    return canonical.digest({name: body[name] for name in COVERED})


# Facets


@dataclass(frozen=True)
class Selector:
    """Chooses items by noun or kind, and by method or section where it names one."""

    what: str
    method: str | None = None

    def selects(self, key: str) -> bool:
        what, _, method, _ = key.split("/")
        return what == self.what and (self.method is None or method == self.method)


def facet_plan(said: Mapping[str, Any]) -> dict[str, list[Selector]]:
    """Function -> selectors, from `{ethics: [fairness_evaluation, card_section/limitations], ...}`."""
    return {
        function: [Selector(*text.split("/", 1)) if "/" in text else Selector(text) for text in texts]
        for function, texts in said.items()
    }


def facets_of(key: str, plan: Mapping[str, list[Selector]]) -> list[str]:
    """The functions that answer for an item; none means that the item is refused."""
    return [function for function, selectors in plan.items() if any(one.selects(key) for one in selectors)]


def fits_a_facet(what: str, method: str, plan: Mapping[str, list[Selector]]) -> bool:
    return bool(facets_of(item_key(what, "", method, None), plan))


Plan = Mapping[str, list[str]]
"""Function -> selectors, as text."""


def grown(kinds: Sequence[Mapping[str, Any]], current: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Shipped kinds that only add to the body (by slug) which the workspace has: its next versions.

    A kind that the workspace changed by itself is its own, and stays.
    """
    return [kind for kind in kinds if kind["slug"] in current and _adds(current[kind["slug"]], kind)]


def _adds(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if old["title"] != new["title"] or old == new:
        return False
    try:
        only_adds(old, new)
    except BadInput:
        return False
    return True


def newly_shipped(
    kinds: Sequence[Mapping[str, Any]], facets: Plan, *, known: Collection[str], plan: Plan
) -> tuple[list[Mapping[str, Any]], Plan | None]:
    """Which shipped kinds a workspace still lacks, and the plan with their selectors; no plan where it stays as it is.

    A plan that is not what was shipped before these kinds is the workspace's own and is not changed: it then gets the
    kinds only that its plan selects already.
    """
    new = [kind for kind in kinds if kind["slug"] not in known]
    names = {kind["slug"] for kind in new}
    before = {function: [one for one in texts if one.split("/")[0] not in names] for function, texts in facets.items()}
    if new and before == {function: list(texts) for function, texts in plan.items()}:
        return new, facets
    chosen = facet_plan(plan)
    return [one for one in new if all(fits_a_facet(one["slug"], method, chosen) for method in one["methods"])], None
