"""Write a fixture workspace of today's format: `python -m tests.harness.make_fixture NAME` (`make fixture NAME=...`).

A small workspace made by the real `init` and a few real acts, packed as NAME.tar.gz, and in NAME.json what it says:
tests/flows/test_ledger_fixtures.py opens a copy of every fixture there is, brings it up to date and expects the same.
Both files are listed with their digests; fixtures are only ever added (see check_fixtures).
"""

from __future__ import annotations

import tests.harness.prelude  # noqa: F401 - first: sets Django up

# isort: split
import gzip
import io
import json
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from consilience.config.home import Home
from consilience.domains.evidence import actions as evidence
from consilience.domains.inventory import actions as inventory
from consilience.domains.inventory.models import System
from consilience.domains.inventory.rules import SystemFacts
from consilience.domains.ledger import log
from consilience.domains.ledger.verify import verify
from consilience.domains.people.models import Person
from consilience.domains.release import queries as releases
from consilience.domains.release.models import Release
from consilience.domains.review import queries as reviews
from consilience.domains.review.rules import Verdict
from consilience.kit.records.models import AsOf
from consilience.kit.records.registry import record_models
from tests.harness import workspaces
from tests.harness.builders import (
    a_condition,
    a_dataset_version,
    a_person,
    a_release,
    a_sign_off,
    a_system,
    a_version,
    an_erasure,
    later,
    operator,
    some_evidence,
)  # fmt: skip
from tests.harness.check_fixtures import FIXTURES, add
from tests.harness.workspaces import Workspace


def fill() -> None:
    """A release with evidence, a correction, a withdrawal, sign-offs, a condition, and a name that was erased."""
    ana = a_person("Ana Aalto", functions=["ethics"])
    lee = a_person("Lee Lund", functions=["legal"])
    eve = a_person("Eve Engel")
    lending = a_system("lending", owner=lee)
    panel = a_dataset_version("card-panel", systems=[lending])
    version = a_version(eve, system=lending, training=[panel])
    plan = some_evidence(version, by=eve)
    some_evidence(version, "monitoring_plan", by=eve)
    release = a_release(version)
    a_sign_off(by=ana, release=release, function="ethics")
    a_sign_off(
        by=lee, release=release, function="legal", verdict=Verdict.APPROVE_WITH_CONDITIONS,
        conditions=[a_condition(eve, due_in_days=30)],
    )  # fmt: skip
    facts = {name: value for name, value in lending.body.items() if name in SystemFacts.__dataclass_fields__}
    inventory.correct_system(
        actor=operator(), facts=SystemFacts(**facts | {"tier": "limited"}), wrong_from_the_start=True, now=later()
    )
    evidence.withdraw(actor=eve.actor, urn=plan.urn, reason="wrong plan", now=later())
    erased = Person.objects.get(urn=eve.urn).body["name"]["commitment"]
    an_erasure(texts=[erased])


def facts_at(asof: AsOf) -> dict[str, Any]:
    """What the fixture says at a moment: everything here must stay so, whatever version of the product reads it."""
    row = Release.objects.as_of(asof).get()
    found = releases.read(row, asof)
    return {
        "known_at": asof.known_at,
        "valid_at": asof.valid_at,
        "tier": System.objects.as_of(asof).get().body["tier"],
        "dossier": found.dossier.whole,
        "facets": {function: facet.digest for function, facet in sorted(releases.facets(found).items())},
        "standing": [[one.row.function, str(one.standing)] for one in reviews.said(found).sign_offs(found)],
        "conditions": [[one.id, str(one.state)] for one in reviews.said(found).conditions()],
    }


def said() -> dict[str, Any]:
    """The whole expectation: the log's root, rows by table, and the facts at three tree sizes and two moments."""
    report = verify()
    assert report.good, report.findings
    tables = {model._meta.db_table: model._default_manager.count() for model in record_models()}
    proposed = Release.objects.get().position + 1
    sizes = [proposed, proposed + 2, log.size()]
    moments = [later(), later(days=60)]
    return {
        "entries": report.entries,
        "root": report.root,
        "erased": report.erased,
        "rows": {table: count for table, count in sorted(tables.items()) if count},
        "facts": [facts_at(AsOf(valid_at=at, known_at=size)) for size in sizes for at in moments],
    }


def pack(home: Home, target: Path) -> None:
    """The home folder less Django's secret, in an archive whose bytes say nothing about who packed it and when."""
    with (
        target.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as stream,
        tarfile.open(fileobj=stream, mode="w") as archive,
    ):
        for path in sorted(home.root.rglob("*")):
            if path == home.secret_key_file:
                continue
            entry = archive.gettarinfo(path, arcname=path.relative_to(home.root).as_posix())
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = 0
            archive.addfile(entry, io.BytesIO(path.read_bytes()) if path.is_file() else None)


def main(name: str) -> None:
    archive, expected = FIXTURES / f"{name}.tar.gz", FIXTURES / f"{name}.json"
    if archive.exists():
        raise SystemExit(f"{archive.name} exists: a fixture is never changed, give the new one another name")
    with tempfile.TemporaryDirectory(prefix="consilience-fixture-") as folder:
        made = workspaces.initialise(Workspace(Home(Path(folder) / "home")))
        with workspaces.opened(made):
            fill()
            expected.write_text(json.dumps(said(), indent=1) + "\n", encoding="ascii")
        workspaces.settle(made)
        pack(made.home, archive)
    for path in (archive, expected):
        add(path.name)
        print(f"wrote tests/fixtures/{path.name}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.harness.make_fixture NAME, such as workspace-2")
    main(sys.argv[1])
