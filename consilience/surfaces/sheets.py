"""What a signer is shown: plain text over exactly what would be recorded, with every personal text in clear.

The text is drawn from the act's records and nothing else, so that what is read is what is signed; its SHA-256 stands in
the statement. Pages and the command line show these bytes as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from consilience.domains.ledger.seals import Shown
from consilience.domains.people import queries as people
from consilience.kit.naming import is_urn
from consilience.kit.records.models import Record

_TITLES = {
    "review.signed_off": "A decision for a function",
    "review.proof_offered": "Proof that a condition was met",
    "review.proof_accepted": "Acceptance of a proof",
    "review.objection_answered": "An answer to an objection",
    "review.block_ended": "The end of a block",
    "policy.proposed": "Proposal of a policy",
    "review.waived": "A waiver",
    "review.waiver_withdrawn": "The end of a waiver",
    "review.delegated": "A delegation",
    "review.delegation_ended": "The end of a delegation",
    "policy.published": "Publication of a policy",
    "policy.proposal_taken_back": "A proposal of a policy, taken back",
    "policy.reviewed": "A policy that was looked at again and is right",
    "policy.commented": "A comment on a policy",
    "policy.pack_proposed": "Proposal of a pack of obligations",
    "policy.pack_adopted": "Adoption of a pack of obligations",
    "policy.pack_dropped": "A pack of obligations, taken out of use",
    "evidence.attached": "Evidence",
    "evidence.withdrawn": "Withdrawal of evidence",
    "release.proposed": "Proposal of a release",
    "release.withdrawn": "Withdrawal of a release",
    "inventory.system_registered": "Registration of a system",
    "inventory.system_corrected": "Correction of a system",
    "inventory.model_registered": "Registration of a model",
    "inventory.model_corrected": "Correction of a model",
    "inventory.version_registered": "Registration of a model version",
    "inventory.version_withdrawn": "Withdrawal of a model version",
    "inventory.dataset_registered": "Registration of a dataset",
    "inventory.dataset_corrected": "Correction of a dataset",
    "inventory.dataset_version_registered": "Registration of a dataset version",
    "inventory.dataset_version_withdrawn": "Withdrawal of a dataset version",
    "inventory.dataset_terms_corrected": "Correction of the terms of data",
    "people.invited": "Invitation of a person",
    "people.robot_added": "A new robot",
    "people.function_held": "A function for a person",
    "people.function_ended": "The end of a function of a person",
    "people.deactivated": "Deactivation",
    "people.reactivated": "Reactivation",
    "access.granted": "Grant of a role",
    "access.grant_ended": "The end of a grant",
    "access.token_withdrawn": "Withdrawal of a token",
    "keys.revoked": "Revocation of a key",
    "content.erased": "Erasure",
    "content.hold_placed": "A legal hold",
    "content.hold_lifted": "The end of a legal hold",
    "ledger.witness_policy_set": "The witnesses of the record",
}
_ERASES = "content.erased"
_FIRST = (
    "release",
    "stage",
    "system",
    "function",
    "verdict",
    "reason",
    "conditions",
    "expires_at",
    "person",
    "signed_at",
)
"""Fields that people look for, before the others."""
_LAST = ("policies", "facet", "items")
_SPACES = re.compile(r"\s+")


def written(shown: Shown) -> bytes:
    """The sheet as UTF-8 bytes: a title, the act's own fields, then every record field by field."""
    people_named = {text for row in shown.records for text in _urns(row.body) if is_urn(text, "person")}
    names = {} if shown.verb == _ERASES else people.names(people_named)  # this text stays when the name is gone
    title = _TITLES.get(shown.verb, shown.verb)
    lines = [title, "=" * len(title), ""]
    said = {key: value for key, value in shown.fields.items() if isinstance(value, str | int)}
    lines += _fields(said, shown.texts, names)
    for row in shown.records:
        head = f"Record: {_words(row.noun)}, version {row.version}"
        lines += ["", head, "-" * len(head), *_record(row, shown, names)]
    return ("\n".join(lines) + "\n").encode()


def _record(row: Record, shown: Shown, names: Mapping[str, str]) -> list[str]:
    repeated = {key for key, value in shown.fields.items() if row.body.get(key) == value}
    return _fields({key: value for key, value in row.body.items() if key not in repeated}, shown.texts, names)


def _fields(said: Mapping[str, Any], texts: Mapping[str, str], names: Mapping[str, str]) -> list[str]:
    order = [*_FIRST, *sorted(said.keys() - {*_FIRST, *_LAST}), *_LAST]
    lines: list[str] = []
    for key in (key for key in order if key in said):
        lines += _field(_words(key), said[key], texts, names, "")
    return lines


def _field(label: str, value: Any, texts: Mapping[str, str], names: Mapping[str, str], indent: str) -> list[str]:
    match value:
        case {"commitment": str(code)}:
            return _text(label, texts.get(code, "(kept elsewhere)"), indent)
        case dict():
            inner = [
                line for key in sorted(value) for line in _field(_words(key), value[key], texts, names, indent + "  ")
            ]
            return [f"{indent}{label}:", *inner]
        case []:
            return [f"{indent}{label}: none"]
        case list():
            inner = [
                line for nth, one in enumerate(value, 1) for line in _field(f"{nth}", one, texts, names, indent + "  ")
            ]
            return [f"{indent}{label}:", *(_pairs(value, indent) or inner)]
        case None:
            return [f"{indent}{label}: none"]
        case bool():
            return [f"{indent}{label}: {'yes' if value else 'no'}"]
    named = names.get(str(value))
    return _text(label, f"{named} ({value})" if named else str(value), indent)


def _pairs(value: list[Any], indent: str) -> list[str]:
    """Items of a facet: a digest and what it is of, one on two lines."""
    if not all(isinstance(one, list) and len(one) == 2 and all(isinstance(text, str) for text in one) for one in value):
        return []
    return [line for key, digest in value for line in (f"{indent}  {digest}", f"{indent}    {key}")]


def _text(label: str, text: str, indent: str) -> list[str]:
    """A text beside its label, one of several lines beneath it. Lines are as long as they are: who shows them breaks them."""
    if "\n" not in text:
        return [f"{indent}{label}: {text}"]
    return [f"{indent}{label}:", *(f"{indent}  {line}" for line in text.splitlines())]


def _words(name: str) -> str:
    said = _SPACES.sub(" ", name.replace("_", " ").replace("-", " ")).strip()
    return said[:1].upper() + said[1:]


def _urns(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _urns(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _urns(inner)
