"""Bars in pairs: the shares of a column's values in the reference and now. The drawing is that of the printed reports."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.measure.pictures import marks
from consilience.surfaces.web.charts import tables

SWATCH = '<span><svg viewBox="0 0 18 12" aria-hidden="true"><rect class="{}" width="18" height="12" rx="2" fill="{}"/></svg>{}</span>'


def bars(labels: Sequence[str], then: Sequence[int], now: Sequence[int], *, title: str, said: str) -> SafeString:
    """The picture with its key. `then` and `now` are rows by label; `said` is the picture in words."""
    shares = [_shares(rows) for rows in (then, now)]
    key = format_html_join("", SWATCH, [("f-then", marks.THEN, _("reference")), ("f-now", marks.NOW, _("now"))])
    picture = marks.paired_bars(labels, *shares, said=f"{title}. {said}".strip())
    return format_html(
        '<div class="plot-key">{}</div><div class="bars scroll" tabindex="0" role="group" aria-label="{}">{}</div>',
        key, title, picture,
    )  # fmt: skip


def table(labels: Sequence[str], then: Sequence[int], now: Sequence[int], *, title: str) -> SafeString:
    """The same shares as a table."""
    rows = [
        format_html('<th scope="row">{}</th><td>{}</td><td>{}</td>', label, f"{before:.2%}", f"{after:.2%}")
        for label, before, after in zip(labels, _shares(then), _shares(now), strict=True)
    ]
    return tables.plain(title, [_("Values"), _("Reference"), _("Now")], rows)


def _shares(rows: Sequence[int]) -> list[float]:
    together = sum(rows)
    return [one / together if together else 0.0 for one in rows]
