"""Forms for what a model says of rows: performance and fairness, weak segments, figures over time."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from consilience.surfaces.web.compute_forms import ComputeForm, column, columns
from consilience.surfaces.web.shared import lines

TASK = ("label", "score", "prediction", "positive")
PERIODS = ("day", "week", "month")


class RolesForm(ComputeForm):
    """Which column is what: what came true, and what the model said."""

    label_needed = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"] = column(_("Column of what came true"), required=self.label_needed)
        self.fields["score"] = column(_("Column of scores"))
        self.fields["prediction"] = column(_("Column of predictions"))
        self.fields["positive"] = column(_("Positive class"), _("Only where the classes are not 0 and 1."))

    def add_threshold(self) -> None:
        self.fields["threshold"] = forms.FloatField(
            label=_("Predicted positive from this score on"), min_value=0, max_value=1, required=False,
            help_text=_("0.5 is never assumed."),
        )  # fmt: skip

    def said(self) -> dict[str, Any]:
        return dict.fromkeys(TASK) | super().said()


class EvaluationForm(RolesForm):
    """Performance, calibration and fairness; the artefact is scored where no column of scores or predictions is named."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["score"].help_text = _("Leave both this and predictions empty to have the artefact scored here.")
        self.add_threshold()
        self.fields["protected"] = columns(
            _("Protected attributes"), _("Such as sex, age_band. Each group has figures of its own.")
        )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not (said.get("score") or said.get("prediction")):
            for name in ("threshold", "positive"):
                if said.get(name) not in (None, ""):
                    self.add_error(name, _("The artefact says how it scores; leave this empty, or name a column."))
        return said

    @property
    def from_artefact(self) -> bool:
        return not (self.cleaned_data["score"] or self.cleaned_data["prediction"])

    def said(self) -> dict[str, Any]:
        made = {"threshold": None, **super().said()}
        return made | {"protected": lines(made.get("protected", ""))}


class NumbersForm(ComputeForm):
    """Predictions of a number: the columns, and whose groups are told apart."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["label"] = column(_("Column of what came true"), required=True)
        self.fields["prediction"] = column(_("Column of predictions"), required=True)
        self.fields["protected"] = columns(
            _("Protected attributes"), _("Such as sex, age_band. Each group has figures of its own.")
        )

    def said(self) -> dict[str, Any]:
        made = super().said()
        return made | {"protected": lines(made.get("protected", ""))}


class ClassesForm(NumbersForm):
    """Predictions of one of several classes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rank"] = column(
            _("Column of the place of the true class"),
            _("From 1: adds how often it is among the first few. May stay empty."),
        )
        self.order_fields(["dataset", "method", "label", "prediction", "rank"])


class SegmentsForm(RolesForm):
    """Where a model errs more than elsewhere."""

    label_needed = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["error"] = column(_("Column of the error of each row"), _("In place of the columns above."))
        self.fields["without"] = columns(
            _("Without these columns"), _("Those that are no features, such as identifiers and other scores.")
        )
        self.fields["people"] = column(_("Column that says whom a row is of"), _("Where rows repeat people."))

    def said(self) -> dict[str, Any]:
        made = {"error": None, "people": None, **super().said()}
        return made | {"without": lines(made.get("without", ""))}


class WindowsForm(RolesForm):
    """Figures by day, week or month of a time, or by so many rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_threshold()
        tasks = {
            "binary": _("one of two classes"),
            "multiclass": _("one of several classes"),
            "regression": _("a number"),
        }
        names = {"day": _("a day"), "week": _("a week"), "month": _("a month"), "rows": _("so many rows")}
        self.fields["task"] = forms.ChoiceField(
            label=_("What is predicted"), choices=list(tasks.items()), required=False,
            help_text=_("For a number or several classes name label and predictions, and leave scores empty."),
        )  # fmt: skip
        self.fields["rank"] = column(_("Column of the place of the true class"), _("Only for several classes."))
        self.fields["each"] = forms.ChoiceField(label=_("A window is"), choices=list(names.items()))
        self.fields["time"] = column(_("Column of the time"), _("Needed for days, weeks and months."))
        self.fields["zone"] = column(_("Time zone"), _("Where a day begins at midnight; UTC, if it is empty."))
        self.fields["rows"] = forms.IntegerField(label=_("Rows in a window"), min_value=1, required=False)
        self.order_fields(["dataset", "task", "each", "time", "zone", "rows"])

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("each") == "rows" and not said.get("rows"):
            self.add_error("rows", _("Say how many rows a window has."))
        if said.get("each") in PERIODS and not said.get("time"):
            self.add_error("time", _("Name the column of the time."))
        return said

    def said(self) -> dict[str, Any]:
        made = {"threshold": None, **super().said()}
        each, rows = made.pop("each"), made.pop("rows", None)
        if each == "rows":
            made |= {"time": None, "by": rows}
        else:
            made |= {"by": each}
        return {"zone": "UTC", **made}
