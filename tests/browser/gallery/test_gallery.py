"""Every page of the web surface in a real browser, with invented contexts. The gallery has settings of its own, so each
walk runs in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="chromium is not installed: no page was looked at"
)


def ran(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"tests.browser.gallery.{module}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False)


@pytest.mark.parametrize("mode", ["light", "dark", "narrow", "tablet", "no-script"])
def test_every_page_holds_in(mode: str) -> None:
    """No variable missing, nothing refused by the policy, nothing off the page, no violation of WCAG 2.2 AA."""
    done = ran("shoot", "--modes", mode)
    assert done.returncode == 0, done.stdout + done.stderr
    if "axe-core was not checked" in done.stderr:
        pytest.skip("everything but axe-core was checked: npm is not there, or cannot fetch it")


def test_every_template_of_ours_is_in_the_gallery() -> None:
    done = ran("missing")
    assert done.returncode == 0, done.stdout + done.stderr


def test_pages_work_without_a_script_and_with_a_keyboard_alone() -> None:
    done = ran("behaviour")
    assert done.returncode == 0, done.stdout + done.stderr
