"""What differs between the databases that count: how few things are spelled, and which of them were ever run.

DuckDB and PostgreSQL run in the tests. Text for the others is generated and parsed again, and was **never run**.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlglot import exp

from consilience.kit.errors import WrongUse

Expression = exp.Expr
MICROSECONDS = 1_000_000


@dataclass(frozen=True)
class Dialect:
    """How one database spells what differs.

    `name` is what sqlglot calls it; `microseconds` gives those since 1970 of a time; `wide` is a type of whole numbers
    in which sums do not overflow, None where SUM widens by itself; `ran` says whether tests run it. `histogram`, where
    there is one, counts the values up to each of these ends, above the end before, beside other aggregates: a map by end, and
    what is above all ends by a key of its own.
    """

    name: str
    microseconds: Callable[[Expression], Expression]
    wide: str | None
    ran: bool
    histogram: Callable[[Expression, Sequence[Expression]], Expression] | None = None

    def text(self, query: Expression) -> str:
        """The query as this database reads it."""
        return query.sql(self.name)

    def total(self, whole: Expression) -> Expression:
        """The exact sum of whole numbers below 2^63."""
        return exp.Sum(this=whole if self.wide is None else exp.cast(whole, self.wide))


def named(name: str) -> Dialect:
    """The dialect of this name. Raises WrongUse for one that there is not."""
    if name not in DIALECTS:
        raise WrongUse(f"{name!r} is no dialect that statements can be written in; there are {', '.join(DIALECTS)}")
    return DIALECTS[name]


def _by_function(function: str) -> Callable[[Expression], Expression]:
    def made(time: Expression) -> Expression:
        return exp.Anonymous(this=function, expressions=[exp.cast(time, "TIMESTAMPTZ")])

    return made


def _duckdb_microseconds(time: Expression) -> Expression:
    return exp.Anonymous(this="EPOCH_US", expressions=[time])


def _duckdb_histogram(of: Expression, ends: Sequence[Expression]) -> Expression:
    return exp.Anonymous(this="HISTOGRAM", expressions=[of, exp.Array(expressions=list(ends))])


def _postgres_microseconds(time: Expression) -> Expression:
    # EXTRACT gives an exact numeric since PostgreSQL 14.
    seconds = exp.Extract(this=exp.var("EPOCH"), expression=time)
    return exp.cast(exp.Mul(this=seconds, expression=exp.Literal.number(MICROSECONDS)), "BIGINT")


def _trino_microseconds(time: Expression) -> Expression:
    seconds = exp.Anonymous(this="TO_UNIXTIME", expressions=[exp.cast(time, "TIMESTAMP")])
    return exp.cast(exp.Round(this=exp.Mul(this=seconds, expression=exp.Literal.number(MICROSECONDS))), "BIGINT")


def _snowflake_microseconds(time: Expression) -> Expression:
    return exp.Anonymous(this="DATE_PART", expressions=[exp.var("EPOCH_MICROSECOND"), time])


DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        one.name: one
        for one in (
            Dialect("duckdb", _duckdb_microseconds, wide=None, ran=True, histogram=_duckdb_histogram),
            Dialect("postgres", _postgres_microseconds, wide=None, ran=True),
            Dialect("spark", _by_function("UNIX_MICROS"), wide="DECIMAL(38, 0)", ran=False),
            Dialect("trino", _trino_microseconds, wide="DECIMAL(38, 0)", ran=False),
            Dialect("snowflake", _snowflake_microseconds, wide=None, ran=False),
            Dialect("bigquery", _by_function("UNIX_MICROS"), wide="DECIMAL(38, 0)", ran=False),
        )
    }
)
