"""`verify`, second part: every signed head, the one outside the database and the head row are heads of exactly these entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from consilience.domains.ledger import epochs, keys, log_keys, merkle, notes, rules
from consilience.domains.ledger.log_keys import Bound
from consilience.domains.ledger.models import Checkpoint, Entry, Epoch, Head, Workspace
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.domains.ledger.verification import CHUNK, Log, Report, bytes_of, exact_of, number_of, span
from consilience.kit import canonical
from consilience.kit.errors import BadInput

MALFORMED = (KeyError, TypeError, AttributeError, ValueError)
"""What reading a body brings about that has not the form of its noun."""


def outside_note() -> str | None:
    try:
        return Path(settings.CHECKPOINT_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except ValueError:
        return ""  # not even text: said when it is opened


def check(report: Report, log: Log, outside: str | None) -> None:
    bound = _log_keys(report, log)
    _head_row(report, log)
    if not bound:
        return
    _checkpoints(report, log, bound)
    if outside is None:
        name = Path(settings.CHECKPOINT_FILE).name
        report.add("checkpoint_missing", f"the checkpoint kept outside the database, {name}, is missing")
        return
    problem = _head_problem(outside, bound, log.tree)
    if problem and not _given_up(outside, bound, log):
        report.add("head_differs", f"the checkpoint kept outside the database {problem}")


def declared(report: Report, log: Log) -> list[epochs.Epoch]:
    """The epochs that entries know; each must go back to a head of this log."""
    found = []
    for row in Epoch.objects.order_by("position", "ordinal"):
        exact, place = exact_of(row), log.placed.get(row.name)
        if place is None or canonical.sha256(exact) != place.digest:
            continue  # named with the rows
        try:
            one = epochs.read(place.position, canonical.decode(exact)["body"])
        except (BadInput, *MALFORMED):
            continue
        if one.restored.size > place.position or log.tree.root(one.restored.size) != one.restored.root:
            report.add(
                "epoch_differs", f"the epoch of entry {one.position} goes back to a head that this log never had"
            )
            continue
        report.epochs.append(one.words())
        found.append(one)
    return found


def _given_up(outside: str, bound: Sequence[Bound], log: Log) -> bool:
    """Whether the head kept outside is one that an epoch declared lost: its restore was cut off before it left the new one."""
    try:
        head = log_keys.opened(outside, bound)
    except BadInput:
        return False
    return epochs.that_gave_up(log.epochs, epochs.Head(head.size, head.root)) is not None


def _log_keys(report: Report, log: Log) -> tuple[Bound, ...]:
    """The log's keys: as versions of the workspace's record bound them; the present one must be in the key file, where
    that is at hand.

    The file lies outside the database, so a log that was made again under another key does not pass.
    """
    bound = log_keys.bound(_workspace_versions(log))
    changes = [one.position for one in bound[1:]]
    for position, verb in Entry.objects.filter(position__in=changes).values_list("position", "verb"):
        if verb not in log_keys.CHANGES:
            report.add(
                "log_key_differs", f"entry {position} ({verb}) changed the log's key: only rotating and revoking do"
            )
    path = Path(settings.LOG_KEY_FILE)
    try:
        if bound:
            keys.holding(path, notes.read_key(bound[-1].key).public)
            return bound
        public = keys.public_bytes(keys.load(path))
    except (LedgerUnavailable, BadInput):
        if bound and _readable(path):
            report.add("log_key_differs", "the log's key file holds another key than the workspace's record names")
        if not bound:
            report.add("log_key_missing", "no public key is left to check the signed heads with")
        return bound
    return (Bound(0, rules.vkey(rules.origin_of(log.workspace), public)),)


def _workspace_versions(log: Log) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Position and body of each version of the workspace's record that is what its entry recorded."""
    for row in Workspace.objects.order_by("version"):
        exact, place = exact_of(row), log.placed.get(row.name)
        if place is not None and canonical.sha256(exact) == place.digest:
            yield place.position, canonical.decode(exact)["body"]


def _readable(path: Path) -> bool:
    try:
        keys.load(path)
    except LedgerUnavailable:
        return False
    return True


def _head_row(report: Report, log: Log) -> None:
    rows = [(row.size, bytes_of(row.frontier), row.at) for row in Head.objects.all()]
    size = log.tree.size
    if rows != [(size, b"".join(log.tree.frontier(size)), log.last_at)]:
        report.add("head_row", f"the head row is not the head of these {size} entries")


def _checkpoints(report: Report, log: Log, bound: Sequence[Bound]) -> None:
    size, good = log.tree.size, 0
    failed: list[tuple[int, str]] = []
    found: set[int] = set()
    for at, note in Checkpoint.objects.order_by("size").values_list("size", "note").iterator(chunk_size=CHUNK):
        report.heads += 1
        covers = number_of(at)
        problem = "covers no number of entries" if covers is None else _head_problem(note, bound, log.tree, covers)
        if problem:
            failed.append((-1 if covers is None else covers, problem))
        else:
            good = at
        found.add(at)
    for at, problem in failed:
        if at < good:  # a later head holds, so the entries are right and this row is not
            report.add("checkpoint_edited", f"the stored checkpoint over {at} entries {problem}")
    later = [(at, problem) for at, problem in failed if at > good]
    if later:
        at, problem = later[0]
        more = f"; {len(later) - 1} later ones fail too" if len(later) > 1 else ""
        report.add("head_differs", f"the stored checkpoint over {at} entries {problem}{more}")
        last = max(good, min(at, size) - 1)
        where = f"entry {good}" if last == good else f"one of the entries {good} to {last}"
        report.add("entry_span", f"the first head that fails says: {where} is not what was signed")
    for at in log.act_ends:
        if at not in found:
            report.add("checkpoint_missing", f"the stored checkpoint over {at} entries, where an act ended, is missing")
    newest = max((at for at in found if number_of(at) is not None), default=0)
    if newest < size:
        added = span("entry", newest, size - 1)
        report.add("entry_added", f"{added} covered by no signed head: added, or the head was removed")


def _head_problem(note: object, bound: Sequence[Bound], tree: merkle.Tree, said_size: int | None = None) -> str | None:
    try:
        head = log_keys.opened(note if isinstance(note, str) else "", bound)
    except BadInput as error:
        return f"cannot be trusted: {error.problem}"
    if said_size is not None and head.size != said_size:
        return f"is signed over {head.size}"
    if head.size > tree.size:
        removed = span("entry", tree.size, head.size - 1)
        return f"covers {head.size} entries, but there are {tree.size}: {removed} removed"
    if tree.root(head.size) != head.root:
        return f"covers {head.size} entries with another root: an entry was changed, added, removed or reordered"
    return None
