"""Small parts that every page uses: icons, status pills, avatars, digests, figures, moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.language import ASKED, ENGLISH, LANGUAGES, said, told_in
from consilience.surfaces.web.charts import figures
from consilience.surfaces.web.templatetags import statuses

register = template.Library()

FUNCTIONS = {
    "engineering": ("eng", "EN"),
    "product": ("prd", "PR"),
    "legal": ("leg", "LE"),
    "ethics": ("eth", "ET"),
}
NOTHING = SafeString("")
TELL_RULES_OR_LAW = frozenset({
    "notices", "obligation", "obligation_changes", "obligations", "pack", "pack_impact", "pack_proposal", "policies", "policy",
    "policy_compare", "policy_effect", "proposal", "release", "requirement", "requirement_template", "requirement_templates",
    "starter_set", "starter_sets", "system", "system_obligations", "table", "table_try",
})  # fmt: skip
"""Addresses (by name) of pages with words that exist in German too."""


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "check" %}`: a symbol of icons.svg. It says nothing by itself; words stand beside it."""
    if not name:
        return NOTHING
    return format_html(
        '<svg class="i" aria-hidden="true"><use href="{}#{}"></use></svg>', static("consilience/icons.svg"), name
    )


@register.simple_tag
def pill(words: str, tone: str = "", symbol: str = "") -> SafeString:
    """`{% pill "3 open" "warn" "clock" %}`: any words as a pill. Tones: ok, warn, bad, info, or none."""
    return format_html('<span class="pill{}">{}{}</span>', f" {tone}" if tone else "", icon(symbol), words)


@register.simple_tag
def status(code: str, words: str = "") -> SafeString:
    """`{% status "no_evidence" %}`: the pill of a status code; `words` says it more exactly, the tone stays."""
    if not code:
        return NOTHING
    known = statuses.say(code)
    return pill(said(words or str(known.words)), known.tone, known.icon)


@register.filter
def tone(code: str) -> str:
    """The tone of a status code: ok, warn, bad, info or nothing."""
    return statuses.say(code).tone


@register.filter
def symbol(code: str) -> str:
    """The icon of a status code."""
    return statuses.say(code).icon or "circle"


@register.filter
def in_words(code: str) -> str:
    """The words of a status code."""
    return said(str(statuses.say(code).words))


@register.filter
def verdict_meaning(code: str) -> str:
    """What a verdict does, for the person who chooses it."""
    return str(statuses.VERDICTS.get(str(code).replace("-", "_"), ""))


@register.simple_tag
def avatar(function: Any, name: str = "") -> SafeString:
    """`{% avatar "ethics" person.name %}`: initials on the hue of a function; "robot" and "system" have an icon."""
    code = str(_attribute(function, "code") or function or "").lower()
    if code in {"robot", "system"}:
        return format_html(
            '<span class="av" aria-hidden="true">{}</span>', icon("robot" if code == "robot" else "lock")
        )
    hue, letters = FUNCTIONS.get(code, ("", _initials(code)))
    kind = f"av {hue}" if hue else "av"
    return format_html('<span class="{}" aria-hidden="true">{}</span>', kind, _initials(name) or letters or "?")


@register.simple_tag
def digest(value: str) -> SafeString:
    """A digest by its first and last digits; unfolding shows the whole of it, and a button copies it."""
    if not value:
        return NOTHING
    text = str(value)
    short = text if len(text) <= 14 else f"{text[:8]}…{text[-4:]}"
    return format_html(
        '<details class="digest"><summary aria-label="{}">{}</summary><div><code>{}</code>{}</div></details>',
        _("Digest %(short)s, show all of it") % {"short": short},
        short,
        text,
        _copy(text),
    )


@register.simple_tag(name="hash")
def whole_hash(value: str) -> SafeString:
    """All digits of a digest, wrapping where the line ends, with a button that copies it."""
    if not value:
        return NOTHING
    return format_html('<div class="full"><code>{}</code>{}</div>', value, _copy(str(value)))


@register.simple_tag
def secret(value: str) -> SafeString:
    """A secret that is shown this once, with a button that copies it."""
    return format_html('<div class="secret"><code>{}</code>{}</div>', value, _copy(str(value)))


@register.simple_tag
def figure(given: Any, decimals: int = 2, unit: str = "plain") -> SafeString:
    """`{% figure row.figure 3 %}`: bold value and its 95 % interval, or "undefined, because ..."."""
    return figures.html(figures.read(given), decimals=decimals, unit=figures.Unit(unit))


@register.simple_tag
def instant(at: datetime | date | str | None, form: str = "") -> SafeString:
    """A moment as people write it, in the zone of the workspace; hovering and machines get the exact UTC one.

    Takes an instant of the ledger, a datetime or a date; `form="date"` leaves the time of day out.
    """
    if not at:
        return format_html('<span class="muted">{}</span>', figures.DASH)
    if isinstance(at, str) and len(at) == len("2026-11-23"):
        at = date.fromisoformat(at)
    if isinstance(at, date) and not isinstance(at, datetime):
        return format_html('<time datetime="{}" class="nowrap">{}</time>', at.isoformat(), date_format(at, "j M Y"))
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    exact = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    shown = date_format(timezone.localtime(exact), "j M Y" if form == "date" else "j M Y, H:i")
    return format_html(
        '<time datetime="{}" title="{} UTC" class="nowrap">{}</time>',
        exact.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        exact.strftime("%Y-%m-%d %H:%M:%S"),
        shown,
    )


@register.simple_tag
def due(at: datetime | date | str | None, state: str = "") -> SafeString:
    """A due date; `state` is "overdue", "soon" or nothing, and both are said in words too."""
    shown = instant(at, "date")
    if state == "overdue":
        return format_html('<span class="late">{} {}</span>', _("overdue since"), shown)
    if state == "soon":
        return format_html('<span class="soon">{} {}</span>', _("due soon,"), shown)
    return format_html("{} {}", _("due"), shown)


@register.filter
def thousands(value: int | None) -> str:
    """`18204` as "18,204"; nothing as a dash."""
    return figures.DASH if value is None else f"{value:,}"


@register.simple_block_tag
def say(content: str, symbol: str = "bulb") -> SafeString:
    """`{% say %}<b>In short.</b> More.{% endsay %}`: what a chart or a table means, in plain words."""
    return format_html('<div class="say">{}<p>{}</p></div>', icon(symbol), content)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> SafeString:
    """The attribute for the html element when the reader chose a theme; without a choice the system decides."""
    request = context.get("request")
    chosen = request.COOKIES.get("theme", "") if request is not None else ""
    return format_html(' data-theme="{}"', chosen) if chosen in {"light", "dark"} else NOTHING


@register.inclusion_tag("consilience/parts/how_you_sign.html", takes_context=True)
def how_you_sign(context: Context, always: bool = False) -> dict[str, Any]:
    """Within a form: the ways in which its person can sign what it records. `always`: somebody without any is told so."""
    return {"signing": _signing(context), "always": always}


@register.inclusion_tag("consilience/parts/read_and_sign.html", takes_context=True)
def read_and_sign(context: Context) -> dict[str, Any]:
    """Behind that form: the step between it and a passkey, which a script draws."""
    return {"signing": _signing(context)}


def _signing(context: Context) -> Any:
    """The page's `signing`, unless its form is not shown, or it records nothing that could be signed."""
    return context.get("signing") or getattr(context.get("request"), "signing", None)


@register.simple_tag
def said_in() -> SafeString:
    """The attribute for what tells rules or law, where that is not in the language of the page."""
    return NOTHING if told_in() == ENGLISH else format_html(' lang="{}"', told_in())


@register.simple_tag(takes_context=True)
def words_switch(context: Context) -> SafeString:
    """The link that shows rules and law in the other language, on pages that tell them."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    if request is None or match is None or match.url_name not in TELL_RULES_OR_LAW:
        return NOTHING
    other = next(code for code in LANGUAGES if code != told_in())
    asked = request.GET.copy()
    asked[ASKED] = other
    says = _("Rules and law in English") if other == ENGLISH else _("Rules and law in German")
    return format_html(
        '<a class="btn plain sm" href="?{}" hreflang="{}" title="{}"><span lang="{}">{}</span></a>',
        asked.urlencode(), other, says, other, LANGUAGES[other],
    )  # fmt: skip


def _attribute(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _initials(name: str) -> str:
    words = [word for word in str(name or "").replace("-", " ").replace("_", " ").split() if word[0].isalnum()]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    return words[0][:2].upper() if words else ""


def _copy(text: str) -> SafeString:
    return format_html(
        '<button class="copy" type="button" hidden data-copy="{}" data-copied="{}" aria-label="{}">'
        '{}<span class="vh" role="status"></span></button>',
        text,
        _("Copied"),
        _("Copy"),
        icon("copy"),
    )
