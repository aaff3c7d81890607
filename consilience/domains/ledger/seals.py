"""Acts that somebody signs: worked out first, signed elsewhere, then done again exactly as they were signed.

An act draws identifiers and salts by chance. `Preparing` keeps what was drawn and rolls everything back; `Sealed` draws
the same again, so that the statement comes out byte for byte as it was signed, or the act is refused: whatever
changed meanwhile (a facet, a policy, a right) is not what the person signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from consilience.domains.ledger.signing import dsse
from consilience.kit import canonical
from consilience.kit.clock import Instant
from consilience.kit.errors import ConsilienceError

if TYPE_CHECKING:  # entries are read without Django too
    from consilience.kit.records.models import AsOf, Record

WINDOW_MINUTES = 15
"""How far the time of a signed statement may lie before that of the entry before it: longer than any signing lasts."""
FIELDS = ("key", "nonce", "expires_at", "seen_head", "shown")
"""What a signed statement carries beside what every statement does."""


@dataclass
class Drawn:
    """What chance gave an act, in the order in which it asked."""

    urns: list[str] = field(default_factory=list)
    salts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shown:
    """What an act is about to record, for whoever writes down what the signer is shown."""

    verb: str
    fields: Mapping[str, Any]
    records: Sequence[Record]
    texts: Mapping[str, str]
    """Personal texts by their commitment, as they would be kept."""


@dataclass(frozen=True)
class Preparing:
    """Work the act out, write nothing, and raise `Prepared`.

    `key` is the URN of the key that will sign, `nonce` 32 random bytes in hexadecimal, `expires_at` when the signature is
    worth nothing any more. `show` writes down what the person is shown, from what would be recorded and nothing else.
    """

    key: str
    nonce: str
    expires_at: Instant
    show: Callable[[Shown], bytes]

    def fields(self, size: int, root: bytes, shown: bytes) -> dict[str, Any]:
        """The fields of the statement that come of signing; the head is the one that stood when it was prepared."""
        return {
            "key": self.key,
            "nonce": self.nonce,
            "expires_at": self.expires_at,
            "seen_head": {"size": size, "root": root.hex()},
            "shown": canonical.sha256(shown),
        }


class Prepared(ConsilienceError):
    """Not an error: what is to be signed, on its way from the act to whoever asked for it. Nothing was recorded."""

    def __init__(self, statement: bytes, shown: bytes, drawn: Drawn, at: Instant) -> None:
        self.statement, self.shown, self.drawn, self.at = statement, shown, drawn, at
        super().__init__("the act was prepared for signing; nothing was recorded")


@dataclass(frozen=True)
class Sealed:
    """Do the act as it was prepared, under this signature.

    `check` is asked once the head is locked, and raises where the key no longer stands or the signature does not hold.
    """

    statement: bytes
    fields: Mapping[str, Any]
    drawn: Drawn
    at: Instant
    signature: dsse.Signature
    received_at: Instant
    check: Callable[[AsOf], None]


Seal = Preparing | Sealed
