"""The `drift` report as a page: what moved most first, each column with its picture, a sentence and a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks, sample_words, words
from consilience.measure.pictures.figures import interval_of
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import folded, legend, page, paragraph, section, table

Figure = Mapping[str, Any]
MOST_CARDS = 40
MOST_TELLING = 12
LOST = "How much of the area under the ROC curve is lost without what a column says"
NAMES = {
    "psi": "Population stability index",
    "psi_by_value": "… with common values apart",
    "jensen_shannon": "Jensen-Shannon distance",
    "hellinger": "Hellinger distance",
    "ks": "Kolmogorov-Smirnov distance",
    "wasserstein": "Wasserstein distance",
    "wasserstein_scaled": "… in spreads of the reference",
    "mean_shift": "Change of the mean",
    "missing_shift": "Change of the missing share",
    "outside_range": "Outside the reference's range",
    "total_variation": "Total variation distance",
    "cramers_v": "Cramér's V",
    "largest_share_shift": "Largest change of a share",
    "unseen": "Values never seen before",
}


def drift_page(report: Mapping[str, Any], *, name: str) -> str:
    """The file; `name` is what the rows of now are called."""
    features, bins = report["features"], report["bins"]
    return page(
        f"What changed: {name}",
        lead=words.overall(features),
        facts=[
            ("Rows now", f"{report['rows']:,}"), ("Rows of the reference", f"{report['reference_rows']:,}"),
            ("Columns", str(len(features))),
        ],
        sections=[*_together(report.get("multivariate")), *drift_sections(features, bins)],
    )  # fmt: skip


def _together(found: Mapping[str, Any] | None) -> list[Markup]:
    """Whether all columns together tell the two apart, where that was asked."""
    if found is None:
        return []
    said, lost = sample_words.of_two_sample(found), list(found["columns"].items())[:MOST_TELLING]
    rows = [
        ("Area under the ROC curve", f"{found['area']['value']:.4f}", interval_of(found["area"])),
        ("Chance of an area so large by luck", sample_words.chance(found["p_value"]), marks.DASH),
        *((f"… lost without {name}", marks.written(one["value"]), interval_of(one)) for name, one in lost),
    ]
    picture = marks.intervals(
        [Row(name, one["value"], one["low"], one["high"]) for name, one in lost],
        said=LOST,
    )
    return [
        section(
            "All columns together", paragraph(said), paragraph(f"{LOST}:", "note"), picture,
            folded("Figures", table(("Figure", "Value", "95 %"), rows, caption="The classifier's figures", numbers=(1, 2))),
            note=sample_words.sampled_two(found), anchor="together",
        )
    ]  # fmt: skip


def drift_sections(features: Mapping[str, Mapping[str, Figure]], bins: Mapping[str, Any]) -> list[Markup]:
    """The overview of all columns, and a card for each of those that moved most."""
    order = sorted(features, key=lambda column: -(words.stability(features[column])["value"] or 0.0))
    rows = [_line(column, features[column], bins[column]) for column in order]
    overview = section(
        "All columns",
        legend("reference", "now"),
        table(
            ("Column", "Shares", "Stability index", "95 %", "How much"), rows,
            caption="The index compares shares of the tenths of the reference, common values apart. Below 0.1 is usually called stable.",
            numbers=(2, 3),
        ),
        anchor="columns",
    )  # fmt: skip
    return [overview, *(_card(column, features[column], bins[column]) for column in order[:MOST_CARDS])]


def _shares(rows: list[int]) -> list[float]:
    together = sum(rows)
    return [one / together if together else 0.0 for one in rows]


def _line(column: str, figures: Mapping[str, Figure], bins: Mapping[str, Any]) -> list[Markup | str]:
    psi = words.stability(figures)
    word, tone = words.size_of_shift(psi)
    return [
        Markup('<a href="#c-{0}">{0}</a>').format(column),
        marks.spark(_shares(bins["reference"]), _shares(bins["current"]), said=f"{column}: {word}"),
        marks.DASH if psi["value"] is None else f"{psi['value']:.4f}",
        interval_of(psi),
        Markup('<span class="pill {}">{}</span>').format(tone, word),
    ]


def _card(column: str, figures: Mapping[str, Figure], bins: Mapping[str, Any]) -> Markup:
    said = words.shift(figures, bins)
    names, then, now = bins["labels"], _shares(bins["reference"]), _shares(bins["current"])
    rows = [
        (
            NAMES.get(name, name),
            marks.DASH if one["value"] is None else marks.written(one["value"]),
            interval_of(one),
            str(one["method"] or ""),
        )
        for name, one in figures.items()
    ]
    shares = [(name, f"{before:.2%}", f"{after:.2%}") for name, before, after in zip(names, then, now, strict=True)]
    inside = table(
        ("Figure", "Value", "95 %", "How"), rows, caption="Every figure of this column", about=column, numbers=(1, 2)
    )
    inside += table(("Values", "Reference", "Now"), shares, caption="The bars as a table", about=column, numbers=(1, 2))
    return section(
        column, paragraph(said), marks.paired_bars(names, then, now, said=f"{column}: {said}"), legend("reference", "now"),
        folded("Figures and table", inside), anchor=f"c-{column}",
    )  # fmt: skip
