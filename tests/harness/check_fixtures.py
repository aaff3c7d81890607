"""Fixture workspaces are only ever added: each file under tests/fixtures stands in the list DIGESTS with its SHA-256.

`python -m tests.harness.check_fixtures` compares (part of `make check`). What a former version wrote must stay readable
for ever, so a fixture that differs from its digest is put back, not listed anew.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
LIST = FIXTURES / "DIGESTS"


def digest_of(name: str) -> str:
    return hashlib.sha256((FIXTURES / name).read_bytes()).hexdigest()


def listed() -> dict[str, str]:
    """Name -> digest, as the list says."""
    lines = LIST.read_text(encoding="ascii").splitlines() if LIST.exists() else []
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def add(name: str) -> None:
    """List a new fixture behind the others."""
    if name in listed():
        raise SystemExit(f"{name} is listed already: a fixture is never changed, give the new one another name")
    with LIST.open("a", encoding="ascii") as stream:
        stream.write(f"{digest_of(name)}  {name}\n")


def problems() -> list[str]:
    said = listed()
    ignored = {LIST, FIXTURES / "README.md"}
    files = [path for path in FIXTURES.rglob("*") if path.is_file() and path not in ignored]
    present = {path.relative_to(FIXTURES).as_posix() for path in files}
    found = [f"{name}: is listed and gone" for name in sorted(said.keys() - present)]
    found += [f"{name}: is not listed; `make fixture` lists what it writes" for name in sorted(present - said.keys())]
    found += [
        f"{name}: differs from its digest" for name in sorted(said.keys() & present) if digest_of(name) != said[name]
    ]
    return found


def main() -> int:
    found = problems()
    for problem in found:
        print(f"tests/fixtures/{problem}")
    if not found:
        print(f"{len(listed())} fixture files: all as they were written")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
