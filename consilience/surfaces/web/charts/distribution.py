"""How the rows of a column lie over its values: a bar from zero for each stretch or category, and a table."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consilience.surfaces.web.charts import rows, tables
from consilience.surfaces.web.charts.figures import Figure, Unit
from consilience.surfaces.web.charts.scales import scale


def bars(labels: Sequence[str], counts: Sequence[int], *, title: str) -> SafeString:
    """The share of each label among all rows with a value; nothing where there is none."""
    whole = sum(counts)
    if not whole:
        return format_html('<p class="undef">{}</p>', _("No row has a value."))
    shares = [one / whole for one in counts]
    marks = [
        rows.Mark(label, Figure(share, rows=whole), start=0.0) for label, share in zip(labels, shares, strict=True)
    ]
    style = rows.Style(scale=scale([0.0, *shares]), reference=0.0, decimals=1, unit=Unit.PERCENT)
    cells = [
        format_html('<th scope="row">{}</th><td>{}</td><td>{}</td>', label, f"{count:,}", f"{share:.2%}")
        for label, count, share in zip(labels, counts, shares, strict=True)
    ]
    table = tables.plain(title, [_("Values"), _("Rows"), _("Share")], cells)
    return format_html("{}{}", rows.chart(marks, style, title=title), tables.folded(table))
