"""Which tables hold records. Every other table stands on the list of mutable tables, with the reason why it may change."""

from __future__ import annotations

from django.apps import apps

from consilience.kit.records.models import Record

MUTABLE: dict[str, str] = {
    "private": "personal text behind commitments; erasable by law",
    "ledger_head": "the one row that positions are taken from",
    "ledger_node": "hashes of complete subtrees, made again from the entries by verify",
    "ledger_checkpoint": "signed heads; each is checked against the entries by verify",
    "content_blob": "where a digest's bytes lie; the digest is named by a record, the file is re-hashed on reading",
    "content_key": "keys of sealed files; erasable by law: without its key nobody reads a file, in no copy of it",
    "erased": "which entry erased a text or a file; drawn from the erasures, verify draws it again",
    "people_account": "log-in e-mail and password hash of a person; erasable",
    "account_emailaddress": "allauth: log-in addresses",
    "account_emailconfirmation": "allauth: pending confirmations",
    "django_session": "log-in sessions",
    "django_content_type": "Django's own list of tables",
    "django_migrations": "Django's own list of migrations",
    "auth_group": "Django's groups; unused, required by its permission tables",
    "auth_group_permissions": "Django's groups; unused",
    "auth_permission": "Django's permissions; unused, grants are records",
    "gate_looked": "a memo: when a live release was last looked at; dropped, it is made again",
    "gate_cursor": "how far a reaction has read the ledger",
    "gate_notice": "who was told of a change of standing, and has read it; the change itself is a record",
    "keys_preparation": "acts that wait for a signature, ten minutes at most",
    "keys_onetime": "secret of a person's one-time codes, encrypted, and which of them were used; erasable",
    "witness_cosignature": "what witnesses signed about heads: each line is checked against its head and its key",
    "witness_contact": "a memo: what came of asking a witness last",
    "witness_timestamp": "what time-stamping authorities said about heads: each is checked again against its head",
    "people_setuplink": "one-time links, by digest, until they are used",
}
APPEND_ONLY = {"ledger_entry": "the ledger itself: hashed into the tree, guarded by the same triggers as records"}


def record_models() -> list[type[Record]]:
    """Every record table of the product, in a stable order."""
    found = [model for model in apps.get_models() if issubclass(model, Record)]
    return sorted(found, key=lambda model: model._meta.db_table)


def by_noun() -> dict[str, type[Record]]:
    return {model.noun: model for model in record_models()}


def unlisted(tables: list[str]) -> list[str]:
    """Tables of the database that are neither records nor on a list."""
    known = {model._meta.db_table for model in record_models()} | MUTABLE.keys() | APPEND_ONLY.keys()
    return sorted(set(tables) - known)
