"""The source of axe-core, fetched once with npm into a cache folder outside the repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

VERSION = "4.14.1"
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that a change of theme alone can break
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def options(mode: str) -> dict[str, object] | None:
    """What axe looks for in a mode; None where another mode has looked at the same already."""
    if mode in {"light", "narrow"}:
        return {"runOnly": {"type": "tag", "values": TAGS}}
    return {"runOnly": {"type": "rule", "values": COLOURS}} if "dark" in mode else None


def cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "consilience-dev" / f"axe-core-{VERSION}.js"


def source() -> str | None:
    """What to evaluate in a page, or None when npm is not there to fetch it."""
    place = cache()
    if not place.exists():
        npm = shutil.which("npm")
        if npm is None:
            return None
        with tempfile.TemporaryDirectory() as made:
            command = [npm, "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", made]
            done = subprocess.run(command, cwd=made, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                return None
            with tarfile.open(Path(made) / done.stdout.strip().splitlines()[-1]) as archive:
                member = archive.extractfile("package/axe.min.js")
                if member is None:
                    return None
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(member.read())
    return place.read_text(encoding="utf-8")
