"""The statements that count, as syntax trees: one for the cube, one for categories, up to four for a column of numbers.

Every number that is compared or multiplied is written as a text cast to a double, since databases read `0.1` as a
decimal. Whole numbers are moved by 2^45 before they are taken apart, so that no shift meets a negative one. Each CASE
asks for what could overflow before it calculates.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence

from sqlglot import exp

from consilience.measure.engines import profile_kernels as kernels
from consilience.measure.engines.dialects import Dialect
from consilience.measure.states.numbers import KEPT_HASHES, LARGEST_UNITS, Scale

Expression = exp.Expr

ROWS = "n"
LARGEST = sys.float_info.max
FAR = math.ldexp(1.0, 1022)
"""A value beyond this, on either side, is `beyond` on any scale that `scale_fits`; calculating with it could overflow."""


def scale_fits(scale: Scale) -> bool:
    """Whether a database can calculate on this scale without overflow or underflow, which some take for an error."""
    return -900 <= scale.unit <= 900 and abs(scale.origin) <= FAR / 2


def row_count(table: exp.Table) -> exp.Select:
    """How many rows there are."""
    return exp.select(exp.alias_(_count(), ROWS)).from_(table.copy())


def plain(table: exp.Table, reads: Mapping[str, Expression]) -> exp.Select:
    """The rows as they are read."""
    return _selected(reads).from_(table.copy())


def grouped(table: exp.Table, reads: Mapping[str, Expression]) -> exp.Select:
    """Each different combination of what is read, with how many rows have it."""
    names = list(reads)
    inner = plain(table, reads).subquery("t")
    return exp.select(*map(_column, names), exp.alias_(_count(), ROWS)).from_(inner).group_by(*map(_column, names))


def tally(table: exp.Table, number: Expression, scale: Scale, dialect: Dialect) -> exp.Select:
    """One row: rows, those with a value, with a finite one, with -infinity, with infinity; least and most; how many have
    units, their sum, and the sums of high^2, high * low and low^2 with units = high * 2^23 + low. Where the dialect has a
    histogram, the rows up to each of `ends` come last."""
    low_bits, high_bits = exp.Literal.number(kernels.LOW_BITS), exp.Literal.number(kernels.SPLIT)
    units = _units(table, number, scale)
    parts = exp.select(
        "x", "f", "w",
        exp.alias_(exp.BitwiseRightShift(this=_column("w"), expression=high_bits), "high"),
        exp.alias_(exp.BitwiseAnd(this=_column("w"), expression=low_bits), "low"),
    ).from_(units.subquery("t"))  # fmt: skip
    histogram = (
        [exp.alias_(dialect.histogram(_column("f"), [double(end) for end in ends(scale)]), "bins")]
        if dialect.histogram and scale.edges
        else []
    )
    return exp.select(
        exp.alias_(_count(), ROWS),
        exp.alias_(_count(_column("x")), "present"),
        exp.alias_(_count(_column("f")), "finite"),
        exp.alias_(_count(_when(exp.EQ(this=_column("x"), expression=_infinity("-")), exp.Literal.number(1))), "least"),
        exp.alias_(_count(_when(exp.EQ(this=_column("x"), expression=_infinity("")), exp.Literal.number(1))), "most"),
        exp.alias_(exp.Min(this=_column("f")), "minimum"),
        exp.alias_(exp.Max(this=_column("f")), "maximum"),
        exp.alias_(_count(_column("w")), "counted"),
        exp.alias_(dialect.total(_column("w")), "total"),
        exp.alias_(dialect.total(_product("high", "high")), "high_squares"),
        exp.alias_(dialect.total(_product("high", "low")), "mixed_squares"),
        exp.alias_(dialect.total(_product("low", "low")), "low_squares"),
        *histogram,
    ).from_(parts.subquery("t"))


def ends(scale: Scale) -> list[float]:
    """The largest double in each bin but the last."""
    return [math.nextafter(edge, -math.inf) for edge in scale.edges]


def bins(table: exp.Table, number: Expression, scale: Scale) -> exp.Select:
    """How many finite values lie in each bin that has any: bin i is where i edges are at or below the value."""
    inner = exp.select(exp.alias_(_bin(scale.edges, 0), "bin")).from_(_finite(table, number).subquery("t"))
    inner = inner.where(_is_there("f"))
    return exp.select("bin", exp.alias_(_count(), ROWS)).from_(inner.subquery("t")).group_by("bin")


def hashes(table: exp.Table, number: Expression, scale: Scale, *, below: int | None = None) -> exp.Select:
    """The smallest different hashes of the units, in order; of those below a bound only, where there is one."""
    units = _units(table, number, scale).subquery("t")
    inner = exp.select(exp.alias_(_hash(), "h")).from_(units).where(_is_there("w"))
    found = exp.select("h").distinct().from_(inner.subquery("t"))
    if below is not None:
        found = found.where(exp.LT(this=_column("h"), expression=exp.Literal.number(below)))
    return found.order_by("h").limit(KEPT_HASHES)


def values(table: exp.Table, number: Expression) -> exp.Select:
    """Each different finite value, with how many rows have it."""
    inner = _finite(table, number).subquery("t")
    return exp.select("f", exp.alias_(_count(), ROWS)).from_(inner).where(_is_there("f")).group_by("f")


def as_double(number: Expression) -> Expression:
    """A number as a double."""
    return exp.cast(number, "DOUBLE")


def double(value: float) -> Expression:
    """A finite number as every dialect reads it back to the last bit."""
    return exp.cast(exp.Literal.string(repr(value)), "DOUBLE")


def _finite(table: exp.Table, number: Expression) -> exp.Select:
    """x: the values; f: those that are finite. NaN is not: databases order it above all, or nowhere."""
    inner = exp.select(exp.alias_(number.copy(), "x")).from_(table.copy())
    return exp.select("x", exp.alias_(_when(_between("x", LARGEST), _column("x")), "f")).from_(inner.subquery("t"))


def _units(table: exp.Table, number: Expression, scale: Scale) -> exp.Select:
    """x, f, and w: floor((x - origin) / 2^unit + 0.5) + 2^45 where that is counted, as `profile_kernels.count_numbers` has it."""
    distance = exp.Sub(this=_column("x"), expression=double(scale.origin))
    far = exp.select("x", "f", exp.alias_(_when(_between("x", FAR), distance), "d"))
    far = far.from_(_finite(table, number).subquery("t"))
    scaled = exp.Mul(this=_column("d"), expression=double(2.0**-scale.unit))
    rounded = exp.Floor(this=exp.Add(this=scaled, expression=double(0.5)))
    middle = exp.Literal.number(LARGEST_UNITS)
    # Products near zero would be an underflow, an error to some; they are 0 units.
    units = exp.Add(
        this=exp.Case()
        .when(_inside("d", math.ldexp(1.0, scale.unit - 2)), exp.Literal.number(0))
        .else_(exp.cast(rounded, "BIGINT")),
        expression=middle,
    )
    near = _inside("d", math.ldexp(1.0, scale.unit) * LARGEST_UNITS)
    return exp.select("x", "f", exp.alias_(_when(near, units), "w")).from_(far.subquery("t"))


def _hash() -> Expression:
    """`profile_kernels.hash_of_units` of w - 2^45: that w is moved already leaves its low bits, and adds LOW_14 to the rest."""
    low = exp.Literal.number(kernels.LOW_31)

    def below(number: Expression) -> Expression:
        return exp.Paren(this=exp.BitwiseAnd(this=_parens(number), expression=low.copy()))

    def above(number: Expression, bits: int) -> Expression:
        return exp.Paren(this=exp.BitwiseRightShift(this=_parens(number), expression=exp.Literal.number(bits)))

    def times(number: Expression, factor: int) -> Expression:
        return exp.Mul(this=number, expression=exp.cast(exp.Literal.number(factor), "BIGINT"))

    w = _column("w")
    first = exp.Add(
        this=exp.Add(this=times(below(w), kernels.K1), expression=times(above(w, 31), kernels.K2)),
        expression=exp.Literal.number(kernels.K3),
    )
    second = exp.Add(this=times(above(first, 31), kernels.K4), expression=times(below(first), kernels.K5))
    return below(above(second, 21))


def _bin(edges: Sequence[float], first: int) -> Expression:
    """A tree of CASE: how many of these edges, and `first` more before them, are at or below f."""
    if not edges:
        return exp.Literal.number(first)
    middle = len(edges) // 2
    below = exp.LT(this=_column("f"), expression=double(edges[middle]))
    return exp.Case().when(below, _bin(edges[:middle], first)).else_(_bin(edges[middle + 1 :], first + middle + 1))


def _selected(reads: Mapping[str, Expression]) -> exp.Select:
    return exp.select(*(exp.alias_(read.copy(), name) for name, read in reads.items()))


def _column(name: str) -> Expression:
    return exp.column(name)


def _count(of: Expression | None = None) -> Expression:
    return exp.Count(this=of or exp.Star())


def _when(condition: Expression, then: Expression) -> Expression:
    return exp.Case().when(condition, then)


def _is_there(name: str) -> Expression:
    return exp.Not(this=exp.Is(this=_column(name), expression=exp.Null()))


def _between(name: str, bound: float) -> Expression:
    return exp.and_(
        exp.GTE(this=_column(name), expression=double(-bound)), exp.LTE(this=_column(name), expression=double(bound))
    )


def _inside(name: str, bound: float) -> Expression:
    return exp.and_(
        exp.GT(this=_column(name), expression=double(-bound)), exp.LT(this=_column(name), expression=double(bound))
    )


def _infinity(sign: str) -> Expression:
    return exp.cast(exp.Literal.string(f"{sign}Infinity"), "DOUBLE")


def _product(one: str, other: str) -> Expression:
    return exp.Mul(this=_column(one), expression=_column(other))


def _parens(number: Expression) -> Expression:
    return number.copy() if isinstance(number, (exp.Column, exp.Paren)) else exp.Paren(this=number.copy())
