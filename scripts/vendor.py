"""Renew the files that other people made and the web surface serves itself, or check that nobody changed them.

    python scripts/vendor.py            fetch each package with `npm pack` and write its files and the manifest
    python scripts/vendor.py --check    compare the files with the manifest; needs no network

The browser loads nothing from anywhere else, so each such file lies in the repository, with its licence beside it.
To take a newer release: change the version below, run the script, look at the pages, commit what changed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "consilience/surfaces/web/static/consilience/vendor"
MANIFEST = FOLDER / "manifest.json"


@dataclass(frozen=True)
class Package:
    """A package of the npm registry and the few of its files that we serve: where each lies there and here."""

    name: str
    version: str
    licence: str
    files: dict[str, str]


PACKAGES = (
    Package(
        name="inter-ui",
        version="4.1.1",
        licence="OFL-1.1",
        files={
            "variable-latin/InterVariable-subset.woff2": "inter/inter-latin.woff2",
            "variable/InterVariable.woff2": "inter/inter.woff2",
            "LICENSE.txt": "inter/LICENSE.txt",
        },
    ),
)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def fetch(package: Package, folder: Path) -> dict[str, bytes]:
    """The wanted files of the package as published, by their place here."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm was not found: it is needed to fetch the packages, not to run the product")
    done = subprocess.run(
        [npm, "pack", f"{package.name}@{package.version}", "--silent", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    fetched: dict[str, bytes] = {}
    with tarfile.open(folder / done.stdout.strip().splitlines()[-1]) as archive:
        for theirs, ours in package.files.items():
            member = archive.extractfile(f"package/{theirs}")
            if member is None:
                raise SystemExit(f"{package.name} {package.version} holds no file {theirs}")
            fetched[ours] = member.read()
    return fetched


def renew() -> None:
    """Write the files of every package, and the manifest that says where they came from."""
    listed = []
    for package in PACKAGES:
        with tempfile.TemporaryDirectory() as made:
            files = fetch(package, Path(made))
        for ours, data in files.items():
            place = FOLDER / ours
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        listed.append(
            {
                "name": package.name,
                "version": package.version,
                "licence": package.licence,
                "files": [
                    {"path": ours, "from": theirs, "bytes": len(files[ours]), "sha256": sha256(files[ours])}
                    for theirs, ours in package.files.items()
                ],
            }
        )
        print(f"{package.name} {package.version}: {len(files)} files")
    MANIFEST.write_text(json.dumps({"packages": listed}, indent=2) + "\n", encoding="utf-8")


def problems() -> list[str]:
    """What differs between the manifest and the files, one sentence each; empty when all is as fetched."""
    listed = {
        item["path"]: item["sha256"]
        for package in json.loads(MANIFEST.read_text(encoding="utf-8"))["packages"]
        for item in package["files"]
    }
    there = {
        path.relative_to(FOLDER).as_posix(): sha256(path.read_bytes())
        for path in FOLDER.rglob("*")
        if path.is_file() and path != MANIFEST
    }
    wrong = [f"{path} is listed but missing" for path in sorted(listed.keys() - there.keys())]
    wrong += [f"{path} is not in the manifest" for path in sorted(there.keys() - listed.keys())]
    wrong += [f"{path} was changed" for path in sorted(listed.keys() & there.keys()) if listed[path] != there[path]]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only; change nothing")
    if not parser.parse_args().check:
        renew()
    wrong = problems()
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
