"""Watching a page as a machine can: what its console says, what runs off its side, what axe-core finds of WCAG 2.2 AA."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.gallery import axe
from tests.browser.gallery.shoot import LAYOUT

EVERYTHING = {"runOnly": {"type": "tag", "values": axe.TAGS}}


def violations(page: Page, options: object = EVERYTHING) -> list[str]:
    """What axe-core finds on a page; nothing where it cannot be had."""
    source = axe.source()
    if source is None:
        return []
    page.evaluate(source)
    ran: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"axe {one['id']}: " + "; ".join(node["html"][:120] for node in one["nodes"][:3]) for one in ran["violations"]
    ]


class Watch:
    """A page that is watched from now on; `wrong` is what was found, in the order in which it was."""

    def __init__(self, page: Page) -> None:
        if axe.source() is None:
            pytest.skip("axe-core is not here, and npm cannot fetch it")
        self.page, self.wrong = page, list[str]()
        page.on(
            "console", lambda said: self._note(f"console: {said.text}") if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: self._note(f"script: {error}"))

    def _note(self, what: str) -> None:
        self.wrong.append(what)

    def look(self, what: str) -> None:
        """Look at the page as it stands, under this name."""
        self.page.evaluate("document.fonts.ready")
        found = [*self.page.evaluate(LAYOUT), *violations(self.page)]
        self.wrong += [f"{what}: {one}" for one in found]
