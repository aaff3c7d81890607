"""Requirement templates: a requirement with blanks, which people fill in on a form instead of writing a rule.

A template is a YAML file: what it is for, its parameters, and the requirement with its sentences and examples, all with
`<<blanks>>`. What comes out is an ordinary requirement, checked like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from consilience.domains.policy.fields import Fields, Source
from consilience.domains.policy.templates.blanks import Filler, blanks_of
from consilience.domains.policy.templates.examples import filled_examples
from consilience.domains.policy.templates.parameters import Parameter, Value, parameter
from consilience.kit.canonical import Json
from consilience.kit.errors import BadInput, NotFound
from consilience.kit.strict_yaml import read_yaml

GROUPS = ("fairness", "performance", "data", "documents", "process", "operation")
_TEMPLATE = ("template", "version", "group", "title", "about", "parameters", "requirement")
_RULES = ("applies_if", "satisfied_if")


@dataclass(frozen=True)
class Template:
    """A requirement with blanks. `version` counts its published forms: a requirement says which one it came from."""

    id: str
    version: int
    group: str
    title: Mapping[str, str]
    about: Mapping[str, str]
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Any]

    @property
    def defaults(self) -> dict[str, Value]:
        return {one.name: one.default for one in self.parameters}


def read_template(text: str, name: str = "template") -> Template:
    """The template that a YAML text means. BadInput names the line."""
    written, lines = read_yaml(text, name)
    source = Source(name, lines)
    fields = Fields(written, (), source, what="template", required=_TEMPLATE)
    listed = [
        parameter(Fields(value, ("parameters", at), source, what=f"parameter {at}", required=("name", "kind", "title", "default"),
                         optional=("help", "least", "most", "choices", "within")))
        for at, value in enumerate(fields.items("parameters"))
    ]  # fmt: skip
    names = [one.name for one in listed]
    for at, one in enumerate(names):
        if one in names[:at]:
            raise BadInput(source.at(("parameters", at), "template"), f"two parameters are called {one!r}")
    made = Template(
        id=fields.slug("template"),
        version=fields.integer("version"),
        group=fields.one_of("group", GROUPS),
        title=fields.words("title"),
        about=fields.words("about"),
        parameters=tuple(listed),
        body=fields.value["requirement"],
    )
    used = set(blanks_of(yaml.safe_dump(made.body, width=10**9)))
    if used != set(names):
        odd = min(used ^ set(names))
        raise BadInput(
            source.at(("requirement",), "template"), f"{odd!r} is a blank without a parameter, or the reverse"
        )
    return made


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Template]:
    """The templates that come with the product, by id, in the order of their groups."""
    folder = files("consilience.domains.policy.templates").joinpath("shipped")
    named = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml"))
    found = [read_template(folder.joinpath(name).read_text(encoding="utf-8"), name) for name in named]
    found.sort(key=lambda one: (GROUPS.index(one.group), one.id))
    return {one.id: one for one in found}


def template(slug: str) -> Template:
    if slug not in shipped():
        raise NotFound("requirement template", slug)
    return shipped()[slug]


def read_values(of: Template, said: Mapping[str, Json]) -> dict[str, Value]:
    """What somebody filled in, checked; what they left out has its default. BadInput names the parameter."""
    known = {one.name: one for one in of.parameters}
    for name in said:
        if name not in known:
            raise BadInput(name, f"is no blank of {of.id}; expected {', '.join(known)}")
    values = {name: one.read(said[name]) if name in said else one.default for name, one in known.items()}
    for name, one in known.items():
        if one.within and values[name] > values[one.within]:  # type: ignore[operator] # both are numbers
            whole = known[one.within].title["en"]
            raise BadInput(
                name,
                f"{values[name]} is not possible here; it counts a part of “{whole}”, which is {values[one.within]}",
            )
    return values


def fill(of: Template, said: Mapping[str, Json]) -> dict[str, Any]:
    """The requirement, as a policy document holds it, that a template gives for these values."""
    values = read_values(of, said)
    filler = Filler({one.name: one for one in of.parameters}, values, f"template {of.id}")
    body = {key: _filled(filler, key, part) for key, part in of.body.items()}
    body["from_template"] = {
        "id": of.id,
        "version": of.version,
        "values": {name: _written(values[name]) for name in values},
    }
    return body


def as_yaml(requirement: Mapping[str, Any]) -> str:
    """The requirement as an item of `requirements:` is written."""
    text: str = yaml.dump(dict(requirement), Dumper=_Blocks, sort_keys=False, allow_unicode=True, width=118)
    return "  - " + text.replace("\n", "\n    ").rstrip() + "\n"


def _filled(filler: Filler, key: str, part: Json) -> Json:
    if key in _RULES:
        return filler.code(part).strip()
    if key == "id":
        return filler.slug(part)
    if key in ("title", "why"):
        return {language: filler.sentence(text, language).strip() for language, text in part.items()}
    if key == "sentences":
        return {
            language: {code: filler.sentence(text, language).strip() for code, text in said.items()}
            for language, said in part.items()
        }
    if key == "examples":
        return filled_examples(filler, part)
    if isinstance(part, str):
        return filler.sentence(part, "en")
    return part


def _written(value: Value) -> Json:
    return list(value) if isinstance(value, tuple) else value


class _Blocks(yaml.SafeDumper):
    """YAML for people: a text of several lines stands as a block."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Blocks.add_representer(str, _text)
