"""What is shipped as text for people to publish or adopt: none of it changes unless somebody says so here.

After a change that is meant: CONSILIENCE_GOLDEN=write pytest tests/rules/test_shipped_texts.py, and read the difference.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from consilience.domains.policy.starter_sets import starter_sets
from consilience.domains.policy.templates.template import as_yaml, fill, shipped

ROOT = Path(__file__).resolve().parents[2] / "consilience/domains/policy"
GOLDEN = Path(__file__).with_name("shipped_texts.json")
SHIPPED = ("starter", "sets", "templates", "obligations/shipped")


def digests() -> dict[str, str]:
    files = (path for folder in SHIPPED for path in (ROOT / folder).rglob("*.yaml"))
    found = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in sorted(files)}
    found |= {
        f"set {one.name}: {name}": text.encode()
        for one in starter_sets().values()
        for name, text in one.policies.items()
    }
    found |= {f"template {name}, filled in": as_yaml(fill(one, {})).encode() for name, one in shipped().items()}
    return {name: sha256(text).hexdigest() for name, text in found.items()}


def test_no_shipped_text_changes_in_silence() -> None:
    found = digests()
    if os.environ.get("CONSILIENCE_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(found, indent=2) + "\n")
    kept = json.loads(GOLDEN.read_text())
    assert found.keys() == kept.keys(), "a text came or went"
    assert [name for name in found if found[name] != kept[name]] == []


@pytest.mark.parametrize("folder", SHIPPED)
def test_every_folder_of_texts_is_held(folder: str) -> None:
    assert any(name.startswith(f"{folder}/") for name in digests())


def test_texts_that_are_put_together_are_held_as_they_come_out() -> None:
    """A set is composed of templates, and a template is filled in: the words of the program are in what comes out."""
    found = digests()
    assert sum(name.startswith("set ") for name in found) >= len(starter_sets())
    assert sum(name.startswith("template ") for name in found) >= 25
