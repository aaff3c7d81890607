"""Every page that the gallery shows: its address, its template and an invented context."""

from __future__ import annotations

from typing import NamedTuple

from tests.browser.gallery.contexts import data, deciding, inventory, office, release, standings, strained, tables
from tests.browser.gallery.contexts.common import Context


class Page(NamedTuple):
    template: str
    context: Context


PAGES: dict[str, Page] = {
    "decisions": Page("consilience/decisions.html", deciding.DECISIONS),
    "decisions-empty": Page("consilience/decisions.html", deciding.DECISIONS_EMPTY),
    "decisions-no-function": Page("consilience/decisions.html", deciding.DECISIONS_NO_FUNCTION),
    "release": Page("consilience/release.html", release.FULL),
    "release-new": Page("consilience/release.html", release.NEW),
    "release-agreed": Page("consilience/release.html", release.AGREED),
    "release-strained": Page("consilience/release.html", strained.STRAINED),
    "decision": Page("consilience/decision.html", release.DECISION),
    "decision-same": Page("consilience/decision.html", release.DECISION_SAME),
    "decision-differs": Page("consilience/decision.html", release.DECISION_DIFFERS),
    "signoff": Page("consilience/signoff.html", deciding.SIGN_OFF),
    "signoff-refused": Page("consilience/signoff.html", deciding.SIGN_OFF_REFUSED),
    "signoff-own-work": Page("consilience/signoff.html", deciding.SIGN_OFF_OWN_WORK),
    "ledger": Page("consilience/ledger.html", office.LEDGER_PAGE),
    "ledger-empty": Page("consilience/ledger.html", office.LEDGER_EMPTY),
    "ledger-entry": Page("consilience/ledger_entry.html", office.LEDGER_ENTRY),
    "systems": Page("consilience/systems.html", inventory.SYSTEMS),
    "systems-empty": Page("consilience/systems.html", inventory.SYSTEMS_EMPTY),
    "systems-nothing-found": Page("consilience/systems.html", inventory.SYSTEMS_NOTHING_FOUND),
    "system": Page("consilience/system.html", inventory.SYSTEM_PAGE),
    "system-new": Page("consilience/system.html", inventory.SYSTEM_NEW),
    "models": Page("consilience/models.html", inventory.MODELS),
    "models-empty": Page("consilience/models.html", inventory.MODELS_EMPTY),
    "model": Page("consilience/model.html", inventory.MODEL),
    "model-new": Page("consilience/model.html", inventory.MODEL_NEW),
    "version": Page("consilience/version.html", inventory.VERSION_PAGE),
    "version-new": Page("consilience/version.html", inventory.VERSION_NEW),
    "datasets": Page("consilience/datasets.html", data.DATASETS),
    "datasets-empty": Page("consilience/datasets.html", data.DATASETS_EMPTY),
    "dataset": Page("consilience/dataset.html", data.DATASET),
    "evidence": Page("consilience/evidence.html", data.EVIDENCE_PAGE),
    "evidence-drift": Page("consilience/evidence.html", data.EVIDENCE_DRIFT),
    "people": Page("consilience/people.html", office.PEOPLE),
    "people-new": Page("consilience/people.html", office.PEOPLE_NEW),
    "person": Page("consilience/person.html", office.PERSON),
    "robot": Page("consilience/person.html", office.ROBOT),
    "invited": Page("consilience/invited.html", office.INVITED),
    "token": Page("consilience/token_created.html", office.TOKEN),
    "policies": Page("consilience/policies.html", office.POLICIES),
    "policies-empty": Page("consilience/policies.html", office.POLICIES_EMPTY),
    "policy": Page("consilience/policy.html", office.POLICY_PAGE),
    "table": Page("consilience/table.html", tables.TABLE_PAGE),
    "table-unknown": Page("consilience/table.html", tables.TABLE_UNKNOWN),
    "starter-sets": Page("consilience/starter_sets.html", tables.STARTER_SETS),
    "starter-set": Page("consilience/starter_set.html", tables.STARTER_SET),
    "policy-draft": Page("consilience/policy.html", office.POLICY_DRAFT),
    "policy-effect": Page("consilience/effect.html", standings.EFFECT),
    "policy-effect-nothing": Page("consilience/effect.html", standings.EFFECT_NOTHING),
    "policy-effect-problem": Page("consilience/effect.html", standings.EFFECT_PROBLEM),
    "standings": Page("consilience/standings.html", standings.STANDINGS),
    "standings-empty": Page("consilience/standings.html", standings.STANDINGS_EMPTY),
    "notices": Page("consilience/notices.html", standings.NOTICES),
    "notices-empty": Page("consilience/notices.html", standings.NOTICES_EMPTY),
    "form": Page("consilience/form.html", deciding.FORM),
    "form-refused": Page("consilience/form.html", deciding.FORM_REFUSED),
    "form-no-right": Page("consilience/form.html", deciding.FORM_NO_RIGHT),
    "setup-refused": Page(
        "consilience/setup.html",
        {
            "form": None,
            "refused": "It was used before, or it is older than an hour. The command line can print another.",
        },
    ),
    "400": Page("400.html", {}),
    "403": Page("403.html", {"reason": "Only two people together can publish a policy, one of them from Ethics."}),
    "403-csrf": Page("403_csrf.html", {}),
    "404": Page("404.html", {}),
    "409": Page("409.html", {"reason": "The content changed while you were reading."}),
    "500": Page("500.html", {}),
    "503": Page("503.html", {}),
}
