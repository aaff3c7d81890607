"""Requirement templates on the command line: what there is, what one asks, filling it in."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from consilience.kit.errors import WrongUse
from consilience.surfaces.cli.shared import AsJson, address, connect, done, pairs, paragraph, say, say_json, table

Values = Annotated[
    list[str] | None, typer.Option("--set", help="A blank, such as limit=0.08; lists with commas (repeat).")
]


def listing(as_json: AsJson = False) -> None:
    """Requirement templates: fill in blanks instead of writing a rule."""
    with connect() as client:
        found = list(client.listed("/requirement-templates"))
    if as_json:
        say_json(found)
    else:
        rows = [(one["id"], one["group"], one["title"]["en"]) for one in found]
        table(("TEMPLATE", "ABOUT", "WHAT IT ASKS"), rows, empty="No template was shipped.")


def fill(
    template: Annotated[str, typer.Argument(help="A template, such as fairness-gap.")],
    values: Values = None,
    add_to: Annotated[str | None, typer.Option(help="Propose it as a part of this published policy.")] = None,
    new: Annotated[str | None, typer.Option(help="Propose it as a new policy of this name.")] = None,
    title: Annotated[str | None, typer.Option(help="What the new policy is called.")] = None,
    owner: Annotated[str | None, typer.Option(help="The function that owns the new policy.")] = None,
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Print the requirement as YAML, for a policy in a file.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What a filled-in template says, of the releases there are too; with --add-to or --new it is proposed."""
    said = pairs(values or (), "--set")
    if add_to and new:
        raise WrongUse("--add-to or --new, one of the two")
    if bool(new) != bool(title) or bool(new) != bool(owner):
        raise WrongUse("--new takes --title and --owner, and they take --new")
    with connect() as client:
        if add_to or new:
            named = {"slug": new, "title": title, "owner": owner} if new and title and owner else None
            made = client.propose_from_template(template, said, add_to=add_to, new=named)
            next_one = f"consilience policy publish {made['urn']}"
            done(made, as_json, f"Proposed {made['policy']}. Another person publishes it: {next_one}")
            return
        about = client.get(address("requirement-templates", template))
        found = client.fill_template(template, said, verdicts=not as_yaml)
    if as_json:
        say_json(found)
    elif as_yaml:
        say(found["requirement"].rstrip())
    else:
        _show(about, found)


def _show(about: dict[str, Any], found: dict[str, Any]) -> None:
    say(found["title"]["en"], tone="cyan")
    for code, text in found["sentences"]["en"].items():
        say(paragraph(text, indent="    ", first=f"  {code.replace('_', ' ')}: "))
    say()
    rows = [(one["name"], one["kind"], _shown(one["default"]), _choices(one)) for one in about["parameters"]]
    table(("BLANK", "KIND", "UNLESS SAID", "MAY BE"), rows, empty="It has no blanks.")
    say()
    tried = [(one["release"], one["stage"], one["outcome"].replace("_", " ")) for one in found["verdicts"]]
    table(("RELEASE", "TO", "WOULD BE"), tried, empty="No release to try it on yet.")


def _choices(one: dict[str, Any]) -> str:
    if one["choices"]:
        return ", ".join(one["choices"])
    ends = [end for end in (one["least"], one["most"]) if end is not None]
    return " to ".join(f"{end:g}" for end in ends) if len(ends) == 2 else ""


def _shown(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
