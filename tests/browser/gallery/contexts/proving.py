"""Proofs: the panel beside what they prove, batches of predictions, and what the record proves."""

from __future__ import annotations

from django import forms

from tests.browser.gallery.contexts.common import Context, at, sha

KEY = f"consilience/log/0f9c2b1e-7a44-4c1d-9a52-6f8f1f0b3c77+4ca1cb62+{'AYMgpRl32MOMqKSSfGcN9YIeRJdhlF4V6e' * 2}"
PANEL: Context = {
    "position": 18190, "system": "card-limits", "holds": True, "size": 18211, "root": sha("root"), "may_read": True,
    "about_url": "/what-it-proves", "archives_url": "/archives", "bytes": "entry-18190.json", "file": "entry-18190.tlog-proof", "log_key": KEY,
    "url": "/ledger-entry", "statement_url": "/evidence.json", "proof_url": "/evidence.json",
}  # fmt: skip
PANEL_CLOSED: Context = PANEL | {"may_read": False, "url": ""}
PANEL_BROKEN: Context = PANEL | {"holds": False, "size": None, "root": ""}


class ProofForm(forms.Form):
    proof = forms.FileField(label="Proof of a prediction", help_text="Drop the file here, or choose it.")


BATCHES = [
    {
        "url": "/prediction-batch", "version": f"credit-limit@{14 - number}", "version_url": "/version" if number else "",
        "rows": 1_204_113 >> number, "at": at(23 - number), "day": at(22 - number) if number != 2 else None, "position": 18190 - number,
    }
    for number in range(4)
]  # fmt: skip
PREDICTIONS: Context = {
    "batches": BATCHES, "filter": {"version": "", "active": False, "clear_url": "/predictions"}, "form": ProofForm(),
    "check_url": "/prediction-check", "paging": {"text": "1 to 4 of 60", "newer": "", "older": "?page=2"},
}  # fmt: skip
PREDICTIONS_EMPTY: Context = PREDICTIONS | {"batches": [], "paging": {"text": "", "newer": "", "older": ""}}
PREDICTION_BATCH: Context = {
    "batch": BATCHES[0] | {
        "urn": "urn:consilience:0f9c2b1e-7a44-4c1d-9a52-6f8f1f0b3c77:prediction-batch:0198c2a4-1111-7abc-8def-001122334455",
        "root": sha("batch"), "id_column": "application", "since": at(22), "until": at(23), "position": 18190,
        "files": [sha("a"), sha("b")], "erased": 1,
        "columns": [{"name": name, "kind": kind} for name, kind in (("application", "text"), ("at", "instant"), ("score", "double"))],
    },
    "proof": PANEL, "form": ProofForm(), "check_url": "/prediction-check", "list_url": "/predictions",
}  # fmt: skip
STEPS = [
    {"title": "The row", "holds": True, "about": "the row is canonical JSON"},
    {
        "title": "The batch",
        "holds": True,
        "about": "these bytes are row 18,244 of the 1,204,113 rows under the batch's root",
    },
    {
        "title": "The entry of the record",
        "holds": True,
        "about": "the entry is number 18190 of the 18211 under the head",
    },
    {"title": "The signed head", "holds": True, "about": "the head is signed by the log's key"},
]
PREDICTION_GOOD: Context = {
    "form": ProofForm(), "check_url": "/prediction-check", "list_url": "/predictions",
    "result": {
        "outcome": "good", "steps": STEPS, "more": 3, "batch": BATCHES[0], "position": 18190, "at": at(23), "key": KEY,
        "row": [{"name": "application", "value": "A-20931"}, {"name": "score", "value": "0.7312"}, {"name": "late", "value": ""}],
    },
}  # fmt: skip
PREDICTION_TAMPERED: Context = PREDICTION_GOOD | {
    "result": PREDICTION_GOOD["result"] | {
        "outcome": "tampered", "row": [], "more": 0, "batch": None,
        "steps": [STEPS[0], STEPS[1] | {"holds": False, "about": "these bytes do not lead to the batch's root"}, *STEPS[2:]],
    }
}  # fmt: skip
PREDICTION_UNREAD: Context = PREDICTION_GOOD | {
    "result": {
        "outcome": "cannot_tell", "row": [], "more": 0, "batch": None, "position": None, "at": None, "key": KEY,
        "steps": [{"title": "The file", "holds": None, "about": "JSON: cannot be read"}],
    }
}  # fmt: skip
WHAT_IT_PROVES: Context = {
    "state": {
        "entries": 18211, "head": f"18211:{sha('root')}", "outside": True, "witnessed": 1, "keys": 4, "erasures": 2, "epochs": 1,
        "published": True, "looked": 1000, "signed": 412,
        "ways": [{"label": "token", "count": 520, "signed": False}, {"label": "passkey", "count": 412, "signed": True},
                 {"label": "password", "count": 68, "signed": False}],
    },
    "keys_url": "/people", "verify_url": "/verify", "witnesses_url": "/ledger", "ledger_url": "/ledger", "archives_url": "/archives", "checkpoint_url": "/evidence.json",
}  # fmt: skip
WHAT_IT_PROVES_NEW: Context = WHAT_IT_PROVES | {
    "state": WHAT_IT_PROVES["state"] | {"outside": False, "witnessed": 0, "erasures": 0, "epochs": 0, "published": False, "signed": 0},
    "keys_url": "", "witnesses_url": "",
}  # fmt: skip
WHAT_IT_PROVES_CLOSED: Context = WHAT_IT_PROVES | {
    "state": None,
    "ledger_url": "",
    "archives_url": "",
    "checkpoint_url": "",
}


class Archive(forms.Form):
    system = forms.ChoiceField(
        label="Of what", choices=[("", "Everything"), ("lending", "Lending")], required=False,
        help_text="Only an archive of everything can show that nothing was left out.",
    )  # fmt: skip
    with_files = forms.BooleanField(label="The files themselves, not only their digests", required=False)
    private = forms.BooleanField(
        label="Names and reasons in clear",
        required=False,
        help_text="Personal data. Without them it verifies just as well.",
    )


def _archive(what: str, state: tuple[str, str, str], **more: object) -> Context:
    words, tone, icon = state
    usual = {"what": what, "holds": "", "at": "2026-11-20T09:12:44.120000Z", "state": words, "tone": tone, "icon": icon, "bytes": 4_812_331,
             "url": "", "head": "", "sha256": "", "problem": ""}  # fmt: skip
    return usual | more


ARCHIVES: Context = {
    "form": Archive(), "ledger_url": "/ledger", "verify_url": "/verify", "proves_url": "/what-it-proves",
    "archives": [
        _archive("Everything", ("Being made", "info", "clock"), holds="files, names and reasons"),
        _archive("Lending", ("Ready", "ok", "check"), url="/form", head=f"4812:{'9f2c' * 16}", sha256="ab12" * 16),
        _archive("Everything", ("Cut off", "warn", "alert"), problem="The server was stopped meanwhile. Ask for it again."),
    ],
}  # fmt: skip
ARCHIVES_NONE: Context = ARCHIVES | {"archives": []}
