"""Running commands in this process, with nobody logged in and no address until `at` points somewhere.

A test module names this one in its `pytest_plugins` and marks itself with `usefixtures("nobody_is_logged_in")`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLUMNS", "90")
    for name in ("CONSILIENCE_URL", "CONSILIENCE_TOKEN", "CONSILIENCE_DEBUG", "CONSILIENCE_TIMEOUT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    def point(url: str, token: str = "cns_token", timeout: str = "0.5") -> None:
        for name, value in (("URL", url), ("TOKEN", token), ("TIMEOUT", timeout)):
            monkeypatch.setenv(f"CONSILIENCE_{name}", value)

    return point
