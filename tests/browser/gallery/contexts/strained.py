"""A release whose every text is as long and as hostile as data can be: nothing may break out or run off the page."""

from __future__ import annotations

from typing import Any

from consilience.surfaces.web.charts import intervals
from consilience.surfaces.web.charts.figures import Figure
from consilience.surfaces.web.charts.intervals import Group
from consilience.surfaces.web.charts.scales import Range
from tests.browser.gallery.contexts.common import Context
from tests.browser.gallery.contexts.release import FULL

HOSTILE = "<script>document.title='broken'</script>"
LONG = "eine_unteilbare_Spaltenbezeichnung_mit_sehr_vielen_Zeichen_und_ohne_jede_Luecke"
LEFT_ALONE = {
    "url",
    "state",
    "verdict",
    "code",
    "outcome",
    "severity",
    "standing",
    "icon",
    "grade",
    "due_state",
    "digest",
    "status",
    "phase",
    "how",
    "words",
    "since",
    "starts",
    "ends",
    "begins",
    "edition",
    "day",
    "today",
}


def strain(value: Any, name: str = "") -> Any:
    """The same context with every visible text made long and hostile."""
    if isinstance(value, dict):
        return {key: strain(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [strain(inner, name) for inner in value]
    is_text = (
        type(value) is str and value and name not in LEFT_ALONE and not name.endswith(("_url", "_at", "at", "_digest"))
    )
    return f"{value} {HOSTILE} {LONG}" if is_text and name not in {"due", "until", "replay"} else value


STRAINED: Context = strain(FULL) | {
    "performance": FULL["performance"],
    "fairness": [
        FULL["fairness"][0]
        | {
            "attribute": LONG,
            "chart": intervals.ratios(
                [
                    Group(f"{HOSTILE} {LONG}", Figure(0.5, 0.2, 1.9, 12)),
                    Group(LONG, Figure(None, reason=f"{HOSTILE} {LONG}")),
                    Group("b", Figure(1.0), is_reference=True),
                ],
                title=HOSTILE,
                agreed=Range(low=0.8, high=1.25),
            ),
        }
    ],
}
