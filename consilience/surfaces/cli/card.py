"""The model card of a version."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consilience.kit.errors import BadInput
from consilience.surfaces.cli.shared import AsJson, address, connect, group, paragraph, say, say_json

app = group("Model cards: what a version is for, how it does, what it must not be used for.")
Version = Annotated[str, typer.Argument(help="MODEL@VERSION, such as credit-risk@3.")]


@app.command("show")
def show(version: Version, as_json: AsJson = False) -> None:
    """Its sections: what people wrote, and what was drawn up from the record."""
    with connect() as client:
        found = client.get(address("versions", version, "card"))
    if as_json:
        say_json(found)
        return
    for one in found["sections"]:
        say(f"\n{one['title']} ({', '.join(one['functions'])})", tone="blue")
        if one["text"] is None:
            how = f"consilience evidence attach card_section {version} --method {one['section']} --file TEXT.md"
            say(f"  not written yet: {how}")
        for line in (one["text"] or "").splitlines():
            say(paragraph(line, first="  ", indent="  "))
        for line in one["drawn"]:
            say(paragraph(line, first="  - ", indent="    "))


@app.command("export")
def export(
    version: Version, out: Annotated[Path, typer.Option("--out", "-o", help="A new file, such as README.md.")]
) -> None:
    """As Markdown with the front matter that Hugging Face reads."""
    if out.exists():
        raise BadInput(str(out), "is there already; name a new file")
    with connect() as client:
        found = client.get(address("versions", version, "card"))
    out.write_text(found["markdown"], encoding="utf-8")
    say(f"Wrote {out}")
