"""What may be erased, on which ground, and what stands against it. Values in, a refusal or None out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from consilience.kit import canonical
from consilience.kit.errors import BadInput, Refusal, refusal
from consilience.kit.naming import is_urn, noun_of

EVERYTHING = "everything"
"""What a legal hold is about that stands against every erasure."""
REPLAYED = frozenset(
    {"decision", "standing", "policy", "policy-proposal", "obligation-pack", "obligation-pack-proposal"}
)
"""Nouns whose files are rules and facts, which replaying a decision needs; personal data have no place in them."""
LONGEST_REASON = 2000


class Kind(StrEnum):
    TEXT = "text"
    FILE = "file"


class Basis(StrEnum):
    """The ground on which something is erased: article 17(1) of the GDPR, letters a to f, or another law."""

    NOT_NEEDED = "not_needed"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    OBJECTION = "objection"
    UNLAWFUL = "unlawful"
    OBLIGATION = "obligation"
    CHILD = "child"
    OTHER_LAW = "other_law"


@dataclass(frozen=True)
class Asked:
    """What somebody wants erased: texts and files by their digests, or a person; `written`: with all texts of their acts."""

    texts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    person: str | None = None
    written: bool = False

    def __post_init__(self) -> None:
        if (self.person is None) is not bool(self.texts or self.files):
            raise BadInput("what", "name either texts and files, or one person")
        if self.written and self.person is None:
            raise BadInput("written", "goes with a person")


@dataclass(frozen=True)
class Item:
    """One text or file that would be erased, and which records hold it. `what` is its commitment or digest."""

    kind: Kind
    what: str
    held_by: tuple[str, ...] = ()
    """Names of record versions, `<URN>:<version>`."""
    systems: frozenset[str] = frozenset()
    text: str | None = None
    size: int = 0


@dataclass(frozen=True)
class Plan:
    """What an erasure would take away, looked at before it happens."""

    items: tuple[Item, ...]
    person: str | None = None
    gone_before: tuple[str, ...] = ()
    """Texts that were already gone when the first erasure was recorded: earlier versions recorded none."""
    log_in: bool = False
    """Whether a log-in of the person goes too."""

    @property
    def texts(self) -> list[str]:
        return sorted(one.what for one in self.items if one.kind is Kind.TEXT)

    @property
    def files(self) -> list[str]:
        return sorted(one.what for one in self.items if one.kind is Kind.FILE)

    @property
    def seen(self) -> str:
        """The digest of what is listed; whoever confirms repeats it, so that nobody erases what they did not see."""
        said = {"texts": self.texts, "files": self.files, "person": self.person, "log_in": self.log_in}
        return canonical.digest(said)


@dataclass(frozen=True)
class Held:
    """A legal hold in force: its URN, and what it is about: everything, a record's URN, or one text or file."""

    urn: str
    about: str
    at: str = ""
    reason: str | None = field(default=None, compare=False)


def may_erase(plan: Plan, holds: Iterable[Held], *, seen: str, active: bool) -> Refusal | None:
    """None when the plan may be carried out. `seen` is what the actor looked at; `active`, whether the person still acts."""
    if not plan.items and not plan.log_in:
        return refusal("erasure.nothing_there")
    if active:
        return refusal("erasure.person_active")
    for hold in holds:
        if stands_against(hold, plan):
            return refusal("erasure.on_hold", hold=hold.urn)
    for one in plan.items:
        replayed = _replayed(one)
        if replayed:
            return refusal("erasure.decision_rests_on_it", file=one.what[:12], noun=replayed)
    if seen != plan.seen:
        return refusal("erasure.changed_meanwhile", seen=plan.seen)
    return None


def stands_against(hold: Held, plan: Plan) -> bool:
    if hold.about in (EVERYTHING, plan.person):
        return True
    return any(
        hold.about == one.what or hold.about in one.systems or hold.about in {urn_of(name) for name in one.held_by}
        for one in plan.items
    )


def basis(text: str) -> Basis:
    try:
        return Basis(text)
    except ValueError as error:
        raise BadInput("basis", f"{text!r} is none; expected one of {', '.join(Basis)}") from error


def reason(text: str) -> str:
    """A reason that says something."""
    said = text.strip()
    if not said:
        raise BadInput("reason", "is empty; say in a sentence why")
    if len(said) > LONGEST_REASON:
        raise BadInput("reason", f"has {len(said)} characters; expected at most {LONGEST_REASON}")
    return said


def about(text: str) -> str:
    """What a hold is about."""
    if text == EVERYTHING or is_urn(text) or _is_digest(text):
        return text
    raise BadInput("about", f"expected a URN, a SHA-256 of 64 digits, or {EVERYTHING}")


def urn_of(name: str) -> str:
    """The URN in the name of a record's version."""
    return name.rpartition(":")[0]


def named(texts: Sequence[str], files: Collection[str]) -> None:
    """BadInput unless every one is a digest."""
    for where, many in (("texts", texts), ("files", files)):
        for one in many:
            if not _is_digest(one):
                raise BadInput(where, f"{one!r} is no commitment or digest: expected 64 hexadecimal digits")


def _is_digest(text: str) -> bool:
    return len(text) == 64 and all(one in "0123456789abcdef" for one in text)


def _replayed(item: Item) -> str:
    if item.kind is not Kind.FILE:
        return ""
    return next((noun_of(name) for name in item.held_by if noun_of(name) in REPLAYED), "")
