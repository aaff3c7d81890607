"""A report as Python sees it: the JSON it is, its figures by name, and itself as a page in a notebook or a file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from consilience.kit.canonical import Json
from consilience.kit.errors import NotFound
from consilience.measure.metrics.figure import Figure, Reason


class Report(dict[str, Json]):
    """What a measuring function found: exactly the JSON that the command line prints.

    `report.figure("performance", "roc_auc")` is a Figure; `report.save("page.html")` writes the page that a notebook shows.
    """

    name: str = "data"

    def figure(self, *path: str) -> Figure:
        """The figure at these keys. Raises NotFound where there is none."""
        found: Any = self
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if not isinstance(found, dict) or not {"value", "low", "high", "rows", "reason"} <= set(found):
            raise NotFound("figure", "/".join(path))
        reason = None if found["reason"] is None else Reason(found["reason"])
        return Figure(found["value"], found["low"], found["high"], found["method"], found["rows"], reason)

    def html(self) -> str:
        """The report as one HTML file: no network, no script, ready for print."""
        from consilience.measure.pictures.pages import page_of

        return page_of(self, name=self.name)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page."""
        Path(path).write_text(self.html(), encoding="utf-8")

    def _repr_html_(self) -> str:
        from consilience.measure.pictures.pages import framed

        return framed(self.html())


def report(content: dict[str, Json], source: Any) -> Report:
    """A report about a source, which is called by the name of its file."""
    made = Report(content)
    if isinstance(source, (str, PathLike)):
        made.name = Path(source).name
    return made
