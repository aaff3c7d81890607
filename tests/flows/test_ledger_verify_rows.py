"""Whatever is done to rows, private values or triggers past the ledger, `verify` notices it and names it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from consilience.domains.ledger.act import act
from consilience.domains.ledger.verify import verify
from consilience.domains.people.models import Person
from consilience.kit.clock import Instant
from consilience.kit.naming import Urn, new_urn
from consilience.kit.records.models import Private, Record
from consilience.kit.records.registry import record_models
from tests.harness.builders import an_erasure, later, operator
from tests.harness.drills import TABLES, edit, found, named
from tests.harness.rows import a_row, sql, unguarded
from tests.harness.workspaces import Workspace

COLUMNS = [(model._meta.db_table, field.column) for model in record_models() for field in model._meta.concrete_fields]


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
    names = {"slug", "model", "dataset", "stage"} | ({"release"} if model.noun == "standing" else set())
    return {key: f"{value}-x" if isinstance(value, str) and key in names else value for key, value in row.body.items()}


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
    urn, version, value = sql(f'SELECT urn, version, "{column}" FROM {table} ORDER BY position DESC LIMIT 1')[0]
    with unguarded():
        sql(f'UPDATE {table} SET "{column}" = %s WHERE urn = %s AND version = %s', another(value, column), urn, version)
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


def test_an_erased_private_value_is_counted_with_its_entry_and_no_finding(drill: Workspace) -> None:
    before = verify()
    row = an_erasure(texts=[Private.objects.first().commitment])  # type: ignore[union-attr]
    report = verify()
    assert report.good, report.findings
    assert report.erased == before.erased + 1
    assert f"by entry {row.position}: 1" in report.erased_by


def test_a_private_value_that_is_gone_without_an_erasure_is_named(drill: Workspace) -> None:
    row = a_row(Person)
    code = row.body["remark"]["commitment"]
    Private.objects.filter(commitment=code).delete()
    named("private_missing", code[:12], row.name)


def test_a_table_of_erased_things_that_says_otherwise_than_the_erasures_is_named(drill: Workspace) -> None:
    row = an_erasure(texts=[Private.objects.first().commitment])  # type: ignore[union-attr]
    sql("UPDATE erased SET position = position - 1")
    named("erased_differs", row.body["texts"][0][:12])
    sql("DELETE FROM erased")
    named("erased_differs", row.body["texts"][0][:12])


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
            sql(f'UPDATE {table} SET "{column}" = {value} WHERE rowid = (SELECT max(rowid) FROM {table})', *given)
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
