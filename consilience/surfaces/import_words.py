"""What an import says of rows and columns, by code."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consilience.domains.inventory.importing.rules import Finding

Words = str | Promise
FINDINGS: Mapping[str, Words] = {
    "formula": _("The cell holds a formula. Copy the column and paste it as values."),
    "error_value": _("The cell holds an error of Excel, such as #REF!. Write what was meant."),
    "merged": _("The cell is part of merged cells. Unmerge them and write the value into every row."),
    "empty": _("The cell is empty, and nothing was said for all rows."),
    "no_name": _("There is no name here."),
    "no_address": _("Nothing of “%(name)s” can stand in an address: it needs letters a to z or digits."),
    "same_address": _("“%(name)s” and “%(other)s” (row %(first)s) would both be called %(address)s. Spell them alike, or give them other names."),
    "name_taken": _("The name %(name)s is taken by something that you may not know of, or was before. Names are never reused."),
    "system_known": _("%(name)s is registered already. Its facts stay; only what is new is added."),
    "model_elsewhere": _("The model %(name)s is registered already, for: %(systems)s. Correct it so that it serves this system too."),
    "model_twice": _("The model “%(name)s” stands in row %(first)s for %(system)s. Give one of them another name, or say that one name is one model."),
    "version_twice": _("The same version stands in row %(first)s already."),
    "imported_before": _("%(name)s, version “%(version)s”, was imported before and is passed over."),
    "contradicts": _("“%(said)s” contradicts row %(first)s, which says something else of the same system."),
    "nobody": _("Nobody here logs in as %(said)s. Invite them first, or name somebody else."),
    "no_tier": _("“%(said)s” is no risk; expected minimal, limited or high."),
    "no_jurisdiction": _("“%(said)s” is no country code; expected such as DE or US-NY."),
    "no_digest": _("This is no SHA-256: expected 64 hexadecimal digits, or nothing."),
    "no_day": _("“%(said)s” is no day; expected such as 2024-03-01."),
    "no_such_day": _("“%(said)s” is a day that the calendar does not have."),
    "day_ambiguous": _("“%(said)s” may be two days; write it as 2024-03-01."),
    "day_is_number": _("“%(said)s” is a number. Format the column as a date, or write 2024-03-01."),
    "day_ahead": _("“%(said)s” lies ahead: what is not live yet is registered and goes through the gate."),
    "day_too_early": _("“%(said)s” is before 1970: Excel makes such days of empty or broken cells."),
}  # fmt: skip
FIELDS: Mapping[str, Words] = {
    "system": _("System"),
    "model": _("Model"),
    "version": _("Version"),
    "owner": _("Owner"),
    "live_since": _("Live since"),
    "purpose": _("Purpose"),
    "description": _("Description"),
    "tier": _("Risk"),
    "jurisdictions": _("Countries"),
    "audience": _("Audience"),
    "affected_groups": _("Affected groups"),
    "squad": _("Team"),
    "sponsor": _("Sponsor"),
    "authors": _("Authors"),
    "artefact": _("SHA-256 of the artefact"),
    "code_revision": _("Code revision"),
    "model_description": _("Description of the model"),
}


def sentence(one: Finding) -> str:
    return str(FINDINGS[one.code]) % dict(one.params)
