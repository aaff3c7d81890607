"""Addresses under /api/v1, from the names that people use."""

from __future__ import annotations

from urllib.parse import quote

from consilience.kit.errors import BadInput


def part(text: str) -> str:
    """A name as one part of an address, which it cannot leave."""
    if text in ("", ".", ".."):
        raise BadInput("name", f"{text!r} names nothing")
    return quote(text, safe="@:")


def release(system: str, version: str, stage: str) -> str:
    return f"/releases/{part(system)}/{part(version)}/{part(stage)}"


def condition(name: str) -> str:
    urn, sign, index = name.rpartition("#")
    if not sign or not index.isdigit():
        raise BadInput("condition", f"{name!r} is no id of a condition; expected urn:…#0")
    return f"/sign-offs/{part(urn)}/conditions/{index}"


def subject(about: str) -> dict[str, str]:
    """What evidence is about, as the API names it, from `credit-risk@3`, `data:panel@1` or `lending`."""
    if about.startswith("data:"):
        return {"noun": "dataset-version", "reference": about.removeprefix("data:")}
    return {"noun": "model-version" if "@" in about else "system", "reference": about}
