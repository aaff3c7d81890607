"""Tamper drills: what somebody with the database in hand could do, and what `verify` then finds.

Each drill works on a copy of a small workspace that has rows in every record table (fixture `drill`). The triggers are
made again after the deed, so that nothing but the deed is found; a deed is named when a finding holds the words that
point at it.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from consilience.domains.ledger import merkle, queries, rules
from consilience.domains.ledger.verify import Finding, verify
from consilience.kit import canonical
from consilience.kit.records.registry import record_models
from tests.harness.rows import sql

MIDDLE = 11
TABLES = [model._meta.db_table for model in record_models()]


def found() -> list[Finding]:
    return verify().findings


def named(*words: object) -> None:
    """Some finding holds all these words; the words are what points at the deed."""
    findings = found()
    texts = [f"{finding.code}: {finding.about}" for finding in findings]
    assert any(all(str(word) in text for word in words) for text in texts), f"{words} not in {texts}"


# What somebody with the database, but without the log's key, could do to cover a deed


def make_tree_again() -> None:
    """Recompute leaf hashes, subtrees and the head row from the entries as they now are."""
    sql("DELETE FROM ledger_node")
    rows = sql("SELECT position, exact, at FROM ledger_entry ORDER BY position")
    for position, exact, _ in rows:
        sql("UPDATE ledger_entry SET leaf = %s WHERE position = %s", merkle.leaf_hash(bytes(exact)), position)
    size, frontier, made = merkle.append(0, [], [merkle.leaf_hash(bytes(exact)) for _, exact, _ in rows])
    for level, nth, value in made:
        sql("INSERT INTO ledger_node (level, nth, hash) VALUES (%s, %s, %s)", level, nth, value)
    sql("UPDATE ledger_head SET size = %s, frontier = %s, at = %s", size, b"".join(frontier), rows[-1][2])


def sign_heads_again(key: Ed25519PrivateKey, *, outside: bool) -> None:
    """Sign every stored head again, as whoever has a key can."""
    tree = merkle.Tree(b"".join(bytes(row[0]) for row in sql("SELECT leaf FROM ledger_entry ORDER BY position")))
    origin = rules.origin_of(str(queries.workspace().urn).split(":")[2])
    for (size,) in sql("SELECT size FROM ledger_checkpoint"):
        note = rules.sign(rules.Checkpoint(origin, size, tree.root(size)), key)
        sql("UPDATE ledger_checkpoint SET note = %s WHERE size = %s", note, size)
        if outside and size == tree.size:
            settings.CHECKPOINT_FILE.write_text(note)


def renumber() -> None:
    """Close gaps in the positions of entries, from the first on."""
    for expected, (position,) in enumerate(sql("SELECT position FROM ledger_entry ORDER BY position")):
        if position != expected:
            sql("UPDATE ledger_entry SET position = %s WHERE position = %s", expected, position)


def edit(position: int) -> None:
    """Change an entry's bytes so that it still reads as an entry: another time of day."""
    ((exact,),) = sql("SELECT exact FROM ledger_entry WHERE position = %s", position)
    said = canonical.decode(bytes(exact))
    said["predicate"]["edited"] = True
    sql("UPDATE ledger_entry SET exact = %s WHERE position = %s", canonical.encode(said), position)
