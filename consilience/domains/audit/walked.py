"""What the walk through an archive's entries finds for the checks that follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from consilience.domains.audit.history import History, Recorded
from consilience.domains.ledger import epochs, erased, log_keys, notes, rules
from consilience.domains.ledger.log_keys import Bound
from consilience.kit.errors import BadInput

MALFORMED = (KeyError, TypeError, AttributeError, ValueError, IndexError, RecursionError)
"""What reading a body brings about that has not the form of its noun."""


@dataclass(frozen=True)
class Decided:
    """A decision and the entry that recorded it."""

    position: int
    entry: rules.Entry
    row: Recorded


@dataclass
class Walked:
    """What the walk gathers for the other checks."""

    history: History = field(default_factory=History)
    differing: dict[int, bytes] = field(default_factory=dict)
    """Leaf hashes that entries give and the tiles do not have."""
    ends: list[int] = field(default_factory=list)
    """Sizes at which one act ended and another began."""
    decisions: list[Decided] = field(default_factory=list)
    commitments: set[bytes] = field(default_factory=set)
    """The commitments that records hold."""
    explained: erased.Explained = field(default_factory=erased.Explained)
    """What erasures say is gone."""
    epochs: list[epochs.Epoch] = field(default_factory=list)
    last_at: str = ""
    workspace: list[tuple[int, Mapping[str, Any]]] = field(default_factory=list)
    """Position and body of each version of the workspace's record, which names the log's key."""

    def log_keys(self, first: str) -> tuple[Bound, ...]:
        """The log's keys in their order; `first` is the one that the archive names, whatever its records say."""
        later = [one for one in self.workspace[1:] if is_log_key(one[1].get("log_key"))]
        return log_keys.bound([(0, {"log_key": first}), *later])


def is_log_key(said: object, name: str | None = None) -> bool:
    """Whether this is the key of a log, and of the log of this name."""
    try:
        key = notes.read_key(str(said))
    except BadInput:
        return False
    return name in (None, key.name)
