"""The two ways a step ends without a value. `&&`, `||` and the quantifiers may absorb them; everything else passes them on."""

from __future__ import annotations


class Halt(Exception):
    """No value."""


class UnknownFact(Halt):
    """A fact is missing, or an open list is empty. Why is found out afterwards, by `explain`."""


class Failure(Halt):
    """An error: division by zero, overflow, a position that is not there, too many steps. It beats an unknown."""


class TooCostly(Failure):
    """The evaluation was stopped; nothing is known about the rest."""


def worse(one: Halt | None, other: Halt) -> Halt:
    """Which of two halts a step with both of them ends in."""
    return one if isinstance(one, Failure) else other
