"""What the product says about law is said in German too: sentences, tables of words, shipped packs."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import yaml

from consilience.domains.policy.obligations.shipped import texts
from consilience.surfaces import law, law_open
from consilience.surfaces.german import GERMAN
from consilience.surfaces.language import _accepted, said, speaking

BLANK = re.compile(r"%\(\w+\)s")


def written(module: Any) -> set[str]:
    calls = (one for one in ast.walk(ast.parse(Path(module.__file__).read_text())) if isinstance(one, ast.Call))
    named = (one for one in calls if isinstance(one.func, ast.Name) and one.func.id in ("_", "_now"))
    return {one.args[0].value for one in named if isinstance(one.args[0], ast.Constant)}


def test_every_sentence_about_law_has_its_german_with_the_same_blanks() -> None:
    assert sorted((written(law) | written(law_open)) - GERMAN.keys()) == []
    assert [one for one, de in GERMAN.items() if sorted(BLANK.findall(one)) != sorted(BLANK.findall(de))] == []


def lacking(said_here: object, where: str) -> list[str]:
    if isinstance(said_here, list):
        return [one for at, part in enumerate(said_here) for one in lacking(part, f"{where}[{at}]")]
    if not isinstance(said_here, dict):
        return []
    if "en" in said_here:
        return [] if said_here.get("de", "").strip() else [where]
    return [one for key, part in said_here.items() for one in lacking(part, f"{where}.{key}")]


def test_every_text_of_every_shipped_pack_is_german_too() -> None:
    assert [one for slug, text in texts().items() for one in lacking(yaml.safe_load(text), slug)] == []


def test_the_language_is_the_readers_and_only_while_that_reader_is_answered() -> None:
    assert speaking("de", lambda: (said("Met"), str(law.STATES["met"]), law.day(law.Day("2026-07-27")))) == (
        "Erfüllt", "Erfüllt", "27. Juli 2026",
    )  # fmt: skip
    assert (said("Met"), law.day(law.Day("2026-07-27"))) == ("Met", "27 July 2026")
    assert [_accepted(one) for one in ("de-AT,en;q=0.5", "en, de;q=0.9", "fr", "", "*")] == [
        "de",
        "en",
        "en",
        "en",
        "en",
    ]
