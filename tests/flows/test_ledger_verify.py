"""Tamper drills: somebody with the database in hand changes something, and `verify` must notice it and name it.

Each drill works on a copy of a small workspace that has rows in every record table. The triggers are made again after
the deed, so that nothing but the deed is found; a deed is named when a finding holds the words that point at it.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection

from consilience.domains.ledger import keys, log, merkle, queries, rules
from consilience.domains.ledger.act import act
from consilience.domains.ledger.models import Checkpoint, Entry
from consilience.domains.ledger.verify import Finding, verify
from consilience.domains.people.models import Person
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.naming import Urn, new_urn
from consilience.kit.records.models import Private, Record
from consilience.kit.records.registry import record_models
from tests.conftest import Templates
from tests.harness import workspaces
from tests.harness.builders import a_person, a_release, a_sign_off, later, operator, read_release, some_evidence
from tests.harness.rows import a_row, rows_of_every_noun, sql, unguarded
from tests.harness.workspaces import Workspace

TABLES = [model._meta.db_table for model in record_models()]
COLUMNS = [(model._meta.db_table, field.column) for model in record_models() for field in model._meta.concrete_fields]


@pytest.fixture(scope="module")
def small(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with rows of every noun; built once, copied for each drill."""
    made = workspaces.copied(templates.of("sqlite"), tmp_path_factory.mktemp("drills") / "small")
    with workspaces.opened(made):
        ana = a_person("Ana Aalto", functions=["ethics"])
        release = a_release()
        some_evidence(read_release(release).version)
        a_sign_off(by=ana, release=release, function="ethics")
        rows_of_every_noun()
        report = verify()
        assert report.good, report.findings
    workspaces.settle(made)
    return made


@pytest.fixture
def drill(small: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    copy = workspaces.copied(small, tmp_path / "home")
    with workspaces.opened(copy):
        yield copy


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


MIDDLE = 11


# Entries


def test_a_workspace_that_nobody_touched_is_good(drill: Workspace) -> None:
    report = verify()
    assert report.good, report.findings
    assert report.entries == log.size() == Entry.objects.count()
    assert report.heads == Checkpoint.objects.count()
    assert report.rows == sum(model._default_manager.count() for model in record_models())
    assert report.root == rules.opened(queries.checkpoint(), queries.log_key()).root.hex()


@pytest.mark.parametrize("position", [0, MIDDLE, -1])
def test_an_edited_entry_is_named(drill: Workspace, position: int) -> None:
    position %= log.size()
    with unguarded():
        edit(position)
    named("entry_edited", f"entry {position} was edited")


@pytest.mark.parametrize("position", [0, MIDDLE, -1])
def test_an_entry_edited_together_with_its_leaf_hash_is_named(drill: Workspace, position: int) -> None:
    position %= log.size()
    with unguarded():
        edit(position)
        exact = bytes(Entry.objects.get(position=position).exact)
        sql("UPDATE ledger_entry SET leaf = %s WHERE position = %s", merkle.leaf_hash(exact), position)
    named("node_differs", f"closed by entry {position},")
    named("entry_span", f"entry {position} is not what was signed")


@pytest.mark.parametrize("position", [0, MIDDLE, -1])
def test_an_entry_edited_together_with_the_whole_tree_is_named(drill: Workspace, position: int) -> None:
    position %= log.size()
    with unguarded():
        edit(position)
        make_tree_again()
    named("entry_span", f"entry {position} is not what was signed")
    named("head_differs", "the checkpoint kept outside the database", "another root")


def test_every_byte_of_an_entry_counts(drill: Workspace) -> None:
    exact = bytes(Entry.objects.get(position=MIDDLE).exact)
    for at in range(0, len(exact), 40):
        other = exact[:at] + bytes([exact[at] ^ 1]) + exact[at + 1 :]
        with unguarded():
            sql("UPDATE ledger_entry SET exact = %s WHERE position = %s", other, MIDDLE)
        named("entry_edited", f"entry {MIDDLE} was edited")


@pytest.mark.parametrize("position", [0, MIDDLE, -1])
def test_a_removed_entry_is_named(drill: Workspace, position: int) -> None:
    position %= log.size()
    with unguarded():
        sql("DELETE FROM ledger_entry WHERE position = %s", position)
    if position == log.size() - 1:
        named("head_differs", f"entry {position} is removed")
    else:
        named("entry_missing", f"entry {position} is missing")


@pytest.mark.parametrize("position", [0, MIDDLE])
def test_an_entry_removed_without_a_gap_in_a_tree_made_again_is_named(drill: Workspace, position: int) -> None:
    subject = rules.read(bytes(queries.entry(position).exact)).subjects[0][0]
    with unguarded():
        sql("DELETE FROM ledger_entry WHERE position = %s", position)
        renumber()
        make_tree_again()
    named("entry_span", f"entry {position} is not what was signed")
    named("row_differs", subject, "has no entry")


def test_several_removed_entries_are_named_as_one_gap(drill: Workspace) -> None:
    with unguarded():
        sql("DELETE FROM ledger_entry WHERE position BETWEEN 5 AND 9")
    gaps = [finding.about for finding in found() if finding.code == "entry_missing"]
    assert gaps == ["entries 5 to 9 are missing"]


def test_a_log_rolled_back_with_its_rows_heads_and_tree_is_named_by_the_head_outside(drill: Workspace) -> None:
    size = log.size()
    back = size - 3
    with unguarded():
        for table in TABLES:
            sql(f"DELETE FROM {table} WHERE position >= %s", back)
        sql("DELETE FROM ledger_entry WHERE position >= %s", back)
        sql("DELETE FROM ledger_checkpoint WHERE size > %s", back)
        make_tree_again()
    findings = found()
    about = f"covers {size} entries, but there are {back}: entries {back} to {size - 1} are removed"
    assert [(one.code, about in one.about) for one in findings if one.code != "private_extra"] == [
        ("head_differs", True)
    ]


def test_a_log_rolled_back_together_with_the_head_outside_goes_unnoticed_here(drill: Workspace) -> None:
    """The limit, and why the manual says to keep a head with somebody else: nothing on this machine remembers."""
    back = log.size() - 1
    private = sql("SELECT canonical FROM people_person ORDER BY position DESC LIMIT 1")
    assert private
    with unguarded():
        for table in TABLES:
            sql(f"DELETE FROM {table} WHERE position >= %s", back)
        sql("DELETE FROM ledger_entry WHERE position >= %s", back)
        sql("DELETE FROM ledger_checkpoint WHERE size > %s", back)
        make_tree_again()
    settings.CHECKPOINT_FILE.write_text(queries.checkpoint())
    assert {finding.code for finding in found()} <= {"private_extra"}


@pytest.mark.parametrize("covered", [False, True])
def test_two_swapped_entries_are_named(drill: Workspace, covered: bool) -> None:
    first, second = MIDDLE, MIDDLE + 4
    with unguarded():
        for old, new in ((first, 9_999), (second, first), (9_999, second)):
            sql("UPDATE ledger_entry SET position = %s WHERE position = %s", new, old)
        if covered:
            make_tree_again()
    subject = rules.read(bytes(queries.entry(first).exact)).subjects[0][0]
    named("row_differs", subject, f"recorded at {first}/0")
    named("entry_span", f"entry {first} is not what was signed")
    if not covered:
        named("node_differs", f"closed by entry {first},")


@pytest.mark.parametrize("covered", [False, True])
def test_an_entry_added_at_the_end_is_named(drill: Workspace, covered: bool) -> None:
    size = log.size()
    with unguarded():
        add_entry(size)
        if covered:
            make_tree_again()
    named("entry_added", f"entry {size} is covered by no signed head")
    named("row_missing", "recorded by entry", size)


def test_an_entry_added_in_the_middle_is_named(drill: Workspace) -> None:
    with unguarded():
        for position in reversed(range(MIDDLE, log.size())):
            sql("UPDATE ledger_entry SET position = %s WHERE position = %s", position + 1, position)
        add_entry(MIDDLE)
        make_tree_again()
    named("entry_span", f"entry {MIDDLE} is not what was signed")


@pytest.mark.parametrize("position", [-1, 10**15])
def test_an_entry_where_none_can_stand_is_named(drill: Workspace, position: int) -> None:
    with unguarded():
        add_entry(position)
    named("entry_extra", f"entry {position} stands where no entry can stand")


def add_entry(position: int) -> None:
    said = canonical.decode(bytes(queries.entry(2).exact))
    said["subject"] = [{"name": "urn:consilience:forged:1", "digest": {"sha256": "0" * 64}}]
    exact = canonical.encode(said)
    predicate = said["predicate"]
    sql(
        "INSERT INTO ledger_entry (position, leaf, exact, verb, actor, at) VALUES (%s, %s, %s, %s, %s, %s)",
        position, merkle.leaf_hash(exact), exact, predicate["verb"], predicate["actor"], predicate["at"],
    )  # fmt: skip


@pytest.mark.parametrize("column", ["verb", "actor", "at"])
def test_a_changed_index_column_of_an_entry_is_named(drill: Workspace, column: str) -> None:
    sql(f"UPDATE ledger_entry SET {column} = {column} || 'x' WHERE position = %s", MIDDLE)
    named("entry_index", f"entry {MIDDLE}: column {column}")


def test_an_entry_of_another_workspace_is_named(drill: Workspace) -> None:
    exact = bytes(queries.entry(MIDDLE).exact)
    ours = str(queries.workspace().urn).split(":")[2].encode()
    with unguarded():
        other = exact.replace(b'"workspace":"' + ours, b'"workspace":"0192f0c1-6a7e-7aaa-8bbb-0123456789ab')
        sql("UPDATE ledger_entry SET exact = %s WHERE position = %s", other, MIDDLE)
    named("entry_foreign", f"entry {MIDDLE} was written for another workspace")


# Tree and heads


@pytest.mark.parametrize("level", [0, 1, 3])
def test_a_changed_subtree_is_named_and_nothing_else(drill: Workspace, level: int) -> None:
    sql("UPDATE ledger_node SET hash = %s WHERE level = %s AND nth = 1", bytes(32), level)
    assert [(one.code, f"stored subtree {level}/1," in one.about) for one in found()] == [("node_differs", True)]


def test_a_removed_and_an_added_subtree_are_named(drill: Workspace) -> None:
    sql("DELETE FROM ledger_node WHERE level = 0 AND nth IN (3, 4)")
    sql("INSERT INTO ledger_node (level, nth, hash) VALUES (0, 500, %s), (40, 0, %s)", bytes(32), bytes(32))
    assert sorted((finding.code, finding.about) for finding in found()) == [
        ("node_extra", "stored subtree 0/500 belongs to no entry"),
        ("node_extra", "stored subtree 40/0 belongs to no entry"),
        ("node_missing", "stored subtrees 0/3 to 0/4 are missing"),
    ]


@pytest.mark.parametrize(("column", "value"), [("size", 5), ("frontier", b"x"), ("at", "2031-01-01T00:00:00.000000Z")])
def test_a_changed_head_row_is_named(drill: Workspace, column: str, value: object) -> None:
    sql(f"UPDATE ledger_head SET {column} = %s", value)
    assert [finding.code for finding in found()] == ["head_row"]


def test_a_missing_or_second_head_row_is_named(drill: Workspace) -> None:
    sql("INSERT INTO ledger_head (id, size, frontier, at) VALUES (2, 0, %s, '')", b"")
    named("head_row")
    sql("DELETE FROM ledger_head")
    named("head_row")


@pytest.mark.parametrize("which", ["first", "middle", "last"])
def test_a_changed_checkpoint_is_named(drill: Workspace, which: str) -> None:
    size = {"first": 1, "middle": MIDDLE, "last": log.size()}[which]
    sql("UPDATE ledger_checkpoint SET note = replace(note, 'log', 'gol') WHERE size = %s", size)
    code = "head_differs" if which == "last" else "checkpoint_edited"
    named(code, f"the stored checkpoint over {size} entries cannot be trusted")
    if which != "last":
        assert len(found()) == 1


@pytest.mark.parametrize("which", ["first", "middle", "last"])
def test_a_removed_checkpoint_is_named(drill: Workspace, which: str) -> None:
    size = {"first": 1, "middle": MIDDLE, "last": log.size()}[which]
    sql("DELETE FROM ledger_checkpoint WHERE size = %s", size)
    if which == "last":
        named("entry_added", f"entry {size - 1} is covered by no signed head")
    else:
        named("checkpoint_missing", f"over {size} entries, where an act ended")


def test_a_checkpoint_that_speaks_for_another_size_is_named(drill: Workspace) -> None:
    other = sql("SELECT note FROM ledger_checkpoint WHERE size = %s", MIDDLE + 1)[0][0]
    sql("UPDATE ledger_checkpoint SET note = %s WHERE size = %s", other, MIDDLE)
    named("checkpoint_edited", f"the stored checkpoint over {MIDDLE} entries is signed over {MIDDLE + 1}")


@pytest.mark.parametrize(
    ("text", "words"), [("", "cannot be trusted"), ("\ufffd" * 9, "cannot be trusted"), (None, "is missing")]
)
def test_a_spoiled_or_missing_head_outside_is_named(drill: Workspace, text: str | None, words: str) -> None:
    if text is None:
        settings.CHECKPOINT_FILE.unlink()
    else:
        settings.CHECKPOINT_FILE.write_text(text)
    named("the checkpoint kept outside the database", words)


def test_a_head_outside_that_is_no_text_is_named(drill: Workspace) -> None:
    settings.CHECKPOINT_FILE.write_bytes(b"\xff\xfe")
    named("the checkpoint kept outside the database", "cannot be trusted")


def test_an_older_head_outside_is_good(drill: Workspace) -> None:
    settings.CHECKPOINT_FILE.write_text(sql("SELECT note FROM ledger_checkpoint WHERE size = 7")[0][0])
    assert found() == []


def test_heads_signed_again_with_another_key_are_named(drill: Workspace) -> None:
    with unguarded():
        edit(MIDDLE)
        make_tree_again()
    sign_heads_again(Ed25519PrivateKey.generate(), outside=True)
    named("head_differs", "cannot be trusted", "another key")
    named("the checkpoint kept outside the database cannot be trusted")


def test_a_log_made_again_under_another_key_that_its_record_names_is_named_by_the_key_file(drill: Workspace) -> None:
    """Everything in the database fits: the record of the workspace names the new key, and entry 0 that record."""
    key = Ed25519PrivateKey.generate()
    row = queries.workspace().__class__.objects.order_by("version").first()
    assert row is not None
    document = canonical.decode(row.canonical)
    origin = rules.origin_of(str(row.urn).split(":")[2])
    document["body"]["log_key"] = rules.vkey(origin, keys.public_bytes(key))
    exact = canonical.encode(document)
    entry = canonical.decode(bytes(queries.entry(0).exact))
    entry["subject"][0]["digest"]["sha256"] = canonical.sha256(exact)
    with unguarded():
        sql(
            "UPDATE ledger_workspace SET canonical = %s, digest = %s WHERE version = 1",
            exact.decode(),
            canonical.sha256(exact),
        )
        sql("UPDATE ledger_entry SET exact = %s WHERE position = 0", canonical.encode(entry))
        make_tree_again()
    sign_heads_again(key, outside=True)
    named("log_key_differs")


def test_heads_signed_again_with_the_logs_own_key_are_named_by_the_head_outside(drill: Workspace) -> None:
    with unguarded():
        edit(MIDDLE)
        make_tree_again()
    sign_heads_again(keys.load(drill.home.log_key), outside=False)
    assert [(one.code, "kept outside the database covers" in one.about) for one in found()] == [("head_differs", True)]


# Rows


@pytest.mark.parametrize("table", TABLES)
def test_an_inserted_row_is_named(drill: Workspace, table: str) -> None:
    model = next(model for model in record_models() if model._meta.db_table == table)
    row = model._default_manager.order_by("-position").first()
    assert row is not None
    forged = model.prepared(
        urn=new_urn(row.urn.split(":")[2], model.noun), version=1, valid_from=Instant(row.valid_from),
        supersedes=None, body=forged_body(model, row),
    )  # fmt: skip
    forged.position, forged.ordinal = row.position, row.ordinal + 1
    forged.save(force_insert=True)
    named("row_differs", forged.name, table, "has no entry")


def forged_body(model: type[Record], row: Record) -> dict[str, Any]:
    """The row's body under other names, where names must differ."""
    return {key: f"{value}-x" if isinstance(value, str) and key in {"slug", "model", "dataset", "stage"} else value
            for key, value in row.body.items()}  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_a_version_inserted_behind_the_last_is_named(drill: Workspace, table: str) -> None:
    """The kind of row that would change what is in force: the next version of a thing, in order, past the ledger."""
    model = next(model for model in record_models() if model._meta.db_table == table)
    row = model._default_manager.order_by("-position").first()
    assert row is not None
    forged = model.prepared(
        urn=Urn(row.urn), version=row.version + 1, valid_from=Instant(row.valid_from),
        supersedes=row.digest, body={**row.body, "withdrawn": True},
    )  # fmt: skip
    forged.position, forged.ordinal = row.position, row.ordinal + 1
    forged.save(force_insert=True)
    named("row_differs", forged.name, table, "has no entry")


@pytest.mark.parametrize("table", TABLES)
def test_a_removed_row_is_named(drill: Workspace, table: str) -> None:
    urn, version, position = sql(f"SELECT urn, version, position FROM {table} ORDER BY position DESC LIMIT 1")[0]
    with unguarded():
        sql(f"DELETE FROM {table} WHERE urn = %s AND version = %s", urn, version)
    named("row_missing", f"{urn}:{version}", table, f"entry {position}")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_changed_column_of_a_row_is_named(drill: Workspace, table: str, column: str) -> None:
    urn, version, value = sql(f"SELECT urn, version, {column} FROM {table} ORDER BY position DESC LIMIT 1")[0]
    with unguarded():
        sql(f"UPDATE {table} SET {column} = %s WHERE urn = %s AND version = %s", another(value, column), urn, version)
    if column in {"urn", "version"}:
        named("row_missing", f"{urn}:{version}", table)
        named("row_differs", table, "its name was changed")
    else:
        named("row_differs", f"{urn}:{version}", table, column)


def another(value: object, column: str) -> object:
    if column == "canonical":
        return str(value).replace('"body":{', '"body":{"a":1,', 1)
    if isinstance(value, bool) or column in {"withdrawn", "allowed"}:
        return not value
    return value + 1000 if isinstance(value, int) else f"{value or ''}x"


def test_a_row_rewritten_in_all_its_columns_is_named(drill: Workspace) -> None:
    row = Person.objects.order_by("-position").first()
    assert row is not None
    forged = Person.prepared(
        urn=Urn(row.urn), version=row.version, valid_from=Instant(row.valid_from), supersedes=row.supersedes,
        body={**row.body, "active": False},
    )  # fmt: skip
    with unguarded():
        sql(
            "UPDATE people_person SET canonical = %s, digest = %s WHERE digest = %s",
            forged.canonical,
            forged.digest,
            row.digest,
        )
    named("row_differs", row.name, "people_person", f"not what entry {row.position} recorded")


def test_a_row_moved_into_the_table_of_another_noun_is_named(drill: Workspace) -> None:
    columns = "digest, position, ordinal, canonical, urn, version, schema, valid_from, supersedes, withdrawn"
    digest, urn, version = sql("SELECT digest, urn, version FROM people_person ORDER BY position LIMIT 1")[0]
    with unguarded():
        sql(f"INSERT INTO review_panel ({columns}) SELECT {columns} FROM people_person WHERE digest = %s", digest)
        sql("DELETE FROM people_person WHERE digest = %s", digest)
    named("row_differs", f"{urn}:{version}", "review_panel", "stands in the wrong table")


def test_a_version_that_skips_the_one_before_it_is_named_though_the_ledger_recorded_it(drill: Workspace) -> None:
    first = a_row(Person)
    with act(operator(), verb="tests.recorded", at=later()) as opened:
        skipping = Person.prepared(
            urn=Urn(first.urn), version=2, valid_from=opened.at, supersedes=None, body={"active": True}
        )
        opened.records.append(skipping)
    named("row_differs", skipping.name, "does not supersede the version before it")


# Private values


def test_a_changed_private_value_is_named_with_the_record_that_holds_it(drill: Workspace) -> None:
    row = Person.objects.order_by("position").first()
    assert row is not None
    code = row.body["name"]["commitment"]
    sql("UPDATE private SET value = 'Eve' WHERE commitment = %s", code)
    named("private_edited", code[:12], row.name)


def test_a_changed_salt_or_commitment_is_named(drill: Workspace) -> None:
    first, second = [row.commitment for row in Private.objects.order_by("commitment")[:2]]
    sql("UPDATE private SET salt = %s WHERE commitment = %s", bytes(32), first)
    named("private_edited", first[:12])
    sql("UPDATE private SET commitment = %s WHERE commitment = %s", "f" * 64, second)
    named("private_edited", "f" * 12)
    named("private_extra", "f" * 12)


def test_a_private_value_of_nobody_is_named(drill: Workspace) -> None:
    salt = bytes(range(32))
    from consilience.kit.records.commitments import code_of

    code = code_of("Eve", salt)
    Private(commitment=code, salt=salt, value="Eve").save(force_insert=True)
    assert [(one.code, code[:12] in one.about) for one in found()] == [("private_extra", True)]


def test_an_erased_private_value_is_counted_and_no_finding(drill: Workspace) -> None:
    before = verify()
    Private.objects.filter(commitment=Private.objects.first().commitment).delete()  # type: ignore[union-attr]
    report = verify()
    assert report.good
    assert report.erased == before.erased + 1


# Triggers


@pytest.mark.parametrize("table", [*TABLES, "ledger_entry"])
def test_a_dropped_trigger_is_named(drill: Workspace, table: str) -> None:
    for kind in ("replace", "update", "delete"):
        sql(f"DROP TRIGGER {table}_no_{kind}")
    assert [(one.code, one.about.split()[1]) for one in found()] == [
        ("trigger_missing", f"{table}_no_{kind}") for kind in ("replace", "update", "delete")
    ]


# Columns that hold what they should not be able to hold: SQLite lets them


JUNK: list[tuple[str, Callable[[], object]]] = [
    ("text", lambda: "junk"),
    ("number", lambda: 10**12),
    ("bytes", lambda: sqlite3.Binary(b"\xff\x00")),
    ("bytes that are no text", lambda: None),
]


@pytest.mark.parametrize(
    ("table", "column"),
    [("ledger_entry", name) for name in ("position", "leaf", "exact", "verb", "actor", "at")]
    + [("ledger_node", name) for name in ("level", "nth", "hash")]
    + [("ledger_checkpoint", name) for name in ("size", "note")]
    + [("ledger_head", name) for name in ("size", "frontier", "at")]
    + [("private", name) for name in ("commitment", "salt", "value")]
    + [(table, name) for table, name in COLUMNS if table in {"people_person", "ledger_workspace", "review_sign_off"}],
)
def test_junk_of_any_type_in_any_column_is_found_and_stops_nothing(drill: Workspace, table: str, column: str) -> None:
    for kind, junk in JUNK:
        with unguarded():
            value = "CAST(x'ff' AS TEXT)" if junk() is None else "%s"
            given = () if junk() is None else (junk(),)
            sql(f"UPDATE {table} SET {column} = {value} WHERE rowid = (SELECT max(rowid) FROM {table})", *given)
        assert found(), (table, column, kind)


def test_a_canonical_text_that_is_no_json_is_named(drill: Workspace) -> None:
    row = Person.objects.order_by("-position").first()
    assert row is not None
    for text in ("", "{", '"text"', "[]", '{"body": 1}', '{"body": {"commitment": []}}', "[" * 100_000):
        with unguarded():
            sql("UPDATE people_person SET canonical = %s WHERE digest = %s", text, row.digest)
        named("row_differs", row.name, "people_person", "canonical")


# The same on PostgreSQL


@pytest.mark.on_both_databases
def test_the_chief_deeds_are_named_on_both_databases(workspace: Workspace) -> None:
    row = a_row(Person)
    a_row(Person, replaces=row)
    for _ in range(4):
        a_row(Person)
    assert found() == []
    with unguarded():
        sql("UPDATE people_person SET valid_from = 'x' WHERE digest = %s", row.digest)
        sql("DELETE FROM people_function WHERE ordinal = 0")
        edit(4)
    sql("UPDATE private SET value = 'Eve' WHERE commitment = %s", row.body["remark"]["commitment"])
    sql("UPDATE ledger_node SET hash = %s WHERE level = 0 AND nth = 2", bytes(32))
    if connection.vendor == "postgresql":
        sql("ALTER TABLE people_person DISABLE TRIGGER people_person_no_delete")
    else:
        sql("DROP TRIGGER people_person_no_delete")
    named("row_differs", row.name, "people_person", "valid_from")
    named("row_missing", "people_function", "entry 1")
    named("entry_edited", "entry 4")
    named("private_edited", row.name)
    named("node_differs", "0/2")
    named("trigger_missing", "people_person_no_delete")


def test_signatures_are_not_compared_but_checked(drill: Workspace) -> None:
    """A note whose text is right and whose signature is another one's of the same length is not trusted."""
    note = queries.checkpoint()
    head, _, line = note.rpartition(" ")
    raw = base64.b64decode(line.strip())
    forged = f"{head} {base64.b64encode(raw[:4] + bytes(64)).decode()}\n"
    sql("UPDATE ledger_checkpoint SET note = %s WHERE size = %s", forged, log.size())
    named("head_differs", "signature does not match")
