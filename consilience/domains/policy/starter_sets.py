"""Starter sets: policies that belong together and that a workspace may begin with. Proposed and published like any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from consilience.kit.errors import NotFound
from consilience.kit.strict_yaml import read_yaml


@dataclass(frozen=True)
class StarterSet:
    """A set by name: title and purpose by language, and the text of each policy by its name, in the order to read them."""

    name: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    policies: Mapping[str, str]


@cache
def starter_sets() -> Mapping[str, StarterSet]:
    """The sets that are shipped, by name."""
    root = files("consilience.domains.policy")
    found: dict[str, StarterSet] = {}
    for folder in sorted(root.joinpath("sets").iterdir(), key=lambda one: one.name):
        if not folder.is_dir() or not folder.joinpath("set.yaml").is_file():
            continue
        said, _lines = read_yaml(folder.joinpath("set.yaml").read_text(encoding="utf-8"), folder.name)
        within = root.joinpath(said["folder"]) if "folder" in said else folder
        texts = {name: within.joinpath(f"{name}.yaml").read_text(encoding="utf-8") for name in said["policies"]}
        found[folder.name] = StarterSet(folder.name, said["title"], said["text"], texts)
    return found


def starter_set(name: str) -> StarterSet:
    found = starter_sets().get(name)
    if found is None:
        raise NotFound("starter set", name)
    return found


def starter_policy(name: str, policy: str) -> str:
    """The text of one policy of a set."""
    text = starter_set(name).policies.get(policy)
    if text is None:
        raise NotFound("starter policy", f"{name}/{policy}")
    return text
