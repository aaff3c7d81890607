"""Write a fixture archive of today's format: `python -m tests.harness.make_archive NAME` (`make fixture-archive NAME=...`).

A small story with a decision, private texts, and entries that were signed with a passkey, an SSH key and a robot's key,
exported whole. Beside NAME.zip stands NAME.json with what every verifier says of it, and a head that was kept halfway. All
later versions must say the same (tests/flows/test_archive_fixtures.py). Both files are listed with their digests.
"""

from __future__ import annotations

import tests.harness.prelude  # noqa: F401 - first: sets Django up

# isort: split
import json
import sys
import tempfile
from pathlib import Path

from consilience.config.home import Home
from consilience.domains.audit.export import Wanted, export
from consilience.domains.ledger import queries
from tests.harness import workspaces
from tests.harness.archives import reports, unpacked
from tests.harness.check_fixtures import FIXTURES, add
from tests.harness.credit import credit
from tests.harness.signed_story import signed_story
from tests.harness.workspaces import Workspace


def main(name: str) -> None:
    archive, expected = FIXTURES / f"{name}.zip", FIXTURES / f"{name}.json"
    if archive.exists():
        raise SystemExit(f"{archive.name} exists: a fixture is never changed, give the new one another name")
    with tempfile.TemporaryDirectory(prefix="consilience-fixture-") as folder:
        made = workspaces.initialise(Workspace(Home(Path(folder) / "home")))
        with workspaces.opened(made):
            story = credit()
            story.sign_everything()
            story.decide()
            kept = queries.checkpoint()
            signed_story(Path(folder))
            export(Wanted(None, private=True), archive)
    said = {
        who: {"outcome": report["outcome"], "checks": {one["name"]: one["outcome"] for one in report["checks"]}}
        for who, report in reports(archive).items()
    }
    manifest = unpacked(archive).manifest
    told = {"size": manifest["size"], "root": manifest["root"], "kept": kept, "said": said}
    expected.write_text(json.dumps(told, indent=1) + "\n", encoding="ascii")
    for path in (archive, expected):
        add(path.name)
        print(f"wrote tests/fixtures/{path.name}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.harness.make_archive NAME, such as archive-2")
    main(sys.argv[1])
