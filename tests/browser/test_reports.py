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
from consilience.measure.comparing import compare
from consilience.measure.contract_learning import learn_contract
from consilience.measure.engines.comparing import with_quality
from consilience.measure.engines.profiling import profile
from consilience.measure.engines.validating import validate
from consilience.measure.multiclass import evaluate_classes
from consilience.measure.over_time import over_time
from consilience.measure.regression import evaluate_regression
from consilience.measure.report import report
from consilience.measure.representative import represent
from consilience.measure.segments import slices
from consilience.measure.synthetic import synthetic
from tests.browser.gallery import axe
from tests.browser.gallery.shoot import FLAGS, LAYOUT, MODES
from tests.browser.gallery.watching import violations


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


NAMES = (
    "drift",
    "profile",
    "evaluate",
    "over-time",
    "over-time-numbers",
    "over-time-classes",
    "compare",
    "multiclass",
    "regression",
    "validate",
    "represent",
    "synthetic",
    "slices",
)


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
    consilience.evaluate(
        now, label="label", score="score", threshold=0.4, protected=["region"], reference=then, top=[10]
    ).save(folder / "evaluate.html")
    log = now.append_column("day", pa.array(np.repeat(np.arange(6), 200).astype("datetime64[D]")))
    over_time(log, by="day", time="day", label="label", score="score", threshold=0.4, protected=["region"]).save(
        folder / "over-time.html"
    )
    log = log.append_column("guess", log["region"].take(np.random.default_rng(5).permutation(len(log))))
    numbers = over_time(
        log, by="day", time="day", task="regression", label="label", prediction="score", protected=["region"]
    )
    numbers.save(folder / "over-time-numbers.html")
    over_time(log, by="day", time="day", task="multiclass", label="region", prediction="guess").save(
        folder / "over-time-classes.html"
    )
    compare(now, then, label="label", score="score", threshold=0.4, protected=["region"]).save(folder / "compare.html")
    several = now.append_column("guess", now["region"].take(np.random.default_rng(4).permutation(len(now))))
    evaluate_classes(several, label="region", prediction="guess", protected=["label"]).save(folder / "multiclass.html")
    evaluate_regression(now, label="label", prediction="score", protected=["region"]).save(folder / "regression.html")
    expected = profile(then)
    found = validate(now, learn_contract(expected))
    report(with_quality(found, now, expected).as_json(), "now.parquet").save(folder / "validate.html")
    stated = {"north": 0.5, "south": 0.3, "a region with a long name & more": 0.19, "nobody lives here": 0.01}
    represent(now, {"region": stated, "label": {"0": 6, "1": 4}}).save(folder / "represent.html")
    synthetic(now.slice(0, 600), now, then, label="label").save(folder / "synthetic.html")
    weak = now.set_column(3, "score", pa.array(np.where(np.arange(1_200) % 3 == 0, 0.99, 0.4)))
    weak = weak.append_column("third", pa.array((np.arange(1_200) % 3).astype(str)))
    slices(weak, label="label", score="score").save(folder / "slices.html")
    return folder


@pytest.mark.parametrize("mode", ["light", "dark", "narrow", "no-script"])
@pytest.mark.parametrize("name", NAMES)
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
    wrong += violations(page, axe.options(mode))
    assert wrong == []
