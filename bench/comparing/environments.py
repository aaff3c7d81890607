"""An environment of its own for each peer, with pinned versions, made once by uv under the user's cache folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path

_ROWS = ("pyarrow==26.0.1", "numpy==2.4.6")
PINNED = {
    "scan": ("duckdb==2.0.0",),
    # Evidently does not import with pandas 3, and NannyML not without statsmodels, which it does not ask for.
    "evidently": ("evidently==0.7.23", "pandas==2.3.3", "scikit-learn==1.9.1", "scipy==1.17.1", *_ROWS),
    "nannyml": ("nannyml==0.13.1", "pandas==2.3.3", "statsmodels==0.15.0", "scikit-learn==1.9.1", *_ROWS),
    "fairlearn": ("fairlearn==0.15.0", "pandas==3.1.1", "scikit-learn==1.9.1", *_ROWS),
    "aequitas": ("aequitas==1.1.0", "pandas==2.3.3", *_ROWS),
}
SILENT = {"NML_DISABLE_USAGE_LOGGING": "1", "NML_DISABLE_USER_ANALYTICS": "1", "DO_NOT_TRACK": "1"}
"""NannyML sends usage by default; nothing that is measured here speaks to the network."""


def cache() -> Path:
    """The folder for environments and logs, outside the repository."""
    return Path(user_cache_path("consilience-bench", ensure_exists=True))


def python_of(peer: str) -> Path:
    """The Python of a peer's environment, which is made where it is missing or its pins have changed.

    Its modules are compiled at once, so that no measured run pays for it.
    """
    pins = PINNED[peer]
    name = f"{peer}-{hashlib.sha256(' '.join((sys.version, *pins)).encode()).hexdigest()[:12]}"
    folder = cache() / "environments" / name
    python, ready = folder / "bin" / "python", folder / ".ready"
    if not ready.exists():
        print(f"making the environment of {peer}: {' '.join(pins)}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        uv = _uv()
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--compile-bytecode", "--python", str(python), *pins], check=True)
        ready.touch()
    return python


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        sys.exit("uv is missing: `make` puts it beside the project's Python, or `pip install uv`")
    return found
