"""Why the approvals that a release needs cannot be had from the people who are here, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from consilience.domains.gate.quorum import Excluded, Quorum
from consilience.domains.review.seating import ANYBODY, Short

Name = Callable[[str], str]


def why_not(found: Quorum, titles: Mapping[str, str], name: Name) -> str:
    """Who is missing, of which functions, and who of those that hold them is left out; "" where nobody is."""
    short = found.seating.short
    if short is None:
        return ""
    functions = _listed([titles.get(one, one) for one in short.functions if one != ANYBODY]) or _("any function")
    parts = [
        _("This cannot be met with the people who are here, because %(why)s.") % {"why": _why(short, functions, name)}
    ]
    parts += [_left_out(one, titles, name) for one in found.excluded if one.function in short.functions]
    return " ".join(parts)


def _why(short: Short, functions: str, name: Name) -> str:
    asked = ngettext(
        "%(functions)s must give %(n)s approval", "%(functions)s must give %(n)s approvals, each by another person", short.needed
    ) % {"functions": functions, "n": short.needed}  # fmt: skip
    if not short.people:
        return _("%(asked)s, and nobody here could give one") % {"asked": asked}
    names = _listed([name(person) for person in short.people])
    return _("%(asked)s, and only %(names)s could decide there") % {"asked": asked, "names": names}


def _left_out(one: Excluded, titles: Mapping[str, str], name: Name) -> str:
    who = {"name": name(one.person), "function": titles.get(one.function, one.function)}
    if one.why == "own_work":
        return _("%(name)s holds %(function)s, but this version is their own work.") % who
    return _("%(name)s holds %(function)s, but has no role that lets them decide in this system.") % who


def _listed(words: list[str]) -> str:
    if len(words) < 2:
        return "".join(words)
    return _("%(listed)s and %(last)s") % {"listed": ", ".join(words[:-1]), "last": words[-1]}
