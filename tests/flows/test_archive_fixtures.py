"""Archives of every format that was ever written: each verifier of today says of them what was said then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness.archives import named, reports, unpacked
from tests.harness.check_fixtures import FIXTURES, problems

NAMES = sorted(path.name.removesuffix(".zip") for path in FIXTURES.glob("archive-*.zip"))


@pytest.fixture(params=NAMES)
def archive(request: pytest.FixtureRequest) -> Path:
    return FIXTURES / f"{request.param}.zip"


@pytest.fixture
def expected(archive: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(archive.with_suffix(".json").read_text(encoding="ascii"))
    return found


def test_there_is_a_fixture_and_none_was_changed() -> None:
    assert NAMES
    assert problems() == []


def test_every_verifier_says_what_it_said_when_the_archive_was_written(archive: Path, expected: dict[str, Any]) -> None:
    for who, report in reports(archive).items():
        found = {one["name"]: one["outcome"] for one in report["checks"]}
        assert (report["size"], report["root"]) == (expected["size"], expected["root"])
        assert (report["outcome"], found) == (expected["said"][who]["outcome"], expected["said"][who]["checks"]), who


def test_a_head_that_was_kept_then_is_found_again(archive: Path, expected: dict[str, Any], tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(expected["kept"], encoding="utf-8")
    for report in reports(archive, pin=str(kept)).values():
        assert report["checks"][3]["outcome"] == "good"
    named(archive, 3, "pin_differs", pin=f"{expected['size']}:{'0' * 64}")


def test_an_edited_entry_of_it_is_named(archive: Path, tmp_path: Path) -> None:
    parts = unpacked(archive)
    position, exact = parts.entries[len(parts.entries) // 2]
    parts.edit_entry(position, exact.replace(b'"', b"'", 1))
    named(parts.pack(tmp_path / "edited.zip"), 2, "entry_edited", f"entry {position}")
