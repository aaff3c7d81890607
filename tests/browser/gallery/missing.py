"""Name the pages of the web surface that the gallery does not show: somebody added one and nobody looked at it.

python -m tests.browser.gallery.missing
"""

from __future__ import annotations

import os
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[3] / "consilience/surfaces/web/templates"
# What other templates extend or include is seen through them.
FRAMES = {"consilience/base.html", "consilience/bare.html", "account/base_reauthenticate.html"}


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.browser.gallery.settings"
    import django

    django.setup()
    from tests.browser.gallery.pages import PAGES
    from tests.browser.gallery.urls import ACCOUNT

    shown = {page.template for page in PAGES.values()} | {template for template, _context in ACCOUNT.values()}
    there = {
        path.relative_to(TEMPLATES).as_posix()
        for folder in ("", "account", "consilience")
        for path in (TEMPLATES / folder).glob("*.html")
    }
    missing = sorted(there - shown - FRAMES)
    for name in missing:
        print(f"{name} is not in the gallery")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
