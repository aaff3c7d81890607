"""What is new, lost, renamed or filled differently against a reference, as a section that several pages have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from consilience.measure.pictures.page import paragraph, section

TITLE = "Are the columns what they were?"


def quality_section(quality: Mapping[str, Any]) -> Markup:
    """The `quality` of a report in sentences."""
    schema = quality["schema"]
    said = [f"{one['column']} is new." for one in schema["added"]]
    said += [f"{one['column']} is not there any more." for one in schema["lost"]]
    said += [f"{one['lost']} may be called {one['added']} now. {one['sentence']}" for one in schema["renamed"]]
    said += [
        f"{one['column']} holds {one['current']} now, and {one['reference']} in the reference."
        for one in schema["retyped"]
    ]
    said += [f"{one['column']}: {one['sentence']}" for one in quality["notes"]]
    if not said:
        return section(
            TITLE,
            paragraph("Yes: none is new, lost, of another type or filled in another way."),
        )
    listed = Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(one) for one in said))
    return section(TITLE, listed)
