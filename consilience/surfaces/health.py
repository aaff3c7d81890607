"""Whether this machine can do its work: the checks behind `/readyz` and `consilience doctor`, and the figures of `/metrics`."""

from __future__ import annotations

import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from consilience.domains.content.models import Blob
from consilience.domains.gate import watch
from consilience.domains.gate.models import Standing
from consilience.domains.gate.standing import State
from consilience.domains.ledger import keys, log
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.models import Head
from consilience.domains.ledger.rules import LedgerUnavailable
from consilience.kit.clock import Instant, moment, now
from consilience.kit.errors import ConsilienceError

LOW_DISK_BYTES = 512 * 2**20
"""Below this much free space the next backup or upload may fail."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `needed` where nothing works without it."""

    name: str
    good: bool
    about: str
    needed: bool = True


def checks() -> list[Check]:
    """Every check, in the order in which one would mend them. One that fails says why, and none raises."""
    return [
        _asked("database", _database), _asked("tables", _tables), _asked("log key", _log_key), _asked("content", _content),
        _asked("disk", _disk, needed=False), _asked("key files", _closed, needed=False), _asked("worker", _worker, needed=False),
    ]  # fmt: skip


def ready() -> list[Check]:
    """The checks without which no act can be recorded."""
    return [one for one in checks() if one.needed]


def _asked(name: str, check: Callable[[], tuple[bool, str]], *, needed: bool = True) -> Check:
    try:
        good, about = check()
    except (DatabaseError, LedgerUnavailable, ConsilienceError, OSError) as error:
        good, about = False, str(error) or type(error).__name__
    return Check(name, good, about, needed)


def _database() -> tuple[bool, str]:
    ledger.workspace()
    return True, f"{connection.vendor} answers, {log.size()} entries"


def _tables() -> tuple[bool, str]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    later = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    ours = {label for label, _name in executor.loader.disk_migrations}
    newer = sorted(f"{label}.{name}" for label, name in later if label in ours)
    if newer:
        return False, f"of a later version ({newer[0]}): run that version"
    return (
        not missing,
        f"{len(missing)} changes are to be made: consilience upgrade FILE" if missing else "as this version expects",
    )


def _log_key() -> tuple[bool, str]:
    path = Path(settings.LOG_KEY_FILE)
    path.read_bytes()  # what this process has loaded before tells nothing of the file that the next one reads
    keys.load(path)
    return True, f"{path} can be read"


def _content() -> tuple[bool, str]:
    folder = Path(settings.CONTENT_FOLDER)
    return folder.is_dir(), f"{folder}, {Blob.objects.count()} files" if folder.is_dir() else f"{folder} is not there"


def _disk() -> tuple[bool, str]:
    free = shutil.disk_usage(Path(settings.LOG_KEY_FILE).parent).free
    return free >= LOW_DISK_BYTES, f"{free // 2**20:,} MB free"


def _closed() -> tuple[bool, str]:
    folder = Path(settings.LOG_KEY_FILE).parent
    open_ = [
        one.name
        for one in sorted(folder.iterdir())
        if one.is_file() and one.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    return not open_, f"others on this machine can read {', '.join(open_)}: chmod 600" if open_ else "closed to others"


def _worker() -> tuple[bool, str]:
    behind = log.size() - watch.cursor()
    return behind < 1000, f"{behind} entries behind" + ("" if behind < 1000 else ": is `consilience worker` running?")


# Figures


def figures() -> Iterator[tuple[str, str, dict[str, str], float]]:
    """(name, what it is, labels, value) of everything that is worth watching, from the workspace itself."""
    yield "consilience_ledger_entries", "Entries of the ledger.", {}, log.size()
    yield (
        "consilience_ledger_last_entry_seconds",
        "When the last entry was written, in seconds since 1970.",
        {},
        _last(),
    )
    yield (
        "consilience_worker_entries_behind",
        "Entries that the worker has not looked at.",
        {},
        log.size() - watch.cursor(),
    )
    yield "consilience_content_files", "Files of the content store.", {}, Blob.objects.count()
    free = shutil.disk_usage(Path(settings.LOG_KEY_FILE).parent).free
    yield "consilience_disk_free_bytes", "Free space where the workspace lies.", {}, free
    rows = Standing.objects.as_of(ledger.present(now())).values_list("state", flat=True)
    counts = Counter(rows)
    for state in (State.COMPLIANT, State.NOT_COMPLIANT, State.CANNOT_TELL):
        yield (
            "consilience_live_releases",
            "Live releases by standing, as last recorded.",
            {"standing": str(state)},
            counts[state],
        )
    for one in checks():
        yield (
            "consilience_check",
            "1 where a check of `consilience doctor` is good.",
            {"check": one.name},
            int(one.good),
        )


def _last() -> float:
    return moment(Instant(Head.objects.get().at)).timestamp()


def exposition() -> str:
    """The figures as Prometheus reads them (text format 0.0.4)."""
    lines, told = [], set[str]()
    for name, about, labels, value in figures():
        if name not in told:
            lines += [f"# HELP {name} {about}", f"# TYPE {name} gauge"]
            told.add(name)
        inner = ",".join(f'{key}="{said}"' for key, said in labels.items())
        lines.append(f"{name}{{{inner}}} {value:.15g}" if inner else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"
