"""Whatever is done to entries, the tree or its signed heads, `verify` notices it and names it."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from consilience.domains.ledger import keys, log, merkle, queries, rules
from consilience.domains.ledger.models import Checkpoint, Entry
from consilience.domains.ledger.verify import verify
from consilience.kit import canonical
from consilience.kit.records.registry import record_models
from tests.harness.drills import MIDDLE, TABLES, edit, found, make_tree_again, named, renumber, sign_heads_again
from tests.harness.rows import sql, unguarded
from tests.harness.workspaces import Workspace

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


def test_signatures_are_not_compared_but_checked(drill: Workspace) -> None:
    """A note whose text is right and whose signature is another one's of the same length is not trusted."""
    note = queries.checkpoint()
    head, _, line = note.rpartition(" ")
    raw = base64.b64decode(line.strip())
    forged = f"{head} {base64.b64encode(raw[:4] + bytes(64)).decode()}\n"
    sql("UPDATE ledger_checkpoint SET note = %s WHERE size = %s", forged, log.size())
    named("head_differs", "signature does not match")
