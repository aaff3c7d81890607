"""Tables of DuckDB and PostgreSQL by address, what is refused about them, and statements for other databases."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pytest
import sqlglot

from consilience.kit.errors import BadInput, WrongUse
from consilience.measure.engines import arrow, dialects, learning, profiling, sql
from consilience.measure.engines.opening import open_source
from consilience.measure.engines.sources import BATCH_ROWS
from consilience.measure.evaluate import evaluate
from consilience.measure.plan import make_plan
from consilience.measure.states import profile_wire, wire
from tests.harness import databases, datasets

CUBE = {"label": "y", "score": "s", "threshold": 0.5, "protected": ["sex"]}


@pytest.fixture
def scores() -> pa.Table:
    return datasets.small_group().table


@pytest.fixture
def path(tmp_path: Path, scores: pa.Table) -> Path:
    made = tmp_path / "a panel.db"
    with duckdb.connect(str(made)) as connection:
        databases.load(connection, "scores", scores)
        connection.execute('CREATE SCHEMA "Odd one"; CREATE TABLE "Odd one"."a.b" AS SELECT * FROM scores')
    return made


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    with databases.connections() as opened:
        yield opened.of("postgresql")


def test_a_duckdb_table_is_read_by_its_address(path: Path, scores: pa.Table) -> None:
    expected = wire.encode(arrow.fold(scores, make_plan(**CUBE)))
    for table in ("scores", "main.scores", quote('"Odd one"."a.b"')):
        assert wire.encode(arrow.fold(f"duckdb://{path}#{table}", make_plan(**CUBE))) == expected
        assert wire.encode(arrow.fold(f"duckdb://{quote(str(path))}#{table}", make_plan(**CUBE))) == expected
    plan = learning.learn(open_source(f"duckdb://{path}#scores"))
    assert plan == learning.learn(open_source(scores))


def test_a_postgresql_table_is_read_by_its_address(postgresql: Any, scores: pa.Table) -> None:
    databases.load(postgresql, "Scores", scores)
    said = postgresql.info
    address = f"postgresql://{said.user}@{said.host}:{said.port}/{said.dbname}#Scores"
    assert wire.encode(arrow.fold(address, make_plan(**CUBE))) == wire.encode(arrow.fold(scores, make_plan(**CUBE)))
    with pytest.raises(BadInput) as refused:
        evaluate(address.replace("#Scores", "#scores"), label="y")
    assert str(refused.value) == (
        f'postgresql://{said.host}:{said.port}/{said.dbname}: cannot be read (relation "scores" does not exist)'
    )


def test_the_command_reads_a_table(path: Path, scores: pa.Table) -> None:
    command = [sys.executable, "-m", "consilience.surfaces.cli.main", "evaluate", f"duckdb://{path}#scores", "--json"]
    options = ["--label", "y", "--score", "s", "--threshold", "0.5", "--protected", "sex"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == json.loads(json.dumps(evaluate(scores, **CUBE)))


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("duckdb:///nowhere/x.db#t", "duckdb:///nowhere/x.db: was not found"),
        ("duckdb:///nowhere/x.db", "names no table; expected duckdb:///nowhere/x.db#TABLE"),
        (
            "postgresql://ana:geheim@db.example/x#t",
            "postgresql://db.example/x: has a secret in its address; leave it to ",
        ),
        ("postgresql://db.example/x?password=geheim#t", "has a secret in its address"),
        ("postgresql://ana@127.0.0.1:1/x#t", "postgresql://127.0.0.1:1/x: cannot be reached"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_repeating_a_secret(address: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        open_source(address)
    assert sentence in str(refused.value)
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("table", ["nothing", "scores; DROP TABLE scores", "(SELECT 1)", "", "a.b.c.d"])
def test_a_table_that_is_none_is_refused(path: Path, table: str) -> None:
    with duckdb.connect(str(path)) as connection:
        with pytest.raises(BadInput):
            sql.fold(connection, table, make_plan(label="y"))
        assert connection.sql("SELECT COUNT(*) FROM scores").fetchall() == [(703,)]


def test_settings_of_a_connection_change_nothing(path: Path, postgresql: Any) -> None:
    import psycopg
    from psycopg.rows import dict_row

    table = datasets.times().table
    plan = learning.learn(open_source(table))
    databases.load(postgresql, "times", table)
    said = postgresql.info
    address = f"postgresql://{said.user}@{said.host}:{said.port}/{said.dbname}"
    with duckdb.connect() as one, psycopg.connect(address, row_factory=dict_row) as other:
        databases.load(one, "times", table)
        for connection in (one, other):
            connection.execute("SET TimeZone = 'America/New_York'")
            found = sql.profile(connection, "times", plan)
            assert found.columns == profiling.profile(table, plan).columns
            assert found.types["zoned"] == "timestamp[us, tz=UTC]"


def test_only_connections_that_are_known_are_taken() -> None:
    with pytest.raises(WrongUse, match="a connection of DuckDB or of psycopg is expected, not a object"):
        sql.fold(object(), "t", make_plan(label="y"))


def test_what_is_refused_about_a_value_names_table_and_column(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE scores SET s = 1.5 WHERE sex = 'rare'")
        with pytest.raises(BadInput, match=r"^duckdb#scores: column 's': the score 1\.5 is not a number from 0 to 1$"):
            sql.fold(connection, "scores", make_plan(**CUBE))
        with pytest.raises(BadInput, match="has no column 'ages'; did you mean 'age'"):
            sql.fold(connection, "scores", make_plan(label="y", protected=["ages"]))
        with pytest.raises(BadInput, match="has no row with 'sex' = 'x'; the values of 'sex' are 'female'"):
            sql.fold(connection, "scores", make_plan(label="y", where=[("sex", "x")]))


def test_a_transaction_of_the_caller_is_what_is_counted_and_stays_open(
    path: Path, postgresql: Any, scores: pa.Table
) -> None:
    databases.load(postgresql, "scores", scores)
    with duckdb.connect(str(path)) as connection:
        for one in (connection, postgresql):
            one.execute("BEGIN")
            one.execute("DELETE FROM scores WHERE sex = 'rare'")
            assert sql.fold(one, "scores", make_plan(label="y")).rows == 700
            one.execute("ROLLBACK")
            assert sql.fold(one, "scores", make_plan(label="y")).rows == 703


def test_counted_rows_add_up_like_single_ones_beyond_a_batch_and_beyond_two_to_the_sixteen() -> None:
    rows = BATCH_ROWS * 3
    table = pa.table({"y": [1] * rows, "s": [0.1] * (rows - 2) + [0.0, 1.0]})
    plan = make_plan(label="y", score="s")
    with duckdb.connect() as connection:
        databases.load(connection, "scores", table)
        assert wire.encode(sql.fold(connection, "scores", plan)) == wire.encode(arrow.fold(table, plan))


def test_odd_types_of_duckdb_are_counted_alike_wherever() -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TYPE mood AS ENUM ('sad', 'ok');
            CREATE TABLE odd AS SELECT
                (i * 1000000000000000000000)::HUGEINT AS huge, i::UBIGINT AS unsigned, i::UTINYINT AS tiny,
                TIMESTAMP_NS '2020-01-01 00:00:00.123456789' + INTERVAL (i) MINUTE AS nanoseconds,
                make_timestamp(i * 1000000)::TIMESTAMP_S AS seconds,
                CASE WHEN i = 3 THEN 'infinity'::TIMESTAMP ELSE make_timestamp(i) END AS endless,
                CASE WHEN i = 4 THEN '-infinity'::DATE ELSE DATE '2020-01-01' + i::INTEGER END AS day,
                uuid() AS id, CASE WHEN i % 2 = 0 THEN 'ok' ELSE 'sad' END::mood AS mood, INTERVAL (i) DAY AS span,
                (i / 7)::DECIMAL(30, 12) AS long, i::FLOAT / 3 AS float, [i] AS listed, 'x'::BLOB AS raw, i::BIGNUM AS big
            FROM range(200) AS t(i)""")
        found = sql.profile(connection, "odd")
        source = open_source(sql.of_table(connection, "odd"))
        assert profile_wire.encode(found) == profile_wire.encode(profiling.profile(source))
        assert {"listed", "raw"}.isdisjoint(found.columns)
        endless, day = found.number("endless"), found.number("day")
        assert endless is not None
        assert day is not None
        assert (endless.missing, day.missing) == (1, 1)


def test_odd_types_of_postgresql_are_counted_alike_wherever(postgresql: Any) -> None:
    postgresql.execute("""
        DROP TABLE IF EXISTS odd; DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('sad', 'ok');
        CREATE TABLE odd AS SELECT
            i::numeric / 7 AS free, (CASE WHEN i = 1 THEN 'NaN' ELSE i::text END)::numeric(9, 2) AS money,
            (CASE WHEN i = 2 THEN 'NaN' WHEN i = 3 THEN 'Infinity' ELSE i::text END)::numeric AS any_number,
            (i / 7.0)::numeric(30, 12) AS long, i::real / 3 AS float, i::smallint AS small,
            CASE WHEN i = 3 THEN 'infinity'::timestamptz ELSE to_timestamp(i * 1000.25) END AS endless,
            CASE WHEN i = 4 THEN '-infinity'::date ELSE DATE '4000-01-01 BC' + i END AS day,
            gen_random_uuid() AS id, (ARRAY['sad', 'ok'])[1 + i % 2]::mood AS mood, make_interval(days => i) AS span,
            ARRAY[i] AS listed, 'x'::bytea AS raw, ('{"a": ' || i || '}')::jsonb AS json, ('a' || i % 3)::char(5) AS padded
        FROM generate_series(1, 200) AS t(i)""")
    found = sql.profile(postgresql, "odd")
    source = open_source(sql.of_table(postgresql, "odd"))
    assert profile_wire.encode(found) == profile_wire.encode(profiling.profile(source))
    assert {"listed", "raw"}.isdisjoint(found.columns)
    padded, money, any_number = found.category("padded"), found.number("money"), found.number("any_number")
    assert padded is not None
    assert set(padded.counts) == {"a0", "a1", "a2"}
    assert money is not None
    assert any_number is not None
    assert (money.missing, any_number.nan, any_number.high_infinite) == (1, 1, 1)


@pytest.mark.parametrize("dialect", dialects.DIALECTS)
def test_statements_parse_again_in_every_dialect(dialect: str) -> None:
    table = pa.concat_tables([datasets.times().table, datasets.times().table])
    plans = [learning.learn(open_source(table)), make_plan(label="y", score="a score", protected=["it's", 'a "b"'])]
    for plan in plans:
        texts = sql.statements(plan, "schema_of.rows", dialect)
        assert texts
        for text in texts:
            parsed = sqlglot.parse_one(text, dialect=dialect)
            assert isinstance(parsed, sqlglot.exp.Select)
            assert parsed.sql(dialect) == text
            assert not list(parsed.find_all(sqlglot.exp.Command))


def test_statements_of_a_dialect_that_there_is_not_are_refused() -> None:
    with pytest.raises(WrongUse, match="'oracle' is no dialect"):
        sql.statements(make_plan(label="y"), "t", "oracle")


def test_importing_the_package_and_measuring_a_file_load_no_database() -> None:
    program = """
import sys, pyarrow as pa
import consilience, consilience.surfaces.cli.main
from consilience.measure.evaluate import evaluate
evaluate(pa.table({"y": [0, 1], "p": [0, 1]}), label="y", prediction="p")
print(sorted({"duckdb", "sqlglot", "pyspark", "psycopg"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
