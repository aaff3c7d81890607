"""Checks 1 to 3: signed heads, the tree they are heads of, and a head that was kept elsewhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from consilience.domains.audit import quorum, reading, stamps
from consilience.domains.audit.layout import Manifest
from consilience.domains.audit.quorum import Signed
from consilience.domains.audit.reader import Archive
from consilience.domains.audit.reading import HeadLine
from consilience.domains.audit.report import Check, Report
from consilience.domains.audit.workers import Workers
from consilience.domains.ledger import epochs, log_keys, merkle, rules, tiles
from consilience.domains.ledger.log_keys import Bound
from consilience.domains.ledger.tiles import Tile
from consilience.domains.witness.rules import Policy
from consilience.kit.errors import BadInput

_HEX = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}")
MAX_NOTE = 2**16


def signed(
    archive: Archive, made: Manifest, keys: Sequence[Bound], policy: Policy | None, report: Report, workers: Workers
) -> list[rules.Checkpoint]:
    """Check 1: the heads whose signatures hold, by size; the newest one comes last and again. `keys` are the log's."""
    found: list[rules.Checkpoint] = []
    cosigned: list[Signed] = []  # those that bear more than the log's one signature
    last = -1
    for line in _lines(archive, made, keys, report, workers):
        problem = line.problem or ("stands out of order" if line.size <= last else "")
        last = max(last, line.size)
        if line.head is not None and not problem:
            found.append(line.head)
            cosigned += [Signed(line.size, line.cosigned)] if line.cosigned else []
        else:
            after = f"the head of checkpoints.txt at {last} entries"
            report.tampered(Check.HEADS, "head_signature", f"{after} cannot be trusted: {problem}")
    try:
        note = archive.read("checkpoint", most=MAX_NOTE).decode("utf-8")
        newest = reading.opened(note, keys, made.origin, made.size)
        cosigned.append(Signed(newest.size, note))
        if newest.root.hex() != made.root:
            report.tampered(Check.HEADS, "head_differs", "the newest head has another root than the archive says")
        found.append(newest)
    except (BadInput, UnicodeDecodeError) as error:
        problem = error.problem if isinstance(error, BadInput) else "is no text"
        report.tampered(Check.HEADS, "head_signature", f"the newest head cannot be trusted: {problem}")
    report.say(Check.HEADS, f"{len(found)} signatures of the log's key over its heads hold")
    stamps.checked(archive, found, report)
    covered = quorum.judged(cosigned, keys, policy, report)
    _handed_over(keys, cosigned, policy, covered, report)
    return found


def _lines(
    archive: Archive, made: Manifest, keys: Sequence[Bound], report: Report, workers: Workers
) -> Iterator[HeadLine]:
    tasks = (reading.HeadTask(tuple(keys), made.origin, piece) for piece in archive.pieces("checkpoints.txt"))
    for read in workers.answers(reading.heads, tasks):
        yield from (line for line in read.found if line is not None)
        if read.stopped is not None:
            report.tampered(Check.HEADS, "head_signature", read.stopped)
            return


def _handed_over(
    keys: Sequence[Bound], heads: Sequence[Signed], policy: Policy | None, covered: int, report: Report
) -> None:
    """Check 5: a key that replaced another one needs that one's signature, or somebody outside who vouches for it."""
    vouched = {one.key for one in policy.logs} if policy else set[str]()
    for before, after in pairwise(keys):
        ends = [one for one in heads if one.size == after.position + 1]
        if after.key in vouched or covered > after.position or any(_signed_by(one, before.key) for one in ends):
            continue
        told = (
            f"entry {after.position} gave the log another key, and the one before did not sign that; nobody outside says that "
            "the new key is the log's (--policy with a line `log KEY`, or a quorum of witnesses)"
        )
        report.cannot_tell(Check.KEYS, "key_unvouched", told)


def _signed_by(head: Signed, key: str) -> bool:
    try:
        rules.opened(head.note, key)
    except BadInput:
        return False
    return True


@dataclass(frozen=True)
class Leaves:
    """Leaf hashes as the tiles have them, and those that entries give where they differ, by position."""

    stored: bytearray
    differing: Mapping[int, bytes]


def stored_leaves(archive: Archive, size: int, report: Report) -> bytearray:
    """Leaf hashes of the tiles at level 0, one behind the other; zeros where a tile is missing."""
    leaves = bytearray(32 * size)
    for tile in tiles.of_tree(size):
        if tile.level:
            break
        data = _tile(archive, tile, report)
        leaves[32 * tile.start : 32 * tile.start + len(data)] = data
    return leaves


def _tile(archive: Archive, tile: Tile, report: Report) -> bytes:
    name = tiles.address(tile)
    try:
        data = archive.read(name, most=32 * tiles.WIDTH)
    except BadInput as error:
        report.tampered(Check.TREE, "tile_missing", str(error))
        return b""
    if len(data) != 32 * tile.width:
        report.tampered(Check.TREE, "tile_differs", f"{name} has {len(data)} bytes; expected {32 * tile.width}")
        return b""
    return data


def tree(
    archive: Archive, made: Manifest, leaves: Leaves, heads: list[rules.Checkpoint], ends: Collection[int], report: Report
) -> merkle.Tree:  # fmt: skip
    """Check 2, once entries were hashed. Returns the tree that the newest head is a head of, where one is.

    Where an entry and its leaf hash differ, the head says which of the two was edited.
    """
    best = merkle.Tree(leaves.stored)
    if leaves.differing:
        computed = bytearray(leaves.stored)
        for position, leaf in leaves.differing.items():
            computed[32 * position : 32 * position + 32] = leaf
        again = merkle.Tree(computed)
        if best.root(made.size).hex() != made.root and again.root(made.size).hex() == made.root:
            best = again
            for position in sorted(leaves.differing):
                report.tampered(Check.TREE, "tile_differs", f"tile/0: the hash of entry {position} was edited")
        else:
            for position in sorted(leaves.differing):
                about = f"entry {position} was edited: its bytes do not give its leaf hash"
                report.tampered(Check.TREE, "entry_edited", about)
    _roots(best, heads, report)
    for tile in tiles.of_tree(made.size):
        if tile.level:
            level = best.levels[tiles.HEIGHT * tile.level]
            if _tile(archive, tile, report) != level[32 * tile.start : 32 * tile.end]:
                report.tampered(Check.TREE, "tile_differs", f"{tiles.address(tile)} does not follow from the leaves")
    known = {head.size for head in heads}
    for size in ends:
        if size not in known:
            about = f"the signed head over {size} entries, where an act ended, is missing"
            report.tampered(Check.TREE, "checkpoint_missing", about)
    root = best.root(made.size).hex()
    report.say(Check.TREE, f"{made.size} leaves give root {root}; {len(heads)} signed heads were held against them")
    return best


def _roots(best: merkle.Tree, heads: list[rules.Checkpoint], report: Report) -> None:
    good = 0
    for head in heads:
        if head.size > best.size:
            about = f"a signed head covers {head.size} entries, the archive has {best.size}: entries were removed"
            report.tampered(Check.TREE, "head_differs", about)
        elif best.root(head.size) != head.root:
            between = f"one of the entries {good} to {head.size - 1} was changed, added or removed"
            about = f"the signed head over {head.size} entries has another root: {between}"
            report.tampered(Check.TREE, "head_differs", about)
            return
        else:
            good = head.size


@dataclass(frozen=True)
class Known:
    """What a pin is held against: the tree, and the epochs that gave up heads of another one."""

    tree: merkle.Tree
    epochs: list[epochs.Epoch]


def restored(best: merkle.Tree, declared: list[epochs.Epoch], report: Report) -> list[epochs.Epoch]:
    """The epochs of this log: each goes back to a head that it had before the epoch's entry."""
    found = []
    for one in declared:
        if one.restored.size > one.position or best.root(one.restored.size) != one.restored.root:
            told = f"the epoch of entry {one.position} goes back to a head that this log never had"
            report.tampered(Check.HEADS, "epoch_differs", told)
        else:
            report.say(Check.HEADS, one.words())
            found.append(one)
    return found


def pinned(pin: str | None, made: Manifest, keys: Sequence[Bound], known: Known, report: Report) -> None:
    """Check 3: `pin` is SIZE:ROOT, or a file that holds a signed head."""
    best = known.tree
    if pin is None:
        told = "no head that was kept elsewhere was given (--pin): whoever holds the log's key could have made this log again"
        report.nothing(Check.PIN, told)
        return
    try:
        size, root = _read_pin(pin, made, keys)
    except BadInput as error:
        report.tampered(Check.PIN, "pin_differs", f"the head that was kept {error.problem}")
        return
    except (OSError, ValueError) as error:
        told = f"the pin cannot be read ({error}); expected SIZE:ROOT or a file with a signed head"
        report.cannot_tell(Check.PIN, "pin_unreadable", told)
        return
    given_up = epochs.that_gave_up(known.epochs, epochs.Head(size, root))
    if given_up is not None and (size > best.size or best.root(size) != root):
        told = f"the head that was kept, over {size} entries, was declared lost: {given_up.words()}; what it covered beyond cannot be checked"
        report.cannot_tell(Check.PIN, "pin_declared_lost", told)
    elif size > best.size:
        told = f"the head that was kept covers {size} entries, this log has {best.size}: entries were removed, or it is older"
        report.tampered(Check.PIN, "pin_ahead", told)
    elif best.root(size) != root:
        told = f"the first {size} entries are not those of the head that was kept: another history"
        report.tampered(Check.PIN, "pin_differs", told)
    else:
        report.say(Check.PIN, f"the first {size} entries are those of the head that was kept elsewhere")


def _read_pin(pin: str, made: Manifest, keys: Sequence[Bound]) -> tuple[int, bytes]:
    size, colon, root = pin.partition(":")
    if colon and _SIZE.fullmatch(size):
        raw = bytes.fromhex(root) if _HEX.fullmatch(root) else base64.b64decode(root, validate=True)
        if len(raw) != 32:
            raise ValueError("its root has not 32 bytes")
        return int(size), raw
    with Path(pin).open(encoding="utf-8") as stream:
        head = log_keys.opened(stream.read(MAX_NOTE), keys)
    if head.origin != made.origin:
        raise BadInput("pin", "is of another log")
    return head.size, head.root
