"""Which page shows which report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from consilience.kit.errors import BadInput
from consilience.measure.pictures.compare_page import compare_page
from consilience.measure.pictures.drift_page import drift_page
from consilience.measure.pictures.evaluate_page import evaluate_page
from consilience.measure.pictures.multiclass_page import multiclass_page
from consilience.measure.pictures.over_time_page import over_time_page
from consilience.measure.pictures.profile_page import profile_page
from consilience.measure.pictures.regression_page import regression_page
from consilience.measure.pictures.represent_page import represent_page
from consilience.measure.pictures.slices_page import slices_page
from consilience.measure.pictures.synthetic_page import synthetic_page
from consilience.measure.pictures.validate_page import validate_page

PAGES: Mapping[str, Callable[..., str]] = {
    "urn:consilience:evaluate:1": evaluate_page,
    "urn:consilience:drift:1": drift_page,
    "urn:consilience:profile-report:1": profile_page,
    "urn:consilience:over-time:1": over_time_page,
    "urn:consilience:compare:1": compare_page,
    "urn:consilience:validate:1": validate_page,
    "urn:consilience:evaluate-regression:1": regression_page,
    "urn:consilience:evaluate-multiclass:1": multiclass_page,
    "urn:consilience:slices:1": slices_page,
    "urn:consilience:represent:1": represent_page,
    "urn:consilience:synthetic:1": synthetic_page,
}


def page_of(report: Mapping[str, Any], *, name: str) -> str:
    """The page of a report; `name` is what the rows are called. BadInput for a report that has no page."""
    draw = PAGES.get(str(report.get("schema")))
    if draw is None:
        raise BadInput("report", f"of schema {report.get('schema')!r} has no page")
    return draw(report, name=name)


def framed(page: str) -> str:
    """A page inside another one, as notebooks show it: in a frame, so that neither's styles reach the other."""
    return f'<iframe sandbox srcdoc="{escape(page, quote=True)}" style="width:100%;height:640px;border:0"></iframe>'
