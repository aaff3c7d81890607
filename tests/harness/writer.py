"""A process of its own that acts on a workspace: `python -m tests.harness.writer NAME COUNT GO_FILE`.

It says "ready", waits for the go file, records COUNT functions with a private remark each, one act apiece, and prints
the positions that it was given.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path


def main(name: str, how_many: int, go: Path) -> None:
    from consilience.config import workspace

    workspace.set_up_django()
    from consilience.domains.ledger.act import act
    from consilience.domains.people.models import Function
    from consilience.kit.clock import now

    actor = workspace.operator()
    print("ready", flush=True)
    while not go.exists():
        time.sleep(0.01)
    for number in range(how_many):
        with act(actor, verb="tests.written", at=now()) as opened:
            body = {"slug": f"{name}-{number}", "title": "Writer", "remark": opened.private(f"{name} {number}")}
            row = opened.record(Function, body=body)
        print(row.position, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
