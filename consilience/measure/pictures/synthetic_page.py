"""The `synthetic` report as a page: useful, private, alike column by column and pair by pair."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures import marks
from consilience.measure.pictures import sample_words as words
from consilience.measure.pictures import words as drift_words
from consilience.measure.pictures.figures import figures_table, interval_of, value_of
from consilience.measure.pictures.marks import Row
from consilience.measure.pictures.page import page, paragraph, section, table

Report = Mapping[str, Any]
Figures = Mapping[str, Mapping[str, Any]]

USEFUL = {
    "synthetic_area": "Fitted to synthetic rows", "real_area": "Fitted to real rows", "change": "Synthetic less real",
}  # fmt: skip
NEAR = {"closer_to_training": "Nearer to training", "membership_area": "Membership area"}
FEW = {
    "copies": "Copies of training rows", "copies_by_chance": "Copies by chance",
    "membership_found": "Members found, 1 in 100 wrong",
}  # fmt: skip
MOST_DRAWN = 20


def synthetic_page(report: Report, *, name: str) -> str:
    """The file; `name` is what the synthetic rows are called."""
    rows = report["sample_rows"]
    facts = [
        ("Synthetic rows", f"{rows['synthetic']:,}"), ("Made from", f"{rows['training']:,}"),
        ("Held out", f"{rows['held_out']:,}"), ("Sampled with seed", str(report["seed"])),
    ]  # fmt: skip
    sections = [] if report["usefulness"] is None else [_useful(report["usefulness"])]
    sections += [*_private(report["privacy"]), _columns(report), _pairs(report["relations"])]
    return page(f"Synthetic rows: {name}", lead=words.of_synthetic(report), facts=facts, sections=sections)


def _useful(found: Figures) -> Markup:
    picture = _drawn(
        found,
        {key: USEFUL[key] for key in ("synthetic_area", "real_area")},
        said="Areas on the held-out rows",
        level=0.5,
    )
    return section(
        "Useful for training", paragraph(words.of_usefulness(found)), picture,
        figures_table(found, "usefulness", names=USEFUL),
        note="Area under the ROC curve of one learner on the rows held out; dashed: 0.5, a coin.",
    )  # fmt: skip


def _private(found: Mapping[str, Any]) -> list[Markup]:
    near, few = ({key: found[key] for key in names} for names in (NEAR, FEW))
    return [
        section(
            "Private: nearness", paragraph(words.of_privacy(found)),
            _drawn(near, NEAR, said="Figures of nearness, 0.5 where nothing is given away", level=0.5),
            figures_table(near, "nearness", names=NEAR),
            note="Dashed: 0.5, where nothing is given away. What is found is what this attack finds; no figure proves privacy.",
        ),
        section(
            "Private: copies", paragraph(words.of_copies(found)),
            _drawn(few, FEW, said="Shares of copies and of members found"), figures_table(few, "copies", names=FEW),
            note="Copies should be as common as by chance; 0.01 of the members would be found by a coin.",
        ),
    ]  # fmt: skip


def _columns(report: Report) -> Markup:
    indices = {name: drift_words.stability(figures) for name, figures in report["marginals"].items()}
    order = sorted(indices, key=lambda name: -(indices[name]["value"] or 0.0))
    picture = marks.intervals(
        [_row(name, indices[name]) for name in order[:MOST_DRAWN]],
        said="The stability index of each column, synthetic against real", low=0.0, level=drift_words.SMALL,
    )  # fmt: skip
    rows = [(name, _pill(indices[name]), value_of(indices[name]), interval_of(indices[name])) for name in order]
    left_out = report["left_out"]
    return section(
        "Alike, column by column", paragraph(drift_words.overall(report["marginals"])), picture,
        table(
            ("Column", "Shift", "Stability index", "95 %"), rows, caption="The most changed first", about="columns", numbers=(2, 3)
        ),
        paragraph(f"Left out, since not all three have them in one kind: {', '.join(left_out)}.") if left_out else "",
        note="Stability index; dashed: 0.1, from which a shift is called moderate.",
    )  # fmt: skip


def _pairs(found: Report) -> Markup:
    worst = found["worst"]
    picture = marks.intervals(
        [_row(f"{number}. {' x '.join(one['columns'])}", one["change"]) for number, one in enumerate(worst, start=1)],
        said="How the relations that changed most changed", level=0.0,
    )  # fmt: skip
    rows = [
        (str(number), " x ".join(one["columns"]), one["measure"], marks.written(one["reference"]), marks.written(one["current"]),
         value_of(one["change"]), interval_of(one["change"]))
        for number, one in enumerate(worst, start=1)
    ]  # fmt: skip
    return section(
        "Alike, pair by pair", paragraph(words.of_relations(found)), picture,
        table(
            ("No.", "Pair", "Measure", "Real", "Synthetic", "Change", "95 %"), rows, caption="The most changed first",
            about="pairs", numbers=(0, 3, 4, 5, 6),
        ) if rows else "",
        note="Dashed: no change. These pairs are the largest of all, so their intervals are no test of them all.",
    )  # fmt: skip


def _drawn(found: Figures, names: Mapping[str, str], *, said: str, level: float | None = None) -> Markup:
    return marks.intervals([_row(name, found[key]) for key, name in names.items()], said=said, level=level)


def _row(name: str, one: Mapping[str, Any]) -> Row:
    return Row(name, one["value"], one["low"], one["high"])


def _pill(psi: Mapping[str, Any]) -> Markup:
    size, tone = drift_words.size_of_shift(psi)
    return Markup('<span class="pill {}">{}</span>').format(tone, size)
