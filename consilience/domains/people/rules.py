"""Who somebody is, and which functions they may speak for."""

from __future__ import annotations

import re

from consilience.domains.access.rules import Guarded
from consilience.kit.errors import BadInput
from consilience.kit.naming import slug

FUNCTIONS = {"engineering": "Engineering", "product": "Product", "legal": "Legal", "ethics": "Ethics"}
"""The four that every workspace begins with; an organisation may add more."""

PEOPLE = Guarded("people")
LINK_HOURS = 72


def email(text: str) -> str:
    """A log-in address as it is kept: trimmed, lower case."""
    cleaned = text.strip().lower()
    if not re.fullmatch(r"[^@\s]{1,64}@[^@\s]{1,255}", cleaned):
        raise BadInput("e-mail", f"{text!r} is no address")
    return cleaned


def robot_name(text: str) -> str:
    """A robot's name; `me` is nobody's, since everybody calls themselves that."""
    if text == "me":
        raise BadInput("robot name", "“me” stands for whoever asks; choose another name")
    return slug(text, "robot")


def full_name(text: str) -> str:
    cleaned = " ".join(text.split())
    if not 1 <= len(cleaned) <= 200:
        raise BadInput("name", "expected 1 to 200 characters")
    return cleaned
