"""Look at every page: pictures in light, dark and 390 px, and what a machine can find wrong with them.

    python -m tests.browser.gallery.shoot --out FOLDER [--only release,signoff] [--modes light,dark,narrow]

A machine finds: variables nobody gave, anything the content security policy refused, text that runs off the page,
text cut off inside its box, pages without exactly one h1, and violations of WCAG 2.2 AA that axe-core knows. It does
not find ugliness: look at the pictures.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.gallery import axe

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]
MODES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
    "narrow-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
    "middle": {"viewport": {"width": 1100, "height": 900}, "color_scheme": "light"},
    "tablet": {"viewport": {"width": 820, "height": 1180}, "color_scheme": "light"},
    "no-script": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "java_script_enabled": False},
}
LAYOUT = r"""() => {
  const wide = document.documentElement.clientWidth, found = [];
  if (document.documentElement.scrollWidth > wide) found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const box of document.querySelectorAll("main *, .top *, .side *")) {
    if (box.closest(".vh, .scroll, svg, thead") || !box.checkVisibility()) continue;
    const place = box.getBoundingClientRect(), name = `${box.tagName}.${box.className} "${box.textContent.trim().replace(/\s+/g, " ").slice(0, 30)}"`;
    if (place.right > wide + 1) found.push(`runs off the page: ${name}`);
    const style = getComputedStyle(box);
    if (box.scrollWidth > box.clientWidth + 2 && box.clientWidth > 1 && style.display !== "inline" && !box.closest("pre, select, textarea, input"))
      found.push(`wider than its box: ${name}`);
  }
  if (document.querySelectorAll("h1").length !== 1) found.push(`${document.querySelectorAll("h1").length} h1`);
  return [...new Set(found)].slice(0, 5);
}"""


@contextmanager
def served() -> Iterator[str]:
    """The gallery on a free port of this machine."""
    import django
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            pass

    django.setup()
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def looked_at(page: Page, address: str, source: str | None, mode: str) -> list[str]:
    """What is wrong with one page, one sentence each."""
    wrong: list[str] = []
    page.on(
        "console", lambda said: wrong.append(f"console: {said.text}") if said.type in {"error", "warning"} else None
    )
    page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
    page.goto(address)
    if "[[missing" in page.content():
        wrong.append("a variable was not given")
    if mode == "no-script":
        return wrong
    page.evaluate("document.fonts.ready")
    wrong += page.evaluate(LAYOUT)
    options = axe.options(mode)
    if source is not None and options is not None:
        page.evaluate(source)
        ran = page.evaluate("options => axe.run(document, options)", options)
        for violation in ran["violations"]:
            places = "; ".join(node["html"][:120] for node in violation["nodes"][:3])
            wrong.append(f"axe {violation['id']} ({len(violation['nodes'])}): {places}")
    return wrong


def walk(browser: Browser, names: list[str], modes: list[str], out: Path | None) -> int:
    """Every page in every mode; the number of things that are wrong."""
    source = axe.source()
    if source is None:
        print("axe-core was not checked: npm is not there, or cannot fetch it", file=sys.stderr)
    count = 0
    with served() as base:
        for mode in modes:
            context = browser.new_context(**MODES[mode], reduced_motion="reduce")
            for name in names:
                page = context.new_page()
                found = looked_at(page, f"{base}/{name}", source, mode)
                for sentence in found:
                    print(f"{name} ({mode}): {sentence}")
                count += len(found)
                if out is not None:
                    page.screenshot(path=out / f"{name}.{mode}.png", full_page=True)
                page.close()
            context.close()
    return count


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="where pictures go; without it none are taken")
    parser.add_argument("--only", default="", help="names of pages, with commas between them")
    parser.add_argument("--modes", default="light,dark,narrow", help=f"of {', '.join(MODES)}")
    given = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.browser.gallery.settings"
    # The browser driver runs an event loop of its own; nothing here touches a database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    import django

    django.setup()
    from tests.browser.gallery.urls import NAMES

    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is not installed: no page was looked at", file=sys.stderr)
        return 2
    if given.out is not None:
        given.out.mkdir(parents=True, exist_ok=True)
    names = given.only.split(",") if given.only else NAMES
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        count = walk(browser, names, given.modes.split(","), given.out)
        browser.close()
    print(f"{len(names)} pages, {count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    raise SystemExit(main())
