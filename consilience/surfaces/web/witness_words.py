"""The words for what came of asking a witness, and what to do then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from consilience.surfaces.sentences import Words

OUTCOMES: dict[str, Words] = {
    "cosigned": _("Cosigned"),
    "unreachable": _("No answer"),
    "unknown_log": _("Does not know this log"),
    "key_refused": _("Does not trust the log's key"),
    "ahead": _("Refused: it saw more"),
    "contradicted": _("Refused: another history"),
    "bad_answer": _("No usable answer"),
}
REFUSALS: dict[str, tuple[Words, Words]] = {
    "unreachable": (
        _("%(name)s does not answer."),
        _("Nothing was sent to %(where)s within the time allowed, or nothing came back. It is asked again, at longer and longer intervals. Look whether it runs, and whether this server reaches it."),
    ),
    "unknown_log": (
        _("%(name)s does not know this log."),
        _("Its operator has not taken the log's key yet: “consilience witness trust”, with the key below."),
    ),
    "key_refused": (
        _("%(name)s does not trust the log's key."),
        _("If the key was changed, its operator has to trust the new one, too: “consilience witness trust”, with the key below. If it was not, somebody signs this log with a key that is not its own."),
    ),
    "ahead": (
        _("%(name)s has seen %(seen)s entries; this record has %(n)s."),
        _("Entries that the witness saw are gone. If a backup was put back, that has to be declared in the record. If not, the record was rolled back: change nothing, keep a copy of the database and of checkpoint.txt, and compare the heads that witnesses, auditors and reports hold."),
    ),
    "contradicted": (
        _("%(name)s has seen another history of this record."),
        _("What it cosigned before is not the beginning of the record as it is here: entries were changed, removed or replaced, or two records are signed with one key. Change nothing, keep a copy of the database, ask the witness for the head that it holds, and run “consilience ledger verify”."),
    ),
    "bad_answer": (
        _("%(name)s answered with nothing that can be used."),
        _("What came back from %(where)s is no cosignature by its key over this head. Look whether address and key in the policy are those of one witness."),
    ),
}  # fmt: skip
