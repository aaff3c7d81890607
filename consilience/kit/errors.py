"""How the product says no: one exception per kind of answer, and the exit code that each one means.

Rules return a `Refusal` (a stable code with parameters); actions raise it once, as `Refused`; surfaces hold the
sentence. `BadInput` is different: it speaks about data that somebody handed in, so it carries its sentence itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum


class ExitCode(IntEnum):
    """What a process may answer. For a pipeline everything but YES is "not allowed"."""

    YES = 0
    NO = 1
    WRONG_USE = 2
    NOT_FOUND = 3
    NOT_ENTITLED = 4
    UNREACHABLE = 5
    ONLY_SIGN_OFFS_MISSING = 6
    CANNOT_TELL = 7
    REFUSED = 8
    BAD_INPUT = 65
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True)
class Refusal:
    """Why something may not be done: a code that never changes its meaning, and the values its sentence needs."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)


def refusal(code: str, **params: object) -> Refusal:
    return Refusal(code, params)


class ConsilienceError(Exception):
    """Everything this product raises on purpose."""

    exit_code: ExitCode = ExitCode.BUG


class Refused(ConsilienceError):
    """A rule said no (409)."""

    exit_code = ExitCode.REFUSED

    def __init__(self, refusal: Refusal, sentence: str = "") -> None:
        """`sentence` is what a server said, where the refusal came from one."""
        self.refusal, self.sentence = refusal, sentence
        super().__init__(sentence or f"{refusal.code} {dict(refusal.params)}")


class NotEntitled(Refused):
    """The actor is known and may see the object, but not do this to it (403)."""

    exit_code = ExitCode.NOT_ENTITLED


class NotFound(ConsilienceError):
    """There is no such thing, or none that this actor may know of (404): the two are never told apart."""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, what: str, name: str) -> None:
        self.what, self.name = what, name
        super().__init__(f"{what} {name!r} was not found")


class BadInput(ConsilienceError):
    """Data that cannot be used: where, what is wrong, and what was expected, in one sentence."""

    exit_code = ExitCode.BAD_INPUT

    def __init__(self, where: str, problem: str) -> None:
        self.where, self.problem = where, problem
        super().__init__(f"{where}: {problem}")


class WrongUse(ConsilienceError):
    """The call itself is off: an option is missing or contradicts another."""

    exit_code = ExitCode.WRONG_USE


class Unreachable(ConsilienceError):
    """A server did not answer as itself: connection, time-out, 5xx, a redirect, or an answer that is not our JSON."""

    exit_code = ExitCode.UNREACHABLE


class CannotTell(ConsilienceError):
    """There is not enough to answer with, and no answer is not yes."""

    exit_code = ExitCode.CANNOT_TELL


def require(refused: Refusal | None) -> None:
    """Pass on None; raise a refusal that a rule returned."""
    if refused is not None:
        raise Refused(refused)
