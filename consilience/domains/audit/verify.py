"""Checking an archive without its workspace: nine numbered checks, each reported for itself (docs/formats/archive.md).

`verifier/verify.py` checks the same and shares no code with this; here decisions are evaluated again as well.
"""

from __future__ import annotations

from concurrent.futures import BrokenExecutor
from pathlib import Path

from consilience.domains.audit import contents, decisions, heads, layout
from consilience.domains.audit.reader import Archive, opened
from consilience.domains.audit.report import Check, Outcome, Report
from consilience.domains.audit.walk import Walk
from consilience.domains.audit.workers import LARGE, Workers, cores
from consilience.domains.ledger import tiles
from consilience.domains.witness.rules import Policy
from consilience.kit.errors import BadInput, CannotTell

MAX_MANIFEST = 2**16


def verify(path: Path, *, pin: str | None = None, policy: Policy | None = None, jobs: int | None = None) -> Report:
    """The report on an archive. `pin` is a head that was kept elsewhere: SIZE:ROOT, or a file with a signed head.

    `policy` is whom the reader trusts: witnesses, their quorum, keys of logs. `jobs` is how many processes share the work;
    without it, one for a small archive and else one for each core.
    """
    report = Report()
    try:
        with opened(path) as stream, Workers(jobs or _jobs(path)) as workers:
            return _checked(Archive(stream, report), report, pin, policy, workers)
    except BrokenExecutor:
        told = "a process of this check was ended from outside; try with one (--jobs 1)"
        report.cannot_tell(Check.ARCHIVE, "archive_unreadable", told)
    except CannotTell as error:
        report.cannot_tell(Check.ARCHIVE, "archive_unreadable", str(error))
    return _unlooked(report)


def _jobs(path: Path) -> int:
    return cores() if path.stat().st_size >= LARGE else 1


def _checked(archive: Archive, report: Report, pin: str | None, policy: Policy | None, workers: Workers) -> Report:
    made = _manifest(archive)
    report.size, report.root, report.system = made.size, made.root, made.system
    if not _has_leaves(archive, made):
        told = f"the archive says {made.size} entries, but has no tiles for them"
        unlooked = _unlooked(report)
        unlooked.tampered(Check.TREE, "tile_missing", told)
        return unlooked
    for name in sorted({*archive.names("tile/")} - {tiles.address(tile) for tile in tiles.of_tree(made.size)}):
        report.tampered(Check.ARCHIVE, "archive_member", f"{name} belongs to no tree of this size")
    stored = heads.stored_leaves(archive, made.size, report)
    walk = Walk(archive, made, report, workers)
    found = walk.through(stored)
    if found.last_at > made.at:
        report.tampered(Check.ARCHIVE, "manifest", "an entry is younger than the archive says")
    keys = found.log_keys(made.log_key)
    signed = heads.signed(archive, made, keys, policy, report, workers)
    tree = heads.tree(archive, made, heads.Leaves(stored, found.differing), signed, found.ends, report)
    walk.signed.seen(tree)
    heads.pinned(pin, made, keys, heads.Known(tree, heads.restored(tree, found.epochs, report)), report)
    decisions.replayed(archive, found, report)
    contents.hashed(archive, found, report)
    contents.private(archive, made, found, report)
    report.say(Check.ARCHIVE, "index.html is a table of contents for reading; nothing vouches for it")
    return report


def _manifest(archive: Archive) -> layout.Manifest:
    try:
        made = layout.manifest(archive.read("archive.json", most=MAX_MANIFEST))
    except BadInput as error:
        raise CannotTell(f"archive.json {error.problem}") from error
    if made.size < 1 or len(made.root) != 64 or made.origin != f"consilience/log/{made.workspace}":
        raise CannotTell("archive.json names no log")
    return made


def _has_leaves(archive: Archive, made: layout.Manifest) -> bool:
    """Whether the tiles could hold that many leaves, so that a wild size costs no memory."""
    held = sum(archive.size(name) for name in archive.names("tile/0/"))
    return made.size <= held // 32 + tiles.WIDTH


def _unlooked(report: Report) -> Report:
    """No check was made: none of them may read as passed."""
    for one in report.checks.values():
        if one.outcome is Outcome.GOOD:
            one.outcome = Outcome.CANNOT_TELL
    return report
