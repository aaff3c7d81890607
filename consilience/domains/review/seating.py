"""Whether the people who are here can give every approval that a release needs, each person once. Pure.

Approvals are seats: so many for each function; how many is read off the requirements in `gate/quorum.py`. A seat is taken by
one person who may decide for its function, and nobody takes two. Whether all seats can be taken is a bipartite matching; where
they cannot, Hall's theorem gives the proof: some functions whose seats outnumber everybody who may decide for any of them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

ANYBODY = "*"
"""Stands for approvals that may be given for any function."""
Seat = tuple[str, int]
"""A function, and which of its approvals."""


@dataclass(frozen=True)
class Short:
    """Functions that together need more approvals than there are people who may give any of them."""

    functions: tuple[str, ...]
    needed: int
    people: tuple[str, ...]


@dataclass(frozen=True)
class Seating:
    """Who could approve for which function so that everybody counts once; `short` where that cannot be."""

    people: Mapping[str, tuple[str, ...]]
    short: Short | None


def seating(
    needed: Mapping[str, int], able: Mapping[str, Collection[str]], voices: Mapping[str, Collection[str]] | None = None
) -> Seating:
    """A largest set of approvals by distinct people: `needed` by function, `able` who may decide for each.

    Augmenting paths; a seat that none of them fills is where the shortage starts. From it everybody who could take it,
    and the seats that they hold, are reached: their functions need more people than there are. `voices` are those that can
    be heard for each function where people stand in for others: a function cannot give more approvals than it has voices.
    """
    able = {**able, ANYBODY: {person for listed in able.values() for person in listed}}
    seats = [(function, nth) for function in sorted(needed) for nth in range(needed[function])]
    taken: dict[str, Seat] = {}

    def place(seat: Seat, tried: set[str]) -> bool:
        for person in sorted(set(able.get(seat[0], ())) - tried):
            if person in tried:
                continue
            tried.add(person)
            if person not in taken or place(taken[person], tried):
                taken[person] = seat
                return True
        return False

    mute = [
        one
        for one in sorted(needed)
        if voices is not None and one != ANYBODY and needed[one] > len(voices.get(one, ()))
    ]
    short = _short(mute[:1], needed, able) if mute else None
    for seat in seats:
        reached: set[str] = set()
        if not place(seat, reached) and short is None:
            functions = {seat[0]} | {taken[person][0] for person in reached}
            short = _short(functions, needed, able)
    people = {
        function: tuple(sorted(person for person, seat in taken.items() if seat[0] == function)) for function in needed
    }
    return Seating(people, short)


def _short(functions: Collection[str], needed: Mapping[str, int], able: Mapping[str, Collection[str]]) -> Short:
    people = {person for function in functions for person in able.get(function, ())}
    return Short(tuple(sorted(functions)), sum(needed[function] for function in functions), tuple(sorted(people)))
