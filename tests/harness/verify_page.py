"""The browser's verifier, `verifier/verify.html`, in a headless Chromium that lives in a thread of its own.

Playwright runs an event loop in the thread that drives it, and Django would refuse to ask its database beside one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.browser.gallery.shoot import FLAGS

PAGE = Path(__file__).parents[2] / "verifier" / "verify.html"
Answer = TypeVar("Answer")
_THREAD = ThreadPoolExecutor(1)
_ASK = """([pin, policy, own]) => new Promise((done, failed) => {
  const message = { file: document.getElementById("file").files[0], pin, policy, ownEd25519: own };
  const worker = ask(message, (said) => {
    if (said.done !== undefined) return;
    worker.terminate();
    if (said.report) done(said.report); else failed(new Error(said.error + "\\n" + said.stack));
  });
})"""


def available() -> bool:
    """Whether there is a Chromium. Where everything is needed for the tests, its absence is a failure."""
    if shutil.which("chromium") is not None:
        return True
    if os.environ.get("CONSILIENCE_TEST_NEEDS") == "all":
        pytest.fail("chromium is not installed")
    return False


def in_browser(path: Path, pin: str | None = None, *, policy: str = "", own_ed25519: bool = False) -> dict[str, Any]:
    """What the page says of an archive. `pin` is SIZE:ROOT or a file with a signed head, as for the other verifiers;
    `policy` is the text of a trust policy."""
    said = Path(pin).read_text(encoding="utf-8") if pin and Path(pin).is_file() else pin or ""

    def run(page: Page) -> dict[str, Any]:
        page.set_input_files("#file", path)
        report: dict[str, Any] = page.evaluate(_ASK, [said, policy, own_ed25519])
        return report

    return on_page(run)


def on_page(run: Callable[[Page], Answer]) -> Answer:
    """What a function makes of the page."""
    return _THREAD.submit(lambda: run(_page())).result()


@cache
def _driver() -> Playwright:
    return sync_playwright().start()  # it ends with this process, and its browser with it


@cache
def _page() -> Page:
    browser = _driver().chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    page = browser.new_context(offline=True).new_page()
    page.goto(PAGE.as_uri())
    return page
