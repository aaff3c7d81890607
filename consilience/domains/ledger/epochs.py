"""Epochs: what a restore gave up. Values only.

Restoring a backup takes the log back, as an attack would. The difference is that a restore says so: an epoch names the head
that it went back to and the newest one known that was lost. A head of the lost range is then no proof of tampering, and none of
integrity either: nobody can show any more what that part of the log said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NOUN = "epoch"


@dataclass(frozen=True)
class Head:
    """How many entries, and the root over them."""

    size: int
    root: bytes

    def body(self) -> dict[str, Any]:
        return {"size": self.size, "root": self.root.hex()}


@dataclass(frozen=True)
class Epoch:
    """An epoch, by the position of its entry. `lost` None: no head beyond the restored one was known."""

    position: int
    restored: Head
    lost: Head | None

    def gave_up(self, head: Head) -> bool:
        """Whether this head was declared lost: the named one itself, or one between it and the restored one.

        Of those between nobody knows the root any more, so their sizes alone decide.
        """
        if self.lost is None or not self.restored.size < head.size <= self.lost.size:
            return False
        return head.size < self.lost.size or head.root == self.lost.root

    def words(self) -> str:
        went_back = f"the epoch of entry {self.position} went back to {self.restored.size} entries"
        if self.lost is None:
            return f"{went_back}; no later head was known"
        return f"{went_back} and declared lost: heads of {self.restored.size + 1} to {self.lost.size}"


def read(position: int, body: Mapping[str, Any]) -> Epoch:
    """The epoch in a record's body. KeyError and the like where it has not the form of one."""
    return Epoch(position, _head(body["restored"]), None if body["lost"] is None else _head(body["lost"]))


def that_gave_up(epochs: Iterable[Epoch], head: Head) -> Epoch | None:
    return next((one for one in epochs if one.gave_up(head)), None)


def _head(said: Mapping[str, Any]) -> Head:
    size, root = said["size"], bytes.fromhex(said["root"])
    if type(size) is not int or size < 0 or len(root) != 32:
        raise ValueError("is no head")
    return Head(size, root)
