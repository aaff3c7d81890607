"""The pages that measuring writes, in a real browser: nothing asked of a network, nothing wrong for axe-core, in every mode."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Browser, sync_playwright

import consilience
from tests.browser.gallery import axe
from tests.browser.gallery.shoot import FLAGS, LAYOUT, MODES


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


def rows(seed: int, shift: float) -> pa.Table:
    generator = np.random.default_rng(seed)
    score = generator.beta(2, 3, 1_200)
    return pa.table(
        {
            "a_rather_long_name_of_a_column_that_must_not_run_off_the_page": generator.normal(shift, 1, 1_200),
            "region": generator.choice(
                ["north", "south", "a region with a long name & more"], 1_200, p=[0.5 - shift / 4, 0.3, 0.2 + shift / 4]
            ),
            "none": pa.nulls(1_200),
            "score": score,
            "label": (generator.random(1_200) < score).astype(int),
        }
    )


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    then, now = rows(1, 0.0), rows(2, 1.0)
    consilience.drift(now, then).save(folder / "drift.html")
    consilience.profile(now).save(folder / "profile.html")
    consilience.evaluate(now, label="label", score="score", threshold=0.4, protected=["region"], reference=then).save(
        folder / "evaluate.html"
    )
    return folder


@pytest.mark.parametrize("mode", ["light", "dark", "narrow", "no-script"])
@pytest.mark.parametrize("name", ["drift", "profile", "evaluate"])
def test_a_machine_finds_nothing_wrong_with_a_report(name: str, mode: str, pages: Path, browser: Browser) -> None:
    page = browser.new_context(**MODES[mode], reduced_motion="reduce", offline=True).new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"console: {said.text}"))
    page.on("request", lambda asked: None if asked.url.startswith("file:") else wrong.append(f"asks for {asked.url}"))
    page.goto((pages / f"{name}.html").as_uri())
    if mode == "no-script":
        assert page.locator("h1").is_visible()
        assert wrong == []
        return
    for closed in page.locator("summary").all():
        closed.click()
    wrong += page.evaluate(LAYOUT)
    source = axe.source()
    if source is not None:
        page.evaluate(source)
        ran = page.evaluate("options => axe.run(document, options)", axe.options(mode))
        wrong += [f"axe {one['id']}: {one['nodes'][0]['html'][:160]}" for one in ran["violations"]]
    assert wrong == []
