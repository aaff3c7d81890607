"""Who somebody is, and which functions they may speak for."""

from __future__ import annotations

import re

from consilience.domains.access.rules import Guarded
from consilience.kit.errors import BadInput

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


def full_name(text: str) -> str:
    cleaned = " ".join(text.split())
    if not 1 <= len(cleaned) <= 200:
        raise BadInput("name", "expected 1 to 200 characters")
    return cleaned
