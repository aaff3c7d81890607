"""The model card of a version, drawn up from the inventory and the evidence at one moment."""

from __future__ import annotations

from consilience.domains.access import queries as access
from consilience.domains.assess import rules
from consilience.domains.content import queries as content
from consilience.domains.evidence import queries as evidence
from consilience.domains.evidence.models import Evidence
from consilience.domains.evidence.plain.figure import PlainFigure, Shape, read
from consilience.domains.evidence.plain.found import figures
from consilience.domains.evidence.plain.telling import tell
from consilience.domains.evidence.rules import facets_of, item_key
from consilience.domains.inventory import queries as inventory
from consilience.domains.inventory.queries import VersionOf
from consilience.domains.ledger.rules import Actor
from consilience.kit.errors import CannotTell
from consilience.kit.records.models import AsOf

MOST = 12
"""Sentences from the record in one section."""
LONGEST = 200_000
"""Bytes of a section's text that are read."""


def card(actor: Actor, reference: str, asof: AsOf) -> rules.Card:
    """The card of the version that a reference names, for whoever may know of it."""
    of = inventory.version(actor, reference, asof)
    access.ensure(actor, "evidence.read", of, asof, what="model version", named=reference)
    rows = sorted((one.row for one in evidence.current([of.urn], asof)), key=lambda row: (row.position, row.ordinal))
    written = {row.method: row for row in rows if row.kind == rules.KIND}
    plan = evidence.facet_plan(asof)
    drawn = _drawn(actor, of, rows, asof)
    sections = []
    for code in rules.SECTIONS:
        row, owners = written.get(code), facets_of(item_key(rules.KIND, of.urn, code, None), plan)
        text = None if row is None else _text(row)
        document = None if row is None else row.body["fields"].get("document")
        sections.append(rules.Section(code, tuple(owners), text, document, tuple(drawn.get(code, ())[:MOST])))
    body = of.model.body
    return rules.Card(of.reference, body["name"], body["description"], tuple(sections), _results(actor, rows, asof))


def _text(row: Evidence) -> str | None:
    """What was written, from the file beside the record; None where there is none, it is no text, or it was erased."""
    for one in row.body["files"]:
        if not content.has(one["digest"]) or content.size_of(one["digest"]) > LONGEST:
            continue
        try:
            return content.read(one["digest"]).decode("utf-8")
        except (CannotTell, UnicodeDecodeError):
            return None
    return None


def _results(actor: Actor, rows: list[Evidence], asof: AsOf) -> tuple[rules.Result, ...]:
    """Every current evaluation, on data that the actor may know of by name."""
    made = []
    for row in rows:
        if row.kind == "evaluation":
            known = {name: read(row.body["fields"].get(name)).value for name in rules.METRICS}
            defined = {name: value for name, value in known.items() if value is not None}
            made.append(rules.Result(_dataset(actor, row.dataset, asof), row.method, defined))
    return tuple(made)


def _dataset(actor: Actor, urn: str | None, asof: AsOf) -> str:
    found = inventory.dataset_versions_by_urn([urn], asof) if urn else []
    return found[0].reference if found and access.can(actor, "inventory.read", found[0], asof) is None else ""


def _drawn(actor: Actor, of: VersionOf, rows: list[Evidence], asof: AsOf) -> dict[str, list[str]]:
    """What the record says for each section: performance, fairness, where it does worse, the data, the exact artefact."""
    seen = [one.urn for one in inventory.systems(actor, asof) if one.urn in of.model.body["systems"]]
    meaning = evidence.wording([of.urn, *seen], "en", asof)
    told: dict[str, list[str]] = {}
    for row in rows:
        section = _SECTION_OF.get(row.kind)
        if section is not None:
            found = figures(row.body["fields"])
            told.setdefault(section, []).extend(
                tell(one, meaning, "en") for one in found.values() if _counts(row.kind, one)
            )
    body = of.row.body
    told["technical"] = [f"Artefact {body['artefact']['digest']}", f"Code revision {body['code_revision']}"] + [
        f"{name}: {value}" for name, value in body["parameters"].items()
    ]
    training = inventory.dataset_versions_by_urn(body["training"], asof)
    told["data"] = [
        f"Learned from {one.reference}: {one.row.body['rows']} rows, {one.row.body['provenance']}"
        for one in training
        if access.can(actor, "inventory.read", one, asof) is None
    ]
    return told


_SECTION_OF = {
    "evaluation": "performance", "window_evaluation": "performance", "robustness_evaluation": "performance",
    "fairness_evaluation": "fairness", "weak_segments": "limitations", "comparison_evaluation": "trade_offs",
}  # fmt: skip


_GAPS = ("selection_rate", "fpr", "fnr")
"""Gaps that hit people; the others stand on the page of the record."""


def _counts(kind: str, one: PlainFigure) -> bool:
    """Of groups only how far they lie apart, of a comparison only what changed."""
    if kind == "fairness_evaluation" and one.measure not in _GAPS:
        return False
    wanted = {"fairness_evaluation": Shape.GAP, "comparison_evaluation": Shape.CHANGE}.get(kind)
    return one.reading.value is not None and wanted in (None, one.shape)
