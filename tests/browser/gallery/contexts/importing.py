"""Importing an inventory: the form, what a file would register, how far it is."""

from __future__ import annotations

from typing import Any

from consilience.domains.inventory.importing.columns import FIELDS, Mapped
from consilience.surfaces.web.import_forms import ImportForm
from tests.browser.gallery.contexts.common import Context

HEADINGS = ("AI system", "Modellname", "Version", "Verantwortlicher", "Produktiv seit", "Land", "Kostenstelle")
READ = Mapped(
    3,
    HEADINGS,
    {"system": 0, "model": 1, "version": 2, "owner": 3, "live_since": 4, "jurisdictions": 5},
    frozenset(FIELDS),
)
ADDRESSES: Context = {"address": "/systems/import", "systems_url": "/systems"}
IMPORT: Context = ADDRESSES | {"form": ImportForm(), "found": None}
FOUND: dict[str, Any] = {
    "sheet": "Modellinventar", "others": ["Legende", "Archiv 2019"], "headings_row": 3, "rows": 412, "unused": ["Kostenstelle"],
    "columns": [], "systems": 96, "models": 240, "versions": 412, "errors": 0, "findings": [], "more": 0,
}  # fmt: skip
FINDINGS = [
    {"row": 7, "column": "Produktiv seit", "sentence": "“03/04/2024” may be two days; write it as 2024-03-01.", "error": True},
    {"row": 19_204, "column": "AI system", "sentence": "The cell is part of merged cells. Unmerge them and write the value into every row.", "error": True},
    {"row": 20_001, "column": "Verantwortlicher", "sentence": "Nobody here logs in as " + "donaudampfschifffahrt" * 4 + "@example.org. Invite them first, or name somebody else.", "error": True},
    {"row": 20_002, "column": "AI system", "sentence": "lending is registered already. Its facts stay; only what is new is added.", "error": False},
]  # fmt: skip


def _again() -> ImportForm:
    form = ImportForm({"upload": "x", "owner": "me"})
    form.is_valid()
    return form.again(READ)


IMPORT_GOOD: Context = ADDRESSES | {"form": _again(), "found": FOUND, "plan": "ticket", "upload": "x"}
IMPORT_REFUSED: Context = ADDRESSES | {
    "form": _again(), "found": FOUND | {"errors": 1_903, "findings": FINDINGS, "more": 1_699}, "plan": "", "upload": "x",
}  # fmt: skip
GOING: Context = ADDRESSES | {"done": 12_500, "total": 60_000, "plan": "ticket"}
