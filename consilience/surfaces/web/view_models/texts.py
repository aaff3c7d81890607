"""Personal texts as pages show them: the text itself, or that and by which entry it was erased."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from consilience.kit.clock import Instant
from consilience.kit.records import commitments
from consilience.surfaces.web import words


def shown(items: Iterable[Any]) -> dict[str, str]:
    """What to show for these commitments, by code. One that is gone without an erasure is absent."""
    wanted = [one for one in items if isinstance(one, dict) and "commitment" in one]
    texts = commitments.opened(wanted)
    gone = {one["commitment"] for one in wanted} - texts.keys()
    if gone:
        texts |= {code: _words(one.at, one.position) for code, one in commitments.erased(gone).items()}
    return texts


def _words(at: str, position: int) -> str:
    return _("Erased on %(day)s, by entry %(entry)s.") % {"day": words.when(Instant(at)), "entry": position}
