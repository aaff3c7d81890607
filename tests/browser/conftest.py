"""One Chromium for the tests of a file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.gallery.shoot import FLAGS


@pytest.fixture(autouse=True)
def _beside_the_browsers_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    # Playwright runs an event loop in this thread, and Django would refuse to ask its database beside it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        report = pytest.fail if os.environ.get("CONSILIENCE_TEST_NEEDS") == "all" else pytest.skip
        report("chromium is not installed")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()
